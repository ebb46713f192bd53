"""Invitations as rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from evalplat.storage.rows import chunks
from evalplat.storage.tables import Administration, Client, Episode, Invitation
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint


@dataclass(frozen=True, slots=True)
class StoredInvitation:
    """An invitation with what it opens."""

    row: Invitation
    administration_id: str
    status: AdministrationStatus
    instrument: str
    version: str
    point: MeasurementPoint
    episode_id: str
    client_id: str
    language: str
    plain_language: bool


def find(
    session: Session,
    *,
    public_id: str | None = None,
    locator: str | None = None,
    token_digest: str | None = None,
    lock: bool = False,
) -> StoredInvitation | None:
    """The invitation with this id, locator or token; `lock` counts tries one by one."""
    query = (
        select(
            Invitation,
            Administration.public_id,
            Administration.status,
            Administration.instrument,
            Administration.version,
            Administration.point,
            Episode.public_id,
            Client.public_id,
            Client.language,
            Client.plain_language,
        )
        .join(Administration, Administration.id == Invitation.administration_id)
        .join(Episode, Episode.id == Invitation.episode_id)
        .join(Client, Client.id == Invitation.client_id)
    )
    if public_id is not None:
        query = query.where(Invitation.public_id == public_id)
    elif locator is not None:
        query = query.where(Invitation.locator == locator)
    else:
        query = query.where(Invitation.token_digest == token_digest)
    if lock:
        query = query.with_for_update(of=Invitation)
    row = session.execute(query).one_or_none()
    return None if row is None else StoredInvitation(*tuple(row))


def list_of_episode(session: Session, episode_id: str) -> list[Any]:
    """(invitation, administration's public id, its status), newest first."""
    return list(
        session.execute(
            select(Invitation, Administration.public_id, Administration.status)
            .join(Administration, Administration.id == Invitation.administration_id)
            .join(Episode, Episode.id == Invitation.episode_id)
            .where(Episode.public_id == episode_id)
            .order_by(Invitation.id.desc())
        ).all()
    )


def change(session: Session, key: int, **values: object) -> None:
    """Set columns of one invitation."""
    session.execute(
        update(Invitation)
        .where(Invitation.id == key)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def revoke_open(session: Session, administrations: Collection[int], at: datetime) -> None:
    """Revoke every invitation of these administrations that is not revoked yet."""
    for chunk in chunks(administrations):
        session.execute(
            update(Invitation)
            .where(Invitation.administration_id.in_(chunk), Invitation.revoked_at.is_(None))
            .values(revoked_at=at)
            .execution_options(synchronize_session=False)
        )


def revoke_of_client(session: Session, client: int, at: datetime) -> None:
    """Revoke every invitation of a client that is not revoked yet."""
    session.execute(
        update(Invitation)
        .where(Invitation.client_id == client, Invitation.revoked_at.is_(None))
        .values(revoked_at=at)
        .execution_options(synchronize_session=False)
    )
