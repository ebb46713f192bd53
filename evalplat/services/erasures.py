"""Erasing a client: one person decides on one of the county's grounds, another one confirms, then it is done.

A ground that keeps the data is a refusal, which the client's request is answered with. What is erased, and what stays
of nobody, is told by `storage.erasing`. Who confirms sees ground, reason and dates, and no name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound, Refused
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor, demand
from evalplat.services.counting import counted_anew
from evalplat.services.own_clients import LONGEST_REASON, author_of, get_own_client
from evalplat.services.rights_requests import LONGEST_ANSWER, answer_right
from evalplat.services.rights_settings import RightsSettings
from evalplat.storage import audit, erasing, rights
from evalplat.storage.access import crossing
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Client, Erasure
from evalplat.storage.words import add_worded, reword
from evalplat.vocabulary import ErasureState, Role

DECIDERS = (Role.CASE_WORKER, Role.ADMINISTRATOR)
LISTED_FOR = timedelta(days=365)
REASON = "erasing a client"
NOT_PROPOSED = Message("Nothing was decided.")
NOT_DONE = Message("Nothing was erased.")
NO_SUCH = Message("There is no such erasure.")
SAME_PERSON = Message("You proposed this yourself. Somebody else has to confirm it.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known when an erasure is decided on. `hindrances` says what has to be done first."""

    client_id: str
    name: str
    services: int
    last_ended: date | None
    asked_at: datetime | None
    waiting_id: str
    erased: bool
    hindrances: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class ErasureView:
    """One decision as staff see it. `by_self`: the reader proposed it, so that somebody else has to confirm it."""

    id: str
    client_id: str
    ground: str
    reason: str
    state: ErasureState
    proposed_at: datetime
    proposed_by: str
    by_self: bool
    asked: bool
    decided_at: datetime | None
    decided_by: str
    note: str
    services: int
    last_ended: date | None
    hindrances: tuple[Message, ...]


def get_erasure_standing(session: Session, actor: Actor, *, client_id: str) -> Standing:
    """How things stand with a case worker's own client before an erasure. Raises NotFound."""
    demand(session, actor, Role.CASE_WORKER)
    found = rights.find_client(session, client_id)
    if found is None or found.case_worker != actor.account_id:
        raise NotFound(Message("There is no such client."))
    client: Client = found[0]
    audit.record(session, "read_rights", "client", client_id, [client_id])
    waiting = erasing.find_waiting(session, client.id)
    asked = erasing.find_open_request(session, client.id)
    services, _open, last = erasing.count_services(session, client.id)
    erased = erasing.is_erased(session, client.id)
    return Standing(
        client_id=client_id,
        name=rights.find_name(session, client.id),
        services=services,
        last_ended=last,
        asked_at=asked.asked_at if asked else None,
        waiting_id=waiting.public_id if waiting else "",
        erased=erased,
        hindrances=() if erased else find_hindrances(session, client.id),
    )


def find_hindrances(session: Session, client: int) -> tuple[Message, ...]:
    """What has to be done before a client can be erased."""
    found = []
    if erasing.count_services(session, client)[1]:
        found.append(Message("A service is still under way. It has to be closed first."))
    if erasing.has_other_requests(session, client):
        text = (
            "The client waits for an answer to another request about their data. Answer it first."
        )
        found.append(Message(text))
    return tuple(found)


