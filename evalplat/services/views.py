"""What use cases hand out: frozen, plain values, usable after the session is closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from evalplat.instruments.definition import ChangeParameters
from evalplat.scoring.results import ScaleScore
from evalplat.services.goal_views import GoalRatingView as GoalRatingView
from evalplat.services.goal_views import GoalView as GoalView
from evalplat.storage.actors import Actor
from evalplat.storage.sheets import Planned
from evalplat.vocabulary import (
    AdministrationStatus,
    Anchor,
    Direction,
    Domain,
    DueState,
    MeasurementPoint,
    Mode,
    Respondent,
    Role,
    ScoreStatus,
)


class VoucherState(StrEnum):
    """Whether a voucher can pay for an episode on a given day."""

    AVAILABLE = "available"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    USED = "used"
    OTHER_COUNTY = "other_county"
    OTHER_PROVIDER = "other_provider"


@dataclass(frozen=True, slots=True)
class AccountView:
    """A member of staff."""

    id: str
    email: str
    name: str
    role: Role
    provider_id: str | None
    provider_name: str | None
    language: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider approved by the county."""

    id: str
    name: str
    own_service: bool
    active: bool


@dataclass(frozen=True, slots=True)
class MunicipalityView:
    """A municipality of the county; `code` is Statistics Finland's three digits."""

    code: str
    name: str
    sub_region: str
    county: str


@dataclass(frozen=True, slots=True)
class VoucherView:
    """A voucher without its client. `provider_id` is set when the county named the provider beforehand.

    `plan_key` names the measurement plan that the voucher asks for; empty where it names none.
    """

    id: str
    number: str
    state: VoucherState
    value_cents: int
    hours: int
    valid_from: date
    valid_until: date
    municipality: str
    municipality_name: str
    county: str
    service: str
    provider_id: str | None
    client_id: str | None = None
    plan_key: str = ""


@dataclass(frozen=True, slots=True)
class VoucherLook:
    """What a provider's staff are told of a voucher before they open an episode with it.

    `voucher` is set where it can be opened, `episode_id` where it pays for an episode of theirs already.
    """

    number: str
    state: VoucherState
    valid_from: date
    valid_until: date
    voucher: VoucherView | None
    episode_id: str | None


@dataclass(frozen=True, slots=True)
class AdministrationView:
    """One instrument, one respondent, one measurement point; `titles` by language.

    `closing_reason` is set where it was closed because no answers were obtained.
    """

    id: str
    episode_id: str
    instrument_key: str
    version: str
    kind: str
    titles: Mapping[str, str]
    point: MeasurementPoint
    respondent: Respondent
    mode: Mode
    status: AdministrationStatus
    state: DueState
    due_from: date
    due_until: date
    revision: int
    measured_on: date | None
    closing_reason: str = ""

    def title(self, language: str) -> str:
        """The instrument's title, in English where the language has none."""
        return self.titles.get(language) or self.titles.get("en") or self.instrument_key


