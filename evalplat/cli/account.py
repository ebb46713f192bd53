"""`evalplat account`: the first administrator, and others, from the command line."""

import os
import sys
from contextlib import closing

import click

from evalplat.cli.account_token import token

ROLES = ("provider_worker", "provider_manager", "case_worker", "analyst", "administrator")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def account() -> None:
    """Make and list accounts, give a new password, and look after access tokens."""


account.add_command(token)


@account.command()
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--provider", default="", help="The provider's name or id, for a provider's staff.")
@click.option("--language", default="fi", type=click.Choice(("fi", "sv", "en")))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(
    email: str, name: str, role: str, provider: str, language: str, password_stdin: bool
) -> None:
    """Make an account. The password is asked for twice, or read from standard input; there is no default."""
    from evalplat.config import load_settings
    from evalplat.services.accounts import create_account
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.services.providers import list_providers
    from evalplat.vocabulary import Role
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    password = _ask_password(password_stdin)
    actor = Actor.system("account from the command line")
    with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
        found = [p.id for p in list_providers(session, actor) if provider in (p.id, p.name)]
        view = create_account(
            session,
            actor,
            email=email,
            name=name,
            role=Role(role),
            password=password,
            provider_id=(found[0] if found else provider) if provider else None,
            language=language,
        )
    click.echo(f"{view.email} can sign in as {view.role}.")


@account.command("password")
@click.option("--email", required=True, help="The address of the account.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def set_password(email: str, password_stdin: bool) -> None:
    """Give an account a new password; it is unlocked, and its open sessions end."""
    from evalplat.config import load_settings
    from evalplat.services.accounts import set_password as set_new
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    password = _ask_password(password_stdin)
    actor = Actor.system("new password from the command line")
    with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
        view = set_new(session, actor, email=email, password=password)
    click.echo(f"{view.email} has a new password.")


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@account.command("list")
def list_() -> None:
    """List accounts: address, role, provider, and whether closed."""
    from evalplat.config import load_settings
    from evalplat.services.accounts import list_accounts
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    actor = Actor.system("account list on the command line")
    with closing(build_wiring(settings)) as wiring, wiring.reading(actor) as session:
        found = list_accounts(session, actor)
    for view in found:
        closed = "" if view.active else " (closed)"
        click.echo(f"{view.email}\t{view.role}\t{view.provider_name or ''}\t{view.name}{closed}")
