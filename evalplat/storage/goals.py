"""Goals and their ratings as rows."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from evalplat.storage.rows import chunks
from evalplat.storage.tables import Administration, Episode, Goal, GoalRating
from evalplat.storage.words import hold_for


def list_goals(session: Session, episodes: Collection[int]) -> dict[int, list[Goal]]:
    """Goals in the order they were agreed, by episode."""
    found: dict[int, list[Goal]] = {}
    for chunk in chunks(sorted(episodes)):
        goals = session.scalars(
            select(Goal).where(Goal.episode_id.in_(chunk)).order_by(Goal.id)
        ).all()
        hold_for(session, goals)
        for goal in goals:
            found.setdefault(goal.episode_id, []).append(goal)
    return found


def list_ratings(session: Session, episode: int) -> list[Any]:
    """(rating, administration's public id, point) of the latest revisions, in order of time."""
    return list(
        session.execute(
            select(GoalRating, Administration.public_id, Administration.point)
            .join(
                Administration,
                and_(
                    Administration.id == GoalRating.administration_id,
                    Administration.revision == GoalRating.revision,
                ),
            )
            .where(GoalRating.episode_id == episode)
            .order_by(GoalRating.rated_on, Administration.id)
        ).all()
    )


def list_goal_administrations(
    session: Session, episodes: Collection[int], instruments: Collection[str]
) -> list[Administration]:
    """The administrations of goal instruments of these episodes, by window."""
    found: list[Administration] = []
    for chunk in chunks(sorted(episodes)):
        found.extend(
            session.scalars(
                select(Administration)
                .where(
                    Administration.episode_id.in_(chunk), Administration.instrument.in_(instruments)
                )
                .order_by(Administration.due_from, Administration.id)
            )
        )
    return found


def find_episode(session: Session, public_id: str) -> Episode | None:
    """An episode that the scope reaches."""
    return session.scalar(select(Episode).where(Episode.public_id == public_id))
