"""Whether an installation can do its work just now: a word for each thing that it needs."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, make_url, text

from evalplat.config import Settings
from evalplat.services.backups import find_last, folder_of
from evalplat.storage import migrate
from evalplat.storage.database import check_durability, reachable

OLDEST_BACKUP = timedelta(hours=26)
"""A nightly backup that was late by two hours is not yet a worry."""

LEAST_FREE = 50_000_000
LITTLE_FREE = 1_000_000_000
OK, FAILED, LOW, OLD, NONE = "ok", "failed", "low", "old", "none"


@dataclass(frozen=True, slots=True)
class Health:
    """A word per check: `ok`, `failed`, or a warning (`low` disk; `old` or no backup: `none`)."""

    revision: str
    durable: str
    disk: str
    backup: str

    @property
    def is_ready(self) -> bool:
        """Whether requests may be sent here: warnings do not keep them away."""
        return FAILED not in (self.revision, self.durable, self.disk)


def read_health(engine: Engine, settings: Settings, at: datetime) -> Health:
    """Look at everything once; raises DatabaseBusy where the database does not answer."""
    with reachable(), engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        faults = check_durability(connection)
    return Health(
        revision=OK if found == _head() else FAILED,
        durable=FAILED if faults else OK,
        disk=word_of_space(free_space(settings)),
        backup=word_of_backup(settings, at),
    )


@cache
def _head() -> str:
    return migrate.head_revision()


def free_space(settings: Settings) -> int | None:
    """The bytes that are free where the embedded database grows; None where the database is elsewhere."""
    if not settings.on_sqlite:
        return None
    return shutil.disk_usage(_existing(Path(make_url(settings.database_url).database or ""))).free


def free_for_backups(settings: Settings) -> int:
    """The bytes that are free where backups are made."""
    return shutil.disk_usage(_existing(folder_of(settings))).free


def word_of_space(free: int | None) -> str:
    """Full, low or enough."""
    if free is None or free >= LITTLE_FREE:
        return OK
    return LOW if free >= LEAST_FREE else FAILED


def word_of_backup(settings: Settings, at: datetime) -> str:
    """Whether there is a backup of the last day, in the folder where backups are looked for."""
    last = find_last(settings)
    if last is None:
        return NONE
    return OLD if at - last.note.instant > OLDEST_BACKUP else OK


def _existing(path: Path) -> Path:
    path = path.resolve()
    return next(folder for folder in (path, *path.parents) if folder.exists())
