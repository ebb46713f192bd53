"""Shares with their intervals, element by element: Wilson, Clopper-Pearson, Jeffreys, and Newcombe's difference.

Formula: with p = x / n and z the normal quantile of the level,

- Wilson: (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n);
- Clopper-Pearson: the quantiles alpha / 2 of Beta(x, n - x + 1) and 1 - alpha / 2 of Beta(x + 1, n - x);
- Jeffreys: the same quantiles of Beta(x + 1/2, n - x + 1/2), with 0 below at x = 0 and 1 above at x = n;
- the difference of two independent shares, d = p1 - p2, with Newcombe's interval from both Wilson intervals (l, u):
  d - sqrt((p1 - l1)^2 + (u2 - p2)^2) … d + sqrt((u1 - p1)^2 + (p2 - l2)^2).

Reference: Wilson 1927; Brown, Cai and DasGupta 2001, Stat Sci 16:101; Newcombe 1998, Stat Med 17:873 (method 10).
Checked against R (prop.test, binom.test, qbeta) and against statsmodels. A share of nothing (n = 0) is nan.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats

LEVEL = 0.95

Counts = Any
"""A whole number, or an array of them."""


@dataclass(frozen=True, slots=True)
class Share:
    """One share with its interval: `count` of `of`. share, low and high are None where `of` is 0."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One share less another, with its interval."""

    value: float
    low: float
    high: float


def measure_share(count: int, of: int) -> Share:
    """A share with its Wilson interval."""
    if of == 0:
        return Share(count, of, None, None, None)
    low, high = find_wilson(count, of)
    return Share(count, of, count / of, float(low), float(high))


def measure_difference(count: int, of: int, other_count: int, other_of: int) -> Difference | None:
    """The share `count` of `of` less the other share, with Newcombe's interval; None for a share of nothing."""
    if of == 0 or other_of == 0:
        return None
    value, low, high = find_newcombe(count, of, other_count, other_of)
    return Difference(float(value), float(low), float(high))


def find_wilson(x: Counts, n: Counts, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Wilson's score interval of each share x / n."""
    x, n = _to_floats(x), _to_floats(n)
    z = find_quantile(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = x / n
        centre = p + z**2 / (2 * n)
        reach = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        scale = 1 + z**2 / n
        low = np.where(x == 0, 0.0, (centre - reach) / scale)
        high = np.where(x == n, 1.0, (centre + reach) / scale)
    return _only(low, n), _only(high, n)


def find_clopper_pearson(x: Counts, n: Counts, level: float = LEVEL) -> tuple[Floats, Floats]:
    """The exact interval of each share x / n: at least the level, whatever the true share."""
    return _find_beta_limits(x, n, level, (0.0, 1.0), (1.0, 0.0))


def find_jeffreys(x: Counts, n: Counts, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Jeffreys' interval of each share x / n."""
    return _find_beta_limits(x, n, level, (0.5, 0.5), (0.5, 0.5))


def find_newcombe(
    x: Counts, n: Counts, other_x: Counts, other_n: Counts, level: float = LEVEL
) -> tuple[Floats, Floats, Floats]:
    """Each x / n - other_x / other_n with its interval: difference, low, high."""
    x, n, other_x, other_n = (_to_floats(counts) for counts in (x, n, other_x, other_n))
    low, high = find_wilson(x, n, level)
    other_low, other_high = find_wilson(other_x, other_n, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        p, other = x / n, other_x / other_n
    difference = p - other
    return (
        difference,
        difference - np.hypot(p - low, other_high - other),
        difference + np.hypot(high - p, other - other_low),
    )


def find_quantile(level: float) -> float:
    """The normal quantile of a two-sided level."""
    from scipy.special import ndtri

    return Q95 if level == LEVEL else float(ndtri(0.5 + level / 2))


def _find_beta_limits(
    x: Counts,
    n: Counts,
    level: float,
    below: tuple[float, float],
    above: tuple[float, float],
) -> tuple[Floats, Floats]:
    from scipy.special import betaincinv

    x, n = _to_floats(x), _to_floats(n)
    tail = (1 - level) / 2
    inner = np.where((x > 0) & (n > 0), x, np.nan)
    with np.errstate(invalid="ignore"):
        low = betaincinv(inner + below[0], n - x + below[1], tail)
        inner = np.where((x < n) & (n > 0), x, np.nan)
        high = betaincinv(inner + above[0], n - x + above[1], 1 - tail)
    low = np.where(x == 0, 0.0, low)
    high = np.where(x == n, 1.0, high)
    return _only(low, n), _only(high, n)


def _to_floats(counts: Counts) -> Any:
    return np.asarray(counts, dtype=float)


def _only(values: Any, n: Floats) -> Floats:
    return np.asarray(np.where(n > 0, values, np.nan), dtype=float)
