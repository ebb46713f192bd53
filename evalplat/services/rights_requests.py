"""What clients ask about their data: asked through their invitation or told to the case worker, answered in a month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.keeping import add_months
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.services.actors import Actor, demand
from evalplat.services.own_clients import author_of, get_own_client
from evalplat.services.reaching import reach
from evalplat.storage import audit, identities, rights
from evalplat.storage.ids import new_public_id
from evalplat.storage.rows import change_rows
from evalplat.storage.tables import RightsRequest
from evalplat.storage.words import add_worded, reword
from evalplat.vocabulary import RightsKind, Role

LONGEST_MESSAGE = 1000
LONGEST_ANSWER = 2000
MOST = 20
"""So many requests may be made through one invitation's sheet."""

MONTHS = 1
"""The General Data Protection Regulation promises an answer within a month (article 12)."""

LISTED_FOR = timedelta(days=90)
EARLIEST = timedelta(days=366)
NOT_SENT = Message("Your request was not sent.")
NOT_RECORDED = Message("The request was not noted.")


@dataclass(frozen=True, slots=True)
class OwnRightsRequest:
    """A request as its client sees it. `outcome` is empty, done or refused."""

    kind: RightsKind
    message: str
    asked_at: datetime
    promised_by: date
    outcome: str
    answered_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True)
class RightsRequestView:
    """A request as the case worker sees it. `by_client`: it came through the client's own pages."""

    id: str
    client_id: str
    client_name: str
    kind: RightsKind
    message: str
    asked_at: datetime
    by_client: bool
    promised_by: date
    outcome: str
    answered_at: datetime | None
    answer: str
    overdue: bool


def promise_month(on: date) -> date:
    """The day until which somebody who asks today has an answer."""
    return add_months(on, MONTHS)


def ask_for_right(
    session: Session,
    actor: Actor,
    *,
    administration_id: str,
    kind: str,
    message: str,
    on: date,
    at: datetime,
) -> None:
    """A client asks; the same thing again, while nobody has answered, is the first request.

    Raises InputRejected with every fault, NotFound, and Conflict where too much was asked already.
    """
    demand(session, actor, client=True)
    planned = reach(session, actor, administration_id)
    message = message.strip()
    faults = []
    if kind not in set(RightsKind):
        faults.append(Fault("kind", Message("Choose what you want to ask for.")))
    if len(message) > LONGEST_MESSAGE:
        faults.append(Fault("message", Message("Write at most 1,000 characters.")))
    if faults:
        raise InputRejected(NOT_SENT, faults)
    earlier = rights.list_requests_of_administration(session, planned.id)
    if any(row.kind == kind and row.answered_at is None for row in earlier):
        return
    if len(earlier) >= MOST:
        raise Conflict(
            Message("You have asked many times. Talk to your own worker about the next request.")
        )
    owner = {"client_id": planned.client_id, "administration_id": planned.id}
    _add(session, owner, RightsKind(kind), message, "client", on, at)
    client = planned.client_public_id
    audit.record(session, "ask_for_right", "administration", administration_id, [client], at=at)


def record_right_request(
    session: Session,
    actor: Actor,
    *,
    client_id: str,
    kind: str,
    message: str,
    asked_on: date | None,
    on: date,
    at: datetime,
) -> None:
    """A case worker notes what a client asked by word of mouth or in a letter; the month counts from that day."""
    client = get_own_client(session, actor, client_id)
    message = message.strip()
    faults = []
    if kind not in set(RightsKind):
        faults.append(Fault("kind", Message("Choose what the client asks for.")))
    if len(message) > LONGEST_MESSAGE:
        faults.append(Fault("message", Message("Write at most 1,000 characters.")))
    if asked_on is None or not on - EARLIEST <= asked_on <= on:
        faults.append(Fault("asked_on", Message("Give the day: today, or one within a year.")))
    if faults or asked_on is None:
        raise InputRejected(NOT_RECORDED, faults)
    owner = {"client_id": client.id, "administration_id": None}
    _add(session, owner, RightsKind(kind), message, author_of(actor), asked_on, at)
    audit.record(session, "ask_for_right", "client", client_id, [client_id], at=at)


def list_own_requests(
    session: Session, actor: Actor, *, administration_id: str
) -> tuple[OwnRightsRequest, ...]:
    """What a client has asked through this sheet's invitation, and what became of it."""
    demand(session, actor, client=True)
    planned = reach(session, actor, administration_id)
    return tuple(
        _own_view(row) for row in rights.list_requests_of_administration(session, planned.id)
    )


