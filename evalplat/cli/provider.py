"""`evalplat provider`: the providers that the county has approved."""

import os
from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.wiring import Wiring


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def provider() -> None:
    """Approve and list providers."""


@provider.command()
@click.argument("name")
@click.option("--own-service", is_flag=True, help="The county's own unit.")
def add(name: str, own_service: bool) -> None:
    """Approve a provider, so that its staff can get accounts."""
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.services.providers import add_provider
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    actor = Actor.system("provider from the command line")
    with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
        view = add_provider(session, actor, name=name, own_service=own_service)
    click.echo(f"{view.name} is approved. Its id is {view.id}.")


@provider.command("list")
def list_() -> None:
    """List providers: id, name, and whether it is the county's own unit."""
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.services.providers import list_providers
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    actor = Actor.system("provider list on the command line")
    with closing(build_wiring(settings)) as wiring, wiring.reading(actor) as session:
        found = list_providers(session, actor)
    for view in found:
        own = "\town service" if view.own_service else ""
        click.echo(f"{view.id}\t{view.name}{own}")


def find_provider(wiring: "Wiring", wanted: str) -> str:
    """The id of the provider of this name or id; one that is not there is wrong use."""
    from evalplat.services.actors import Actor
    from evalplat.services.providers import list_providers

    actor = Actor.system("finding a provider from the command line")
    with wiring.reading(actor) as session:
        known = list_providers(session, actor)
    for one in known:
        if wanted in (one.id, one.name):
            return one.id
    raise click.UsageError(
        f"There is no provider {wanted[:80]!r}. `evalplat provider list` names them."
    )
