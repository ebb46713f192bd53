"""Home visits without network: sheets to take along, and the key that opens what a device keeps of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.drafts import get_draft
from evalplat.services.episodes import list_worklist
from evalplat.services.goals import GoalView, list_goals
from evalplat.services.views import WorklistRow
from evalplat.services.wordings import worded
from evalplat.storage import audit, home_visits
from evalplat.vocabulary import (
    AdministrationStatus,
    DueState,
    MeasurementPoint,
    Mode,
    Respondent,
)

MOST_SHEETS = 40
"""So many sheets go along at once: more than anybody visits in a day, and few to lose with a device."""

LONGEST_LIST = 200
KEY_BYTES = 32
SALT_BYTES = 16
PURPOSE = b"evalplat home visit 1"

NOT_PREPARED = Message("Nothing was prepared.")


@dataclass(frozen=True, slots=True)
class VisitSheet:
    """One sheet to take along; `answers` are those that the client has saved so far."""

    administration_id: str
    episode_id: str
    client_name: str
    definition: Instrument
    point: MeasurementPoint
    respondent: Respondent
    mode: Mode
    language: str
    due_from: date | None
    due_until: date | None
    base_revision: int
    answers: Mapping[str, object]
    goals: tuple[GoalView, ...] = ()
    """What has been agreed, where goals are rated; nothing for any other sheet."""


@dataclass(frozen=True, slots=True)
class VisitList:
    """What can be taken along. `more`: there is more of it than is listed."""

    rows: tuple[WorklistRow, ...]
    more: bool


def list_for_visits(
    session: Session, catalogue: Catalogue, actor: Actor, *, on: date, search: str = ""
) -> VisitList:
    """The sheets that are overdue or due, as the worklist has them; goals where some are agreed, to be rated."""
    demand(session, actor, *PROVIDER_STAFF)
    rows: list[WorklistRow] = []
    more = False
    for state in (DueState.OVERDUE, DueState.DUE):
        found = list_worklist(
            session, actor, on=on, state=state, search=search, page_size=LONGEST_LIST
        )
        more = more or found.pages > 1
        rows += [r for r in found.rows if _kind_of(catalogue, r) in ("scored", "goals")]
    of_goals = {r.administration_id for r in rows if _kind_of(catalogue, r) == "goals"}
    to_leave = of_goals - home_visits.find_with_goals(session, of_goals)
    return VisitList(tuple(r for r in rows if r.administration_id not in to_leave), more)


def _kind_of(catalogue: Catalogue, row: WorklistRow) -> str:
    return catalogue.get(row.instrument_key, row.version).kind


def prepare_visit(
    session: Session, catalogue: Catalogue, actor: Actor, *,
    administration_ids: Collection[str], on: date,
) -> tuple[VisitSheet, ...]:  # fmt: skip
    """The chosen sheets with the client's name and what the client has saved so far, in order of names.

    Raises InputRejected (none, or too many), NotFound for one that is missing or foreign, and Conflict for one that is
    answered or closed by now, or is of goals while none is agreed.
    """
    demand(session, actor, *PROVIDER_STAFF)
    wanted = set(administration_ids)
    if not 1 <= len(wanted) <= MOST_SHEETS:
        told = Message("Choose from 1 to %(most)s sheets.", most=MOST_SHEETS)
        raise InputRejected(NOT_PREPARED, [Fault("sheets", told)])
    rows = home_visits.list_named(session, wanted)
    if len(rows) < len(wanted):
        raise NotFound(Message("There is no such administration."))
    sheets = tuple(_sheet_of(session, catalogue, actor, row, on) for row in rows)
    clients = {client.public_id for _, _, client, _ in rows}
    audit.record(session, "prepare_home_visit", "home_visit", "", clients)
    return sheets


def _sheet_of(
    session: Session, catalogue: Catalogue, actor: Actor, row: Any, on: date
) -> VisitSheet:
    planned, episode_id, client, name = row
    definition = worded(session, catalogue, planned.instrument, planned.version, on=on)
    of_goals = definition.kind == "goals"
    goals = list_goals(session, catalogue, actor, episode_id=episode_id) if of_goals else ()
    current = tuple(goal for goal in goals if not goal.replaced)
    wanted = current if of_goals else definition.kind == "scored"
    if planned.status != AdministrationStatus.PLANNED or not wanted:
        raise Conflict(
            Message("One of the sheets is answered or closed by now. Load the page again.")
        )
    answers, wish = ({}, "") if of_goals else _saved(session, catalogue, actor, planned.public_id)
    return VisitSheet(
        administration_id=planned.public_id,
        episode_id=episode_id,
        client_name=name,
        definition=definition,
        point=MeasurementPoint(planned.point),
        respondent=Respondent.TOGETHER if of_goals else Respondent(planned.respondent),
        mode=Mode(planned.mode),
        language=wish or client.language,
        due_from=planned.due_from,
        due_until=planned.due_until,
        base_revision=planned.revision,
        answers=answers,
        goals=current,
    )


def _saved(
    session: Session, catalogue: Catalogue, actor: Actor, administration_id: str
) -> tuple[Mapping[str, object], str]:
    """What the client has saved so far, and in which language."""
    draft = get_draft(session, catalogue, actor, administration_id=administration_id)
    return draft.answers, draft.language


def derive_key(secret: str, account_id: str, salt: bytes) -> bytes:
    """The key that opens this account's sheets on the device with this salt; only a signed-in session is given it.

    It does not change with the session: unsent sheets must open again after the next sign-in. Without the server's
    secret it can be found from neither the device nor the account.
    """
    if len(salt) != SALT_BYTES:
        fault = Fault("salt", Message("Give %(count)s bytes.", count=SALT_BYTES))
        raise InputRejected(Message("The key was not handed out."), [fault])
    context = PURPOSE + b"\0" + account_id.encode("utf-8")
    return HKDF(SHA256(), KEY_BYTES, salt, context).derive(secret.encode("utf-8"))
