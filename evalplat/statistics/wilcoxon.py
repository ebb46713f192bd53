"""Wilcoxon's signed ranks of all groups at once: W+, z, p, rank-biserial correlation, and how often scores rise.

Formula: zero changes are left out; |d| is ranked within the group, ties get the mean rank; W+ and W- are the sums of
the ranks of positive and negative changes of m changes in all. z = (W+ - m (m + 1) / 4) / s with
s^2 = m (m + 1) (2 m + 1) / 24 - sum(t^3 - t) / 48 over ties of t equal |d|, without continuity correction; p two-sided.
The rank-biserial correlation is (W+ - W-) / (W+ + W-). The common-language effect size of pairs is the share of pairs
with d > 0 plus half of those with d = 0, with Wilson's interval.

Reference: Wilcoxon 1945; Pratt and Gibbons 1981 for ties; Kerby 2014; Grissom and Kim 2012 for pairs. Checked against
R's wilcox.test (exact = FALSE, correct = FALSE), against scipy.stats.wilcoxon and pingouin.wilcoxon (RBC). Ranks need
the rows themselves: these are the figures that cannot be had from moments. Changes are tied when they are equal as
numbers, as in R.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.shares.proportions import find_wilson


@dataclass(frozen=True, slots=True)
class SignedRanks:
    """One element per group, in the sign of change.

    Where nothing changed, w_plus and w_minus are 0 and z, p, rank_biserial nan. cles and its limits are nan for a group
    without pairs.
    """

    w_plus: Floats
    w_minus: Floats
    z: Floats
    p: Floats
    rank_biserial: Floats
    cles: Floats
    cles_low: Floats
    cles_high: Floats


def rank_changes(group: Integers, change: Floats, groups: int) -> SignedRanks:
    """Signed ranks per group. `group` holds integers from 0 to groups - 1; all changes are finite."""
    from scipy.special import ndtr

    pairs = np.bincount(group, minlength=groups)
    gains = np.bincount(group, weights=(change > 0) + 0.5 * (change == 0), minlength=groups)
    low, high = find_wilson(gains, pairs)
    moved = change != 0
    group, change = group[moved], change[moved]
    size = np.abs(change)
    order = np.lexsort((size, group))
    group, size, sign = group[order], size[order], np.sign(change[order])
    starts, ends, rank = _rank(group, size)
    signed = np.bincount(group, weights=rank * sign, minlength=groups)
    total = np.bincount(group, weights=rank, minlength=groups)
    m = np.bincount(group, minlength=groups).astype(float)
    tied = (ends - starts + 1).astype(float)
    ties = np.bincount(group[starts], weights=tied**3 - tied, minlength=groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt(m * (m + 1) * (2 * m + 1) / 24 - ties / 48)
        # W+ less its expectation is half of W+ less W-.
        z = np.where(m > 0, signed / 2 / spread, np.nan)
        share = np.where(pairs > 0, gains / pairs, np.nan)
        correlation = np.where(total > 0, signed / total, np.nan)
    return SignedRanks(
        w_plus=(total + signed) / 2,
        w_minus=(total - signed) / 2,
        z=z,
        p=2 * ndtr(-np.abs(z)),
        rank_biserial=correlation,
        cles=share,
        cles_low=low,
        cles_high=high,
    )


def _rank(group: Integers, size: Floats) -> tuple[Integers, Integers, Floats]:
    """Of sizes in order within their groups: first and last place of each tie, and each one's mean rank."""
    count = len(group)
    place = np.arange(count)
    first_of_group = np.r_[True, group[1:] != group[:-1]] if count else np.zeros(0, dtype=bool)
    first_of_tie = first_of_group.copy()
    first_of_tie[1:] |= size[1:] != size[:-1]
    tie = np.cumsum(first_of_tie) - 1
    starts = np.flatnonzero(first_of_tie)
    ends = np.r_[starts[1:], count] - 1 if count else starts
    group_start = np.maximum.accumulate(np.where(first_of_group, place, 0))
    return starts, ends, (starts + ends)[tie] / 2 - group_start + 1
