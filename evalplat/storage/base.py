"""What every table has in common: names of constraints, types, and the columns that say whose a row is.

Who may see a row follows from the mixin its table carries, see `access`.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Key = BigInteger().with_variant(Integer, "sqlite")
"""An integer key. It never leaves the database: the outside knows `public_id`."""


class Instant(TypeDecorator[datetime]):
    """A moment, in UTC: timezone-aware in Python on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a time zone, and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(vocabulary: type[StrEnum], name: str) -> Enum:
    """A column type for one of our vocabularies: the stored string is checked by the database."""
    return Enum(
        vocabulary,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Every table of ours."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Instant}  # noqa: RUF012 - SQLAlchemy's own name for it


class OfProvider:
    """A row that belongs to one provider."""

    provider_id: Mapped[int] = mapped_column(Key, sort_order=-30)


class OfEpisode(OfProvider):
    """A row inside one episode, and so of one provider and one client; a foreign key holds the three together."""

    client_id: Mapped[int] = mapped_column(Key, sort_order=-29)
    episode_id: Mapped[int] = mapped_column(Key, sort_order=-28)


class OfAdministration(OfEpisode):
    """A row inside one administration."""

    administration_id: Mapped[int] = mapped_column(Key, sort_order=-40)


def episode_key() -> ForeignKeyConstraint:
    """The row's episode belongs to the row's provider and client."""
    return ForeignKeyConstraint(
        ["episode_id", "provider_id", "client_id"],
        ["episodes.id", "episodes.provider_id", "episodes.client_id"],
    )


def administration_key() -> ForeignKeyConstraint:
    """The row's administration belongs to the row's episode, provider and client."""
    return ForeignKeyConstraint(
        ["administration_id", "episode_id", "provider_id", "client_id"],
        [
            "administrations.id",
            "administrations.episode_id",
            "administrations.provider_id",
            "administrations.client_id",
        ],
    )


def tables() -> dict[str, Any]:
    """Every mapped class by the name of its table."""
    return {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
