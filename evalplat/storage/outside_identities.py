"""Links of accounts to a provider of identities, and invitations to link, as rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from evalplat.storage.rows import add_rows
from evalplat.storage.tables import Account, IdentityInvitation, OutsideIdentity

KEPT = {"synchronize_session": False}


def find_account(session: Session, issuer: str, subject: str) -> Account | None:
    """The account that is linked to this subject of this issuer."""
    return session.scalar(
        select(Account)
        .join(OutsideIdentity, OutsideIdentity.account_id == Account.id)
        .where(OutsideIdentity.issuer == issuer, OutsideIdentity.subject == subject)
    )


def list_of_account(session: Session, account: int) -> list[OutsideIdentity]:
    """An account's links, in the order in which they were made."""
    query = select(OutsideIdentity).where(OutsideIdentity.account_id == account)
    return list(session.scalars(query.order_by(OutsideIdentity.id)))


def add(session: Session, **values: object) -> None:
    """A new link."""
    add_rows(session, OutsideIdentity, [values])


def remove(session: Session, account: int, public_id: str) -> bool:
    """Take a link of an account away; whether it was there."""
    statement = delete(OutsideIdentity).where(
        OutsideIdentity.account_id == account, OutsideIdentity.public_id == public_id
    )
    return _run(session, statement) > 0


def put_invitation(session: Session, account: int, digest: str, expires_at: datetime) -> None:
    """An invitation in place of an earlier one."""
    drop_invitation(session, account)
    row = {"account_id": account, "digest": digest, "expires_at": expires_at}
    add_rows(session, IdentityInvitation, [row])


def find_invited(session: Session, digest: str, at: datetime) -> Account | None:
    """The open account that an invitation is for, while it holds."""
    return session.scalar(
        select(Account)
        .join(IdentityInvitation, IdentityInvitation.account_id == Account.id)
        .where(
            IdentityInvitation.digest == digest,
            IdentityInvitation.expires_at > at,
            Account.active,
        )
    )


def drop_invitation(session: Session, account: int) -> bool:
    """Use an account's invitation up; whether there was one."""
    statement = delete(IdentityInvitation).where(IdentityInvitation.account_id == account)
    return _run(session, statement) > 0


def _run(session: Session, statement: Any) -> int:
    found: CursorResult[Any] = session.execute(statement.execution_options(**KEPT))  # type: ignore[assignment]
    return int(found.rowcount)
