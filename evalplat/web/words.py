"""What the field's stored words are called on a page."""

from collections.abc import Mapping
from typing import Any

from evalplat.errors import Message
from evalplat.reports.level_words import EMPLOYMENTS, LANGUAGES, LIVING_SITUATIONS, MODES, SEXES
from evalplat.services.views import VoucherState
from evalplat.vocabulary import (
    AdministrationStatus,
    AlertState,
    AppointmentForm,
    AppointmentOutcome,
    AppointmentPlace,
    Channel,
    Direction,
    Domain,
    DueState,
    ErasureState,
    MeasurementPoint,
    Mode,
    ReminderState,
    Respondent,
    RightsAct,
    RightsKind,
    Role,
    RunState,
    ScoreStatus,
)

POINTS = {
    MeasurementPoint.BASELINE: Message("Baseline"),
    MeasurementPoint.MIDPOINT: Message("Midpoint"),
    MeasurementPoint.END: Message("End"),
    MeasurementPoint.FOLLOW_UP: Message("Follow-up"),
}

STATES = {
    DueState.OVERDUE: Message("Overdue"),
    DueState.DUE: Message("Due now"),
    DueState.COMING: Message("Coming"),
    DueState.DONE: Message("Done"),
    DueState.NOT_APPLICABLE: Message("Left out"),
}

STATUSES = {
    AdministrationStatus.PLANNED: Message("Planned"),
    AdministrationStatus.SUBMITTED: Message("Answered"),
    AdministrationStatus.CLOSED: Message("Closed"),
    AdministrationStatus.NOT_APPLICABLE: Message("Not applicable"),
}

RESPONDENTS = {
    Respondent.CLIENT: Message("Client"),
    Respondent.WORKER: Message("Worker"),
    Respondent.PROXY: Message("Somebody close to the client"),
    Respondent.TOGETHER: Message("Client and worker together"),
}

ROLES = {
    Role.PROVIDER_WORKER: Message("Provider’s worker"),
    Role.PROVIDER_MANAGER: Message("Provider’s manager"),
    Role.CASE_WORKER: Message("Case worker"),
    Role.ANALYST: Message("County’s analyst"),
    Role.ADMINISTRATOR: Message("County’s administrator"),
}

DIRECTIONS = {
    Direction.HIGHER_BETTER: Message("Higher is better"),
    Direction.LOWER_BETTER: Message("Lower is better"),
}

DOMAINS = {
    Domain.SOCIAL_FUNCTIONING: Message("Social functioning"),
    Domain.EVERYDAY_FUNCTIONING: Message("Everyday functioning"),
    Domain.LIFE_MANAGEMENT: Message("Life management"),
    Domain.PARTICIPATION: Message("Participation"),
    Domain.WELLBEING: Message("Wellbeing"),
    Domain.GOALS: Message("Goals"),
    Domain.FEEDBACK: Message("Feedback on the service"),
}

SCORE_STATUSES = {
    ScoreStatus.OK: Message("Complete"),
    ScoreStatus.IMPUTED: Message("Missing answers filled in by the instrument’s rule"),
    ScoreStatus.PARTIAL: Message("From fewer answers than planned"),
    ScoreStatus.NOT_ASSESSABLE: Message("No score: too few answers"),
}

VOUCHER_STATES = {
    VoucherState.AVAILABLE: Message("Can be used"),
    VoucherState.NOT_YET_VALID: Message("Not yet valid"),
    VoucherState.EXPIRED: Message("Expired"),
    VoucherState.USED: Message("Already used"),
    VoucherState.OTHER_COUNTY: Message("Granted by another county"),
    VoucherState.OTHER_PROVIDER: Message("Granted for another provider"),
}

CHANGES = {
    "improved": Message("Improved: more than chance explains"),
    "recovered": Message("Improved: more than chance explains"),
    "deteriorated": Message("Got worse: more than chance explains"),
    "harmed": Message("Got worse: more than chance explains"),
    "unchanged": Message("No change that could be told from chance"),
    "not_assessable": Message("Cannot be assessed"),
}

CLOSINGS = {
    "completed": Message("Completed as planned"),
    "interrupted": Message("Interrupted"),
    "moved": Message("The client moved"),
    "died": Message("The client died"),
    "other": Message("Other reason"),
}

COVARIATES = {
    "baseline": Message("Score at the baseline"),
    "age": Message("Age"),
    "sex": Message("Sex"),
    "language": Message("Language"),
    "sub_region": Message("Sub-region"),
    "living_situation": Message("Living situation"),
    "employment": Message("Employment"),
    "mode": Message("How the form was filled in"),
    "assistance": Message("Who helped to fill it in"),
    "wording": Message("Language of the form"),
}

INVITATIONS = {
    "open": Message("Open"),
    "used": Message("Used"),
    "expired": Message("Expired"),
    "revoked": Message("Revoked"),
    "locked": Message("Locked after too many wrong tries"),
}

KINDS = {
    "scored": Message("Questions scored by evalplat"),
    "goals": Message("The client’s own goals"),
    "external": Message("Scores brought in from outside"),
    "record": Message("A record without scores"),
}

