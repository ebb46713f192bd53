"""Access tokens as rows: found by their prefix, counted by the minute."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import case, insert, select, update
from sqlalchemy.orm import Session

from evalplat.storage.tables import Account, ApiToken, ApiTokenUse, Provider


def _tokens() -> Any:
    return (
        select(ApiToken, ApiTokenUse.last_used_on, Account, Provider.public_id, Provider.name)
        .join(ApiTokenUse, ApiTokenUse.token_id == ApiToken.id)
        .join(Account, Account.id == ApiToken.account_id)
        .outerjoin(Provider, Provider.id == Account.provider_id)
    )


def find_by_prefix(session: Session, prefix: str) -> Any:
    """(token, day of its last use, account, provider's public id and name), or None."""
    return session.execute(_tokens().where(ApiToken.prefix == prefix)).one_or_none()


def find_token(session: Session, public_id: str) -> Any:
    """The same by the token's public id."""
    return session.execute(_tokens().where(ApiToken.public_id == public_id)).one_or_none()


def list_tokens(session: Session, account_id: str | None = None) -> list[Any]:
    """The same for every token, or those of one account, the newest first."""
    query = _tokens().order_by(ApiToken.made_at.desc(), ApiToken.id.desc())
    if account_id is not None:
        query = query.where(Account.public_id == account_id)
    return list(session.execute(query))


def add_token(session: Session, **values: Any) -> None:
    """A new token, never used yet."""
    key = session.execute(insert(ApiToken).values(**values).returning(ApiToken.id)).scalar_one()
    session.execute(insert(ApiTokenUse).values(token_id=key, last_used_on=None, minute=0, calls=0))


def revoke(session: Session, key: int, *, at: datetime, by: str) -> None:
    """End a token that was not ended yet."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.id == key, ApiToken.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=by)
        .execution_options(synchronize_session=False)
    )


def count_call(session: Session, public_id: str, *, minute: int, day: date) -> int:
    """Count one more call of a token, and say how many there were in this minute."""
    key = select(ApiToken.id).where(ApiToken.public_id == public_id).scalar_subquery()
    calls = case((ApiTokenUse.minute == minute, ApiTokenUse.calls + 1), else_=1)
    return int(
        session.execute(
            update(ApiTokenUse)
            .where(ApiTokenUse.token_id == key)
            .values(minute=minute, calls=calls, last_used_on=day)
            .returning(ApiTokenUse.calls)
            .execution_options(synchronize_session=False)
        ).scalar_one()
    )
