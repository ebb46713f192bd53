"""Measurements that were not obtained: closed with a reason, so that what is overdue is what can still be done.

A person is never left on a worklist for ever because they did not answer. A closed administration keeps the answers
given so far, takes no more, and can be reopened: people err.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.episodes.due import still_applies
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.requests import NOT_OBTAINED_REASONS
from evalplat.services.requests import AdministrationClosing as AdministrationClosing
from evalplat.storage import audit, episodes, invitations, sheets
from evalplat.storage.rows import change_rows
from evalplat.storage.sheets import Planned
from evalplat.storage.tables import Administration
from evalplat.vocabulary import AdministrationStatus, Role

NOT_CLOSED = Message("The measurement was not closed.")


def close_administration(
    session: Session, actor: Actor, *, administration_id: str, reason: str, at: datetime
) -> None:
    """Close one planned administration that was not obtained; `close_administrations` says the rules."""
    close_administrations(session, actor, [AdministrationClosing(administration_id, reason)], at)


def close_administrations(
    session: Session, actor: Actor, requests: Sequence[AdministrationClosing], at: datetime
) -> None:
    """Close planned administrations that were not obtained, each with its reason, all or none.

    Their open invitations are revoked; answers given so far are kept and cannot be submitted. What is closed already
    for the same reason is left as it is. Raises NotFound, InputRejected (unknown reasons, with every other fault), and
    Conflict with every one that is answered, closed for another reason, or does not apply.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    planned = sheets.find_planned(session, {r.administration_id for r in requests}, lock=True)
    for request in requests:
        if request.administration_id not in planned:
            raise NotFound(Message("There is no such administration."))
    if len(planned) < len(requests):
        raise Conflict(Message("The same administration stands in the list twice."))
    unknown: list[Fault] = []
    late: list[Fault] = []
    new: list[tuple[Planned, str]] = []
    for place, request in enumerate(requests, start=1):
        found = planned[request.administration_id]
        prefix = f"{place}: " if len(requests) > 1 else ""
        if request.reason not in NOT_OBTAINED_REASONS:
            unknown.append(Fault(prefix + "reason", _say_known(request.reason)))
        if found.status is AdministrationStatus.PLANNED:
            new.append((found, request.reason))
        elif found.closing_reason != request.reason:
            late.append(Fault(prefix + "administration_id", LATE[found.status]))
    if unknown:
        raise InputRejected(NOT_CLOSED, [*unknown, *late])
    if late:
        raise Conflict(NOT_CLOSED, late)
    _close(session, new, at)


LATE = {
    AdministrationStatus.SUBMITTED: Message("It is answered already: look at its answers."),
    AdministrationStatus.CLOSED: Message(
        "It is closed already, for another reason. Reopen it first to give a new one."
    ),
    AdministrationStatus.NOT_APPLICABLE: Message(
        "It does not apply: the episode had ended before it was due."
    ),
}


def reopen_administration(
    session: Session, actor: Actor, *, administration_id: str, at: datetime
) -> None:
    """Take a closing back: the administration is planned again, with the answers that were kept.

    A planned one is left as it is. Raises NotFound, and Conflict when it is answered, or when the episode ended before
    it was due. Its invitations stay revoked.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    found = sheets.find_planned(session, [administration_id], lock=True).get(administration_id)
    if found is None:
        raise NotFound(Message("There is no such administration."))
    if found.status is AdministrationStatus.PLANNED:
        return
    late = LATE.get(found.status) if found.status is not AdministrationStatus.CLOSED else None
    due_from, closed_on = episodes.find_place(session, found.id)
    if not still_applies(found.point, due_from, closed_on):
        late = LATE[AdministrationStatus.NOT_APPLICABLE]
    if late is not None:
        raise Conflict(Message("The measurement was not reopened."), [Fault("", late)])
    row = {"id": found.id, "status": AdministrationStatus.PLANNED, "closing_reason": ""}
    change_rows(session, Administration, [row])
    _record(session, "reopen_administration", found, at)


def _say_known(reason: str) -> Message:
    return Message(
        "%(value)s is not one of %(known)s.",
        value=reason[:40],
        known=", ".join(NOT_OBTAINED_REASONS),
    )


def _close(session: Session, new: Sequence[tuple[Planned, str]], at: datetime) -> None:
    rows = [
        {"id": found.id, "status": AdministrationStatus.CLOSED, "closing_reason": reason}
        for found, reason in new
    ]
    change_rows(session, Administration, rows)
    invitations.revoke_open(session, [found.id for found, _ in new], at)
    for found, _ in new:
        _record(session, "close_administration", found, at)


def _record(session: Session, action: str, found: Planned, at: datetime) -> None:
    client = [found.client_public_id]
    audit.record(session, action, "administration", found.public_id, client, at=at)
