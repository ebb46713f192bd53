"""Goal Attainment Scaling: quality of a goal when it is set, and the T score of rated goals."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import isfinite, sqrt

from evalplat.errors import AnswersRejected, Fault, InputRejected, Message
from evalplat.instruments.definition import GoalRules, Instrument, Scale
from evalplat.instruments.keys import show
from evalplat.scoring.results import ScaleScore
from evalplat.vocabulary import ScoreStatus

LEAST_WEIGHT = 1e-6
GREATEST_WEIGHT = 1e6
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class GoalRating:
    """How far one goal was attained: level −2 … +2 (None: not rated), weight = importance × difficulty."""

    goal: str
    level: int | None
    weight: float = 1


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """A goal as it is agreed. levels: a text for each level; importance and difficulty 1–3, weight their product."""

    name: str
    levels: Mapping[int, str]
    baseline_level: int
    own_words: str = ""
    indicator: str = ""
    icf: tuple[str, ...] = ()
    target_date: date | None = None
    importance: int = 1
    difficulty: int = 1
    plan_goal: str = ""

    @property
    def weight(self) -> int:
        """Importance times difficulty."""
        return self.importance * self.difficulty


def goal_attainment_t(levels: Sequence[int], weights: Sequence[float], rho: float = 0.3) -> float:
    """The T score: 50 + 10 Σwx / √((1−ρ)Σw² + ρ(Σw)²).

    levels: attained level of each goal. weights: above 0, as many. rho: the assumed correlation between goals.
    Source: Kiresuk & Sherman 1968. Checked against: one goal at +1 gives 60; levels −2 0 −1 2 0 1 with weights
    3 5 1 4 2 6 give 55.
    """
    attained = sum(w * x for w, x in zip(weights, levels, strict=True))
    spread = (1 - rho) * sum(w * w for w in weights) + rho * sum(weights) ** 2
    return 50 + 10 * attained / sqrt(spread)


def score_goals(definition: Instrument, ratings: Sequence[GoalRating]) -> tuple[ScaleScore, ...]:
    """The scores of one client's rated goals. A goal without a level is left out, and the score is then partial.

    Raises AnswersRejected naming every faulty goal, InputRejected when the instrument has no goals.
    """
    rules = goal_rules(definition)
    faults = [
        Fault(rating.goal, problem)
        for rating in ratings
        for _, problem in find_rating_problems(rules, rating)
    ]
    names = [rating.goal for rating in ratings]
    repeated = dict.fromkeys(name for name in names if names.count(name) > 1)
    faults.extend(Fault(name, Message("the goal is rated more than once")) for name in repeated)
    if len(ratings) > rules.most:
        faults.append(
            Fault(
                "",
                Message(
                    "%(found)d goals; at most %(most)d are scored together",
                    found=len(ratings),
                    most=rules.most,
                ),
            )
        )
    if faults:
        raise AnswersRejected(Message("The goals cannot be scored."), faults)
    rated = [rating for rating in ratings if rating.level is not None]
    return tuple(_score_scale(scale, rated, len(ratings)) for scale in definition.scales)


def _score_scale(scale: Scale, rated: Sequence[GoalRating], asked: int) -> ScaleScore:
    missing = asked - len(rated)
    variant = scale.variants[-1].key
    if not rated:
        return ScaleScore(
            scale.key,
            None,
            ScoreStatus.NOT_ASSESSABLE,
            "no_answers",
            0,
            missing,
            0,
            variant,
        )
    levels = [rating.level for rating in rated if rating.level is not None]
    value = goal_attainment_t(levels, [rating.weight for rating in rated], scale.rho)
    value = min(max(value, scale.minimum), scale.maximum)
    status = ScoreStatus.PARTIAL if missing else ScoreStatus.OK
    return ScaleScore(scale.key, value, status, "", len(rated), missing, 0, variant)


def goal_rules(definition: Instrument) -> GoalRules:
    """The rules of an instrument with goals; raises InputRejected for another."""
    if definition.goals is None:
        raise InputRejected(Message("%(key)s has no goals.", key=definition.key))
    return definition.goals


def find_rating_problems(rules: GoalRules, rating: GoalRating) -> list[tuple[str, Message]]:
    """What is wrong with a rating: the field (level or weight), and the message."""
    problems = []
    level, weight = rating.level, rating.weight
    whole = isinstance(level, int) and not isinstance(level, bool)
    if level is not None and not (whole and rules.lowest <= level <= rules.highest):
        wrong_level = Message(
            "the level %(level)s is not allowed; give a whole number from %(low)d to %(high)d",
            level=show(level),
            low=rules.lowest,
            high=rules.highest,
        )
        problems.append(("level", wrong_level))
    numeric = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not (numeric and isfinite(weight) and LEAST_WEIGHT <= weight <= GREATEST_WEIGHT):
        wrong_weight = Message(
            "the weight %(weight)s is not allowed; give a number above 0 (importance × difficulty), such as 1 or 6",
            weight=show(weight),
        )
        problems.append(("weight", wrong_weight))
    return problems


def check_goal(
    definition: Instrument,
    draft: GoalDraft,
    *,
    opened_on: date | None = None,
    planned_end: date | None = None,
) -> list[Message]:
    """What is weak about a goal, for the people who set it; warnings do not stop anybody."""
    rules = goal_rules(definition)
    levels = range(rules.lowest, rules.highest + 1)
    texts = [" ".join(draft.levels.get(level, "").split()) for level in levels]
    warnings = []
    empty = [
        f"{level:+d}".replace("+0", "0")
        for level, text in zip(levels, texts, strict=True)
        if not text
    ]
    if empty:
        warnings.append(
            Message(
                "The levels %(levels)s have no text; describe each level.", levels=", ".join(empty)
            )
        )
    filled = [text.casefold() for text in texts if text]
    if len(set(filled)) < len(filled):
        warnings.append(Message("Two levels have the same text; each level must be told apart."))
    if draft.baseline_level == rules.expected:
        warnings.append(
            Message(
                "The baseline is the expected level already; use %(some)d when there is some ability, %(none)d when "
                "there is none.",
                some=rules.baseline_some_ability,
                none=rules.baseline_no_ability,
            )
        )
    elif draft.baseline_level > rules.expected:
        warnings.append(
            Message("The baseline is above the expected level; the goal is met already.")
        )
    if draft.target_date and opened_on and draft.target_date < opened_on:
        warnings.append(Message("The target date is before the service begins."))
    if draft.target_date and planned_end and draft.target_date > planned_end:
        warnings.append(Message("The target date is after the planned end of the service."))
    if not empty and not _steps_apart(texts):
        warnings.append(
            Message(
                "The numbers in the level texts overlap or change direction; make each level a step."
            )
        )
    return warnings


def check_goal_count(definition: Instrument, count: int) -> list[Message]:
    """A warning when the number of goals is unusual; raises InputRejected when it is not allowed."""
    rules = goal_rules(definition)
    if not rules.fewest <= count <= rules.most:
        raise InputRejected(
            Message(
                "%(count)d goals; set %(fewest)d to %(most)d.",
                count=count,
                fewest=rules.fewest,
                most=rules.most,
            )
        )
    low, high = rules.usual
    if low <= count <= high:
        return []
    return [
        Message("%(count)d goals; %(low)d or %(high)d are usual.", count=count, low=low, high=high)
    ]


def _steps_apart(texts: Sequence[str]) -> bool:
    """Whether numeric levels rise or fall without overlap; true where a level names no number or more than two."""
    spans: list[tuple[float, float]] = []
    for text in texts:
        numbers = [float(number.replace(",", ".")) for number in _NUMBER.findall(text)]
        if not 1 <= len(numbers) <= 2:
            return True
        spans.append((min(numbers), max(numbers)))
    pairs = list(pairwise(spans))
    rising = all(before[1] < after[0] for before, after in pairs)
    falling = all(before[0] > after[1] for before, after in pairs)
    return rising or falling
