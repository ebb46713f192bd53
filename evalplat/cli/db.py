"""`evalplat db`: making, upgrading and checking the database."""

import os
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.config import Settings
    from evalplat.wiring import Wiring


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def db() -> None:
    """Create, upgrade and check the database.

    EVALPLAT_DATABASE_URL names it (SQLite or PostgreSQL); without it, var/evalplat.sqlite3 is used. Where the
    application's PostgreSQL role may not change tables, EVALPLAT_DATABASE_OWNER_URL names the owner's address.
    """


@db.command()
def create() -> None:
    """Make the tables, and load municipalities and the default measurement plan. Does nothing twice."""
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.installation import load_county, make_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    _keep_a_backup(settings)
    revision = make_tables(settings)
    actor = Actor.system("database creation")
    with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
        new = load_county(session, wiring.catalogue, actor, settings)
    click.echo(f"The database is at revision {revision}; {new} municipalities were added.")
    click.echo(
        "Next, make the first account: "
        "evalplat account create --role administrator --email ADDRESS --name NAME"
    )


@db.command()
@click.option(
    "--without-backup", is_flag=True, help="PostgreSQL only: you have made a backup in another way."
)
def upgrade(without_backup: bool) -> None:
    """Bring the tables to the latest revision, after a backup that was checked.

    An SQLite database is copied beside itself, a PostgreSQL database into the folder of EVALPLAT_BACKUPS; for that
    pg_dump and pg_restore must be installed. Where no whole backup can be made, nothing is changed.

    Where a new revision keeps other sums over pairs, they are counted again.
    """
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.backups import list_copies, make_missing_marks
    from evalplat.services.installation import make_tables
    from evalplat.services.recounting import rebuild_moments as rebuild
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    if not without_backup:
        _keep_a_backup(settings)
    revision = make_tables(settings)
    click.echo(f"The database is at revision {revision}.")
    for copy in list_copies(settings):
        click.echo(
            f"{copy} holds everything as it was, also what is erased since: delete it when you need it no more."
        )
    actor = Actor.system("completing an upgrade")
    with closing(build_wiring(settings)) as wiring:
        with wiring.transaction(actor) as session:
            make_missing_marks(session, actor)
        if not _are_sums_counted(wiring):
            with wiring.transaction(actor) as session:
                count = rebuild(session, wiring.catalogue, actor)
            click.echo(f"{count} sums over pairs were counted again.")


def _keep_a_backup(settings: "Settings") -> None:
    """Before a PostgreSQL database is changed. No line of the log: this program cannot write into an earlier one."""
    from evalplat.cli.backup import show_progress
    from evalplat.services.backups import back_up_before_upgrade

    kept = back_up_before_upgrade(settings, at=datetime.now(UTC), progress=show_progress("Copying"))
    if kept is not None:
        click.echo(
            f"{kept.path} is a checked backup of revision {kept.note.revision}: {kept.count} rows."
        )


def _are_sums_counted(wiring: "Wiring") -> bool:
    from evalplat.services.actors import Actor
    from evalplat.services.recounting import needs_rebuilding

    actor = Actor.system("looking whether sums are counted")
    with wiring.reading(actor) as session:
        return not needs_rebuilding(session, actor)


@db.command()
@click.option("--strict/--lenient", default=True, help="Also judge the login's own rights.")
def check(strict: bool) -> None:
    """Say whether the database is complete and safe to use; exit code 1 when it is not."""
    from evalplat.config import load_settings
    from evalplat.services.installation import check_database, inspect_database
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    state = inspect_database(settings)
    click.echo(f"Revision {state.revision or 'none'}; the latest is {state.head}.")
    for difference in state.differences:
        click.echo(f"Differs: {difference}")
    check_database(settings, strict=strict)
    if not state.is_ready:
        raise click.exceptions.Exit(1)
    with closing(build_wiring(settings)) as wiring:
        if not _are_sums_counted(wiring):
            click.echo(
                "The sums over pairs are not counted yet, so comparisons are slower: "
                "run `evalplat db rebuild-moments`."
            )
    click.echo("The database is complete and safe to use.")


@db.command("rebuild-moments")
def rebuild_moments() -> None:
    """Count the sums over pairs again from the scores; sheets that come in meanwhile wait."""
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.recounting import rebuild_moments as rebuild
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    actor = Actor.system("rebuilding moments")
    with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
        count = rebuild(session, wiring.catalogue, actor)
    click.echo(f"{count} sums were counted again.")
