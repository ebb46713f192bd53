"""What scoring hands out."""

from dataclasses import dataclass

from evalplat.errors import Message
from evalplat.vocabulary import ScoreStatus

REASONS = {
    "too_many_missing": Message("too many answers are missing"),
    "too_many_missing_in_group": Message("too many answers are missing in this domain"),
    "no_answers": Message("nothing was answered"),
    "not_given": Message("the owner’s form or program gave no score"),
    "not_applicable": Message("does not apply to this respondent"),
    "condition_unknown": Message("it is not known whether some items apply to this respondent"),
    "scale_missing": Message("a scale that it is made of has no score"),
}


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """The score of one scale. value: unrounded, None when not assessable; then `reason` is a key of REASONS."""

    scale: str
    value: float | None
    status: ScoreStatus
    reason: str
    items_used: int
    items_missing: int
    items_not_applicable: int
    variant: str
