"""`evalplat account`: the first administrator, and others, from the command line."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import click

from evalplat.cli.account_token import token

if TYPE_CHECKING:
    from evalplat.services.actors import Actor
    from evalplat.services.views import AccountView
    from evalplat.wiring import Wiring

ROLES = ("provider_worker", "provider_manager", "case_worker", "analyst", "administrator")
EMAIL = click.option("--email", required=True, help="The address of the account.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def account() -> None:
    """Make, list, open and close accounts; passwords, roles, sessions and access tokens."""


account.add_command(token)


@contextmanager
def _wired() -> "Iterator[Wiring]":
    """The installation that the environment describes; raises NotConfigured where its tables are not there."""
    from evalplat.config import load_settings
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    with closing(build_wiring(settings)) as wiring:
        yield wiring


@contextmanager
def _changing(email: str, what: str) -> "Iterator[tuple[Any, Actor, AccountView]]":
    """A transaction for one account, found by its address."""
    from evalplat.services.accounts import find_by_email
    from evalplat.services.actors import Actor

    actor = Actor.system(f"{what} from the command line")
    with _wired() as wiring, wiring.transaction(actor) as session:
        yield session, actor, find_by_email(session, actor, email)


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
    from evalplat.services.accounts import create_account
    from evalplat.services.actors import Actor
    from evalplat.services.passwords import make_secret
    from evalplat.vocabulary import Role

    actor = Actor.system("account from the command line")
    with _wired() as wiring:
        password = make_secret(_ask_password(password_stdin))
        with wiring.transaction(actor) as session:
            view = create_account(
                session,
                actor,
                email=email,
                name=name,
                role=Role(role),
                password=password,
                provider_id=_find_provider(session, actor, provider),
                language=language,
            )
    click.echo(f"{view.email} can sign in as {view.role}.")


def _find_provider(session: Any, actor: "Actor", wish: str) -> str | None:
    """The id of a provider that is named by its name or id; what is not found is left for the check to name."""
    from evalplat.services.providers import list_providers

    found = [p.id for p in list_providers(session, actor) if wish in (p.id, p.name)]
    return (found[0] if found else wish) if wish else None


@account.command("password")
@EMAIL
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def set_password(email: str, password_stdin: bool) -> None:
    """Give an account a new password; it is unlocked, and its open sessions end."""
    from evalplat.services.accounts import set_password as set_new
    from evalplat.services.actors import Actor
    from evalplat.services.passwords import make_secret

    actor = Actor.system("new password from the command line")
    with _wired() as wiring:
        password = make_secret(_ask_password(password_stdin))
        with wiring.transaction(actor) as session:
            view = set_new(session, actor, email=email, password=password)
    click.echo(f"{view.email} has a new password.")


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@account.command("list")
def list_() -> None:
    """List accounts: address, role, provider, and whether closed."""
    from evalplat.services.accounts import list_accounts
    from evalplat.services.actors import Actor

    actor = Actor.system("account list on the command line")
    with _wired() as wiring, wiring.reading(actor) as session:
        found = list_accounts(session, actor)
    for view in found:
        closed = "" if view.active else " (closed)"
        click.echo(f"{view.email}\t{view.role}\t{view.provider_name or ''}\t{view.name}{closed}")


@account.command("role")
@EMAIL
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--provider", default="", help="The provider's name or id, for a provider's staff.")
def role_(email: str, role: str, provider: str) -> None:
    """Give an account another role; its open sessions end."""
    from evalplat.services.accounts import change_role
    from evalplat.vocabulary import Role

    with _changing(email, "another role") as (session, actor, found):
        provider_id = _find_provider(session, actor, provider)
        change_role(session, actor, account_id=found.id, role=Role(role), provider_id=provider_id)
    click.echo(f"{found.email} is {role} now and has to sign in again.")


@account.command()
@EMAIL
def disable(email: str) -> None:
    """Close an account; its open sessions end."""
    from evalplat.services.accounts import disable_account

    with _changing(email, "closing an account") as (session, actor, found):
        disable_account(session, actor, account_id=found.id)
    click.echo(f"{found.email} is closed and signed out everywhere.")


@account.command()
@EMAIL
def enable(email: str) -> None:
    """Open a closed account again, with the password that it had."""
    from evalplat.services.accounts import enable_account

    with _changing(email, "opening an account") as (session, actor, found):
        enable_account(session, actor, account_id=found.id)
    click.echo(f"{found.email} can sign in again.")


@account.command()
@EMAIL
def sessions(email: str) -> None:
    """List where an account is signed in: since when, last used, with which browser (UTC)."""
    from evalplat.services.accounts import find_by_email
    from evalplat.services.actors import Actor
    from evalplat.services.signing_in.sessions import list_sessions

    actor = Actor.system("sessions on the command line")
    with _wired() as wiring, wiring.reading(actor) as session:
        found = find_by_email(session, actor, email)
        open_ones = list_sessions(session, actor, account_id=found.id, at=wiring.clock())
    for one in open_ones:
        click.echo(f"{one.began_at:%Y-%m-%d %H:%M}\t{one.seen_at:%Y-%m-%d %H:%M}\t{one.browser}")


@account.command("reset-second-factor")
@EMAIL
def reset_second_factor_(email: str) -> None:
    """Forget an account's app, keys and recovery codes; its sessions end, and its owner sets up new ones."""
    from evalplat.services.signing_in.second_factor import reset_second_factor

    with _changing(email, "resetting a second factor") as (session, actor, found):
        reset_second_factor(session, actor, account_id=found.id)
    click.echo(f"{found.email} has no second factor any more and is signed out everywhere.")


@account.command("end-sessions")
@EMAIL
def end_sessions_(email: str) -> None:
    """Sign an account out everywhere."""
    from evalplat.services.signing_in.sessions import end_sessions

    with _changing(email, "ending sessions") as (session, actor, found):
        end_sessions(session, actor, account_id=found.id)
    click.echo(f"{found.email} is signed out everywhere.")
