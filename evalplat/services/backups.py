"""Making, checking and restoring backups of an installation, and how old the last one is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.orm import Session

from evalplat.config import Settings
from evalplat.errors import Conflict, Fault, FileRejected, Message
from evalplat.services.actors import Actor, demand
from evalplat.storage import audit, backups, backups_postgresql, database, migrate
from evalplat.storage.backups import Contents, Note, Progress

FOLDER = "backups"
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
    """What a restore did: from what, where the earlier database is kept, and whether it has to be upgraded."""

    backup: Backup
    aside: str
    needs_upgrade: bool


def folder_of(settings: Settings) -> Path:
    """Where backups are kept unless another file is named: the setting's folder, or one beside the database."""
    if settings.backups_folder is not None:
        return settings.backups_folder
    url = make_url(settings.database_url)
    beside = Path(url.database or "").parent if settings.on_sqlite else Path("var")
    return beside / FOLDER


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
            held = backups.copy_sqlite(source, partial, progress)
        else:
            held = backups_postgresql.dump(settings, partial, progress)
        backups.compare(path.name, _read(kind, partial), held)
        note = Note(
            database=kind,
            made_at=at.isoformat(timespec="seconds"),
            revision=held.revision,
            size=partial.stat().st_size,
            sha256=backups.digest(partial),
            rows=held.rows,
        )
        backups.finish(partial, path, note)
    return Backup(path, note)


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
    settings: Settings, *, path: Path, replace: bool, at: datetime, progress: Progress | None = None
) -> Restored:
    """Put a backup, checked again, in the place of the database.

    A living database is never touched without `replace`, and then kept under another name. Raises Conflict,
    FileRejected.
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
    aside = _restore(settings, backup, living=living, at=at)
    return Restored(backup, aside, backup.note.revision != migrate.head_revision())


def _restore(settings: Settings, backup: Backup, *, living: bool, at: datetime) -> str:
    if not settings.on_sqlite:
        schema = backups_postgresql.ASIDE + at.strftime(STAMP).lower() if living else None
        wanted = Contents(backup.note.revision, backup.note.rows)
        backups_postgresql.load(settings, backup.path, wanted, aside=schema)
        return schema or ""
    target = _file(settings)
    aside = target.with_name(f"{target.name}.before-restore-{at.strftime(STAMP)}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with database.make_queue(settings).turn():
        backups.place_sqlite(backup.path, target, aside=aside if living else None)
    return str(aside) if living else ""


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
