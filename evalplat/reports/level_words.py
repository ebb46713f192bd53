"""What the levels of clients' attributes and of the circumstances of measuring are called: one list for every page."""

from collections.abc import Mapping

from evalplat.errors import Message
from evalplat.language import PLAIN_FINNISH
from evalplat.statistics.models.case_mix import UNKNOWN
from evalplat.vocabulary import Mode

SEXES = {
    "female": Message("Woman"),
    "male": Message("Man"),
    "other": Message("Other"),
    "unknown": Message("Not known"),
}

LANGUAGES = {
    "fi": Message("Finnish"),
    "sv": Message("Swedish"),
    "en": Message("English"),
    "se": Message("Northern Sámi"),
    "ru": Message("Russian"),
    "other": Message("Other"),
}

WORDINGS = {**LANGUAGES, PLAIN_FINNISH: Message("Plain Finnish")}

LIVING_SITUATIONS = {
    "alone": Message("Lives alone"),
    "with_partner": Message("Lives with a partner"),
    "with_family": Message("Lives with family"),
    "shared": Message("In shared housing"),
    "supported": Message("In supported housing"),
    "homeless": Message("Without a home"),
    "unknown": Message("Not known"),
}

EMPLOYMENTS = {
    "working": Message("Working"),
    "studying": Message("Studying"),
    "unemployed": Message("Unemployed"),
    "retired": Message("Retired"),
    "on_leave": Message("On leave"),
    "other": Message("Other"),
    "unknown": Message("Not known"),
}

MODES = {
    Mode.SELF: Message("The client filled it in"),
    Mode.INTERVIEW: Message("In an interview"),
    Mode.PROXY: Message("Somebody else answered for the client"),
    Mode.OBSERVATION: Message("The worker’s observation"),
    Mode.PAPER: Message("On paper"),
}

ASSISTANCES = {
    "none": Message("Nobody helped"),
    "worker": Message("The worker helped"),
    "other": Message("Somebody else helped"),
}

LEVELS: dict[str, Mapping[str, Message]] = {
    "sex": SEXES,
    "language": LANGUAGES,
    "wording": WORDINGS,
    "living_situation": LIVING_SITUATIONS,
    "employment": EMPLOYMENTS,
    "assistance": ASSISTANCES,
    "mode": {str(mode): words for mode, words in MODES.items()},
}


def level_word(name: str, level: str) -> Message | None:
    """A level of a covariate in words; None where it has none of ours, such as the name of a sub-region."""
    known = LEVELS.get(name, {}).get(level)
    return Message("Not known") if known is None and level == UNKNOWN else known
