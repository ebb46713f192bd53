"""What stands in the database after a drill, read past the application: lost, doubled and torn sheets."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import make_url

from evalplat.config import Settings
from evalplat.services.actors import Actor
from evalplat.services.recounting import rebuild_moments
from evalplat.wiring import build_wiring

SYSTEM = Actor.system("drill")
SHEETS = "SELECT a.public_id, s.answers FROM sheets s JOIN administrations a ON a.id = s.administration_id"
TORN = {
    "state": "SELECT count(*) FROM sheets s JOIN administrations a ON a.id = s.administration_id"
    " WHERE a.status <> 'submitted' OR a.revision < s.revision",
    "sheet": "SELECT count(*) FROM administrations a WHERE a.status = 'submitted' AND NOT EXISTS"
    " (SELECT 1 FROM sheets s WHERE s.administration_id = a.id)",
    "draft": "SELECT count(*) FROM drafts d JOIN administrations a ON a.id = d.administration_id"
    " WHERE a.status = 'submitted'",
    "invitation": "SELECT count(*) FROM invitations i JOIN administrations a ON a.id = i.administration_id"
    " WHERE (a.status = 'submitted') <> (i.used_at IS NOT NULL)",
    "scores": "SELECT count(*) FROM sheets s WHERE (SELECT count(*) FROM scores c"
    " WHERE c.administration_id = s.administration_id AND c.revision = s.revision) <> {scales}",
}
SUMS = ("pair_moments", "episode_counts")


@dataclass(frozen=True, slots=True)
class Harm:
    """What is wrong with what is stored; all zero when nothing is."""

    lost: int
    doubled: int
    torn: int
    sheets: int
    lines: int

    @property
    def is_none(self) -> bool:
        """Whether every acknowledged sheet stands once, whole, and with its line in the access log."""
        return not (self.lost or self.doubled or self.torn) and self.sheets == self.lines

    def __str__(self) -> str:
        return f"{self.lost}, {self.doubled}, {self.torn} of {self.sheets:,}; {self.lines:,} lines"


def rows(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    """Ask the database itself, as its owner."""
    url = make_url(settings.owner_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database or "", timeout=30)) as file:
            return file.execute(statement).fetchall()
    plain = url.set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(plain) as connection:
        return connection.execute(statement.encode()).fetchall()


def one(settings: Settings, statement: str) -> Any:
    """The one value that a statement asks for."""
    return rows(settings, statement)[0][0]


def find_harm(
    settings: Settings, acknowledged: Mapping[str, Mapping[str, object]], scales: int
) -> Harm:
    """Compare what the clients were told is stored with what is; `acknowledged` has answers by administration."""
    found: dict[str, list[dict[str, Any]]] = {}
    for administration, answers in rows(settings, SHEETS):
        found.setdefault(administration, []).append(json.loads(answers))
    lines = [
        line
        for (line,) in rows(
            settings, "SELECT object_id FROM audit_entries WHERE action = 'submit_answers'"
        )
    ]
    lost = sum(
        not any(_agrees(sheet, told) for sheet in found.get(administration, ()))
        for administration, told in acknowledged.items()
    )
    doubled = sum(len(sheets) - 1 for sheets in found.values()) + len(lines) - len(set(lines))
    torn = sum(one(settings, text.format(scales=scales)) for text in TORN.values())
    torn += _count_faults(settings) + _count_wrong_sums(settings)
    return Harm(lost, doubled, torn, sum(map(len, found.values())), len(lines))


def _agrees(sheet: Mapping[str, Any], told: Mapping[str, object]) -> bool:
    return all(str(sheet.get(code)) == str(value) for code, value in told.items())


def _count_faults(settings: Settings) -> int:
    """What SQLite itself finds wrong with its file."""
    if make_url(settings.owner_url).get_backend_name() != "sqlite":
        return 0
    whole = rows(settings, "PRAGMA integrity_check") == [("ok",)]
    return len(rows(settings, "PRAGMA foreign_key_check")) + (not whole)


def _count_wrong_sums(settings: Settings) -> int:
    """Rows of the kept sums that counting everything again changes."""
    before = _sums(settings)
    with closing(build_wiring(settings)) as wiring, wiring.transaction(SYSTEM) as session:
        rebuild_moments(session, wiring.catalogue, SYSTEM)
    return len(before ^ _sums(settings))


def _sums(settings: Settings) -> set[str]:
    return {
        f"{table} {_tell(row)}"
        for table in SUMS
        for row in rows(settings, f"SELECT * FROM {table}")
    }


def _tell(row: Iterable[Any]) -> str:
    """A row so that sums of numbers in another order are the same."""
    return repr([_round(value) for value in row])


def _round(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        value = np.frombuffer(value).tolist()  # sums of products, as they are kept
    if isinstance(value, str) and value.startswith(("[", "{")):
        value = json.loads(value)
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, list):
        return [_round(part) for part in value]
    if isinstance(value, dict):
        return {key: _round(part) for key, part in sorted(value.items())}
    return value
