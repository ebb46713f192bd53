"""The rows of a comparison in one ordered statement, and the measurements of a course."""

from collections.abc import Collection, Iterator, Sequence
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
    Voucher,
)
from evalplat.vocabulary import MeasurementPoint, Respondent

_EPISODES = (
    select(
        Provider.name.label("provider"),
        Episode.id.label("episode"),
        Episode.opened_on,
        Episode.closed_on,
        Episode.closing_reason,
        Episode.value_cents,
        Voucher.hours,
        Client.birth_year,
        Client.sex,
        Client.language,
        Municipality.sub_region,
        Episode.living_situation,
        Episode.employment,
    )
    .select_from(Episode)
    .join(Provider, Provider.id == Episode.provider_id)
    .join(Client, Client.id == Episode.client_id)
    .join(Voucher, Voucher.id == Episode.voucher_id)
    .join(Municipality, Municipality.code == Episode.municipality)
    .where(Client.counted)
)


def stream_episodes(
    session: Session,
    *,
    instrument: str,
    scale: str,
    respondent: Respondent,
    points: Sequence[MeasurementPoint],
    period_from: date | None = None,
    period_until: date | None = None,
    providers: Collection[str] = (),
) -> Iterator[Any]:
    """Every episode that plans the instrument at one of the points, by provider's name and episode, with its scores.

    Clients who are not counted, at their own wish, are left out.

    Columns: provider, episode, opened_on, closed_on, closing_reason, value_cents, hours, birth_year, sex, language,
    sub_region, living_situation, employment; then for each point, in their order, revision, version, measured_on, mode,
    assistance, wording and value of the latest revision (None where nothing is planned). `providers` are public ids.
    """
    query, is_planned = _EPISODES, []
    for point in points:
        planned, score = aliased(Administration), aliased(Score)
        query = (
            query.outerjoin(planned, _is_planned(planned, instrument, point, respondent))
            .outerjoin(score, _is_score_of(score, planned, scale))
            .add_columns(
                planned.revision,
                planned.version,
                planned.measured_on,
                planned.answered_mode,
                planned.assistance,
                planned.wording,
                score.value,
            )
        )
        is_planned.append(planned.id.is_not(None))
    query = query.where(or_(*is_planned))
    if period_from is not None:
        query = query.where(Episode.opened_on >= period_from)
    if period_until is not None:
        query = query.where(Episode.opened_on <= period_until)
    if providers:
        query = query.where(Provider.public_id.in_(providers))
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
