"""What is exported, before it has a form: episodes with their measurements, answers, scores and goals as stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from evalplat.scoring.results import ScaleScore
from evalplat.vocabulary import MeasurementPoint, Respondent


class Missing(StrEnum):
    """Why there is no answer or score. `NOT_ASKED`: no measurement there, or no such question in its version."""

    NOT_ASKED = "not_asked"
    NOT_SHOWN = "not_shown"
    SKIPPED = "skipped"
    DECLINED = "declined"
    NO_SCORE = "no_score"


class State(StrEnum):
    """How a planned measurement stands."""

    ANSWERED = "answered"
    WAITING = "waiting"
    NOT_OBTAINED = "not_obtained"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class RatingRecord:
    """The level that a goal had reached; what client and worker saw, where they saw it differently."""

    goal: str
    level: int
    client_level: int | None = None
    worker_level: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class GoalRecord:
    """A goal as it was agreed. `number` counts the goals of an episode in the order of agreeing, from 1."""

    id: str
    number: int
    title: str
    own_words: str
    levels: tuple[str, ...]
    baseline_level: int
    importance: int
    difficulty: int
    agreed_on: date
    target_date: date | None = None
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class SheetRecord:
    """One planned measurement, and one revision of its sheet where there is one (`revision` 0: none yet).

    respondent: who had been planned to answer. answered_by: who did; None where that is not handed out. `latest` is
    False for a revision that was corrected later. labels: whether it was asked in the owner's official wording or in
    labels of our own. answers: raw values as `check_answers` takes them.
    """

    id: str
    instrument: str
    version: str
    point: MeasurementPoint
    respondent: Respondent
    state: State
    not_obtained: str = ""
    revision: int = 0
    latest: bool = True
    measured_on: date | None = None
    answered_by: Respondent | None = None
    mode: str = ""
    assistance: str = ""
    wording: str = ""
    labels: str = ""
    answers: Mapping[str, object] = field(default_factory=dict)
    scores: tuple[ScaleScore, ...] = ()
    ratings: tuple[RatingRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """One episode. `client` is a random id that says nothing by itself; a name is nowhere in an export."""

    id: str
    client: str
    voucher: str
    provider: str
    opened_on: date
    closed_on: date | None
    closing_reason: str
    goals: tuple[GoalRecord, ...] = ()
    sheets: tuple[SheetRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """What of the records is handed out. answers: single answers and goals. texts: what people wrote themselves.

    vouchers: numbers that lead to a client. days: exact days; without them the month of opening and the days since.
    """

    answers: bool = True
    texts: bool = True
    vouchers: bool = True
    days: bool = True


EVERYTHING = Contents()
SCORES_ONLY = Contents(answers=False, texts=False, vouchers=False, days=False)
"""What those who read figures get: scores of pseudonymous rows."""
