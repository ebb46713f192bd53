"""Goals: agreed with the client, rated at later points, never rescaled."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor
from evalplat.services.requests import GoalAgreement, GoalRatings, GoalRequest
from evalplat.services.views import GoalView, Receipt
from evalplat.vocabulary import Respondent


def agree_goals(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    episode_id: str,
    goals: Sequence[GoalRequest],
    at: datetime,
) -> tuple[GoalView, ...]:
    """Store goals; what is poorly worded comes back as `GoalView.warnings` and blocks nothing.

    The baseline administration of the goal instrument is answered from the baseline levels. Raises InputRejected with
    every fault (no title, not five levels, level outside -2 … +2, more than ten goals), Conflict when closed.
    """
    raise NotImplementedError


def agree_many(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    agreements: Sequence[GoalAgreement],
    at: datetime,
) -> tuple[tuple[str, ...], ...]:
    """Agree the goals of many episodes in one go; returns the goals' ids, per agreement in order."""
    raise NotImplementedError


def list_goals(
    session: Session, catalogue: Catalogue, actor: Actor, *, episode_id: str
) -> tuple[GoalView, ...]:
    """The goals of an episode with their ratings, in the order they were agreed."""
    raise NotImplementedError


def rate_goals(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    administration_id: str,
    ratings: Mapping[str, int],
    measured_on: date,
    rater: Respondent = Respondent.TOGETHER,
    comments: Mapping[str, str] | None = None,
    idempotency_key: str,
    base_revision: int = 0,
    at: datetime,
) -> Receipt:
    """Rate the episode's goals at one administration and score them; idempotent like `submit_answers`."""
    raise NotImplementedError


def rate_many(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    requests: Sequence[GoalRatings],
    at: datetime,
) -> list[Receipt]:
    """Rate the goals of many administrations in one go; all or none."""
    raise NotImplementedError
