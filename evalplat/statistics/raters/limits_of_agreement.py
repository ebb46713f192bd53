"""How far two ratings lie apart, and how strongly they go together: limits of agreement, concordance, kappa.

Differences are second minus first, in the scale's own direction.

- Limits of agreement (Bland and Altman 1986): bias +- 1.959964 s of the differences, each limit with Carkeet's (2015)
  exact interval bias + s t' / sqrt(n), t' the 0.025 and 0.975 quantiles of the noncentral t with n - 1 degrees of
  freedom and noncentrality +-1.959964 sqrt(n); a proportional bias as the slope of the difference on the mean of both.
- Lin's concordance 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2) with moments over n, its interval by Fisher's z (Lin 1989,
  with the corrected error of 2000).
- Weighted kappa, statsmodels', with the large-sample error of Fleiss, Cohen and Everitt (1969).

Checked against Bland and Altman 1986 (17 people, two peak flow meters), the one-sided tolerance factors of the usual
tables, R's vcd::Kappa on SexualFun and the same worked by hand, and by how often the intervals cover.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats
from evalplat.statistics.paired_effects import CONSTANT


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its 95 % interval, which may not exist."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """How far the second rating lies from the first; None where it does not exist.

    bias: mean difference with its t interval; sd: of the differences; lower, upper: the limits that 95 % of differences
    lie within, each with its exact interval; slope: of the difference on the mean of both, with its t interval and p.
    """

    bias: float
    bias_low: float | None = None
    bias_high: float | None = None
    sd: float | None = None
    lower: float | None = None
    lower_low: float | None = None
    lower_high: float | None = None
    upper: float | None = None
    upper_low: float | None = None
    upper_high: float | None = None
    slope: float | None = None
    slope_low: float | None = None
    slope_high: float | None = None
    slope_p: float | None = None


def limit_agreement(first: Floats, second: Floats) -> LimitsOfAgreement | None:
    """Bias and limits of agreement of two ratings without gaps; None without a pair, no limits with one."""
    from scipy.special import nctdtrit, stdtr, stdtrit

    n = len(first)
    if n == 0:
        return None
    difference = second - first
    bias = float(difference.mean())
    sd = find_spread(difference)
    if sd is None:
        return LimitsOfAgreement(bias)
    if sd == 0:
        return LimitsOfAgreement(bias, bias, bias, 0.0, bias, bias, bias, bias, bias, bias)
    root = float(np.sqrt(n))
    margin = float(stdtrit(n - 1, 0.975)) * sd / root
    near, far = (float(nctdtrit(n - 1, Q95 * root, level)) * sd / root for level in (0.025, 0.975))
    slope: tuple[float, ...] = ()
    middle = (first + second) / 2
    spread = find_spread(middle)
    if spread and n > 2:
        centred = middle - middle.mean()
        inertia = float(np.sum(centred**2))
        b = float(np.sum(centred * (difference - bias))) / inertia
        rest = difference - bias - b * centred
        se = float(np.sqrt(np.sum(rest**2) / (n - 2) / inertia))
        width = float(stdtrit(n - 2, 0.975)) * se
        slope = (b, b - width, b + width)
        if se > 0:
            slope = (*slope, float(2 * stdtr(n - 2, -abs(b / se))))
    return LimitsOfAgreement(
        bias,
        bias - margin,
        bias + margin,
        sd,
        bias - Q95 * sd,
        bias - far,
        bias - near,
        bias + Q95 * sd,
        bias + near,
        bias + far,
        *slope,
    )


def correlate(first: Floats, second: Floats) -> Coefficient | None:
    """Pearson's correlation with Fisher's interval (from four pairs on); None where one of the two does not vary."""
    if not find_spread(first) or not find_spread(second):
        return None
    x, y = first - first.mean(), second - second.mean()
    r = float(np.clip(np.sum(x * y) / np.sqrt(np.sum(x**2) * np.sum(y**2)), -1, 1))
    if len(first) < 4 or abs(r) >= 1 - 1e-14:
        return Coefficient(r)
    z, width = np.arctanh(r), Q95 / np.sqrt(len(first) - 3)
    return Coefficient(r, float(np.tanh(z - width)), float(np.tanh(z + width)))


def measure_concordance(first: Floats, second: Floats) -> Coefficient | None:
    """Lin's concordance; None where neither rating varies and both are the same, no interval where r is 0 or +-1."""
    n = len(first)
    if n < 2:
        return None
    sd_x, sd_y = find_spread(first), find_spread(second)
    shift = float(first.mean() - second.mean())
    x, y = first - first.mean(), second - second.mean()
    xx, yy, xy = (float(np.mean(product)) for product in (x * x, y * y, x * y))
    whole = xx + yy + shift**2
    if not sd_x and not sd_y:
        return None
    value = 2 * xy / whole
    r = xy / np.sqrt(xx * yy) if sd_x and sd_y else 0.0
    if n < 3 or abs(r) < 1e-12 or abs(r) >= 1 - 1e-14 or abs(value) >= 1:
        return Coefficient(value)
    location = shift**2 / np.sqrt(xx * yy)
    variance = (
        (1 - r**2) * value**2 * (1 - value**2) / r**2
        + 2 * value**3 * (1 - value) * location / r
        - value**4 * location**2 / (2 * r**2)
    ) / (n - 2)
    width = Q95 * np.sqrt(max(variance, 0.0)) / (1 - value**2)
    z = np.arctanh(value)
    return Coefficient(value, float(np.tanh(z - width)), float(np.tanh(z + width)))


def weigh_kappa(table: Floats, weights: str) -> Coefficient | None:
    """Weighted kappa of a square table of counts, weights "linear" or "quadratic"; None where one category has all.

    Where one rater gave everybody the same it is 0, whatever the other did, and says nothing of an error.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    used = (table.sum(axis=0) > 0) | (table.sum(axis=1) > 0)
    if table.sum() < 2 or used.sum() < 2:
        return None
    if min((table.sum(axis=side) > 0).sum() for side in (0, 1)) < 2:
        return Coefficient(0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = cohens_kappa(np.asarray(table, dtype=float), wt=weights)
    value, variance = float(found.kappa), float(found.var_kappa)
    if not np.isfinite(value):
        return None
    if value >= 1 or not variance > 0:
        return Coefficient(value)
    width = Q95 * float(np.sqrt(variance))
    return Coefficient(value, max(value - width, -1.0), min(value + width, 1.0))


def standardise(ratings: Floats) -> Floats:
    """Ratings as SDs from their mean, missing ones left as they are; all nan where they do not vary."""
    known = np.isfinite(ratings)
    sd = find_spread(ratings[known])
    if not sd:
        return np.full(len(ratings), np.nan)
    scores: Floats = (ratings - ratings[known].mean()) / sd
    return scores


def find_unit(values: Floats) -> float | None:
    """The usual distance between neighbouring values (1 for whole points); None where all are the same."""
    steps = np.diff(np.unique(values))
    return float(np.median(steps)) if len(steps) else None


def find_spread(values: Floats) -> float | None:
    """SD with n - 1; exactly 0 where only the rounding of the values is left, None for fewer than two."""
    if len(values) < 2:
        return None
    sd = float(values.std(ddof=1))
    return 0.0 if sd <= CONSTANT * float(np.abs(values).max()) else sd