NOT_OBTAINED = {
    "declined": Message("The client did not want to answer"),
    "not_reached": Message("The client was not reached"),
    "ended_early": Message("The service ended early"),
    "too_unwell": Message("The client was too unwell"),
    "other": Message("Other reason"),
}

ALERTS = {
    AlertState.ATTENTION: Message("Needs attention"),
    AlertState.ON_TRACK: Message("On track"),
    AlertState.UNKNOWN: Message("Cannot be judged yet"),
}

FORMS = {
    AppointmentForm.INDIVIDUAL: Message("The client alone"),
    AppointmentForm.GROUP: Message("In a group"),
}

PLACES = {
    AppointmentPlace.ON_SITE: Message("At the provider’s"),
    AppointmentPlace.HOME: Message("At the client’s home"),
    AppointmentPlace.DIGITAL: Message("By telephone or video"),
    AppointmentPlace.ELSEWHERE: Message("Elsewhere"),
}

OUTCOMES = {
    AppointmentOutcome.HELD: Message("Held"),
    AppointmentOutcome.NO_SHOW: Message("The client did not come"),
    AppointmentOutcome.CANCELLED: Message("Cancelled beforehand"),
}

CHANNELS = {
    Channel.NONE: Message("Not at all"),
    Channel.EMAIL: Message("By e-mail"),
    Channel.SMS: Message("By text message"),
}

REMINDER_STATES = {
    ReminderState.PLANNED: Message("Planned"),
    ReminderState.SENDING: Message("On its way"),
    ReminderState.SENT: Message("Sent"),
    ReminderState.FAILED: Message("Failed"),
    ReminderState.CANCELLED: Message("Cancelled"),
}

RIGHTS_KINDS = {
    RightsKind.COPY: Message("Copy of the data"),
    RightsKind.CORRECTION: Message("Correction"),
    RightsKind.RESTRICTION: Message("Restriction of use"),
    RightsKind.OBJECTION: Message("Being left out of comparisons"),
    RightsKind.ERASURE: Message("Erasure"),
}

RIGHTS_ACTS = {
    RightsAct.RESTRICTED: Message("Use of the data restricted"),
    RightsAct.LIFTED: Message("Restriction lifted"),
    RightsAct.OBJECTED: Message("Left out of comparisons"),
    RightsAct.WITHDRAWN: Message("Counted in comparisons again"),
}

ERASURE_STATES = {
    ErasureState.PROPOSED: Message("Waits for a second person"),
    ErasureState.DONE: Message("Erased"),
    ErasureState.DECLINED: Message("Not erased"),
    ErasureState.REFUSED: Message("Refused"),
}

RUN_STATES = {
    RunState.PROPOSED: Message("Waits for a second person"),
    RunState.CONFIRMED: Message("Under way"),
    RunState.DONE: Message("Done"),
    RunState.CANCELLED: Message("Cancelled"),
}

REQUEST_OUTCOMES = {"done": Message("Done"), "refused": Message("Could not be done")}

FACTS = {
    "name": Message("Name"),
    "birth_year": Message("Year of birth"),
    "sex": Message("Sex"),
    "language": Message("Language"),
    "municipality": Message("Municipality"),
    "living_situation": Message("Living situation"),
    "employment": Message("Employment"),
}

WORDINGS = {
    "descriptive": Message("Descriptive labels, not the official wording"),
    "official": Message("Official wording"),
    "plain": Message("Plain language"),
}

BY_TYPE: dict[type, Mapping[Any, Message]] = {
    MeasurementPoint: POINTS,
    DueState: STATES,
    AdministrationStatus: STATUSES,
    Respondent: RESPONDENTS,
    Mode: MODES,
    Role: ROLES,
    Direction: DIRECTIONS,
    Domain: DOMAINS,
    ScoreStatus: SCORE_STATUSES,
    VoucherState: VOUCHER_STATES,
    AlertState: ALERTS,
    AppointmentForm: FORMS,
    AppointmentPlace: PLACES,
    AppointmentOutcome: OUTCOMES,
    Channel: CHANNELS,
    ReminderState: REMINDER_STATES,
    RightsKind: RIGHTS_KINDS,
    RightsAct: RIGHTS_ACTS,
    ErasureState: ERASURE_STATES,
    RunState: RUN_STATES,
}

BY_NAME: dict[str, Mapping[str, Message]] = {
    "change": CHANGES,
    "closing": CLOSINGS,
    "covariate": COVARIATES,
    "invitation": INVITATIONS,
    "kind": KINDS,
    "wording": WORDINGS,
    "not_obtained": NOT_OBTAINED,
    "outcome": REQUEST_OUTCOMES,
    "fact": FACTS,
    "sex": SEXES,
    "language": LANGUAGES,
    "living_situation": LIVING_SITUATIONS,
    "employment": EMPLOYMENTS,
}


def nameless(name: str | None) -> Message:
    """What stands for a name that is not there: erased, or not for the reader to know."""
    return Message("Client") if name is None else Message("Erased person")


def word_for(value: object, kind: str = "") -> Message:
    """The message for a stored word: by its own type, or, for plain text, by the kind of word it is."""
    if value is None or value == "":
        return Message("–")
    return BY_NAME[kind][str(value)] if kind else BY_TYPE[type(value)][value]
