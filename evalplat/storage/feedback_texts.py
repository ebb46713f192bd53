"""Decisions about words in anonymous feedback, as rows: every one is kept, and the latest counts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.storage.rows import add_rows
from evalplat.storage.tables import FeedbackDecision, FeedbackSheet, Provider


def list_texts(
    session: Session, instrument: str, version: str, *, until_quarter: int, provider_id: str | None
) -> Sequence[Any]:
    """(provider's name, public id and key, sheet's key, quarter, answers); in no order that tells when they came."""
    query = (
        select(
            Provider.name,
            Provider.public_id.label("provider"),
            FeedbackSheet.provider_id,
            FeedbackSheet.public_id.label("sheet"),
            FeedbackSheet.quarter,
            FeedbackSheet.answers,
        )
        .join_from(FeedbackSheet, Provider, Provider.id == FeedbackSheet.provider_id)
        .where(
            FeedbackSheet.instrument == instrument,
            FeedbackSheet.version == version,
            FeedbackSheet.quarter <= until_quarter,
        )
        .order_by(Provider.name, FeedbackSheet.public_id)
    )
    if provider_id is not None:
        query = query.where(Provider.public_id == provider_id)
    return session.execute(query).all()


def list_decisions(session: Session, provider_id: str | None) -> dict[tuple[str, str], Any]:
    """The latest decision of every text that one was made on, by the sheet's key and the question."""
    query = (
        select(
            FeedbackDecision.sheet_key,
            FeedbackDecision.item,
            FeedbackDecision.version,
            FeedbackDecision.act,
            FeedbackDecision.edited,
            FeedbackDecision.reason,
        )
        .join_from(FeedbackDecision, Provider, Provider.id == FeedbackDecision.provider_id)
        .order_by(FeedbackDecision.version)
    )
    if provider_id is not None:
        query = query.where(Provider.public_id == provider_id)
    return {(row.sheet_key, row.item): row for row in session.execute(query)}


def add_decision(session: Session, row: dict[str, object]) -> None:
    """One more decision."""
    add_rows(session, FeedbackDecision, [row])
