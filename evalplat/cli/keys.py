"""`evalplat keys`: which master keys there are, a new one, and sealing everything again with it."""

import os
from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.services.master_keys import MasterKey
    from evalplat.wiring import Wiring


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def keys() -> None:
    """Change the master key that protects what is stored, and say which keys are still needed.

    EVALPLAT_MASTER_KEY is the key in use, EVALPLAT_EARLIER_MASTER_KEYS those before it. A key's name tells
    nothing of it.
    """


@keys.command("list")
def list_() -> None:
    """List the master keys by name, and what still needs each. Exit code 1 when a needed one is missing."""
    found = _look()
    for key in found:
        state = "in use" if key.in_use else "earlier" if key.at_hand else "MISSING"
        needs = [f"{count:,} {words}" for words, count in _needs(key)]
        click.echo(f"{key.name}  {state:8} {', '.join(needs) or 'needed by nothing'}")
    if any(not key.at_hand for key in found):
        raise click.exceptions.Exit(1)


@keys.command()
def new() -> None:
    """Print a new master key, and how to begin to use it. Nothing is stored or changed."""
    import secrets

    click.echo(secrets.token_urlsafe(48))
    click.echo(
        "Put it into EVALPLAT_MASTER_KEY, and the one from there in front of EVALPLAT_EARLIER_MASTER_KEYS; keep a copy "
        "apart from the backups.\nStart the server again, then run `evalplat keys rotate`.",
        err=True,
    )


@keys.command()
def rotate() -> None:
    """Seal again, with the key in use, everything that needs an earlier one.

    The server may go on. What was interrupted goes on where it stopped when the command is run again.
    """
    from evalplat.cli.progress import show_progress
    from evalplat.services.actors import Actor
    from evalplat.services.master_keys import seal_again

    before = _look()
    missing = [key.name for key in before if not key.at_hand and key.to_seal_again]
    if missing:
        raise click.ClickException(
            f"What is stored needs the master key {', '.join(missing)}: add it to EVALPLAT_EARLIER_MASTER_KEYS."
        )
    total = sum(sum(key.to_seal_again.values()) for key in before)
    actor, done = Actor.system("sealing again with a new master key"), 0
    with closing(_wire()) as wiring, show_progress("Sealing again", "things") as advance:
        while True:
            with wiring.transaction(actor) as session:
                count = seal_again(session, actor)
            if not count:
                break
            done += count
            advance("Sealing again", done, total)
    click.echo(f"{done:,} things were sealed again with the key in use.")
    for key in _look():
        if key.in_use or not key.at_hand:
            continue
        needs = [f"{count:,} {words}" for words, count in _needs(key)]
        if needs:
            click.echo(f"{key.name} is still needed, to verify {', '.join(needs)}.")
        else:
            click.echo(
                f"{key.name} is needed by nothing in the database any more. Make a backup, then take it out of "
                "EVALPLAT_EARLIER_MASTER_KEYS; earlier copies of the clients' keys need it as long as they are kept."
            )


def _needs(key: "MasterKey") -> list[tuple[object, int]]:
    return [*key.to_seal_again.items(), *key.kept.items()]


def _look() -> "tuple[MasterKey, ...]":
    from evalplat.services.actors import Actor
    from evalplat.services.master_keys import list_master_keys

    actor = Actor.system("looking at master keys")
    with closing(_wire()) as wiring, wiring.reading(actor) as session:
        return list_master_keys(session, actor)


def _wire() -> "Wiring":
    from evalplat.config import load_settings
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    return build_wiring(settings)
