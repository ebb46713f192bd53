"""Lines of the access log about one client."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session

from evalplat.storage.tables import AuditEntry, Client

BATCH = 500


def find_client(session: Session, client: int) -> str | None:
    """A client's public id, within the scope."""
    return session.scalar(select(Client.public_id).where(Client.id == client))


@contextmanager
def stream_lines(
    session: Session, client_id: str, provider_id: str, *, without: str
) -> Iterator[Iterable[Any]]:
    """(at, role, of a provider or not, purpose, action) about a client, newest first; one action is left out.

    Only lines of this one provider and of those who belong to none: which other providers a client has is not told.
    """
    query = (
        select(
            AuditEntry.at,
            AuditEntry.role,
            AuditEntry.provider_id,
            AuditEntry.purpose,
            AuditEntry.action,
        )
        .where(
            cast(AuditEntry.client_ids, Text).contains(f'"{client_id}"', autoescape=True),
            AuditEntry.action != without,
            or_(AuditEntry.provider_id.is_(None), AuditEntry.provider_id == provider_id),
        )
        .order_by(AuditEntry.id.desc())
        .execution_options(yield_per=BATCH)
    )
    with session.execute(query) as lines:
        yield lines
