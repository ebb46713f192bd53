"""Administrations while they are answered, their answer sheets, and the scores of a sheet."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from evalplat.scoring.results import ScaleScore
from evalplat.storage.rows import chunks, read_rows
from evalplat.storage.tables import Administration, Client, Draft, Episode, Score, SetAside, Sheet
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Mode, Respondent


@dataclass(frozen=True, slots=True)
class Planned:
    """One administration with what deciding about an answer sheet needs."""

    id: int
    public_id: str
    provider_id: int
    client_id: int
    episode_id: int
    instrument: str
    version: str
    point: MeasurementPoint
    respondent: Respondent
    mode: Mode
    status: AdministrationStatus
    revision: int
    measured_on: date | None
    closing_reason: str
    opened_on: date
    client_public_id: str

    @property
    def owner(self) -> dict[str, int]:
        """The owner's columns of every row inside the administration."""
        return {
            "provider_id": self.provider_id,
            "client_id": self.client_id,
            "episode_id": self.episode_id,
            "administration_id": self.id,
        }


_PLANNED = (
    select(
        Administration.id,
        Administration.public_id,
        Administration.provider_id,
        Administration.client_id,
        Administration.episode_id,
        Administration.instrument,
        Administration.version,
        Administration.point,
        Administration.respondent,
        Administration.mode,
        Administration.status,
        Administration.revision,
        Administration.measured_on,
        Administration.closing_reason,
        Episode.opened_on,
        Client.public_id,
    )
    .join(Episode, Episode.id == Administration.episode_id)
    .join(Client, Client.id == Administration.client_id)
    .execution_options(evalplat_tables=(Administration, Episode, Client))
    .order_by(Administration.id)
)
_ONE = _PLANNED.where(Administration.public_id == bindparam("wanted"))
_MANY = _PLANNED.where(Administration.public_id.in_(bindparam("wanted", expanding=True)))
_ONE_LOCKED = _ONE.with_for_update(of=(Episode, Administration))
_MANY_LOCKED = _MANY.with_for_update(of=(Episode, Administration))
_DRAFTS = (
    select(Draft.code, Draft.value, Draft.language, Draft.saved_at)
    .where(Draft.administration_id == bindparam("wanted"))
    .order_by(Draft.saved_at, Draft.code)
    .execution_options(evalplat_tables=(Draft,))
)
_BY_KEY = select(Sheet).where(Sheet.idempotency_key.in_(bindparam("wanted", expanding=True)))
_MEASURED_BEFORE = (
    select(
        Administration.episode_id,
        Administration.instrument,
        Administration.respondent,
        Administration.measured_on,
    )
    .where(
        Administration.episode_id.in_(bindparam("wanted", expanding=True)),
        Administration.point == bindparam("point"),
        Administration.measured_on.is_not(None),
    )
    .execution_options(evalplat_tables=(Administration,))
)


def find_planned(
    session: Session, public_ids: Collection[str], *, lock: bool = False
) -> dict[str, Planned]:
    """Administrations that the scope reaches, by public id.

    `lock` holds their episodes until the transaction ends, so that two sheets of one episode come one after the other
    and the second one sees the first as its pair.
    """
    found: dict[str, Planned] = {}
    wanted: Any
    for chunk in chunks(sorted(public_ids)):
        if len(chunk) == 1:
            statement, wanted = _ONE_LOCKED if lock else _ONE, chunk[0]
        else:
            statement, wanted = _MANY_LOCKED if lock else _MANY, chunk
        rows = read_rows(session, statement, {"wanted": wanted})
        for row in rows:
            planned = Planned(*row)
            found[planned.public_id] = planned
    return found


def find_sheets_by_key(session: Session, keys: Collection[str]) -> dict[str, Sheet]:
    """Stored sheets that the scope reaches, by idempotency key."""
    found: dict[str, Sheet] = {}
    for chunk in chunks(sorted(keys)):
        for sheet in session.scalars(_BY_KEY, {"wanted": chunk}):
            found[sheet.idempotency_key] = sheet
    return found


def list_sheets(session: Session, administration: int) -> list[Sheet]:
    """Every revision of an administration's sheet, the first one first."""
    return list(
        session.scalars(
            select(Sheet).where(Sheet.administration_id == administration).order_by(Sheet.revision)
        )
    )


def find_latest_sheet(session: Session, administration: int) -> Sheet | None:
    """The latest revision, or None before the first."""
    return session.scalar(
        select(Sheet)
        .where(Sheet.administration_id == administration)
        .order_by(Sheet.revision.desc())
        .limit(1)
    )


def list_scores(
    session: Session, administrations: Collection[int]
) -> dict[tuple[int, int], list[ScaleScore]]:
    """Scores by (administration, revision)."""
    found: dict[tuple[int, int], list[ScaleScore]] = {}
    for chunk in chunks(administrations):
        for row in session.scalars(
            select(Score)
            .where(Score.administration_id.in_(chunk))
            .order_by(Score.administration_id, Score.revision, Score.scale)
        ):
            found.setdefault((row.administration_id, row.revision), []).append(
                ScaleScore(
                    row.scale,
                    row.value,
                    row.status,
                    row.reason,
                    row.items_used,
                    row.items_missing,
                    row.items_not_applicable,
                    row.variant,
                )
            )
    return found


def list_drafts(session: Session, administration: int) -> list[Any]:
    """The answers saved so far (code, value, language, saved_at), in the order they were saved."""
    return list(read_rows(session, _DRAFTS, {"wanted": administration}))


def is_set_aside(session: Session, administration: int, body_digest: str) -> bool:
    """Whether this very sheet was kept aside before."""
    query = select(SetAside.id).where(
        SetAside.administration_id == administration, SetAside.body_digest == body_digest
    )
    return session.scalar(query) is not None


def list_measured_before(
    session: Session, episodes: Collection[int], point: MeasurementPoint
) -> Mapping[tuple[int, str, Respondent], date]:
    """On which day a point was measured, by (episode, instrument, respondent)."""
    found: dict[tuple[int, str, Respondent], date] = {}
    for chunk in chunks(sorted(episodes)):
        rows = read_rows(session, _MEASURED_BEFORE, {"wanted": chunk, "point": point})
        found.update(((e, i, r), day) for e, i, r, day in rows)
    return found
