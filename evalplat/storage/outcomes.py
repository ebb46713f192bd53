"""The goals of a county's episodes as levels and weights, without a word of what they say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from evalplat.storage.tables import Administration, Client, Episode, Goal, GoalRating, Provider
from evalplat.vocabulary import MeasurementPoint


@dataclass(frozen=True, slots=True)
class GoalLevel:
    """One agreed goal: the level of its latest rating after the baseline, None where it was not rated."""

    provider: str
    episode: int
    level: int | None
    weight: int


def list_goal_levels(
    session: Session,
    *,
    period_from: date | None = None,
    period_until: date | None = None,
    providers: Collection[str] = (),
) -> list[GoalLevel]:
    """Goals of the episodes opened in the period, by provider's name, episode and goal; replaced goals are left out.

    So are those of clients who are not counted, at their own wish.

    `providers` are public ids; none means all.
    """
    later = aliased(Goal)
    goals = (
        select(
            Provider.name,
            Goal.episode_id,
            Goal.id,
            (Goal.importance * Goal.difficulty).label("weight"),
        )
        .select_from(Goal)
        .join(Episode, Episode.id == Goal.episode_id)
        .join(Client, Client.id == Goal.client_id)
        .join(Provider, Provider.id == Episode.provider_id)
        .where(~select(later.id).where(later.replaces_id == Goal.id).exists())
        .order_by(Provider.name, Goal.episode_id, Goal.id)
    )
    ratings = (
        select(GoalRating.goal_id, GoalRating.level)
        .join(
            Administration,
            and_(
                Administration.id == GoalRating.administration_id,
                Administration.revision == GoalRating.revision,
            ),
        )
        .join(Episode, Episode.id == GoalRating.episode_id)
        .join(Client, Client.id == GoalRating.client_id)
        .join(Provider, Provider.id == Episode.provider_id)
        .where(Administration.point != MeasurementPoint.BASELINE)
        .order_by(GoalRating.rated_on, Administration.id)
    )
    conditions = _choose(period_from, period_until, providers)
    latest = {row.goal_id: row.level for row in session.execute(ratings.where(*conditions))}
    return [
        GoalLevel(name, episode, latest.get(goal), weight)
        for name, episode, goal, weight in session.execute(goals.where(*conditions))
    ]


def _choose(
    period_from: date | None, period_until: date | None, providers: Collection[str]
) -> list[Any]:
    conditions: list[Any] = [Client.counted]
    if period_from is not None:
        conditions.append(Episode.opened_on >= period_from)
    if period_until is not None:
        conditions.append(Episode.opened_on <= period_until)
    if providers:
        conditions.append(Provider.public_id.in_(providers))
    return conditions
