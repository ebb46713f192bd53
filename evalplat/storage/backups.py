"""Backups: a whole copy of the database, checked before it gets its name, with a note beside it that proves it whole.

The note (`FILE.json`) holds the checksum, the revision and the rows of every table. A copy is never trusted without it.
This module deals with files and SQLite; PostgreSQL's tools are in `backups_postgresql`.
"""

import errno
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from evalplat.errors import Conflict, Fault, FileRejected, Message
from evalplat.storage.kept_keys import SEPARATE, KeptKeys, keys_of
from evalplat.storage.whole_files import make_private, sync_file, sync_folder

Progress = Callable[[int, int], None]
"""Told how much is done, and how much there is."""

FORM = 1
MAGIC = b"SQLite format 3\0"
PAGES_AT_ONCE = 1000
NOT_WHOLE = Message("The backup cannot be used: it is not what was written.")
NOT_MADE = Message("The backup was not made.")
NOT_RESTORED = Message("Nothing was restored.")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: its revision, and the rows of each table."""

    revision: str
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Note:
    """What is written beside a backup, so that a cut or changed one is found.

    keys: of how many clients the names can be read with the keys that are kept apart.
    """

    database: str
    made_at: str
    revision: str
    size: int
    sha256: str
    rows: dict[str, int]
    form: int = FORM
    keys: int = 0

    @property
    def instant(self) -> datetime:
        """When the backup was begun."""
        return datetime.fromisoformat(self.made_at)


def note_path(backup: Path) -> Path:
    """Where the note of a backup is."""
    return backup.with_name(backup.name + ".json")


def read_note(backup: Path) -> Note:
    """The note of a backup; raises FileRejected where there is none or it cannot be read."""
    try:
        data = json.loads(note_path(backup).read_text(encoding="utf-8"))
        note = Note(**data)
        if note.form != FORM or note.instant.tzinfo is None or not isinstance(note.rows, dict):
            raise ValueError("another form")
    except (OSError, ValueError, TypeError):
        missing = Message("Its note is missing or cannot be read: keep both files together.")
        raise FileRejected(NOT_WHOLE, [Fault(str(note_path(backup)), missing)]) from None
    return note


@contextmanager
def writing(target: Path, needed: int) -> Iterator[Path]:
    """A private file beside the target, taken away again when anything fails. Raises FileRejected, Conflict."""
    partial = target.with_name(target.name + ".partial")
    if target.exists() or note_path(target).exists():
        there = Message("There is such a file already; a backup never takes the place of another.")
        raise Conflict(NOT_MADE, [Fault(str(target), there)])
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(target.parent).free
        if free < needed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        make_private(partial)
        yield partial
    except (OSError, sqlite3.Error) as error:
        why = Message("%(why)s", why=getattr(error, "strerror", None) or str(error))
        raise FileRejected(NOT_MADE, [Fault(str(target), why)]) from error
    finally:
        partial.unlink(missing_ok=True)


def finish(partial: Path, target: Path, note: Note) -> None:
    """Give a checked copy its name: everything is on the disk before, the note first."""
    sync_file(partial)
    text = json.dumps(asdict(note), indent=1, sort_keys=True) + "\n"
    beside = note_path(target)
    draft = beside.with_name(beside.name + ".partial")
    make_private(draft)
    draft.write_text(text, encoding="utf-8")
    sync_file(draft)
    os.replace(draft, beside)
    os.replace(partial, target)
    sync_folder(target.parent)


def check_file(backup: Path, note: Note, progress: Progress | None = None) -> None:
    """Refuse a backup that was cut or changed; raises FileRejected."""
    try:
        size = backup.stat().st_size
        if size != note.size:
            text = Message(
                "It has %(found)s bytes and was written with %(wanted)s.",
                found=size,
                wanted=note.size,
            )
            raise FileRejected(NOT_WHOLE, [Fault(str(backup), text)])
        found = digest(backup, progress)
    except OSError as error:
        why = Message("It cannot be read: %(why)s", why=error.strerror or str(error))
        raise FileRejected(NOT_WHOLE, [Fault(str(backup), why)]) from error
    if found != note.sha256:
        text = Message("Its checksum is another one: it was changed, or the disk is failing.")
        raise FileRejected(NOT_WHOLE, [Fault(str(backup), text)])


def digest(path: Path, progress: Progress | None = None) -> str:
    """The SHA-256 of a file."""
    total, done, found = path.stat().st_size, 0, hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            found.update(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)
    return found.hexdigest()


def compare(where: str, found: Contents, wanted: Contents) -> None:
    """Refuse other contents than those that were counted; raises FileRejected naming every table that differs."""
    faults = [
        Fault(
            f"{where}: {table}",
            Message(
                "has %(found)s rows and should have %(wanted)s.",
                found=found.rows.get(table, 0),
                wanted=wanted.rows.get(table, 0),
            ),
        )
        for table in sorted({*found.rows, *wanted.rows})
        if found.rows.get(table) != wanted.rows.get(table)
    ]
    if found.revision != wanted.revision:
        text = Message(
            "is at revision %(found)s and should be at %(wanted)s.",
            found=found.revision or "-",
            wanted=wanted.revision or "-",
        )
        faults.append(Fault(where, text))
    if faults:
        raise FileRejected(NOT_WHOLE, faults)


def copy_sqlite(source: Path, copy: Path, progress: Progress) -> tuple[Contents, KeptKeys]:
    """Copy a database as it is at one moment, while others write to it; gives back what that moment held.

    The reading transaction keeps the moment: without it the copying would begin anew at every write. Clients' keys are
    given back and taken out of the copy, which is then written anew, so that nothing of them is left between its pages.
    """
    with closing(_open(source, "rw")) as old, closing(sqlite3.connect(copy)) as new:
        old.execute("BEGIN")
        contents = _count(old)
        old.backup(
            new,
            pages=PAGES_AT_ONCE,
            progress=lambda _status, left, total: progress(total - left, total),
        )
        old.execute("COMMIT")
        old.execute(
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )  # pages of earlier days go; readers may keep it from that
        new.isolation_level = None
        new.execute("PRAGMA journal_mode=DELETE")
        kept = KeptKeys()
        if set(SEPARATE) <= contents.rows.keys():
            kept = keys_of(new)
            for table in SEPARATE:
                new.execute(f"DELETE FROM {table}")
            new.execute("VACUUM")
    return without_keys(contents), kept


def without_keys(contents: Contents) -> Contents:
    """What a backup holds of it: everything but the rows that are kept apart."""
    rows = {name: 0 if name in SEPARATE else count for name, count in contents.rows.items()}
    return Contents(contents.revision, rows)


def check_sqlite(path: Path) -> Contents:
    """Read every page of a copy; raises FileRejected naming what is broken in it."""
    try:
        with closing(_open(path, "ro")) as copy:
            copy.execute("PRAGMA cell_size_check=ON")
            faults = [
                Fault(str(path), Message("%(why)s", why=row[0]))
                for row in copy.execute("PRAGMA integrity_check(20)")
                if row[0] != "ok"
            ]
            faults += [
                Fault(f"{path}: {row[0]}", Message("a row refers to another that is missing."))
                for row in copy.execute("PRAGMA foreign_key_check").fetchmany(20)
            ]
            contents = _count(copy)
    except sqlite3.Error as error:
        raise FileRejected(
            NOT_WHOLE, [Fault(str(path), Message("%(why)s", why=str(error)))]
        ) from error
    if faults:
        raise FileRejected(NOT_WHOLE, faults)
    return contents


def place_sqlite(
    backup: Path, target: Path, *, aside: Path | None, prepare: Callable[[Path], None]
) -> None:
    """Put a checked backup where the database is; `aside` is where a living one goes, None if there is none.

    `prepare` gives the copy what is kept apart from backups, before it takes the place.
    For whoever holds the writers' queue. Raises Conflict while another program uses the living database.
    """
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        make_private(partial)
        shutil.copyfile(backup, partial)
        sync_file(partial)
        if digest(partial) != digest(backup):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        prepare(partial)
        sync_file(partial)
        if aside is not None:
            _set_aside(target, aside)
        os.replace(partial, target)
        sync_folder(target.parent)
    except OSError as error:
        why = Message("%(why)s", why=error.strerror or str(error))
        raise FileRejected(NOT_RESTORED, [Fault(str(target), why)]) from error
    finally:
        partial.unlink(missing_ok=True)


def _set_aside(target: Path, aside: Path) -> None:
    """Keep the living database under another name. It stays in its place too, until the restored one takes that."""
    mode = _leave_wal(target)
    if mode == "wal":
        text = Message("Another program uses it: stop the server first.")
        raise Conflict(NOT_RESTORED, [Fault(str(target), text)])
    os.link(target, aside)
    for end in ("-wal", "-shm", "-journal"):
        # Of a broken database these may hold its last rows, and they must not be taken for the restored one's.
        with suppress(FileNotFoundError):
            os.replace(target.with_name(target.name + end), aside.with_name(aside.name + end))


def _leave_wal(path: Path) -> str:
    """The journal mode after taking everything into the one file: `wal` while others use it, else `broken` or not."""
    with path.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            return "broken"  # opening it would take away the journal beside it
    try:
        with closing(_open(path, "rw")) as living:
            living.execute("PRAGMA busy_timeout=1000")
            return str(living.execute("PRAGMA journal_mode=DELETE").fetchone()[0])
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", "")
        return "wal" if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) else "broken"


def _open(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None
    )
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA busy_timeout=5000")
    return connection


def _count(connection: sqlite3.Connection) -> Contents:
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    rows = {
        name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
        for (name,) in names
    }
    found = None
    if "alembic_version" in rows:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return Contents(found[0] if found else "", rows)
