"""Which two measurements make a pair, and why the others do not.

A pair is one episode's earlier and later value of one scale, latest revisions, scored by the same definition version.
Every episode that was started is either a pair or excluded for exactly one reason.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from evalplat.errors import Message


class ExclusionReason(StrEnum):
    """Why an episode gives no pair; the first that holds, in this order."""

    NO_BASELINE = "no_baseline"
    OTHER_VERSION = "other_version"
    BASELINE_NOT_ASSESSABLE = "baseline_not_assessable"
    NO_END = "no_end"
    END_NOT_ASSESSABLE = "end_not_assessable"
    END_BEFORE_BASELINE = "end_before_baseline"


EXPLANATIONS = {
    ExclusionReason.NO_BASELINE: Message("The first measurement was not made"),
    ExclusionReason.OTHER_VERSION: Message(
        "The two measurements were made with different versions of the instrument, or with another than was asked for"
    ),
    ExclusionReason.BASELINE_NOT_ASSESSABLE: Message(
        "The first measurement has too many missing answers for a score"
    ),
    ExclusionReason.NO_END: Message("The later measurement was not made"),
    ExclusionReason.END_NOT_ASSESSABLE: Message(
        "The later measurement has too many missing answers for a score"
    ),
    ExclusionReason.END_BEFORE_BASELINE: Message(
        "The later measurement is dated before the first one"
    ),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement of a scale: `value` is None when the sheet was not assessable."""

    version: str
    measured_on: date
    value: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """One started episode. `first` and `later` are what may be counted; `reason` is None for a whole pair."""

    first: float | None
    later: float | None
    reason: ExclusionReason | None


def pair(first: Measured | None, later: Measured | None, version: str | None = None) -> Pair:
    """Pair two measurements; `version` None demands only that both have the same."""
    if first is None:
        return Pair(None, None, ExclusionReason.NO_BASELINE)
    if version is not None and first.version != version:
        return Pair(None, None, ExclusionReason.OTHER_VERSION)
    if first.value is None:
        return Pair(None, None, ExclusionReason.BASELINE_NOT_ASSESSABLE)
    if later is None:
        return Pair(first.value, None, ExclusionReason.NO_END)
    if later.version != first.version:
        return Pair(first.value, None, ExclusionReason.OTHER_VERSION)
    if later.value is None:
        return Pair(first.value, None, ExclusionReason.END_NOT_ASSESSABLE)
    if later.measured_on < first.measured_on:
        return Pair(first.value, None, ExclusionReason.END_BEFORE_BASELINE)
    return Pair(first.value, later.value, None)


def count_exclusions(pairs: Iterable[Pair]) -> tuple[tuple[Message, int], ...]:
    """How many episodes were left out for each reason, in the reasons' order; reasons that nobody has are left out."""
    counts = Counter(found.reason for found in pairs)
    return tuple(
        (EXPLANATIONS[reason], counts[reason]) for reason in ExclusionReason if counts[reason]
    )
