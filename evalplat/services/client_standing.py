"""Restricting the use of a client's data and lifting it again, and leaving a client out of comparisons at their wish.

A restricted client is asked nothing and reminded of nothing, is not counted, and is read about with a written reason
only; see `storage.restriction`. One who objects (GDPR, article 21) goes on being served, and is not counted.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.counting import counted_anew
from evalplat.services.own_clients import author_of, check_text, get_own_client
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.storage import audit, erasing, invitations, reminders, rights
from evalplat.storage.tables import Client, ClientAct
from evalplat.storage.words import add_worded
from evalplat.vocabulary import RightsAct, Role

NOT_SAVED = Message("Nothing was changed.")


@dataclass(frozen=True, slots=True)
class ActView:
    """One act about the use of a client's data. `by_county` is false for what the installation did by itself."""

    act: RightsAct
    reason: str
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a client's data is restricted and whether they are counted, with every act so far, newest first.

    Of somebody who is erased nothing can be done any more.
    """

    client_id: str
    name: str
    language: str
    is_own: bool
    restricted_at: datetime | None
    objected_at: datetime | None
    acts: tuple[ActView, ...]
    erased: bool = False


def get_standing(session: Session, actor: Actor, *, client_id: str) -> Standing:
    """How the use of a client's data stands. Raises NotFound."""
    demand(session, actor, Role.CASE_WORKER)
    found = rights.find_client(session, client_id)
    if found is None:
        raise NotFound(Message("There is no such client."))
    client: Client = found[0]
    audit.record(session, "read_rights", "client", client_id, [client_id])
    return Standing(
        client_id=client_id,
        name=rights.find_name(session, client.id),
        language=client.language,
        is_own=actor.account_id == found.case_worker,
        restricted_at=client.restricted_at,
        objected_at=client.objected_at,
        acts=tuple(
            ActView(row.act, row.reason, row.done_at)
            for row in rights.list_acts(session, client.id)
        ),
        erased=erasing.is_erased(session, client.id),
    )


def restrict_client(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    client_id: str,
    reason: str,
    at: datetime,
) -> None:
    """Stop every use of a client's data but keeping it: codes close, reminders are cancelled, nothing is counted.

    Raises NotFound, InputRejected without a reason, and Conflict where it is restricted already.
    """
    client = get_own_client(session, actor, client_id)
    reason = check_text(reason, "reason", NOT_SAVED)
    if client.restricted_at is not None:
        raise Conflict(Message("The use of this client’s data is restricted already."))
    with counted_anew(session, catalogue, client.id):
        rights.set_standing(session, client.id, restricted_at=at, counted=False)
    reminders.cancel_planned(session, client.id, "restricted", at)
    invitations.revoke_of_client(session, client.id, at)
    _note(session, actor, client, RightsAct.RESTRICTED, reason, at)
    audit.record(session, "restrict_client", "client", client_id, [client_id], at=at)


def lift_restriction(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    client_id: str,
    reason: str,
    at: datetime,
) -> None:
    """Use a client's data again. Codes that were closed stay closed: new ones are made.

    Raises NotFound, InputRejected without a reason, and Conflict where nothing is restricted.
    """
    client = get_own_client(session, actor, client_id)
    reason = check_text(reason, "reason", NOT_SAVED)
    if client.restricted_at is None:
        raise Conflict(Message("The use of this client’s data is not restricted."))
    if erasing.is_erased(session, client.id):
        raise Conflict(Message("This client was erased already."))
    with counted_anew(session, catalogue, client.id):
        rights.set_standing(
            session, client.id, restricted_at=None, counted=client.objected_at is None
        )
    _note(session, actor, client, RightsAct.LIFTED, reason, at)
    audit.record(session, "lift_restriction", "client", client_id, [client_id], at=at)


def object_to_comparison(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    client_id: str,
    reason: str,
    at: datetime,
) -> None:
    """Leave a client out of every comparison and summary from now on, at their wish.

    Raises NotFound, InputRejected without a reason, and Conflict where they are left out already.
    """
    client = get_own_client(session, actor, client_id)
    reason = check_text(reason, "reason", NOT_SAVED)
    if client.objected_at is not None:
        raise Conflict(Message("This client is left out of comparisons already."))
    with counted_anew(session, catalogue, client.id):
        rights.set_standing(session, client.id, objected_at=at, counted=False)
    _note(session, actor, client, RightsAct.OBJECTED, reason, at)
    audit.record(session, "object_to_comparison", "client", client_id, [client_id], at=at)


def withdraw_objection(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    client_id: str,
    reason: str,
    at: datetime,
) -> None:
    """Count a client in comparisons again, at their wish; raises NotFound, InputRejected and Conflict as above."""
    client = get_own_client(session, actor, client_id)
    reason = check_text(reason, "reason", NOT_SAVED)
    if client.objected_at is None:
        raise Conflict(Message("This client is not left out of comparisons."))
    with counted_anew(session, catalogue, client.id):
        rights.set_standing(
            session, client.id, objected_at=None, counted=client.restricted_at is None
        )
    _note(session, actor, client, RightsAct.WITHDRAWN, reason, at)
    audit.record(session, "withdraw_objection", "client", client_id, [client_id], at=at)


def count_left_out(session: Session, actor: Actor) -> int | None:
    """How many clients are left out at their own wish, in the whole county and rounded; None for fewer than 5.

    One number for the county and all time: no filter can be laid over it, so that it tells of nobody.
    """
    demand(session, actor, *COUNTY_READERS)
    count = rights.count_left_out(session)
    rule = DisclosureRule()
    return None if rule.hides(count) else rule.round(count)


def _note(
    session: Session, actor: Actor, client: Client, act: RightsAct, reason: str, at: datetime
) -> None:
    row = {
        "client_id": client.id,
        "act": act,
        "reason": reason,
        "done_at": at,
        "done_by": author_of(actor),
    }
    add_worded(session, ClientAct, [row])
