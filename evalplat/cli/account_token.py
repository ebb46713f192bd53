"""`evalplat account token`: access tokens of accounts, for other programs, from the command line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from evalplat.services.actors import Actor
    from evalplat.wiring import Wiring

SCOPES = ("due:read", "sheets:write", "scores:read", "comparison:read")


@click.group()
def token() -> None:
    """Make, list and revoke access tokens, by which other programs ask in an account's name."""


@contextmanager
def _installation(reason: str) -> Iterator[tuple["Wiring", "Actor"]]:
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    wiring = build_wiring(settings)
    try:
        yield wiring, Actor.system(reason)
    finally:
        wiring.close()


@token.command()
@click.option("--email", required=True, help="The address of the account.")
@click.option("--name", required=True, help="What will use the token.")
@click.option(
    "--scope", "scopes", required=True, multiple=True, type=click.Choice(SCOPES),
    help="What it may do; once for each. Never more than the account's role may.",
)  # fmt: skip
@click.option("--days", default=90, show_default=True, help="How long it is valid, at most 365.")
def create(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token and print it, this once, as the only line on standard output."""
    from evalplat.services.tokens import make_token_for

    with (
        _installation("token from the command line") as (wiring, actor),
        wiring.transaction(actor) as session,
    ):
        made = make_token_for(
            session, actor, email=email, name=name, scopes=scopes, days=days, at=wiring.clock()
        )
    click.echo(made.secret)
    click.echo(
        f"Valid until {made.token.expires_on:%Y-%m-%d}. Keep it now: it cannot be read again.",
        err=True,
    )


@token.command("list")
@click.option("--email", default="", help="Only the tokens of this account.")
def list_(email: str) -> None:
    """List tokens: id, how it begins, state, account, name, scopes, last day, day of last use."""
    with (
        _installation("token list on the command line") as (wiring, actor),
        wiring.reading(actor) as session,
    ):
        for one in _list_tokens(session, actor, wiring):
            if email.strip().casefold() not in ("", one.account_email):
                continue
            used = f"{one.last_used_on}" if one.last_used_on else "never used"
            click.echo(
                f"{one.id}\t{one.prefix}\t{one.state}\t{one.account_email}\t{one.name}"
                f"\t{' '.join(one.scopes)}\t{one.expires_on}\t{used}"
            )


def _list_tokens(session: Any, actor: "Actor", wiring: "Wiring") -> Any:
    from evalplat.episodes.local_time import local_day
    from evalplat.services.tokens import list_all_tokens

    return list_all_tokens(session, actor, on=local_day(wiring.clock()))


@token.command()
@click.argument("token_id", metavar="ID")
def revoke(token_id: str) -> None:
    """Revoke a token by its id, or by how it begins; both are in the list."""
    from evalplat.services.tokens import revoke_token

    with (
        _installation("token revoked on the command line") as (wiring, actor),
        wiring.transaction(actor) as session,
    ):
        known = {one.prefix: one.id for one in _list_tokens(session, actor, wiring)}
        view = revoke_token(
            session, actor, token_id=known.get(token_id, token_id), at=wiring.clock()
        )
    click.echo(f"{view.name} of {view.account_email} is revoked.")
