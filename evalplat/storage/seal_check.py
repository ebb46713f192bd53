"""Goes through every sheet, score, goal and rating, and names each that is not as it was written, or that is missing.

A sheet says how many scores and ratings it was written with, and the access log how many sheets an administration has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Text, and_, cast, func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from evalplat.storage.access import connection_of
from evalplat.storage.chain import Signer
from evalplat.storage.chain_check import AT_ONCE, Progress, as_stored, told
from evalplat.storage.keyring import Keyring, SealBroken
from evalplat.storage.seals import PURPOSE, SEALED, row_content
from evalplat.storage.tables import (
    Administration,
    AuditEntry,
    Episode,
    Goal,
    GoalRating,
    Score,
    Sheet,
)

WRITES_A_SHEET = ("submit_answers", "correct_answers", "rate_goals")
"""Acts of the access log that stand for one sheet each, of the administration that they name."""

MOST_NAMED = 1000
"""More than that is told as a number."""


class HarmKind(StrEnum):
    """What is wrong with a row."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True)
class Harm:
    """One row that is not as it was written. `place` is the administration, or for a goal the episode.

    what: the scale of a score, the goal of a rating, or the goal itself; empty for a sheet.
    """

    kind: HarmKind
    table: str
    place: str
    revision: int | None
    what: str


@dataclass(slots=True)
class Seen:
    """How many rows were gone through, and how many are not as they were written."""

    rows: int = 0
    harms: int = 0


def check_seals(
    session: Session, keyring: Keyring, progress: Progress | None = None
) -> tuple[list[Harm], Seen]:
    """Every row that is not as it was written, and every one that is missing."""
    seen, found = Seen(), []
    connection = connection_of(session)
    for model in SEALED:
        with as_stored(connection):
            broken = list(_check_table(connection, keyring, model, seen, progress))
        found += [_name(connection, model, kind, row) for kind, row in broken]
    for harm in _find_missing(connection):
        seen.harms += 1
        found.append(harm)
    return found, seen


def _check_table(
    connection: Any, keyring: Keyring, model: Any, seen: Seen, progress: Progress | None
) -> Iterator[tuple[HarmKind, Any]]:
    table = model.__table__
    total = connection.execute(select(func.count()).select_from(table)).scalar_one()
    query = select(*map(_raw, table.columns)).order_by(*table.primary_key.columns)
    rows = connection.execute(query, execution_options={"yield_per": AT_ONCE})
    signer = Signer(keyring, PURPOSE)
    for row in told(rows, total, progress):
        seen.rows += 1
        kind = _judge(signer, table.name, row)
        if kind is None:
            continue
        seen.harms += 1
        if seen.harms <= MOST_NAMED:
            yield kind, row


def _judge(signer: Signer, table: str, row: Any) -> HarmKind | None:
    if row.seal is None:
        return HarmKind.ADDED
    try:
        right = signer.is_signed(row_content(table, row._mapping), row.seal)
    except SealBroken:
        return HarmKind.NO_KEY
    return None if right else HarmKind.CHANGED


def _raw(column: Any) -> Any:
    """A column as it is stored."""
    if isinstance(column.type, JSON):
        return cast(column, Text).label(column.name)
    return type_coerce(column, NullType()).label(column.name)


def _name(connection: Any, model: Any, kind: HarmKind, row: Any) -> Harm:
    """The row by the names that people know."""
    owner, key = (
        (Episode, row.episode_id) if model is Goal else (Administration, row.administration_id)
    )
    place = connection.execute(select(owner.public_id).where(owner.id == key)).scalar()
    what = ""
    if model is Score:
        what = row.scale
    elif model is Goal:
        what = row.public_id
    elif model is GoalRating:
        goal = select(Goal.public_id).where(Goal.id == row.goal_id)
        what = connection.execute(goal).scalar() or str(row.goal_id)
    revision = None if model is Goal else row.revision
    return Harm(kind, model.__tablename__, place or str(key), revision, str(what))


def _find_missing(connection: Any) -> Iterator[Harm]:
    """Scores and ratings that a sheet was written with, and sheets that the access log knows."""
    for model, wanted in ((Score, Sheet.score_rows), (GoalRating, Sheet.rating_rows)):
        there = (
            select(func.count())
            .select_from(model)
            .where(
                model.administration_id == Sheet.administration_id,
                model.revision == Sheet.revision,
            )
            .scalar_subquery()
        )
        query = (
            select(Administration.public_id, Sheet.revision)
            .join(Administration, Administration.id == Sheet.administration_id)
            .where(there < wanted)
            .order_by(Sheet.administration_id, Sheet.revision)
            .limit(MOST_NAMED)
        )
        for place, revision in connection.execute(query):
            yield Harm(HarmKind.REMOVED, model.__tablename__, place, revision, "")
    yield from _find_missing_sheets(connection)


def _find_missing_sheets(connection: Any) -> Iterator[Harm]:
    lines = (
        select(AuditEntry.object_id, func.count().label("n"))
        .where(AuditEntry.object_kind == "administration", AuditEntry.action.in_(WRITES_A_SHEET))
        .group_by(AuditEntry.object_id)
        .subquery()
    )
    there = (
        select(Administration.public_id, func.count().label("n"))
        .join(Sheet, Sheet.administration_id == Administration.id)
        .group_by(Administration.public_id)
        .subquery()
    )
    query = (
        select(lines.c.object_id, lines.c.n)
        .outerjoin(there, and_(there.c.public_id == lines.c.object_id))
        .where(func.coalesce(there.c.n, 0) < lines.c.n)
        .order_by(lines.c.object_id)
        .limit(MOST_NAMED)
    )
    for place, revision in connection.execute(query):
        yield Harm(HarmKind.REMOVED, "sheets", place, revision, "")
