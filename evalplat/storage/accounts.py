"""Accounts and providers as rows."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from evalplat.storage.tables import Account, Provider


def _accounts() -> Any:
    return select(Account, Provider.public_id, Provider.name).outerjoin(
        Provider, Provider.id == Account.provider_id
    )


def find_account(session: Session, public_id: str) -> Any:
    """(account, provider's public id, provider's name), or None."""
    return session.execute(_accounts().where(Account.public_id == public_id)).one_or_none()


def find_account_of(session: Session, email: str) -> Any:
    """The same of an address."""
    return session.execute(_accounts().where(Account.email == email)).one_or_none()


def lock_account_of(session: Session, email: str) -> Any:
    """The account of an address, locked until the transaction ends, so that tries are counted one by one."""
    return session.execute(
        _accounts().where(Account.email == email).with_for_update(of=Account)
    ).one_or_none()


def list_accounts(session: Session, provider: int | None = None) -> list[Any]:
    """Accounts by name, of one provider where it is given."""
    query = _accounts().order_by(Account.name, Account.id)
    if provider is not None:
        query = query.where(Account.provider_id == provider)
    return list(session.execute(query).all())


def change_account(session: Session, key: int, **values: object) -> None:
    """Set columns of one account."""
    session.execute(
        update(Account)
        .where(Account.id == key)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def find_provider(session: Session, public_id: str) -> Provider | None:
    """A provider by its public id."""
    return session.scalar(select(Provider).where(Provider.public_id == public_id))
