"""Requests to be contacted: a client asks after sending, the provider's workers answer by the promised day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.working_days import add_working_days
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.reaching import reach
from evalplat.storage import audit, contact_requests
from evalplat.storage.ids import new_public_id
from evalplat.storage.rows import change_rows
from evalplat.storage.tables import ContactRequest
from evalplat.storage.words import add_worded, reword
from evalplat.vocabulary import AdministrationStatus, Role

LONGEST_MESSAGE = 1000
LONGEST_ANSWER = 2000
LISTED_FOR = timedelta(days=30)
"""How long an answered request stays on the workers' list."""


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request as its client sees it."""

    asked_at: datetime
    message: str
    promised_by: date
    answered_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as the provider's workers see it. `overdue`: the promised day has gone by without an answer."""

    id: str
    episode_id: str
    client_name: str
    instrument_key: str
    version: str
    asked_at: datetime
    message: str
    promised_by: date
    answered_at: datetime | None
    answer: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class OwnClientAsked:
    """That a client asked a provider to be contacted, as the case worker sees it: without the client's words.

    The client was told that the workers of the service can read them, and nobody else.
    """

    client_id: str
    client_name: str
    provider_name: str
    asked_at: datetime
    promised_by: date
    answered_at: datetime | None
    overdue: bool


def promise_day(on: date, working_days: int) -> date:
    """The day until which somebody contacts a client who asks on a day."""
    return add_working_days(on, working_days)


def ask_for_contact(
    session: Session,
    actor: Actor,
    *,
    administration_id: str,
    message: str = "",
    on: date,
    working_days: int,
    at: datetime,
) -> OwnRequest:
    """A client asks to be contacted, once per sheet and after sending it; asking again gives the first request.

    Raises InputRejected for a long message, NotFound, and Conflict before the answers are sent.
    """
    demand(session, actor, client=True)
    planned = reach(session, actor, administration_id, lock=True)
    known = contact_requests.find_of_administration(session, planned.id)
    if known is not None:
        return _own_view(known)
    if planned.status is not AdministrationStatus.SUBMITTED:
        raise Conflict(Message("Send your answers first."))
    message = message.strip()
    if len(message) > LONGEST_MESSAGE:
        text = Message("Write at most %(count)s characters.", count=LONGEST_MESSAGE)
        raise InputRejected(Message("Your message was not sent."), [Fault("message", text)])
    row = {
        **planned.owner,
        "public_id": new_public_id(),
        "asked_at": at,
        "message": message,
        "promised_by": promise_day(on, working_days),
        "answered_by": "",
        "answer": "",
    }
    add_worded(session, ContactRequest, [row])
    client = planned.client_public_id
    audit.record(session, "ask_for_contact", "administration", administration_id, [client], at=at)
    stored = contact_requests.find_of_administration(session, planned.id)
    if stored is None:
        raise AssertionError("the request was stored in this transaction")
    return _own_view(stored)


def find_own_request(
    session: Session, actor: Actor, *, administration_id: str
) -> OwnRequest | None:
    """What has become of the client's request after one sheet; None where none was made."""
    demand(session, actor, client=True)
    planned = reach(session, actor, administration_id)
    found = contact_requests.find_of_administration(session, planned.id)
    return None if found is None else _own_view(found)


def list_open_requests(session: Session, actor: Actor, *, on: date) -> tuple[RequestView, ...]:
    """The provider's requests that nobody has answered, the one that was promised first on top."""
    demand(session, actor, *PROVIDER_STAFF)
    rows = contact_requests.list_open(session)
    if rows:
        audit.record(session, "list_requests", "clients", "", {row.client_id for row in rows})
    return tuple(_view(row, on) for row in rows)


def list_answered_requests(
    session: Session, actor: Actor, *, on: date, at: datetime
) -> tuple[RequestView, ...]:
    """The provider's requests that were answered within the last month, newest answer first."""
    demand(session, actor, *PROVIDER_STAFF)
    rows = contact_requests.list_answered(session, at - LISTED_FOR)
    if rows:
        audit.record(session, "list_requests", "clients", "", {row.client_id for row in rows})
    return tuple(_view(row, on) for row in rows)


def list_requests_of_own_clients(
    session: Session, actor: Actor, *, on: date, at: datetime, client_id: str | None = None
) -> tuple[OwnClientAsked, ...]:
    """A case worker's own clients who asked to be contacted: open requests, then those answered within a month.

    The provider answers them; `client_id` names one client. Nothing of a colleague's clients, whatever the reason.
    """
    demand(session, actor, Role.CASE_WORKER)
    if actor.purpose:
        return ()
    rows = [
        row
        for row in (
            *contact_requests.list_open(session),
            *contact_requests.list_answered(session, at - LISTED_FOR),
        )
        if client_id in (None, row.client_id)
    ]
    if rows:
        audit.record(session, "list_requests", "clients", "", {row.client_id for row in rows})
    return tuple(
        OwnClientAsked(
            client_id=row.client_id,
            client_name=row.name,
            provider_name=row.provider_name,
            asked_at=row.request.asked_at,
            promised_by=row.request.promised_by,
            answered_at=row.request.answered_at,
            overdue=row.request.answered_at is None and row.request.promised_by < on,
        )
        for row in rows
    )


def get_request(session: Session, actor: Actor, *, request_id: str, on: date) -> RequestView:
    """One request; raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF)
    found = contact_requests.find(session, request_id)
    if found is None:
        raise _missing()
    audit.record(session, "read_request", "contact_request", request_id, [found.client_id])
    return _view(found, on)


def answer_request(
    session: Session, actor: Actor, *, request_id: str, answer: str, at: datetime
) -> None:
    """Note that a client was contacted, and what was agreed. The client can read it.

    The same words twice change nothing. Raises InputRejected without words, NotFound, and Conflict where a colleague
    has answered with other words.
    """
    demand(session, actor, *PROVIDER_STAFF)
    found = contact_requests.find(session, request_id, lock=True)
    if found is None:
        raise _missing()
    request: ContactRequest = found[0]
    answer = answer.strip()
    if not answer or len(answer) > LONGEST_ANSWER:
        text = Message("Write what was done, in at most 2,000 characters.")
        raise InputRejected(Message("The answer was not saved."), [Fault("answer", text)])
    if request.answered_at is not None:
        if request.answer == answer:
            return
        raise Conflict(Message("A colleague has answered this request meanwhile."))
    who = actor.account_id or actor.name
    change = {
        "id": request.id,
        "answered_at": at,
        "answered_by": who,
        "sealed_words": reword(request, answer=answer),
    }
    change_rows(session, ContactRequest, [change])
    audit.record(session, "answer_request", "contact_request", request_id, [found.client_id], at=at)


def _missing() -> NotFound:
    return NotFound(Message("There is no such request."))


def _own_view(row: ContactRequest) -> OwnRequest:
    return OwnRequest(
        asked_at=row.asked_at,
        message=row.message,
        promised_by=row.promised_by,
        answered_at=row.answered_at,
        answer=row.answer,
    )


def _view(found: Any, on: date) -> RequestView:
    row: ContactRequest = found[0]
    return RequestView(
        id=row.public_id,
        episode_id=found.episode_id,
        client_name=found.name,
        instrument_key=found.instrument,
        version=found.version,
        asked_at=row.asked_at,
        message=row.message,
        promised_by=row.promised_by,
        answered_at=row.answered_at,
        answer=row.answer,
        overdue=row.answered_at is None and row.promised_by < on,
    )