def decide_erasure(
    session: Session,
    actor: Actor,
    rights_settings: RightsSettings,
    *,
    client_id: str,
    ground: str,
    reason: str,
    answer: str = "",
    at: datetime,
) -> ErasureState:
    """Propose the erasure of a client to a second person; or refuse what the client asked, where the ground keeps it.

    A case worker decides about own clients, an administrator about anybody whose id they know. Raises NotFound,
    InputRejected with every fault, and Conflict where something hinders it or it is proposed already.
    """
    demand(session, actor, *DECIDERS)
    if actor.role is Role.CASE_WORKER:
        get_own_client(session, actor, client_id)
    with crossing(session, REASON) as privileged:
        client = rights.lock_client(privileged, client_id)
        if client is None:
            raise NotFound(Message("There is no such client."))
        if erasing.is_erased(privileged, client.id):
            raise Conflict(Message("This client was erased already."))
        found = rights_settings.ground(ground)
        refuses = found is not None and not found.erases
        asked = erasing.find_open_request(privileged, client.id, lock=True)
        faults = _faults(found is not None, reason, answer, refuses, asked is not None)
        if refuses and actor.role is Role.ADMINISTRATOR:
            text = Message(
                "The client’s own case worker refuses a request, and answers the client."
            )
            faults.append(Fault("ground", text))
        if faults:
            raise InputRejected(NOT_PROPOSED, faults)
        row = {
            "public_id": new_public_id(),
            "client_id": client.id,
            "request_id": asked.public_id if asked else "",
            "ground": ground,
            "reason": reason.strip(),
            "proposed_at": at,
            "proposed_by": author_of(actor),
        }
        if refuses and asked is not None:
            _refuse(session, privileged, actor, row, client_id, asked.public_id, answer, at)
            return ErasureState.REFUSED
        hindrances = find_hindrances(privileged, client.id)
        if hindrances:
            raise Conflict(NOT_PROPOSED, [Fault("", text) for text in hindrances])
        if erasing.find_waiting(privileged, client.id) is not None:
            raise Conflict(Message("The erasure of this client is proposed already."))
        waits = {"state": ErasureState.PROPOSED, "decided_by": ""}
        add_worded(privileged, Erasure, [row | waits])
    audit.record(session, "decide_erasure", "client", client_id, [client_id], at=at)
    return ErasureState.PROPOSED


def list_erasures(
    session: Session, actor: Actor, *, at: datetime
) -> tuple[tuple[ErasureView, ...], tuple[ErasureView, ...]]:
    """What waits for a second person, the oldest first; and what was decided within a year, the newest first."""
    demand(session, actor, *DECIDERS)
    with crossing(session, REASON) as privileged:
        waiting = _views(privileged, actor, erasing.list_waiting(privileged))
        decided = _views(privileged, actor, erasing.list_decided(privileged, at - LISTED_FOR))
    clients = {view.client_id for view in (*waiting, *decided)}
    audit.record(session, "list_erasures", "clients", "", clients)
    return waiting, decided


def count_waiting_erasures(session: Session, actor: Actor) -> int:
    """How many erasures that others proposed wait for somebody to confirm them."""
    demand(session, actor, *DECIDERS)
    with crossing(session, REASON) as privileged:
        return erasing.count_waiting(privileged, author_of(actor))


def get_erasure(session: Session, actor: Actor, *, erasure_id: str) -> ErasureView:
    """One decision; raises NotFound."""
    demand(session, actor, *DECIDERS)
    with crossing(session, REASON) as privileged:
        found = erasing.find(privileged, erasure_id)
        if found is None:
            raise NotFound(NO_SUCH)
        (view,) = _views(privileged, actor, [found])
    audit.record(session, "read_erasure", "erasure", erasure_id, [view.client_id])
    return view


def confirm_erasure(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    rights_settings: RightsSettings,
    *,
    erasure_id: str,
    at: datetime,
) -> None:
    """The second person confirms, and the client is erased in the same transaction. Again it changes nothing.

    Raises NotFound, Refused for whoever proposed it, and Conflict where it was declined or something hinders it now.
    """
    demand(session, actor, *DECIDERS)
    with crossing(session, REASON) as privileged:
        row, client = _find(privileged, erasure_id)
        if row.state is ErasureState.DONE:
            return
        if row.state is not ErasureState.PROPOSED:
            raise Conflict(Message("This proposal was decided on meanwhile."))
        if author_of(actor) == row.proposed_by:
            raise Refused(SAME_PERSON)
        rights.lock_client(privileged, client.public_id)
        hindrances = find_hindrances(privileged, client.id)
        if hindrances:
            raise Conflict(NOT_DONE, [Fault("", text) for text in hindrances])
        done = {"decided_at": at, "decided_by": author_of(actor)}
        erasing.decide(privileged, row, state=ErasureState.DONE, **done)
        erase_client(privileged, catalogue, client, rights_settings, author_of(actor), at)
    audit.record(session, "confirm_erasure", "erasure", erasure_id, [client.public_id], at=at)
    audit.record(session, "erase_client", "client", client.public_id, [client.public_id], at=at)


