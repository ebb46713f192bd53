"""What providers say of their own results, as rows: every version is kept."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from evalplat.storage.rows import add_rows
from evalplat.storage.tables import Provider, ProviderComment


def list_latest(session: Session) -> list[Any]:
    """(provider's name and public id, year, version, body, written_at) of the latest versions, by name and year."""
    later = aliased(ProviderComment)
    is_last = (
        select(func.max(later.version))
        .where(later.provider_id == ProviderComment.provider_id, later.year == ProviderComment.year)
        .scalar_subquery()
    )
    query = (
        select(
            Provider.name,
            Provider.public_id,
            ProviderComment.year,
            ProviderComment.version,
            ProviderComment.body,
            ProviderComment.written_at,
        )
        .join_from(ProviderComment, Provider, Provider.id == ProviderComment.provider_id)
        .where(ProviderComment.version == is_last)
        .order_by(Provider.name, ProviderComment.year.desc())
    )
    return list(session.execute(query))


def list_versions(session: Session, provider_id: str, year: int) -> list[Any]:
    """(version, body, written_at) of one provider's comment on a year, the latest first."""
    query = (
        select(ProviderComment.version, ProviderComment.body, ProviderComment.written_at)
        .join_from(ProviderComment, Provider, Provider.id == ProviderComment.provider_id)
        .where(Provider.public_id == provider_id, ProviderComment.year == year)
        .order_by(ProviderComment.version.desc())
    )
    return list(session.execute(query))


def lock_provider(session: Session, key: int) -> None:
    """Let versions of one provider's comments come one after the other."""
    session.execute(select(Provider.id).where(Provider.id == key).with_for_update())


def add_version(session: Session, row: dict[str, object]) -> None:
    """One more version of a comment."""
    add_rows(session, ProviderComment, [row])
