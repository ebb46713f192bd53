"""Making, checking and restoring backups of an installation, and how old the last one is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.orm import Session

from evalplat.config import Settings
from evalplat.errors import Conflict, Fault, FileRejected, Message
from evalplat.services import installation
from evalplat.services.actors import Actor, demand
from evalplat.storage import (
    audit,
    backups,
    backups_postgresql,
    contacts,
    database,
    identities,
    kept_keys,
    migrate,
)
from evalplat.storage.backups import Contents, Note, Progress
from evalplat.storage.kept_keys import Filled, KeptKeys

FOLDER = "backups"
KEYS_FILE = "client-keys.json"
LOOKED_AT = 20
STAMP = "%Y%m%dT%H%M%SZ"
SUFFIX = {"sqlite": "sqlite3", "postgresql": "dump"}


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is whole: where it is, and what its note says."""

    path: Path
    note: Note

    @property
    def count(self) -> int:
        """The rows of all tables together."""
        return sum(self.note.rows.values())


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: from what, where the earlier database is kept, and whether it has to be upgraded.

    filled: whose names can be read, whose were erased, and whose key is nowhere.
    """

    backup: Backup
    aside: str
    needs_upgrade: bool
    filled: Filled


def folder_of(settings: Settings) -> Path:
    """Where backups are kept unless another file is named: the setting's folder, or one beside the database."""
    if settings.backups_folder is not None:
        return settings.backups_folder
    url = make_url(settings.database_url)
    beside = Path(url.database or "").parent if settings.on_sqlite else Path("var")
    return beside / FOLDER


def keys_path(settings: Settings) -> Path:
    """The file of clients' keys: the one that the settings name, or one beside the folder for backups."""
    return settings.client_keys or folder_of(settings).parent / KEYS_FILE


def list_copies(settings: Settings) -> list[Path]:
    """Whole copies that upgrades and restores left beside an SQLite database, with the keys of their day in them."""
    path = _file(settings)
    return sorted(path.parent.glob(f"{path.name}.before-*")) if settings.on_sqlite else []


def keep_keys(settings: Settings, keys: KeptKeys) -> bool:
    """Bring the file of clients' keys up to date: those of the erased go, and no other. Raises FileRejected.

    Gives back whether somebody was erased since it was last written.
    """
    path = keys_path(settings)
    before = kept_keys.read_keys(path)
    after = (before or KeptKeys()).joined(keys)
    if before is not None or after.keys or after.erased:
        kept_keys.write_keys(path, after)
    return before is not None and bool(after.erased.keys() - before.erased.keys())


def make_backup(
    settings: Settings, *, target: Path | None, at: datetime, progress: Progress
) -> Backup:
    """Copy the database while it is used, check the copy, and only then give it its name.

    Raises Conflict where a file is there already, FileRejected where it cannot be made whole.
    """
    kind = _kind(settings)
    path = target or folder_of(settings) / f"evalplat-{at.strftime(STAMP)}.{SUFFIX[kind]}"
    source = _file(settings)
    if kind == "sqlite" and not source.exists():
        raise migrate.without_tables()
    needed = source.stat().st_size * 11 // 10 if kind == "sqlite" else 0
    with backups.writing(path, needed) as partial:
        if kind == "sqlite":
            held, keys = backups.copy_sqlite(source, partial, progress)
        else:
            held, keys = backups_postgresql.dump(settings, partial, progress)
        backups.compare(path.name, _read(kind, partial), held)
        gone = keep_keys(settings, keys)
        note = Note(
            database=kind,
            made_at=at.isoformat(timespec="seconds"),
            revision=held.revision,
            size=partial.stat().st_size,
            sha256=backups.digest(partial),
            rows=held.rows,
            keys=len(keys.keys),
        )
        backups.finish(partial, path, note)
    if gone and kind == "postgresql":
        backups_postgresql.write_keys_anew(settings)
    return Backup(path, note)


def back_up_before_upgrade(
    settings: Settings, *, at: datetime, progress: Progress
) -> Backup | None:
    """A checked backup of a PostgreSQL database that an upgrade would change; None where there is nothing to keep.

    An SQLite database is copied beside itself by the upgrade. Raises NotConfigured where PostgreSQL's own programs are
    missing, FileRejected where the backup cannot be made whole: nothing was upgraded then.
    """
    if settings.on_sqlite or not (found := installation.find_outdated(settings)):
        return None
    name = f"evalplat-before-upgrade-from-{found}-{at.strftime(STAMP)}.{SUFFIX['postgresql']}"
    return make_backup(settings, target=folder_of(settings) / name, at=at, progress=progress)


def check_backup(path: Path, *, progress: Progress | None = None) -> Backup:
    """Prove a backup whole: its checksum, every page of it, its rows; raises FileRejected."""
    note = backups.read_note(path)
    backups.check_file(path, note, progress)
    if note.database not in SUFFIX:
        text = Message("It is of a database that is not known.")
        raise FileRejected(backups.NOT_WHOLE, [Fault(str(path), text)])
    backups.compare(path.name, _read(note.database, path), Contents(note.revision, note.rows))
    return Backup(path, note)


