"""What an import of sheets asks the database: planned measurements by voucher, and the sheets that are stored."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from evalplat.storage.rows import chunks, read_rows
from evalplat.storage.tables import Administration, Client, Draft, Episode, Sheet, Voucher
from evalplat.storage.words import hold_for, open_row
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Mode, Respondent


@dataclass(frozen=True, slots=True)
class Place:
    """One planned measurement and what a file may name its episode by."""

    voucher: str
    episode: str
    client: str
    client_language: str
    administration: str
    instrument: str
    point: MeasurementPoint
    respondent: Respondent


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """One revision of a sheet, as an import compares it."""

    administration: int
    revision: int
    answers: str
    measured_on: date
    language: str
    mode: Mode
    respondent: Respondent
    present: str


_PLACES = (
    select(
        Voucher.number,
        Episode.public_id,
        Client.public_id,
        Client.language,
        Administration.public_id,
        Administration.instrument,
        Administration.point,
        Administration.respondent,
    )
    .select_from(Administration)
    .join(Episode, Episode.id == Administration.episode_id)
    .join(Client, Client.id == Administration.client_id)
    .join(Voucher, Voucher.id == Episode.voucher_id)
    .where(Administration.provider_id == bindparam("of_provider"))
    .execution_options(evalplat_tables=(Administration, Episode, Client, Voucher))
)
_WANTED: BindParameter[str] = bindparam("wanted", expanding=True)
_BY_FIELD: dict[str, Any] = {
    "voucher": _PLACES.where(Voucher.number.in_(_WANTED)),
    "episode": _PLACES.where(Episode.public_id.in_(_WANTED)),
    "client": _PLACES.where(Client.public_id.in_(_WANTED)),
}
_OPEN = _PLACES.where(
    Administration.instrument == bindparam("instrument"),
    Administration.status == AdministrationStatus.PLANNED,
    Client.restricted_at.is_(None),
).order_by(Administration.due_from, Voucher.number, Administration.id)
_SHEETS = (
    select(
        Sheet.administration_id,
        Sheet.revision,
        Sheet.answers,
        Sheet.measured_on,
        Sheet.language,
        Sheet.mode,
        Sheet.respondent,
        Sheet.client_id,
        Sheet.sealed_words,
    )
    .where(Sheet.administration_id.in_(_WANTED))
    .order_by(Sheet.administration_id, Sheet.revision)
    .execution_options(evalplat_tables=(Sheet,))
)
_DRAFTED = (
    select(Draft.administration_id)
    .where(Draft.administration_id.in_(_WANTED))
    .distinct()
    .execution_options(evalplat_tables=(Draft,))
)


def list_places(
    session: Session, provider: int, field: str, wanted: Collection[str]
) -> Iterator[Place]:
    """A provider's planned measurements, of episodes named by voucher number, or by episode's or client's public id."""
    for chunk in chunks(sorted(wanted)):
        for row in read_rows(session, _BY_FIELD[field], {"wanted": chunk, "of_provider": provider}):
            yield Place(*row)


def list_open_places(session: Session, provider: int, instrument: str, most: int) -> list[Place]:
    """A provider's measurements of an instrument that wait for answers, those due first in front."""
    rows = read_rows(
        session, _OPEN.limit(most), {"instrument": instrument, "of_provider": provider}
    )
    return [Place(*row) for row in rows]


def list_stored_sheets(
    session: Session, administrations: Collection[int]
) -> dict[int, list[StoredSheet]]:
    """Every revision of these administrations' sheets, the first one first."""
    found: dict[int, list[StoredSheet]] = {}
    for chunk in chunks(sorted(administrations)):
        rows = read_rows(session, _SHEETS, {"wanted": chunk}).all()
        hold_for(session, rows)
        for row in rows:
            words = open_row(session, Sheet, row._mapping)
            sheet = StoredSheet(
                administration=row.administration_id,
                revision=row.revision,
                answers=row.answers,
                measured_on=row.measured_on,
                language=row.language,
                mode=row.mode,
                respondent=row.respondent,
                present=words["present"],
            )
            found.setdefault(sheet.administration, []).append(sheet)
    return found


def find_drafted(session: Session, administrations: Collection[int]) -> set[int]:
    """Which of these administrations have answers that were begun and not sent."""
    found: set[int] = set()
    for chunk in chunks(sorted(administrations)):
        found.update(key for (key,) in read_rows(session, _DRAFTED, {"wanted": chunk}))
    return found
