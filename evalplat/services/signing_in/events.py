"""What has lately happened to an account, told to its owner: from the access log, so that nothing is told twice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.services.actors import Actor
from evalplat.services.signing_in.sessions import find_own_or_any
from evalplat.storage.access import crossing
from evalplat.storage.tables import AuditEntry

REASON = "telling an account's owner what happened to it"
OF_ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One thing that happened: when, what, and whether the owner, another person or the program itself did it."""

    at: datetime
    action: str
    by: str


def list_events(
    session: Session, actor: Actor, *, account_id: str, most: int = 20
) -> tuple[AccountEvent, ...]:
    """The latest events of an account, newest first: of one's own, or of any for administrators."""
    find_own_or_any(session, actor, account_id)
    query = (
        select(AuditEntry.at, AuditEntry.action, AuditEntry.account_id, AuditEntry.role)
        .where(AuditEntry.object_kind == OF_ACCOUNT, AuditEntry.object_id == account_id)
        .order_by(AuditEntry.id.desc())
        .limit(most)
    )
    with crossing(session, REASON) as privileged:
        rows = privileged.execute(query).all()
    return tuple(
        AccountEvent(at, action, _tell(who, account_id)) for at, action, who, _role in rows
    )


def _tell(who: str | None, account_id: str) -> str:
    if who is None:
        return "system"
    return "owner" if who == account_id else "other"
