"""What an analysis of lasting change hands out: frozen, unrounded; changes in the scale's own direction."""

from dataclasses import dataclass

from evalplat.errors import Message
from evalplat.statistics.missing.cohort import Estimate
from evalplat.statistics.money.fieller import Ratio
from evalplat.statistics.results import Exclusion, Provenance
from evalplat.statistics.shares.proportions import Share
from evalplat.vocabulary import Direction

NO_RATIO = Ratio(None, None, None, "not_estimable")


@dataclass(frozen=True, slots=True)
class Window:
    """From how many to how many days after the end a follow-up counts; both ends included."""

    first: int = 60
    last: int = 150


@dataclass(frozen=True, slots=True)
class SustainedRow:
    """One provider, or `*` for all together. n: clients with a first measurement.

    to_end, to_follow_up, after_end: mean changes from baseline to end, from baseline to follow-up and from end to
    follow-up, of the model. retained: to_follow_up over to_end. n_improved: reliably improved at the end; of these
    `still` counts who, measured at follow-up, were still reliably improved; None where reliable change is unknown.
    """

    provider: str
    n: int | None
    n_end: int | None
    n_follow_up: int | None
    to_end: Estimate
    to_follow_up: Estimate
    after_end: Estimate
    retained: Ratio = NO_RATIO
    n_improved: int | None = None
    still: Share | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class SustainedResult:
    """A whole analysis of lasting change on one scale.

    course: the model's mean score at baseline, end and follow-up, over all. window: the days after the end that count,
    None for all; n_early, n_late: follow-ups outside it, left out; n_undated: without known days, counted in. status:
    "ok" or why the model gives nothing (see `repeated_measures`). change_status: "ok" or "no_change_parameters".
    """

    instrument: str
    scale: str
    direction: Direction
    window: Window | None
    rows: tuple[SustainedRow, ...]
    overall: SustainedRow
    course: tuple[Estimate, Estimate, Estimate]
    n_early: int | None
    n_late: int | None
    n_undated: int | None
    sigma: float | None
    unit: float | None
    status: str
    change_status: str
    exclusions: tuple[Exclusion, ...] = ()
    warnings: tuple[Message, ...] = ()
    released: bool = False
    provenance: Provenance | None = None
