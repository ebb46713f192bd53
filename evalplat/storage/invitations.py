"""Invitations as rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from evalplat.storage.access import connection_of, scope_of
from evalplat.storage.conditions import shared_condition
from evalplat.storage.rows import chunks, read_rows
from evalplat.storage.tables import Administration, Client, Episode, Invitation
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint


@dataclass(frozen=True, slots=True)
class StoredInvitation:
    """An invitation with what it opens."""

    row: Any
    administration_id: str
    status: AdministrationStatus
    instrument: str
    version: str
    point: MeasurementPoint
    episode_id: str
    client_id: str
    language: str
    plain_language: bool


_OPENS: dict[str, Any] = {
    "administration_id": Administration.public_id,
    "status": Administration.status,
    "instrument": Administration.instrument,
    "version": Administration.version,
    "point": Administration.point,
    "episode_id": Episode.public_id,
    "client_id": Client.public_id,
    "language": Client.language,
    "plain_language": Client.plain_language,
}


def find(
    session: Session,
    *,
    public_id: str | None = None,
    locator: str | None = None,
    token_digest: str | None = None,
    lock: bool = False,
) -> StoredInvitation | None:
    """The invitation with this id, locator or token; `lock` counts tries one by one."""
    wanted = public_id if public_id is not None else locator
    column = "public_id" if public_id is not None else "locator"
    if wanted is None:
        column, wanted = "token_digest", token_digest
    row = read_rows(session, _statement(column, lock), {"wanted": wanted}).one_or_none()
    if row is None:
        return None
    return StoredInvitation(row, **{name: getattr(row, f"opens_{name}") for name in _OPENS})


@cache
def _statement(column: str, lock: bool) -> Any:
    """Looking for an invitation by one of its columns; built once, because every page of a visit asks."""
    opened = [what.label(f"opens_{name}") for name, what in _OPENS.items()]
    statement = (
        select(*Invitation.__table__.c, *opened)
        .join(Administration, Administration.id == Invitation.administration_id)
        .join(Episode, Episode.id == Invitation.episode_id)
        .join(Client, Client.id == Invitation.client_id)
        .where(getattr(Invitation, column) == bindparam("wanted"))
        .execution_options(evalplat_tables=(Invitation, Administration, Episode, Client))
    )
    return statement.with_for_update(of=Invitation) if lock else statement


def use(session: Session, public_id: str, at: datetime) -> None:
    """Note that what an invitation opens was sent; the first time stays."""
    scope = scope_of(session)
    connection_of(session).execute(_use(scope.kind), {"wanted": public_id, "at": at, **scope.keys})


@cache
def _use(kind: str) -> Any:
    table: Any = Invitation.__table__
    statement = update(table).where(
        table.c.public_id == bindparam("wanted"), table.c.used_at.is_(None)
    )
    condition = shared_condition(kind, Invitation)
    if condition is not None:
        statement = statement.where(condition)
    return statement.values(used_at=bindparam("at"))


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
