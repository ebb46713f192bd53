"""What doors hand in: frozen, and checked by the use case that takes it, never by the door."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from evalplat.vocabulary import Anchor, MeasurementPoint, Mode, Respondent

SEXES = ("female", "male", "other", "unknown")
CLIENT_LANGUAGES = ("fi", "sv", "en", "se", "ru", "other")
LIVING_SITUATIONS = (
    "alone",
    "with_partner",
    "with_family",
    "shared",
    "supported",
    "homeless",
    "unknown",
)
EMPLOYMENTS = ("working", "studying", "unemployed", "retired", "on_leave", "other", "unknown")


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """A client as the case worker knows them. `client_id` names somebody already known; the rest is then ignored.

    `code` is the personal identity code, which need not be given.
    """

    name: str = ""
    birth_year: int = 0
    sex: str = "unknown"
    language: str = "fi"
    living_situation: str = "unknown"
    employment: str = "unknown"
    client_id: str | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class VoucherRequest:
    """A voucher to grant. `county` None means the installation's own; `case_worker_id` is an account (system jobs).

    `plan_key` names the measurement plan that its episode is opened with; empty leaves it to who opens it.
    """

    number: str
    client: ClientDetails
    value_cents: int
    hours: int
    valid_from: date
    valid_until: date
    municipality: str
    service: str = ""
    provider_id: str | None = None
    county: str | None = None
    case_worker_id: str | None = None
    plan_key: str = ""


@dataclass(frozen=True, slots=True)
class EpisodeRequest:
    """An episode to open from a voucher. `provider_id` is for system jobs only; staff open for their own provider.

    `plan_key` None takes the plan that the voucher names, and the usual one where it names none.
    """

    voucher_number: str
    opened_on: date
    planned_end: date | None = None
    plan_key: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class ClosingRequest:
    """An episode to close: when and why (completed, interrupted, moved, died, other)."""

    episode_id: str
    closed_on: date
    reason: str = "completed"


CLOSING_REASONS = ("completed", "interrupted", "moved", "died", "other")


@dataclass(frozen=True, slots=True)
class AdministrationClosing:
    """An administration that will not be obtained any more, and why: one of `NOT_OBTAINED_REASONS`."""

    administration_id: str
    reason: str


NOT_OBTAINED_REASONS = ("declined", "not_reached", "ended_early", "too_unwell", "other")


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer sheet as it came in. `raw` holds item codes, condition fields, and nothing else.

    `base_revision` is the revision the answers were made on: 0 for a first sheet. `reason` is written for a correction.
    `answered_with` says whose help the client had ("", worker, other), `present` who was there, in free words.
    `shown_wording` is the id of the official wording that the questions were shown in. `begun_at` is when the first of
    the answers was kept, where they were given one by one.
    """

    administration_id: str
    raw: Mapping[str, object]
    idempotency_key: str
    measured_on: date
    language: str = "fi"
    mode: Mode = Mode.SELF
    respondent: Respondent = Respondent.CLIENT
    base_revision: int = 0
    answered_with: str = ""
    reason: str = ""
    present: str = ""
    shown_wording: str = ""
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GoalRequest:
    """One goal as agreed with the client. `levels` are the five texts for -2, -1, 0, +1, +2.

    `baseline_level` is -2 … +2; importance and difficulty are 1 … 3 and their product is the goal's weight.
    `agreed_with` says who was present; `replaces` is the id of the goal that this one takes the place of.
    """

    title: str
    levels: tuple[str, str, str, str, str]
    baseline_level: int
    own_words: str = ""
    indicator: str = ""
    icf: tuple[str, ...] = ()
    target_date: date | None = None
    importance: int = 1
    difficulty: int = 1
    agreed_on: date | None = None
    agreed_with: Respondent = Respondent.TOGETHER
    plan_goal: str = ""
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class GoalAgreement:
    """Goals to agree for one episode."""

    episode_id: str
    goals: tuple[GoalRequest, ...]


@dataclass(frozen=True, slots=True)
class GoalRatings:
    """The levels attained at one administration of a goal instrument: goal id -> level -2 … +2.

    `rater` is who judged: client, worker or together. `comments` are free text by goal id. `client_levels` and
    `worker_levels` are kept beside the level that counts where the two saw a goal differently. A correction names the
    revision it corrects and its `reason`.
    """

    administration_id: str
    ratings: Mapping[str, int]
    measured_on: date
    idempotency_key: str
    rater: Respondent = Respondent.TOGETHER
    comments: Mapping[str, str] = field(default_factory=dict)
    base_revision: int = 0
    client_levels: Mapping[str, int] = field(default_factory=dict)
    worker_levels: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of a measurement plan: an instrument at a point, by whom, how, and its window.

    The window is in days. For baseline it counts from the opening; for the midpoint from the middle between opening
    and planned end; for end from the (planned, then actual) closing; for follow-up the same, plus `offset_days`.
    `offset_days` moves the target day, the window is [target - before_days, target + after_days].
    `anchor` counts the window from another day than the point's own: the opening, the closing, the last session held.
    """

    instrument: str
    point: MeasurementPoint
    respondent: Respondent = Respondent.CLIENT
    mode: Mode = Mode.SELF
    offset_days: int = 0
    before_days: int = 14
    after_days: int = 14
    anchor: Anchor = Anchor.POINT


@dataclass(frozen=True, slots=True)
class ComparisonQuery:
    """One comparison of providers: which scale, which episodes (by opening day, both ends included), adjusted for what.

    `version` None takes the latest. `adjust` names covariates of `COVARIATES`. `providers` are public ids; none means
    all of them.
    """

    instrument: str
    scale: str
    version: str | None = None
    period_from: date | None = None
    period_until: date | None = None
    from_point: MeasurementPoint = MeasurementPoint.BASELINE
    to_point: MeasurementPoint = MeasurementPoint.END
    adjust: tuple[str, ...] = ("baseline", "age", "sex")
    providers: tuple[str, ...] = ()


CIRCUMSTANCES = ("mode", "assistance", "wording")
"""How the later measurement was made: filled in alone or in an interview, with whose help, in which language.

The client's state does not decide these alone; a provider that interviews everybody is measured differently from one
that hands out links. So they may be adjusted for, to see whether a difference rests on them, and are not by default:
a provider chooses them in part, and adjusting for what it chooses could hide what is compared.
"""

COVARIATES = (
    "baseline",
    "age",
    "sex",
    "language",
    "sub_region",
    "living_situation",
    "employment",
    *CIRCUMSTANCES,
)
"""What a comparison may adjust for: facts that the provider does not control, and the circumstances of measuring.

Age is at the opening, in years.
"""
