"""The field's words, shared by every floor. Stored values are the strings given here and never change."""

from enum import StrEnum


class Direction(StrEnum):
    """Which way a scale improves."""

    HIGHER_BETTER = "higher_better"
    LOWER_BETTER = "lower_better"

    @property
    def sign(self) -> int:
        """+1 or -1: multiply a change by it to get an improvement."""
        return 1 if self is Direction.HIGHER_BETTER else -1


class MeasurementPoint(StrEnum):
    """A planned moment in an episode, in order of time."""

    BASELINE = "baseline"
    MIDPOINT = "midpoint"
    END = "end"
    FOLLOW_UP = "follow_up"


class Respondent(StrEnum):
    """Who answers."""

    CLIENT = "client"
    WORKER = "worker"
    PROXY = "proxy"
    TOGETHER = "together"


class Mode(StrEnum):
    """How the answers were given."""

    SELF = "self"
    INTERVIEW = "interview"
    PROXY = "proxy"
    OBSERVATION = "observation"
    PAPER = "paper"


class Domain(StrEnum):
    """What a scale speaks of."""

    SOCIAL_FUNCTIONING = "social_functioning"
    EVERYDAY_FUNCTIONING = "everyday_functioning"
    LIFE_MANAGEMENT = "life_management"
    PARTICIPATION = "participation"
    WELLBEING = "wellbeing"
    GOALS = "goals"
    FEEDBACK = "feedback"


class ScoreStatus(StrEnum):
    """What a score is worth. `PARTIAL` is a score from fewer items than planned, without imputation."""

    OK = "ok"
    IMPUTED = "imputed"
    PARTIAL = "partial"
    NOT_ASSESSABLE = "not_assessable"


class AdministrationStatus(StrEnum):
    """Where one administration stands."""

    PLANNED = "planned"
    SUBMITTED = "submitted"
    CLOSED = "closed"
    NOT_APPLICABLE = "not_applicable"


class DueState(StrEnum):
    """How a planned administration stands on a given day; one definition for every list."""

    OVERDUE = "overdue"
    DUE = "due"
    COMING = "coming"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


class Anchor(StrEnum):
    """The day that a plan's line counts its window from; `POINT` is the point's own day."""

    POINT = "point"
    START = "start"
    END = "end"
    LAST_SESSION = "last_session"


class EpisodeAct(StrEnum):
    """What was done about the end of an episode."""

    CLOSED = "closed"
    REOPENED = "reopened"
    CORRECTED = "corrected"


class Channel(StrEnum):
    """How a client is reminded; `NONE` where there is no address or none is wanted."""

    NONE = "none"
    EMAIL = "email"
    SMS = "sms"


class ReminderState(StrEnum):
    """Where one reminder stands. `SENDING` is on its way: whether it arrived is not known until it says so."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AppointmentForm(StrEnum):
    """Whether a meeting was with the client alone or in a group."""

    INDIVIDUAL = "individual"
    GROUP = "group"


class AppointmentPlace(StrEnum):
    """Where a meeting took place."""

    ON_SITE = "on_site"
    HOME = "home"
    DIGITAL = "digital"
    ELSEWHERE = "elsewhere"


class AppointmentOutcome(StrEnum):
    """What became of a meeting."""

    HELD = "held"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class SignInStage(StrEnum):
    """How far somebody has come who began to sign in. Only `OPEN` opens any page of staff."""

    FACTOR = "factor"
    """The password was right; the second factor is awaited."""

    ENROLMENT = "enrolment"
    """The password was right; a second factor is demanded and has to be set up first."""

    OPEN = "open"


class Role(StrEnum):
    """What an account may do."""

    PROVIDER_WORKER = "provider_worker"
    PROVIDER_MANAGER = "provider_manager"
    CASE_WORKER = "case_worker"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


class TokenScope(StrEnum):
    """What a token lets another program do in its account's name; never more than the account's role may."""

    DUE_READ = "due:read"
    SHEETS_WRITE = "sheets:write"
    SCORES_READ = "scores:read"
    COMPARISON_READ = "comparison:read"


class Verdict(StrEnum):
    """How a provider stands against what its case-mix lets expect. Above is better, whatever the scale's direction."""

    ABOVE = "above"
    AS_EXPECTED = "as_expected"
    BELOW = "below"
    TOO_FEW = "too_few"


class AlertState(StrEnum):
    """How a client's latest score stands against the first. `UNKNOWN`: too little is known to say anything."""

    ATTENTION = "attention"
    ON_TRACK = "on_track"
    UNKNOWN = "unknown"


class Sign(StrEnum):
    """What makes one look at an answer sheet again; none of them says that an answer is wrong."""

    STRAIGHT_LINE = "straight_line"
    TOO_FAST = "too_fast"
    SAME_ANSWERS = "same_answers"
    OUT_OF_ORDER = "out_of_order"
    RATED_APART = "rated_apart"


class TextAct(StrEnum):
    """What is done with words in anonymous feedback before the provider reads them."""

    PUBLISH = "publish"
    HIDE = "hide"
    EDIT = "edit"


class RightsAct(StrEnum):
    """What was done at a client's wish about the use of their data."""

    RESTRICTED = "restricted"
    LIFTED = "lifted"
    OBJECTED = "objected"
    WITHDRAWN = "withdrawn"


class RightsKind(StrEnum):
    """What a client asks for about their data."""

    COPY = "copy"
    CORRECTION = "correction"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    ERASURE = "erasure"


class ErasureState(StrEnum):
    """Where the erasure of a client stands. `REFUSED` was decided by one person, on a ground that keeps the data."""

    PROPOSED = "proposed"
    DONE = "done"
    DECLINED = "declined"
    REFUSED = "refused"


class RunState(StrEnum):
    """Where a run over what was kept long enough stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DONE = "done"
    CANCELLED = "cancelled"


LANGUAGES = ("fi", "sv", "en")
