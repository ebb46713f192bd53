"""What the county designs in the browser: drafts of instruments, published versions, and which are retired."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import Base, Key


class InstrumentDraft(Base):
    """An instrument while it is designed, everything as typed. Read and changed by administrators."""

    __tablename__ = "instrument_drafts"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    revision: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(40))


class PublishedInstrument(Base):
    """A version that the county has published: its files by name, as the loader reads them. Append-only."""

    __tablename__ = "published_instruments"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    instrument: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64))
    files: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(40))

    __table_args__ = (
        UniqueConstraint(
            "instrument", "version", name="uq_published_instruments_instrument_version"
        ),
    )


class InstrumentOffer(Base):
    """That a version is retired, or offered again; the latest row of a version counts. Append-only."""

    __tablename__ = "instrument_offers"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    instrument: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(20))
    retired: Mapped[bool]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(40))