def list_requests(
    session: Session, actor: Actor, *, on: date, at: datetime
) -> tuple[RightsRequestView, ...]:
    """Requests of the case worker's own clients: open ones first, then those answered within three months."""
    demand(session, actor, Role.CASE_WORKER)
    rows = [
        *rights.list_open_requests(session),
        *rights.list_answered_requests(session, at - LISTED_FOR),
    ]
    if rows:
        audit.record(session, "list_requests", "clients", "", {row.client_id for row in rows})
    return _views(session, rows, on)


def list_client_requests(
    session: Session, actor: Actor, *, client_id: str, on: date
) -> tuple[RightsRequestView, ...]:
    """What one client has asked, the newest first; for the page that `get_standing` is read for. Raises NotFound."""
    demand(session, actor, Role.CASE_WORKER)
    return _views(session, rights.list_requests_of_client(session, client_id), on)


def count_open_requests(session: Session, actor: Actor) -> int:
    """How many requests of own clients wait for an answer."""
    demand(session, actor, Role.CASE_WORKER)
    return rights.count_open_requests(session)


def get_right_request(
    session: Session, actor: Actor, *, request_id: str, on: date
) -> RightsRequestView:
    """One request; raises NotFound."""
    demand(session, actor, Role.CASE_WORKER)
    found = rights.find_request(session, request_id)
    if found is None:
        raise NotFound(Message("There is no such request."))
    audit.record(session, "read_rights", "rights_request", request_id, [found.client_id])
    return _views(session, [found], on)[0]


def answer_right(
    session: Session, actor: Actor, *, request_id: str, outcome: str, answer: str, at: datetime
) -> None:
    """Note what became of a request, in words that the client can read. The same again changes nothing.

    Raises InputRejected with every fault, NotFound, and Conflict where it was answered otherwise meanwhile.
    """
    demand(session, actor, Role.CASE_WORKER)
    found = rights.find_request(session, request_id, lock=True)
    if found is None:
        raise NotFound(Message("There is no such request."))
    row: RightsRequest = found[0]
    answer = answer.strip()
    faults = []
    if outcome not in ("done", "refused"):
        faults.append(Fault("outcome", Message("Choose what became of the request.")))
    if not 1 <= len(answer) <= LONGEST_ANSWER:
        text = Message(
            "Write what was done, or why it could not be done, in 1 to 2,000 characters."
        )
        faults.append(Fault("answer", text))
    if row.kind is RightsKind.ERASURE and outcome == "done" and row.answered_at is None:
        text = Message("Erasing answers the request by itself, once a second person has confirmed.")
        faults.append(Fault("outcome", text))
    if faults:
        raise InputRejected(Message("The answer was not saved."), faults)
    if row.answered_at is not None:
        if (row.outcome, row.answer) == (outcome, answer):
            return
        raise Conflict(Message("A colleague has answered this request meanwhile."))
    change = {
        "id": row.id,
        "outcome": outcome,
        "answered_at": at,
        "answered_by": author_of(actor),
        "sealed_words": reword(row, answer=answer),
    }
    change_rows(session, RightsRequest, [change])
    audit.record(session, "answer_right", "rights_request", request_id, [found.client_id], at=at)


def _add(
    session: Session,
    owner: Mapping[str, int | None],
    kind: RightsKind,
    message: str,
    by: str,
    on: date,
    at: datetime,
) -> None:
    row = {
        **owner,
        "public_id": new_public_id(),
        "kind": kind,
        "message": message,
        "asked_at": at,
        "recorded_by": by,
        "promised_by": promise_month(on),
        "outcome": "",
        "answered_by": "",
        "answer": "",
    }
    add_worded(session, RightsRequest, [row])


def _own_view(row: RightsRequest) -> OwnRightsRequest:
    return OwnRightsRequest(
        kind=row.kind,
        message=row.message,
        asked_at=row.asked_at,
        promised_by=row.promised_by,
        outcome=row.outcome,
        answered_at=row.answered_at,
        answer=row.answer,
    )


def _views(session: Session, rows: Sequence[Any], on: date) -> tuple[RightsRequestView, ...]:
    names = identities.read_names(session, {row[0].client_id for row in rows})
    return tuple(_view(row, names.get(row[0].client_id, ""), on) for row in rows)


def _view(found: Any, name: str, on: date) -> RightsRequestView:
    row: RightsRequest = found[0]
    return RightsRequestView(
        id=row.public_id,
        client_id=found.client_id,
        client_name=name,
        kind=row.kind,
        message=row.message,
        asked_at=row.asked_at,
        by_client=row.recorded_by == "client",
        promised_by=row.promised_by,
        outcome=row.outcome,
        answered_at=row.answered_at,
        answer=row.answer,
        overdue=row.answered_at is None and row.promised_by < on,
    )
