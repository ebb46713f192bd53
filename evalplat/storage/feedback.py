"""Anonymous feedback as rows, and whether it was given in an episode."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.storage.tables import Episode, FeedbackSheet, Provider


def is_given(session: Session, episode: int) -> bool | None:
    """Whether feedback was given in an episode; None where the scope does not reach the episode."""
    return session.scalar(select(Episode.feedback_given).where(Episode.id == episode))


def list_sheets(
    session: Session,
    instrument: str,
    version: str,
    *,
    from_quarter: int,
    until_quarter: int,
    provider_id: str | None = None,
) -> Sequence[Any]:
    """(provider's name, answers) of quarters, both ends included; in no order that tells when they came."""
    query = (
        select(Provider.name, FeedbackSheet.answers)
        .join(Provider, Provider.id == FeedbackSheet.provider_id)
        .where(
            FeedbackSheet.instrument == instrument,
            FeedbackSheet.version == version,
            FeedbackSheet.quarter.between(from_quarter, until_quarter),
        )
        .order_by(Provider.name, FeedbackSheet.public_id)
    )
    if provider_id is not None:
        query = query.where(Provider.public_id == provider_id)
    return session.execute(query).all()


def list_quarters(session: Session, instrument: str) -> list[int]:
    """The quarters of which there is any feedback, in order."""
    query = (
        select(FeedbackSheet.quarter)
        .where(FeedbackSheet.instrument == instrument)
        .distinct()
        .order_by(FeedbackSheet.quarter)
    )
    return list(session.scalars(query))
