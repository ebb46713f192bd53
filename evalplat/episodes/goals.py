"""Change in goal attainment: over the same goals at both ends, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

GoalScore = Callable[[Sequence[tuple[str, int, float]]], float | None]
"""The T score of (goal, level, weight) rows."""


@dataclass(frozen=True, slots=True)
class GoalChange:
    """T at both ends over `goals`; `dropped` goals were rated at one end only and count at neither."""

    first: float | None
    later: float | None
    goals: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def change(self) -> float | None:
        """T attained minus T at baseline."""
        return None if self.first is None or self.later is None else self.later - self.first


def change_over_same_goals(
    first: Mapping[str, int],
    later: Mapping[str, int],
    weights: Mapping[str, float],
    score: GoalScore,
) -> GoalChange:
    """Score both ends over the goals that were rated at both, in the order of `weights`."""
    shared = [goal for goal in weights if goal in first and goal in later]
    dropped = tuple(goal for goal in weights if (goal in first) != (goal in later))

    def at(levels: Mapping[str, int]) -> float | None:
        return score([(goal, levels[goal], weights[goal]) for goal in shared]) if shared else None

    return GoalChange(at(first), at(later), tuple(shared), dropped)
