"""The access log: one line for every act and every read of identified data, written with the act or not at all.

Lines are collected in the session and written when it ends: inside the act's own transaction, or, for a reading
session, in a short one of their own before the rows are shown.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from evalplat.storage.actors import Actor
from evalplat.storage.county_tables import AuditEntry


def record(
    session: Session,
    action: str,
    object_kind: str,
    object_id: str,
    clients: Iterable[str] = (),
    at: datetime | None = None,
) -> None:
    """Remember one act or read. `clients` are public ids; no name, answer or other personal value belongs here."""
    actor: Actor = session.info["scope"].actor
    session.info.setdefault("audit", []).append(
        {
            "at": at or session.info["clock"](),
            "account_id": actor.account_id
            or (actor.invitation.invitation_id if actor.invitation else None),
            "role": "system"
            if actor.is_system
            else "client"
            if actor.role is None
            else actor.role.value,
            "provider_id": actor.provider_id,
            "purpose": actor.ground,
            "action": action,
            "object_kind": object_kind,
            "object_id": object_id,
            "client_ids": sorted(clients),
        }
    )


@cache
def _insert() -> Any:
    table: Any = AuditEntry.__table__
    return insert(table).inline()


def take_pending(session: Session) -> list[dict[str, Any]]:
    """The lines collected so far; the session forgets them."""
    pending: list[dict[str, Any]] = session.info.pop("audit", [])
    return pending


def write(session: Session, lines: list[dict[str, Any]]) -> None:
    """Write lines into this session's transaction."""
    if lines:
        session.connection().execute(_insert(), lines)
