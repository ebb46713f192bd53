"""Sessions of staff as rows."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from evalplat.storage.rows import add_rows
from evalplat.storage.tables import Account, Provider, StaffSession


def add(session: Session, **values: object) -> None:
    """A new session."""
    add_rows(session, StaffSession, [values])


def find(session: Session, digest: str) -> Any:
    """(session, account, provider's public id, provider's name) of a cookie's digest, or None."""
    return session.execute(
        select(StaffSession, Account, Provider.public_id, Provider.name)
        .join(Account, Account.id == StaffSession.account_id)
        .outerjoin(Provider, Provider.id == Account.provider_id)
        .where(StaffSession.digest == digest)
    ).one_or_none()


def list_of_account(session: Session, account: int) -> list[StaffSession]:
    """An account's sessions, the one used last first."""
    query = select(StaffSession).where(StaffSession.account_id == account)
    return list(session.scalars(query.order_by(StaffSession.seen_at.desc(), StaffSession.id)))


def change(session: Session, digest: str, **values: object) -> None:
    """Set columns of one session, if it is still there."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.digest == digest)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def remove(session: Session, keys: Collection[int]) -> None:
    """End sessions."""
    _remove(session, StaffSession.id.in_(keys))


def remove_of_account(session: Session, account: int, but: str = "") -> None:
    """End an account's sessions, but for the one of this public id."""
    _remove(session, StaffSession.account_id == account, StaffSession.public_id != but)


def remove_older(session: Session, began_before: datetime) -> None:
    """Forget sessions that are long over."""
    _remove(session, StaffSession.began_at < began_before)


def _remove(session: Session, *conditions: ColumnElement[bool]) -> None:
    session.execute(
        delete(StaffSession).where(*conditions).execution_options(synchronize_session=False)
    )