@dataclass(frozen=True, slots=True)
class EpisodeView:
    """One service from opening to closing. `client_name` is None for those who may not know it."""

    id: str
    provider_id: str
    provider_name: str
    client_id: str
    client_name: str | None
    client_birth_year: int
    client_language: str
    municipality: str
    municipality_name: str
    voucher: VoucherView
    opened_on: date
    planned_end: date
    closed_on: date | None
    closing_reason: str
    plan_key: str
    administrations: tuple[AdministrationView, ...]
    goals: tuple[GoalView, ...]


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One administration that somebody has to see to, or has seen to."""

    episode_id: str
    administration_id: str
    client_name: str
    instrument_key: str
    version: str
    point: MeasurementPoint
    respondent: Respondent
    due_from: date
    due_until: date
    state: DueState
    closing_reason: str = ""


@dataclass(frozen=True, slots=True)
class Worklist:
    """One page of a worklist; `counts` by state are over everything that matches the search, not the page."""

    rows: tuple[WorklistRow, ...]
    counts: Mapping[DueState, int]
    total: int
    page: int
    pages: int
    page_size: int


@dataclass(frozen=True, slots=True)
class SheetView:
    """A stored answer sheet: `raw` as `check_answers` takes it, and the scores of this revision.

    `shown_wording` is the id of the official wording that it was shown in, empty for our own labels.
    """

    administration_id: str
    revision: int
    raw: Mapping[str, object]
    measured_on: date
    language: str
    mode: Mode
    respondent: Respondent
    answered_with: str
    submitted_at: datetime
    submitted_by: str
    reason: str
    scores: tuple[ScaleScore, ...]
    present: str = ""
    shown_wording: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is said once the sheet is stored. `repeated`: it had come in before, and nothing was written."""

    administration_id: str
    revision: int
    scores: tuple[ScaleScore, ...]
    submitted_at: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class DraftView:
    """Answers saved so far. `next_code` is the first applicable item without an answer; None when all are answered.

    `held` is the measurement itself where it was read with a lock, to be sent on in the same transaction.
    """

    administration_id: str
    answers: Mapping[str, object]
    saved_at: datetime | None
    language: str
    next_code: str | None
    begun_at: datetime | None = None
    held: Planned | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A new invitation. `code` and `token` are shown once and cannot be read again: only their hashes are stored."""

    id: str
    administration_id: str
    code: str
    token: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as staff see it later: the state is open, used, expired, revoked or locked."""

    id: str
    administration_id: str
    locator: str
    state: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ClientVisit:
    """An open client door: the actor to go on with, and what is to be answered. Nothing in it names the client."""

    actor: Actor
    invitation_id: str
    administration_id: str
    episode_id: str
    instrument_key: str
    version: str
    point: MeasurementPoint
    language: str
    expires_at: datetime
    submitted: bool = False


@dataclass(frozen=True, slots=True)
class PlanView:
    """A measurement plan: versioned, never changed; an episode keeps the version it was opened with."""

    key: str
    version: int
    titles: Mapping[str, str]
    rows: tuple["PlanRowView", ...]


@dataclass(frozen=True, slots=True)
class PlanRowView:
    """One line of a plan; see `requests.PlanRow` for the window."""

    instrument: str
    point: MeasurementPoint
    respondent: Respondent
    mode: Mode
    offset_days: int
    before_days: int
    after_days: int
    anchor: Anchor = Anchor.POINT


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """One measurement of one scale; `answered_by` is who gave the answers, whoever had been planned."""

    point: MeasurementPoint
    measured_on: date
    value: float | None
    status: ScoreStatus
    version: str
    answered_by: Respondent = Respondent.CLIENT


@dataclass(frozen=True, slots=True)
class ScaleCourse:
    """One scale over one episode. `change_status` is improved, unchanged, deteriorated or not_assessable (RCI).

    `change_reason` is an English message to translate, or empty.

    `change` is last minus first comparable value in the scale's own direction, with `sd`, `reliability`, `mic`, `sdc`
    of the definition in `parameters`; an unknown one is None and never a default. `alternative_of` names the scale that
    stands for this one, where both score the same answers.
    """

    instrument: str
    scale: str
    instrument_titles: Mapping[str, str]
    scale_titles: Mapping[str, str]
    direction: Direction | None
    domain: Domain | None
    minimum: float | None
    maximum: float | None
    decimals: int
    points: tuple[CoursePoint, ...]
    change: float | None
    change_status: str
    change_reason: str
    parameters: ChangeParameters | None
    respondent: Respondent = Respondent.CLIENT
    alternative_of: str = ""


@dataclass(frozen=True, slots=True)
class GoalCourse:
    """One goal from its baseline level to the levels attained, in order of time."""

    goal: GoalView
    levels: tuple[tuple[MeasurementPoint, date, int], ...]


@dataclass(frozen=True, slots=True)
class ClientCourse:
    """One client's episode in measurements. for_groups: titles of what was measured and is told of groups only."""

    episode_id: str
    client_name: str | None
    opened_on: date
    closed_on: date | None
    scales: tuple[ScaleCourse, ...]
    goals: tuple[GoalCourse, ...]
    for_groups: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ComparableScale:
    """A scale that the comparison can be made on.

    has_pairs: whether there is anything to compare. knows_change: whether the definition says how large a client's
    change must be to be more than measurement error.
    """

    instrument: str
    scale: str
    version: str
    direction: Direction
    instrument_titles: Mapping[str, str]
    scale_titles: Mapping[str, str]
    has_pairs: bool = field(default=False)
    knows_change: bool = False
