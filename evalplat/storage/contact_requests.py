"""Clients' requests to be contacted, as rows; lists leave out clients whose data is restricted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.storage.tables import (
    Administration,
    Client,
    ClientIdentity,
    ContactRequest,
    Episode,
)


def find_of_administration(session: Session, administration: int) -> ContactRequest | None:
    """The request that was made after one sheet."""
    query = select(ContactRequest).where(ContactRequest.administration_id == administration)
    return session.scalar(query)


def find(session: Session, public_id: str, *, lock: bool = False) -> Any | None:
    """(request, episode's public id, client's public id, client's name, instrument, version), or None out of scope."""
    query = _joined().where(ContactRequest.public_id == public_id)
    if lock:
        query = query.with_for_update(of=ContactRequest)
    return session.execute(query).one_or_none()


def list_open(session: Session) -> Sequence[Any]:
    """Every request without an answer, as `find` gives them, the one that was promised first on top."""
    query = (
        _joined()
        .where(ContactRequest.answered_at.is_(None), Client.restricted_at.is_(None))
        .order_by(ContactRequest.promised_by, ContactRequest.asked_at, ContactRequest.id)
    )
    return session.execute(query).all()


def list_answered(session: Session, since: datetime) -> Sequence[Any]:
    """Requests that were answered since, as `find` gives them, the newest answer on top."""
    query = (
        _joined()
        .where(ContactRequest.answered_at >= since, Client.restricted_at.is_(None))
        .order_by(ContactRequest.answered_at.desc(), ContactRequest.id.desc())
    )
    return session.execute(query).all()


def _joined() -> Any:
    return (
        select(
            ContactRequest,
            Episode.public_id.label("episode_id"),
            Client.public_id.label("client_id"),
            ClientIdentity.name,
            Administration.instrument,
            Administration.version,
        )
        .join(Episode, Episode.id == ContactRequest.episode_id)
        .join(Client, Client.id == ContactRequest.client_id)
        .join(ClientIdentity, ClientIdentity.client_id == ContactRequest.client_id)
        .join(Administration, Administration.id == ContactRequest.administration_id)
    )
