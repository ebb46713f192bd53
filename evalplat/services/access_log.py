"""The access log, for administrators: who did what to whose data, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.services.actors import Actor, demand
from evalplat.storage.tables import AuditEntry
from evalplat.vocabulary import Role

LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class AccessLogEntry:
    """One line of the access log; ids only, no personal values."""

    at: datetime
    account_id: str | None
    role: str
    provider_id: str | None
    purpose: str
    action: str
    object_kind: str
    object_id: str
    client_ids: tuple[str, ...]


def list_access_log(
    session: Session, actor: Actor, *, page: int = 1, page_size: int = 100
) -> tuple[AccessLogEntry, ...]:
    """One page of the access log, newest first; administrators and system jobs."""
    demand(session, actor, Role.ADMINISTRATOR)
    page_size = min(max(page_size, 1), LARGEST_PAGE)
    rows = session.scalars(
        select(AuditEntry)
        .order_by(AuditEntry.id.desc())
        .limit(page_size)
        .offset((max(page, 1) - 1) * page_size)
    )
    return tuple(
        AccessLogEntry(
            row.at,
            row.account_id,
            row.role,
            row.provider_id,
            row.purpose,
            row.action,
            row.object_kind,
            row.object_id,
            tuple(row.client_ids),
        )
        for row in rows
    )
