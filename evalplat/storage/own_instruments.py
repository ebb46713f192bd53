"""Drafts, published versions and retirements as rows, and taking what is published into a running catalogue."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.orm import Session

from evalplat.errors import DefinitionRejected
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.design_files import load_files
from evalplat.instruments.living import LivingInstruments
from evalplat.storage.rows import add_rows
from evalplat.storage.tables import InstrumentDraft, InstrumentOffer, PublishedInstrument

_COUNTS = select(
    select(func.count()).select_from(PublishedInstrument).scalar_subquery(),
    select(func.count()).select_from(InstrumentOffer).scalar_subquery(),
)


def take_in(
    connection: Connection | Session, catalogue: Catalogue, known: tuple[int, int] | None
) -> tuple[int, int]:
    """Put into the catalogue what was published or retired since; gives how much is known now."""
    living = catalogue.instruments
    published, decided = connection.execute(_COUNTS).one()
    if (published, decided) == known or not isinstance(living, LivingInstruments):
        return published, decided
    rows = connection.execute(
        select(
            PublishedInstrument.instrument, PublishedInstrument.version, PublishedInstrument.files
        ).order_by(PublishedInstrument.id)
    ).all()
    new = {}
    for row in rows:
        if (row.instrument, row.version) not in living.published:
            # A version that a later loader refuses closes no page; the doctor names it where answers refer to it.
            with suppress(DefinitionRejected):
                new[row.instrument, row.version] = load_files(row.files)
    offers = connection.execute(
        select(
            InstrumentOffer.instrument, InstrumentOffer.version, InstrumentOffer.retired
        ).order_by(InstrumentOffer.id)
    )
    latest = {(row.instrument, row.version): row.retired for row in offers}
    living.take(new, frozenset(pair for pair, retired in latest.items() if retired))
    return published, decided


def list_drafts(session: Session) -> list[InstrumentDraft]:
    """Every draft, the one changed last first."""
    query = select(InstrumentDraft).order_by(InstrumentDraft.changed_at.desc(), InstrumentDraft.id)
    return list(session.scalars(query))


def find_draft(session: Session, public_id: str) -> InstrumentDraft | None:
    """One draft as it stands now."""
    query = select(InstrumentDraft).where(InstrumentDraft.public_id == public_id)
    return session.scalar(query.execution_options(populate_existing=True))


def add_draft(session: Session, row: Mapping[str, Any]) -> None:
    """Put a draft in."""
    add_rows(session, InstrumentDraft, [row])


def change_draft(
    session: Session, public_id: str, content: Mapping[str, Any], revision: int,
    by: str, at: datetime,
) -> bool:  # fmt: skip
    """Write a draft anew where it still has this revision; whether it had."""
    changed = session.execute(
        update(InstrumentDraft)
        .where(InstrumentDraft.public_id == public_id, InstrumentDraft.revision == revision)
        .values(content=dict(content), revision=revision + 1, changed_at=at, changed_by=by)
        .execution_options(synchronize_session=False)
    )
    return bool(getattr(changed, "rowcount", 0))


def drop_draft(session: Session, public_id: str) -> None:
    """Take a draft away."""
    session.execute(
        delete(InstrumentDraft)
        .where(InstrumentDraft.public_id == public_id)
        .execution_options(synchronize_session=False)
    )


def add_published(session: Session, row: Mapping[str, Any]) -> None:
    """Put a version in for good."""
    add_rows(session, PublishedInstrument, [row])


def add_offer(session: Session, row: Mapping[str, Any]) -> None:
    """Note that a version is retired, or offered again."""
    add_rows(session, InstrumentOffer, [row])


def find_files(session: Session, instrument: str, version: str) -> dict[str, str] | None:
    """The files of a version that was published here."""
    return session.scalar(
        select(PublishedInstrument.files).where(
            PublishedInstrument.instrument == instrument, PublishedInstrument.version == version
        )
    )
