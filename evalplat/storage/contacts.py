"""Clients' addresses as rows, apart from everything else, sealed under each client's own key."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from evalplat.storage.client_keys import open_text, seal
from evalplat.storage.identities import EMAIL, PHONE, list_unmarked, mark, read_names
from evalplat.storage.rows import put_rows
from evalplat.storage.tables import Client, ClientContact, Episode
from evalplat.vocabulary import Channel

COLUMNS = (
    *("sealed_email", "sealed_phone", "channel"),
    *("opted_out_at", "paused_until", "changed_at"),
)


@dataclass(frozen=True, slots=True)
class Contact:
    """A client's addresses, opened, and what they want of reminders. Those of an erased client are empty."""

    email: str
    phone: str
    channel: Channel
    opted_out_at: datetime | None
    paused_until: date | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Addressee:
    """The client of one episode, with their address where one is known."""

    client_id: int
    client_public_id: str
    client_name: str | None
    contact: Contact | None


def find_by_episode(session: Session, episode_id: str) -> Addressee | None:
    """The client of an episode that the scope reaches."""
    row = session.execute(
        select(Episode.client_id, Client.public_id)
        .join(Client, Client.id == Episode.client_id)
        .where(Episode.public_id == episode_id)
    ).one_or_none()
    if row is None:
        return None
    client, public_id = row
    name = read_names(session, [client]).get(client)
    return Addressee(client, public_id, name, lock(session, client, wait=False))


def lock(session: Session, client_id: int, *, wait: bool = True) -> Contact | None:
    """A client's address; with `wait` locked until the transaction ends, so that who decides about messages waits."""
    query = select(ClientContact).where(ClientContact.client_id == client_id)
    query = query.execution_options(populate_existing=True)
    row = session.scalar(query.with_for_update() if wait else query)
    if row is None:
        return None
    return Contact(
        email=open_text(session, client_id, _place(EMAIL, client_id), row.sealed_email),
        phone=open_text(session, client_id, _place(PHONE, client_id), row.sealed_phone),
        channel=row.channel,
        opted_out_at=row.opted_out_at,
        paused_until=row.paused_until,
        changed_at=row.changed_at,
    )


def put(session: Session, client_id: int, email: str, phone: str, values: dict[str, Any]) -> None:
    """Store a client's addresses, and what they want, in place of the earlier ones. Raises Conflict if erased."""
    row = {
        **values,
        "client_id": client_id,
        "sealed_email": seal(session, client_id, _place(EMAIL, client_id), email),
        "sealed_phone": seal(session, client_id, _place(PHONE, client_id), phone),
    }
    put_rows(session, ClientContact, [row], replace=COLUMNS)
    mark(session, client_id, {EMAIL: email, PHONE: phone})


def mark_missing(session: Session) -> int:
    """Make the marks of addresses that have none, as after a restore; gives back how many."""
    made = 0
    for kind, column in ((EMAIL, ClientContact.sealed_email), (PHONE, ClientContact.sealed_phone)):
        for client in list_unmarked(session, kind, ClientContact.client_id, column):
            kept = lock(session, client, wait=False)
            value = "" if kept is None else kept.email if kind == EMAIL else kept.phone
            if value:
                mark(session, client, {kind: value})
                made += 1
    return made


def opt_out(session: Session, client_id: int, at: datetime) -> None:
    """The client wants no reminders any more."""
    session.execute(
        update(ClientContact)
        .where(ClientContact.client_id == client_id)
        .values(opted_out_at=at, changed_at=at)
        .execution_options(synchronize_session=False)
    )


def _place(kind: str, client_id: int) -> str:
    return f"client_contacts.{kind}.{client_id}"
