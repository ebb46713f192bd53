"""`evalplat backup`: a whole copy of the database, made while it is used, proved whole, and put back."""

import os
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.config import Settings
    from evalplat.services.backups import Backup

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def backup() -> None:
    """Make, check and restore backups of the database that the settings name.

    A backup is a file and a note beside it (FILE.json); keep both together, and somewhere else than the database. It
    holds answers and scores. Clients' keys, without which it names nobody, stand apart in one file
    (EVALPLAT_CLIENT_KEYS): copy that too, always over its earlier copy.
    """


@backup.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def create(file: Path | None) -> None:
    """Copy the database, also while the server writes to it, and check the copy.

    Without FILE it goes into the folder of EVALPLAT_BACKUPS, under a name with the moment. For PostgreSQL, pg_dump and
    pg_restore must be installed.
    """
    from evalplat.config import load_settings
    from evalplat.services.backups import make_backup

    settings = load_settings(os.environ)
    made = make_backup(
        settings, target=file, at=datetime.now(UTC), progress=show_progress("Copying")
    )
    _note_in_log(settings, "make_backup", made)
    _write_heads(settings)
    click.echo(
        f"{made.path}: {made.count} rows in {len(made.note.rows)} tables, {_size(made.note.size)}, "
        f"revision {made.note.revision or 'none'}; checked."
    )


@backup.command()
@FILE
def check(file: Path) -> None:
    """Prove a backup whole: its checksum, every page of it, the rows of every table. Changes nothing."""
    from evalplat.services.backups import check_backup

    found = check_backup(file, progress=show_progress("Reading"))
    click.echo(
        f"{file} is whole: made at {found.note.made_at}, {found.count} rows in {len(found.note.rows)} tables, "
        f"revision {found.note.revision or 'none'}."
    )


@backup.command()
@FILE
@click.option("--replace", is_flag=True, help="Put a living database aside; the server must stand.")
@click.option("--without-names", is_flag=True, help="Restore although the clients’ keys are lost.")
def restore(file: Path, replace: bool, without_names: bool) -> None:
    """Put a backup in the place of the database, after checking it again.

    A database that is there already is never touched without --replace, and then it is kept under another name. The
    clients' keys come from their own file (EVALPLAT_CLIENT_KEYS); who was erased since stays erased.
    """
    from evalplat.config import load_settings
    from evalplat.services.audit_chain import note_restored
    from evalplat.services.backups import restore_backup

    settings = load_settings(os.environ)
    done = restore_backup(
        settings,
        path=file,
        replace=replace,
        without_names=without_names,
        at=datetime.now(UTC),
        progress=show_progress("Reading"),
    )
    note_restored(settings, done.backup.note.instant, datetime.now(UTC))
    click.echo(f"{file} is restored: {done.backup.count} rows, made at {done.backup.note.made_at}.")
    if done.aside:
        kind = "file" if settings.on_sqlite else "schema"
        click.echo(f"The earlier database is kept as the {kind} {done.aside}.")
    filled = done.filled
    click.echo(
        f"Of {filled.keys} clients the names can be read, {filled.erased} were erased"
        + (f", and of {filled.missing} the key is missing." if filled.missing else ".")
    )
    if done.needs_upgrade:
        click.echo("It is of an earlier revision: run `evalplat db upgrade`.")
    else:
        _note_in_log(settings, "restore_backup", done.backup)
        _make_marks(settings)


def show_progress(word: str) -> Callable[[int, int], None]:
    """A line on a terminal that says how far it is; nothing in a pipe or under cron."""
    said: list[int] = []

    def tell(done: int, total: int) -> None:
        share = 100 * done // max(total, 1)
        if sys.stderr.isatty() and said != [share]:
            said[:] = [share]
            click.echo(f"\r{word}: {share} %", nl=share >= 100, err=True)

    return tell


def _note_in_log(settings: "Settings", action: str, found: "Backup") -> None:
    """A line of the access log: a backup is a read of everything. It stands even where that cannot be written."""
    from evalplat.errors import EvalplatError
    from evalplat.services.actors import Actor
    from evalplat.services.backups import record_backup
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    actor = Actor.system("backup from the command line")
    try:
        check_tables(settings)
        with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
            record_backup(session, actor, action=action, backup=found)
    except EvalplatError as error:
        click.echo(f"The access log has no line about it: {error}", err=True)


def _make_marks(settings: "Settings") -> None:
    """What exact values are found by is in no backup. The restored database stands even where it cannot be made."""
    from evalplat.errors import EvalplatError
    from evalplat.services.actors import Actor
    from evalplat.services.backups import make_missing_marks
    from evalplat.wiring import build_wiring

    actor = Actor.system("backup from the command line")
    try:
        with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
            make_missing_marks(session, actor)
    except EvalplatError as error:
        click.echo(
            f"Look-ups by exact values find nobody yet: run `evalplat db upgrade`. {error}",
            err=True,
        )


def _write_heads(settings: "Settings") -> None:
    """The heads of finished days, outside the database. The backup stands even where they cannot be written."""
    from evalplat.errors import EvalplatError
    from evalplat.services.actors import Actor
    from evalplat.services.audit_chain import write_heads
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    actor = Actor.system("backup from the command line")
    try:
        check_tables(settings)
        with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
            write_heads(session, actor, settings, datetime.now(UTC))
    except EvalplatError as error:
        click.echo(str(error), err=True)


def _size(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"
