"""Clients' requests to be contacted, as rows; lists leave out clients whose data is restricted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.storage.identities import read_names
from evalplat.storage.tables import (
    Administration,
    Client,
    ContactRequest,
    Episode,
    Provider,
)


class Asked(NamedTuple):
    """A request with whose it is and which sheet it was made after."""

    request: ContactRequest
    episode_id: str
    client_id: str
    instrument: str
    version: str
    provider_name: str
    name: str


def find_of_administration(session: Session, administration: int) -> ContactRequest | None:
    """The request that was made after one sheet."""
    query = select(ContactRequest).where(ContactRequest.administration_id == administration)
    return session.scalar(query)


def find(session: Session, public_id: str, *, lock: bool = False) -> Asked | None:
    """One request, or None out of scope."""
    query = _joined().where(ContactRequest.public_id == public_id)
    if lock:
        query = query.with_for_update(of=ContactRequest)
    return next(iter(_named(session, query)), None)


def list_open(session: Session) -> Sequence[Asked]:
    """Every request without an answer, the one that was promised first on top."""
    query = (
        _joined()
        .where(ContactRequest.answered_at.is_(None), Client.restricted_at.is_(None))
        .order_by(ContactRequest.promised_by, ContactRequest.asked_at, ContactRequest.id)
    )
    return _named(session, query)


def list_answered(session: Session, since: datetime) -> Sequence[Asked]:
    """Requests that were answered since, the newest answer on top."""
    query = (
        _joined()
        .where(ContactRequest.answered_at >= since, Client.restricted_at.is_(None))
        .order_by(ContactRequest.answered_at.desc(), ContactRequest.id.desc())
    )
    return _named(session, query)


def _named(session: Session, query: Any) -> list[Asked]:
    rows = session.execute(query).all()
    names = read_names(session, [row[0].client_id for row in rows])
    return [
        Asked(
            request,
            episode,
            client,
            instrument,
            version,
            provider,
            names.get(request.client_id, ""),
        )
        for request, episode, client, instrument, version, provider in rows
    ]


def _joined() -> Any:
    return (
        select(
            ContactRequest,
            Episode.public_id.label("episode_id"),
            Client.public_id.label("client_id"),
            Administration.instrument,
            Administration.version,
            Provider.name.label("provider_name"),
        )
        .join(Episode, Episode.id == ContactRequest.episode_id)
        .join(Client, Client.id == ContactRequest.client_id)
        .join(Administration, Administration.id == ContactRequest.administration_id)
        .join(Provider, Provider.id == ContactRequest.provider_id)
    )