def restore_backup(
    settings: Settings,
    *,
    path: Path,
    replace: bool,
    at: datetime,
    without_names: bool = False,
    progress: Progress | None = None,
) -> Restored:
    """Put a backup, checked again, in the place of the database.

    A living database is never touched without `replace`, and then kept under another name. Clients' keys come from
    their file; where it is missing nothing is restored, unless `without_names`. Raises Conflict, FileRejected.
    """
    backup = check_backup(path, progress=progress)
    kind = _kind(settings)
    if backup.note.database != kind:
        text = Message(
            "It is of %(found)s, and the settings name %(wanted)s.",
            found=backup.note.database,
            wanted=kind,
        )
        raise FileRejected(backups.NOT_RESTORED, [Fault(str(path), text)])
    if not migrate.is_known(backup.note.revision):
        text = Message(
            "It is at revision %(found)s, which this program does not know: use the program that it was made with, or "
            "a newer one.",
            found=backup.note.revision or "-",
        )
        raise FileRejected(backups.NOT_RESTORED, [Fault(str(path), text)])
    living = (
        _file(settings).exists() if kind == "sqlite" else backups_postgresql.has_tables(settings)
    )
    if living and not replace:
        text = Message(
            "There is a database already. It is kept under another name if you say --replace; stop the server first."
        )
        raise Conflict(backups.NOT_RESTORED, [Fault("EVALPLAT_DATABASE_URL", text)])
    keys = _find_keys(settings, backup, without_names)
    aside, filled = _restore(settings, backup, keys, living=living, at=at)
    return Restored(backup, aside, backup.note.revision != migrate.head_revision(), filled)


def _find_keys(settings: Settings, backup: Backup, without_names: bool) -> KeptKeys:
    path = keys_path(settings)
    keys = kept_keys.read_keys(path)
    if keys is None and backup.note.keys and not without_names:
        text = Message(
            "The clients’ keys are missing, without which no name can be read: put the latest copy of the file "
            "there, or name it in EVALPLAT_CLIENT_KEYS. --without-names restores everything else."
        )
        raise FileRejected(backups.NOT_RESTORED, [Fault(str(path), text)])
    return keys or KeptKeys()


def _restore(
    settings: Settings, backup: Backup, keys: KeptKeys, *, living: bool, at: datetime
) -> tuple[str, Filled]:
    done: list[Filled] = []

    def give_keys(connection: Any) -> None:
        sqlite = settings.on_sqlite
        if set(kept_keys.SEPARATE) <= backup.note.rows.keys():
            done.append(kept_keys.fill(connection, keys, at, on_sqlite=sqlite))
        elif "client_identities" in backup.note.rows:
            erased = kept_keys.empty_erased(connection, keys, on_sqlite=sqlite)
            done.append(Filled(keys=0, erased=erased, missing=0))
        else:
            done.append(Filled(keys=0, erased=0, missing=0))

    if not settings.on_sqlite:
        schema = backups_postgresql.ASIDE + at.strftime(STAMP).lower() if living else None
        wanted = Contents(backup.note.revision, backup.note.rows)
        backups_postgresql.load(settings, backup.path, wanted, aside=schema, prepare=give_keys)
        return schema or "", done[0]
    target = _file(settings)
    aside = target.with_name(f"{target.name}.before-restore-{at.strftime(STAMP)}")
    target.parent.mkdir(parents=True, exist_ok=True)

    def prepare(copy: Path) -> None:
        with closing(sqlite3.connect(copy)) as connection, connection:
            give_keys(connection)

    with database.make_queue(settings).turn():
        backups.place_sqlite(backup.path, target, aside=aside if living else None, prepare=prepare)
    return (str(aside) if living else ""), done[0]


def make_missing_marks(session: Session, actor: Actor) -> int:
    """Make the marks that exact values are found by, which are in no backup; gives back how many. System jobs only."""
    demand(session, actor)
    return identities.mark_missing_codes(session) + contacts.mark_missing(session)


def record_backup(session: Session, actor: Actor, *, action: str, backup: Backup) -> None:
    """Write into the access log that everything was read or put back; system jobs only."""
    demand(session, actor)
    audit.record(session, action, "backup", backup.note.sha256[:16])


def find_last(settings: Settings) -> Backup | None:
    """The youngest backup in the folder for them, by its note; None where there is none."""
    found = list(_list(folder_of(settings)))
    return max(found, key=lambda backup: backup.note.instant) if found else None


def _list(folder: Path) -> Iterator[Backup]:
    """The latest backups whose file is still as long as it was written; their bytes are not read."""
    found = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for beside in found[:LOOKED_AT]:
        path = beside.with_suffix("")
        try:
            note = backups.read_note(path)
            if path.stat().st_size == note.size:
                yield Backup(path, note)
        except (FileRejected, OSError):
            continue


def _read(kind: str, path: Path) -> Contents:
    return backups.check_sqlite(path) if kind == "sqlite" else backups_postgresql.read_dump(path)


def _kind(settings: Settings) -> str:
    return "sqlite" if settings.on_sqlite else "postgresql"


def _file(settings: Settings) -> Path:
    return Path(make_url(settings.database_url).database or "") if settings.on_sqlite else Path()
