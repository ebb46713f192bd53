"""Tables of the county itself: providers, municipalities, accounts, measurement plans, the access log, notes to it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import Base, Key, word
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role


class Provider(Base):
    """A provider that the county has approved, private or its own."""

    __tablename__ = "providers"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    own_service: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)


class Municipality(Base):
    """A municipality with its sub-region, loaded from data."""

    __tablename__ = "municipalities"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    sub_region: Mapped[str] = mapped_column(String(80))
    county: Mapped[str] = mapped_column(String(40))


class Account(Base):
    """A member of staff. `tries` and `locked_until` guard the password, `factor_…` the second factor."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(word(Role, "role"))
    provider_id: Mapped[int | None] = mapped_column(Key, ForeignKey("providers.id"))
    language: Mapped[str] = mapped_column(String(8))
    password_hash: Mapped[str] = mapped_column(String(200))
    tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    factor_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    factor_locked_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        CheckConstraint(
            "(role IN ('provider_worker', 'provider_manager')) = (provider_id IS NOT NULL)",
            name="provider_of_role",
        ),
    )


class Plan(Base):
    """One version of a measurement plan; never changed."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    titles: Mapped[dict[str, str]] = mapped_column(JSON)

    __table_args__ = (UniqueConstraint("key", "version"),)


class PlanLine(Base):
    """One line of a plan: an instrument at a point, by whom, how, and its window in days."""

    __tablename__ = "plan_lines"

    plan_id: Mapped[int] = mapped_column(Key, ForeignKey("plans.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    instrument: Mapped[str] = mapped_column(String(60))
    point: Mapped[MeasurementPoint] = mapped_column(word(MeasurementPoint, "point"))
    respondent: Mapped[Respondent] = mapped_column(word(Respondent, "respondent"))
    mode: Mapped[Mode] = mapped_column(word(Mode, "mode"))
    offset_days: Mapped[int]
    before_days: Mapped[int]
    after_days: Mapped[int]
    anchor: Mapped[str] = mapped_column(String(16), default="point", server_default="point")


class AuditEntry(Base):
    """One line of the access log: who did what to whose data, in which right. Append-only; no personal values.

    Its place in a chain is not kept unique by the database: a line that was added past the program is to be found by
    `evalplat audit verify`, not to keep the next one from being written.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[str | None] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(24))
    provider_id: Mapped[str | None] = mapped_column(String(32))
    purpose: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    client_ids: Mapped[list[Any]] = mapped_column(JSON)
    chain: Mapped[str | None] = mapped_column(String(32))
    chain_day: Mapped[date | None]
    position: Mapped[int | None]
    previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    mac: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_audit_entries_chain", "chain", "chain_day", "position"),
        Index(
            "ix_audit_entries_of_account",
            "object_id",
            "id",
            sqlite_where=text("object_kind = 'account'"),
            postgresql_where=text("object_kind = 'account'"),
        ),
    )


class AuditHead(Base):
    """How long one chain of the access log is, and the seal of its last line; under a seal of its own."""

    __tablename__ = "audit_heads"

    chain: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    position: Mapped[int]
    mac: Mapped[bytes] = mapped_column(LargeBinary)
    seal: Mapped[bytes] = mapped_column(LargeBinary)


class OfficialWording(Base):
    """An owner's official wording that the county may show: whose, by which permit, on which days. Append-only.

    The latest row of a language whose first day has come counts; one without words, or past its last day, ends it.
    """

    __tablename__ = "official_wordings"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    instrument: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(16))
    holder: Mapped[str] = mapped_column(String(200))
    permit: Mapped[str] = mapped_column(String(200))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)
    loaded_at: Mapped[datetime]
    loaded_by: Mapped[str] = mapped_column(String(40))

    __table_args__ = (
        Index("ix_official_wordings_instrument", "instrument", "version", "language"),
    )


class AccessibilityNote(Base):
    """What somebody wrote about an obstacle on the pages; `email` where they want an answer."""

    __tablename__ = "accessibility_notes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    language: Mapped[str] = mapped_column(String(16))
    message: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(40), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
