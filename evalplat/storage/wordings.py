"""The owners' official wordings as rows: the latest one that was valid from a day on counts for that day."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from evalplat.storage.access import connection_of
from evalplat.storage.rows import add_rows
from evalplat.storage.tables import Administration, OfficialWording
from evalplat.vocabulary import AdministrationStatus

_UNTIL_A_DAY = (
    select(*OfficialWording.__table__.c)
    .where(
        OfficialWording.instrument == bindparam("instrument"),
        OfficialWording.version == bindparam("version"),
        OfficialWording.valid_from <= bindparam("on"),
    )
    .order_by(OfficialWording.id)
)
"""Built once, and read as plain columns, because every page of a client asks it."""


def list_in_force(session: Session, instrument: str, version: str, on: date) -> list[Any]:
    """The wording of each language that may be shown on a day."""
    asked = {"instrument": instrument, "version": version, "on": on}
    rows = connection_of(session).execute(_UNTIL_A_DAY, asked)
    latest = {row.language: row for row in rows}
    return [row for row in latest.values() if row.valid_until is None or on <= row.valid_until]


def list_all(session: Session) -> list[OfficialWording]:
    """Every wording that was ever loaded, the first one first."""
    return list(session.scalars(select(OfficialWording).order_by(OfficialWording.id)))


def find_by_ids(session: Session, ids: Collection[str]) -> dict[str, OfficialWording]:
    """The wordings of these public ids."""
    if not ids:
        return {}
    rows = session.scalars(select(OfficialWording).where(OfficialWording.public_id.in_(ids)))
    return {row.public_id: row for row in rows}


def add(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Put wordings in; none is ever changed."""
    add_rows(session, OfficialWording, list(rows))


def count_shown(session: Session, instrument: str, version: str) -> dict[bool, int]:
    """How many answered measurements of a version were asked in an official wording (True), and how many were not."""
    official = Administration.shown_wording != ""
    query = (
        select(official, func.count())
        .where(
            Administration.instrument == instrument,
            Administration.version == version,
            Administration.status == AdministrationStatus.SUBMITTED,
        )
        .group_by(official)
    )
    return {bool(shown): count for shown, count in session.execute(query)}
