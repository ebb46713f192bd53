"""Rows for agreement and reliability: scores of several raters, answer sheets without a name, two scores close in time.

Each is one statement whose rows come in portions, so that memory does not grow with them. Clients who are not counted,
at their own wish, are left out.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from evalplat.storage.tables import Administration, Client, Episode, Score, Sheet
from evalplat.vocabulary import MeasurementPoint, Respondent

PORTION = 2000


class Source(NamedTuple):
    """One scale of one version of an instrument, as one respondent answered it."""

    instrument: str
    version: str
    respondent: Respondent
    scale: str


def stream_ratings(
    session: Session,
    sources: Sequence[Source],
    point: MeasurementPoint,
    *,
    period_from: date | None = None,
    period_until: date | None = None,
) -> Iterator[Any]:
    """(episode, instrument, version, respondent, scale, value) of latest revisions with a score, ordered by episode."""
    wanted = or_(
        *(
            and_(
                Administration.instrument == source.instrument,
                Administration.version == source.version,
                Administration.respondent == source.respondent,
                Score.scale == source.scale,
            )
            for source in sources
        )
    )
    query = (
        select(
            Administration.episode_id,
            Administration.instrument,
            Administration.version,
            Administration.respondent,
            Score.scale,
            Score.value,
        )
        .join(Score, _is_latest_score())
        .join(Client, _is_counted())
        .where(Administration.point == point, Score.value.is_not(None), wanted)
        .order_by(Administration.episode_id)
    )
    yield from _run(session, _in_period(query, period_from, period_until))


def stream_close_scores(
    session: Session,
    source: Source,
    *,
    period_from: date | None = None,
    period_until: date | None = None,
) -> Iterator[Any]:
    """(episode, point, measured_on, value) of closed episodes' scores at the end and the follow-up after the closing.

    Ordered by episode: nothing of the service lies between two such measurements.
    """
    query = (
        select(
            Administration.episode_id,
            Administration.point,
            Administration.measured_on,
            Score.value,
        )
        .join(Score, and_(_is_latest_score(), Score.scale == source.scale))
        .join(Episode, Episode.id == Administration.episode_id)
        .join(Client, _is_counted())
        .where(
            Administration.instrument == source.instrument,
            Administration.version == source.version,
            Administration.respondent == source.respondent,
            Administration.point.in_((MeasurementPoint.END, MeasurementPoint.FOLLOW_UP)),
            Administration.measured_on >= Episode.closed_on,
            Score.value.is_not(None),
        )
        .order_by(Administration.episode_id)
    )
    if period_from is not None:
        query = query.where(Episode.opened_on >= period_from)
    if period_until is not None:
        query = query.where(Episode.opened_on <= period_until)
    yield from _run(session, query)


def stream_answers(
    session: Session,
    source: Source,
    point: MeasurementPoint,
    *,
    period_from: date | None = None,
    period_until: date | None = None,
) -> Iterator[str]:
    """The answers, as JSON text, of the latest revision of each sheet of the source's instrument at one point.

    Nothing says whose they are. Answers are hidden from the county's readers: the session must reach everything.
    """
    query = (
        select(Sheet.answers)
        .join(
            Administration,
            and_(
                Administration.id == Sheet.administration_id,
                Administration.revision == Sheet.revision,
            ),
        )
        .join(Client, _is_counted())
        .where(
            Administration.instrument == source.instrument,
            Administration.version == source.version,
            Administration.respondent == source.respondent,
            Administration.point == point,
        )
    )
    for (answers,) in _run(session, _in_period(query, period_from, period_until)):
        yield answers


def _is_counted() -> Any:
    """Whose it is, and that the client wants to be counted."""
    return and_(Client.id == Administration.client_id, Client.counted)


def _is_latest_score() -> Any:
    return and_(
        Score.administration_id == Administration.id, Score.revision == Administration.revision
    )


def _in_period(query: Any, period_from: date | None, period_until: date | None) -> Any:
    if period_from is None and period_until is None:
        return query
    query = query.join(Episode, Episode.id == Administration.episode_id)
    if period_from is not None:
        query = query.where(Episode.opened_on >= period_from)
    if period_until is not None:
        query = query.where(Episode.opened_on <= period_until)
    return query


def _run(session: Session, query: Any) -> Any:
    return session.execute(query, execution_options={"yield_per": PORTION})
