"""Administrations for other programs: what is due, page by page, and one by its id; by voucher number, not by name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.due import due_state
from evalplat.errors import Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.storage import audit, due_rows
from evalplat.vocabulary import (
    AdministrationStatus,
    DueState,
    MeasurementPoint,
    Mode,
    Respondent,
    Role,
)

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class DueAdministration:
    """One administration, with the voucher number by which another program knows whose it is."""

    id: str
    episode_id: str
    client_id: str
    voucher: str
    instrument: str
    version: str
    point: MeasurementPoint
    respondent: Respondent
    mode: Mode
    status: AdministrationStatus
    state: DueState
    due_from: date
    due_until: date
    revision: int


@dataclass(frozen=True, slots=True)
class DueAdministrations:
    """One page, by last day; `after` is where the next one goes on, None at the end."""

    rows: tuple[DueAdministration, ...]
    after: tuple[date, str] | None


def list_due_administrations(
    session: Session,
    actor: Actor,
    *,
    on: date,
    states: Collection[DueState] = (DueState.OVERDUE, DueState.DUE),
    after: tuple[date, str] | None = None,
    limit: int = 50,
) -> DueAdministrations:
    """What is overdue, due or coming, by its last day; `after` is the last row of the page before."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    limit = min(max(limit, 1), LARGEST_PAGE)
    found = due_rows.list_planned_after(session, on, states, after, limit + 1)
    rows = [_view(row, on) for row in found[:limit]]
    if rows:
        clients = {row.client_id for row in rows}
        audit.record(session, "read_open_measurements", "worklist", "", clients)
    more = len(found) > limit
    return DueAdministrations(tuple(rows), (rows[-1].due_until, rows[-1].id) if more else None)


def get_administration(
    session: Session, actor: Actor, *, administration_id: str, on: date
) -> DueAdministration:
    """One administration, whatever its state; raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    row = due_rows.find_row(session, administration_id)
    if row is None:
        raise NotFound(Message("There is no such administration."))
    view = _view(row, on)
    audit.record(session, "read_open_measurements", "administration", view.id, [view.client_id])
    return view


def _view(row: Any, on: date) -> DueAdministration:
    planned, episode_id, client_id, voucher = row
    return DueAdministration(
        id=planned.public_id,
        episode_id=episode_id,
        client_id=client_id,
        voucher=voucher,
        instrument=planned.instrument,
        version=planned.version,
        point=planned.point,
        respondent=planned.respondent,
        mode=planned.mode,
        status=planned.status,
        state=due_state(planned.status, planned.due_from, planned.due_until, on),
        due_from=planned.due_from,
        due_until=planned.due_until,
        revision=planned.revision,
    )