def erase_client(
    privileged: Session,
    catalogue: Catalogue,
    client: Client,
    rights_settings: RightsSettings,
    by: str,
    at: datetime,
) -> None:
    """Erase a client; for a session that reaches everything, after two people have decided it."""
    if not rights_settings.counts_erased and client.counted:
        with counted_anew(privileged, catalogue, client.id):
            rights.set_standing(privileged, client.id, counted=False)
    erasing.erase(privileged, client.id, by, at)


def decline_erasure(
    session: Session, actor: Actor, *, erasure_id: str, note: str, at: datetime
) -> None:
    """The second person says no, or the first one takes the proposal back. Raises NotFound, InputRejected, Conflict."""
    demand(session, actor, *DECIDERS)
    note = note.strip()
    if not 1 <= len(note) <= LONGEST_REASON:
        text = Message("Write why, in at most 1,000 characters.")
        raise InputRejected(NOT_PROPOSED, [Fault("note", text)])
    with crossing(session, REASON) as privileged:
        row, client = _find(privileged, erasure_id)
        if row.state is not ErasureState.PROPOSED:
            raise Conflict(Message("This proposal was decided on meanwhile."))
        erasing.decide(
            privileged,
            row,
            state=ErasureState.DECLINED,
            decided_at=at,
            decided_by=author_of(actor),
            sealed_words=reword(row, note=note),
        )
    audit.record(session, "decline_erasure", "erasure", erasure_id, [client.public_id], at=at)


def _refuse(
    session: Session,
    privileged: Session,
    actor: Actor,
    row: Mapping[str, Any],
    client_id: str,
    request_id: str,
    answer: str,
    at: datetime,
) -> None:
    decided = {"state": ErasureState.REFUSED, "decided_at": at, "decided_by": author_of(actor)}
    add_worded(privileged, Erasure, [{**row, **decided}])
    answer_right(session, actor, request_id=request_id, outcome="refused", answer=answer, at=at)
    audit.record(session, "refuse_erasure", "client", client_id, [client_id], at=at)


def _faults(known: bool, reason: str, answer: str, refuses: bool, was_asked: bool) -> list[Fault]:
    faults = []
    if not known:
        faults.append(Fault("ground", Message("Choose a ground.")))
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        text = Message("Write in your own words why, in at most 1,000 characters.")
        faults.append(Fault("reason", text))
    if refuses and not was_asked:
        text = Message("Nobody has asked for erasure: there is nothing to refuse.")
        faults.append(Fault("ground", text))
    elif refuses and not 1 <= len(answer.strip()) <= LONGEST_ANSWER:
        text = Message("Write the answer that the client reads, in 1 to 2,000 characters.")
        faults.append(Fault("answer", text))
    return faults


def _find(privileged: Session, erasure_id: str) -> tuple[Erasure, Client]:
    found = erasing.find(privileged, erasure_id, lock=True)
    if found is None:
        raise NotFound(NO_SUCH)
    row, client = found
    return row, client


def _views(privileged: Session, actor: Actor, rows: Sequence[Any]) -> tuple[ErasureView, ...]:
    people = {who for row, _client in rows for who in (row.proposed_by, row.decided_by) if who}
    names = erasing.name_people(privileged, people)
    return tuple(_view(privileged, actor, row, client, names) for row, client in rows)


def _view(
    privileged: Session, actor: Actor, row: Erasure, client: Client, names: Mapping[str, str]
) -> ErasureView:
    services, _open, last = erasing.count_services(privileged, client.id)
    waits = row.state is ErasureState.PROPOSED
    return ErasureView(
        id=row.public_id,
        client_id=client.public_id,
        ground=row.ground,
        reason=row.reason,
        state=row.state,
        proposed_at=row.proposed_at,
        proposed_by=names.get(row.proposed_by, row.proposed_by),
        by_self=row.proposed_by == author_of(actor),
        asked=bool(row.request_id),
        decided_at=row.decided_at,
        decided_by=names.get(row.decided_by, row.decided_by),
        note=row.note,
        services=services,
        last_ended=last,
        hindrances=find_hindrances(privileged, client.id) if waits else (),
    )
