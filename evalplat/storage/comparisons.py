"""The rows of a comparison in one ordered statement, and the measurements of a course."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from evalplat.storage.tables import (
    Administration,
    Client,
    Episode,
    Municipality,
    PairMoments,
    Provider,
    Score,
)
from evalplat.vocabulary import MeasurementPoint, Respondent


def stream_episodes(
    session: Session,
    *,
    instrument: str,
    scale: str,
    respondent: Respondent,
    from_point: MeasurementPoint,
    to_point: MeasurementPoint,
    period_from: date | None,
    period_until: date | None,
) -> Iterator[Any]:
    """Every episode that plans the instrument at one of the points, by provider's name and episode, with both scores.

    Columns: provider, episode, opened_on, birth_year, sex, language, sub_region, living_situation, employment, and for
    each point version, measured_on, status and value of the latest revision (None where nothing was measured).
    """
    first, later = aliased(Administration), aliased(Administration)
    first_score, later_score = aliased(Score), aliased(Score)
    query = (
        select(
            Provider.name.label("provider"),
            Episode.id.label("episode"),
            Episode.opened_on,
            Client.birth_year,
            Client.sex,
            Client.language,
            Municipality.sub_region,
            Episode.living_situation,
            Episode.employment,
            first.version.label("first_version"),
            first.measured_on.label("first_day"),
            first_score.status.label("first_status"),
            first_score.value.label("first_value"),
            later.version.label("later_version"),
            later.measured_on.label("later_day"),
            later_score.status.label("later_status"),
            later_score.value.label("later_value"),
        )
        .select_from(Episode)
        .join(Provider, Provider.id == Episode.provider_id)
        .join(Client, Client.id == Episode.client_id)
        .join(Municipality, Municipality.code == Episode.municipality)
    )
    for planned, score, point in (
        (first, first_score, from_point),
        (later, later_score, to_point),
    ):
        query = query.outerjoin(planned, _is_planned(planned, instrument, point, respondent))
        query = query.outerjoin(score, _is_score_of(score, planned, scale))
    query = query.where(or_(first.id.is_not(None), later.id.is_not(None)))
    if period_from is not None:
        query = query.where(Episode.opened_on >= period_from)
    if period_until is not None:
        query = query.where(Episode.opened_on <= period_until)
    yield from session.execute(query.order_by(Provider.name, Episode.id))


def _is_planned(
    planned: Any, instrument: str, point: MeasurementPoint, respondent: Respondent
) -> Any:
    return and_(
        planned.episode_id == Episode.id,
        planned.instrument == instrument,
        planned.point == point,
        planned.respondent == respondent,
    )


def _is_score_of(score: Any, planned: Any, scale: str) -> Any:
    return and_(
        score.administration_id == planned.id,
        score.revision == planned.revision,
        score.scale == scale,
    )


def list_paired_scales(session: Session) -> set[tuple[str, str, str]]:
    """(instrument, version, scale) that have at least one pair."""
    rows = session.execute(
        select(PairMoments.instrument, PairMoments.version, PairMoments.scale)
        .where(PairMoments.n > 0)
        .distinct()
    )
    return {(instrument, version, scale) for instrument, version, scale in rows}


def list_course(session: Session, episode: int) -> list[Any]:
    """(administration, score) of the latest revisions of one episode, in order of time."""
    return list(
        session.execute(
            select(Administration, Score)
            .join(
                Score,
                and_(
                    Score.administration_id == Administration.id,
                    Score.revision == Administration.revision,
                ),
            )
            .where(Administration.episode_id == episode)
            .order_by(Administration.measured_on, Administration.id)
        ).all()
    )


def find_course_head(session: Session, public_id: str) -> Any:
    """(episode, client's public id), or None out of the scope."""
    return session.execute(
        select(Episode, Client.public_id)
        .join(Client, Client.id == Episode.client_id)
        .where(Episode.public_id == public_id)
    ).one_or_none()
