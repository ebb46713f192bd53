"""What a trend hands out: frozen, unrounded, improvements turned so that more is better."""

from dataclasses import dataclass
from datetime import date

from evalplat.statistics.over_time.ewma import WEIGHT, WIDTH, Signal
from evalplat.statistics.results import Exclusion, Provenance
from evalplat.vocabulary import Direction


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One quarter. A None was not computable or is withheld; average, average_low and _high are the moving average's.

    quarter: its first day. improvement, low, high: adjusted, more is better. signal: "none" where the average lies
    within its limits.
    """

    quarter: date
    n_started: int | None
    n_pairs: int | None
    improvement: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    average: float | None = None
    average_low: float | None = None
    average_high: float | None = None
    signal: Signal = Signal.NONE
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A provider's quarters, or the county's (provider `*`); every series has the same quarters."""

    provider: str
    points: tuple[TrendPoint, ...]

    @property
    def signals(self) -> tuple[TrendPoint, ...]:
        """The quarters whose moving average lies beyond its limits."""
        return tuple(point for point in self.points if point.signal is not Signal.NONE)


@dataclass(frozen=True, slots=True)
class Trend:
    """Improvement over quarters on one scale. target: the county's overall mean improvement.

    when: the day that decides the quarter. weight, width: of the moving average. status: "ok", "no_pairs",
    "too_few_pairs" or "no_variation" (everybody was as expected: there are figures, but no intervals). unit: the usual
    distance between neighbouring scores.
    """

    instrument: str
    scale: str
    direction: Direction
    adjusted_for: tuple[str, ...]
    when: str
    quarters: tuple[date, ...]
    county: Series
    providers: tuple[Series, ...]
    target: float | None
    sigma: float | None
    exclusions: tuple[Exclusion, ...]
    weight: float = WEIGHT
    width: float = WIDTH
    status: str = "ok"
    released: bool = False
    provenance: Provenance | None = None
    unit: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What one series is drawn from, one element per quarter; None is withheld or does not exist.

    residual: mean residual, turned; n: the clients behind it, pairs: those that are shown.
    """

    provider: str
    started: list[int | None]
    pairs: list[int | None]
    n: list[int | None]
    residual: list[float | None]
