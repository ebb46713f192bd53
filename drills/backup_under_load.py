"""Backups while four processes write: everything committed before is in each, and nothing that is cut is taken."""

import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from drills.effort import Effort
from drills.row import Row
from drills.servers import Place, place_of
from drills.writers import writing
from evalplat.config import Settings
from evalplat.errors import FileRejected
from evalplat.services.actors import Actor
from evalplat.services.backups import Backup, check_backup, make_backup, restore_backup
from evalplat.services.providers import list_providers
from evalplat.storage.backups import note_path
from evalplat.wiring import build_wiring

BACKUPS, WRITERS, CUTS = 10, 4, 40
SYSTEM = Actor.system("drill")


def run(effort: Effort) -> Iterator[Row]:
    """Both databases."""
    for kind in ("sqlite", "postgresql"):
        with place_of(kind) as place:
            yield from _drill(place)


def _drill(place: Place) -> Iterator[Row]:
    settings = place.make("living")
    made: list[tuple[Backup, set[str]]] = []
    seconds = []
    copied = place.folder / "copied.sqlite3"
    with writing(settings, WRITERS) as writers:
        while min(writers.told) < 100:
            time.sleep(0.1)
        for number in range(BACKUPS):
            before, began = writers.committed(), time.monotonic()
            target = place.folder / f"backup-{number}"
            made.append(
                (
                    make_backup(
                        settings, target=target, at=datetime.now(UTC), progress=lambda *_: None
                    ),
                    before,
                )
            )
            seconds.append(time.monotonic() - began)
        known = writers.committed()
        if place.kind == "sqlite":
            shutil.copyfile(make_url(settings.database_url).database or "", copied)
    lost, torn = _compare(place, made)
    rows = made[-1][0].note.rows["providers"]
    yield Row(
        f"{place.kind}: {BACKUPS} backups beside {WRITERS} writers, lost rows, torn rows",
        "0, 0",
        f"{lost}, {torn} of {rows:,}; {max(seconds):.1f} s the slowest",
        not lost and not torn,
    )
    yield _cut(place, made[-1][0])
    if place.kind == "sqlite":
        missing = len(known - _names_in_file(copied))
        yield Row(
            "sqlite, control: a plain copy of the file, lost rows",
            "more than 0",
            f"{missing:,} of {len(known):,}",
            missing > 0,
        )


def _compare(place: Place, made: list[tuple[Backup, set[str]]]) -> tuple[int, int]:
    lost = torn = 0
    for backup, before in made:
        settings = place.make("restored", tables=False)
        if place.kind == "sqlite":
            shutil.rmtree(place.folder / "restored", ignore_errors=True)
        restore_backup(settings, path=backup.path, replace=False, at=datetime.now(UTC))
        found = _names(settings)
        lost += len(before - found)
        for n in range(WRITERS):
            own = {name for name in found if name.startswith(f"Writer {n} ")}
            torn += len({f"Writer {n} {k:07}" for k in range(len(own))} ^ own)
    return lost, torn


def _cut(place: Place, backup: Backup) -> Row:
    """The same backup, cut or with one bit changed at random places."""
    chance, taken = random.Random(11), 0
    whole = backup.path.read_bytes()
    harmed = place.folder / "harmed"
    shutil.copyfile(note_path(backup.path), note_path(harmed))
    for number in range(CUTS):
        at = chance.randrange(len(whole))
        changed = whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :]
        harmed.write_bytes(whole[:at] if number % 2 else changed)
        try:
            check_backup(harmed)
            taken += 1
        except FileRejected:
            continue
    return Row(
        f"{place.kind}: {CUTS} cut or changed backups, taken for whole", "0", str(taken), not taken
    )


def _names(settings: Settings) -> set[str]:
    with closing(build_wiring(settings)) as wiring, wiring.reading(SYSTEM) as session:
        return {provider.name for provider in list_providers(session, SYSTEM)}


def _names_in_file(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as raw:
        return {name for (name,) in raw.execute("SELECT name FROM providers")}
