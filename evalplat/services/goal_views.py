"""What is handed out about goals: as they were agreed, and the levels they had reached."""

from dataclasses import dataclass
from datetime import date

from evalplat.errors import Message
from evalplat.vocabulary import MeasurementPoint, Respondent


@dataclass(frozen=True, slots=True)
class GoalRatingView:
    """The level a goal had reached at one measurement; what client and worker saw, where they saw it differently."""

    administration_id: str
    point: MeasurementPoint
    level: int
    rated_on: date
    rater: Respondent
    comment: str
    client_level: int | None = None
    worker_level: int | None = None

    @property
    def disagrees(self) -> bool:
        """Whether client and worker are known to see the goal differently."""
        levels = (self.client_level, self.worker_level)
        return None not in levels and levels[0] != levels[1]


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal with its five levels (-2 … +2 in order), its ratings in order of time, and quality warnings."""

    id: str
    episode_id: str
    title: str
    own_words: str
    indicator: str
    icf: tuple[str, ...]
    levels: tuple[str, ...]
    baseline_level: int
    target_date: date | None
    importance: int
    difficulty: int
    weight: int
    agreed_on: date
    agreed_with: Respondent
    replaces: str | None
    replaced: bool
    ratings: tuple[GoalRatingView, ...] = ()
    warnings: tuple[Message, ...] = ()
    plan_goal: str = ""
