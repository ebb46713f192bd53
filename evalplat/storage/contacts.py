"""Clients' addresses as rows, apart from everything else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from evalplat.storage.rows import put_rows
from evalplat.storage.tables import Client, ClientContact, ClientIdentity, Episode

COLUMNS = ("email", "phone", "channel", "opted_out_at", "paused_until", "changed_at")


@dataclass(frozen=True, slots=True)
class Addressee:
    """The client of one episode, with their address where one is known."""

    client_id: int
    client_public_id: str
    client_name: str | None
    contact: ClientContact | None


def find_by_episode(session: Session, episode_id: str) -> Addressee | None:
    """The client of an episode that the scope reaches."""
    row = session.execute(
        select(Episode.client_id, Client.public_id, ClientIdentity.name)
        .join(Client, Client.id == Episode.client_id)
        .outerjoin(ClientIdentity, ClientIdentity.client_id == Episode.client_id)
        .where(Episode.public_id == episode_id)
    ).one_or_none()
    if row is None:
        return None
    return Addressee(row[0], row[1], row[2], lock(session, row[0], wait=False))


def lock(session: Session, client_id: int, *, wait: bool = True) -> ClientContact | None:
    """A client's address; with `wait` locked until the transaction ends, so that who decides about messages waits."""
    query = select(ClientContact).where(ClientContact.client_id == client_id)
    if wait:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def put(session: Session, client_id: int, values: dict[str, Any]) -> None:
    """Store a client's address in place of the earlier one."""
    put_rows(session, ClientContact, [{"client_id": client_id, **values}], replace=COLUMNS)


def opt_out(session: Session, client_id: int, at: datetime) -> None:
    """The client wants no reminders any more."""
    session.execute(
        update(ClientContact)
        .where(ClientContact.client_id == client_id)
        .values(opted_out_at=at, changed_at=at)
        .execution_options(synchronize_session=False)
    )
