"""What an analysis of attrition hands out: frozen, unrounded, one object for page, picture and files.

Changes are end minus baseline in the scale's own direction; `direction.sign` turns them. Every way of dealing with the
lost stands beside the others, so that a reader sees how much the answer depends on them.
"""

from dataclasses import dataclass, field

from evalplat.errors import Message
from evalplat.statistics.missing.bounds import Bounds, TrimmedDifference
from evalplat.statistics.missing.cohort import Estimate
from evalplat.statistics.missing.tipping import Tipping, VerdictTipping
from evalplat.statistics.results import Exclusion, Provenance
from evalplat.vocabulary import Direction, Verdict

METHODS = ("complete_cases", "weighting", "imputation", "repeated_measures", "carried_forward")
"""The ways of dealing with the lost, as the names of `AttritionRow`'s estimates."""

FAIR_METHODS = ("weighting", "imputation", "repeated_measures")
"""Those that let lost clients fare like followed ones who began alike."""

MANY_LOST = 0.30
APART = 0.10

NOBODY = Estimate(status="nobody_followed")
NO_RANGE = Bounds(status="no_range")
NO_OTHERS = TrimmedDifference(Bounds(status="no_others"))
NO_VERDICT = VerdictTipping(status="too_few")
WITHHELD = Estimate(status="withheld")
WITHHELD_BOUNDS = Bounds(status="withheld")


@dataclass(frozen=True, slots=True)
class Contrast:
    """The lost against the followed in one fact from the start.

    A number (level None): means and standard deviations. A category: how many have the level, and their share. smd: the
    standardised difference, lost less followed. status: "ok", "too_few", "no_variation" or "withheld".
    """

    name: str
    level: str | None
    n_followed: int | None
    n_lost: int | None
    followed: float | None = None
    lost: float | None = None
    sd_followed: float | None = None
    sd_lost: float | None = None
    smd: float | None = None
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class RateTest:
    """Whether follow-up differs between providers by more than chance.

    method: "chi_square", or "permutation" where some expected counts are under 5. status: "ok", "one_provider",
    "nobody_lost" or "nobody_followed".
    """

    chi_square: float | None = None
    df: int | None = None
    p: float | None = None
    method: str = "chi_square"
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class AttritionRow:
    """One provider, or `*` for all together. n: clients with a first measurement; flags: "many_lost", "apart".

    baseline_lost: mean first score of the lost. manski, lee: see `bounds`; verdict, turning: of the comparison of
    providers, and the shift of the lost at which it turns.
    """

    provider: str
    n: int | None
    n_followed: int | None
    n_lost: int | None
    followed_share: float | None = None
    followed_low: float | None = None
    followed_high: float | None = None
    flags: tuple[str, ...] = ()
    complete_cases: Estimate = NOBODY
    weighting: Estimate = NOBODY
    imputation: Estimate = NOBODY
    repeated_measures: Estimate = NOBODY
    carried_forward: Estimate = NOBODY
    baseline_lost: float | None = None
    manski: Bounds = NO_RANGE
    lee: TrimmedDifference = NO_OTHERS
    verdict: Verdict = Verdict.TOO_FEW
    turning: VerdictTipping = NO_VERDICT
    withheld: bool = False

    def estimate(self, method: str) -> Estimate:
        """The estimate of one of `METHODS`."""
        found: Estimate = getattr(self, method)
        return found


@dataclass(frozen=True, slots=True)
class AttritionResult:
    """A whole analysis of attrition on one scale. rows: providers in order of name; overall: all together.

    tipping: for the overall mean. n_unrepresented: clients of providers that followed nobody. set_aside_days: episodes
    opened in so many last days were left out, because their later measurement may still come. unit, sigma: the distance
    between neighbouring scores and the residual SD of the comparison, which set how coarsely means are published.
    status: "ok", "nobody", "nobody_followed" or "too_few".
    """

    instrument: str
    scale: str
    direction: Direction
    adjusted_for: tuple[str, ...]
    lowest: float | None
    highest: float | None
    rows: tuple[AttritionRow, ...]
    overall: AttritionRow
    contrasts: tuple[Contrast, ...]
    rate_test: RateTest
    tipping: Tipping
    n_unrepresented: int | None
    sigma: float | None
    unit: float | None
    exclusions: tuple[Exclusion, ...] = ()
    warnings: tuple[Message, ...] = ()
    set_aside_days: int | None = None
    released: bool = False
    provenance: Provenance | None = None
    status: str = "ok"
    bootstrap: int = field(default=0)
