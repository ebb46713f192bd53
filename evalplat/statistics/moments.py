"""Counts, means and centred sums of squares per group: all that paired statistics need of the clients' rows.

Formula: n, mean(x), mean(y), sum((x - mean x)^2), sum((y - mean y)^2) and sum((d - mean d)^2) with d = y - x. The
covariance follows from s_d^2 = s_x^2 + s_y^2 - 2 cov; the sums of squares of d are kept because a constant change must
be seen as constant. Sums are taken about each group's own mean, so large numbers with a small spread lose no digits.

Reference: Chan, Golub and LeVeque 1983 for merging. Checked against pandas groupby and R's var and cov.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of baseline (x), end (y) and change (d = y - x), one element per group; additive by `merge`.

    Means of a group without pairs are 0 and say nothing.
    """

    n: Integers
    mean_baseline: Floats
    mean_end: Floats
    ss_baseline: Floats
    ss_end: Floats
    ss_change: Floats

    @property
    def mean_change(self) -> Floats:
        """Mean of end minus baseline."""
        return self.mean_end - self.mean_baseline

    @property
    def ss_product(self) -> Floats:
        """Centred sum of products of baseline and end."""
        return (self.ss_baseline + self.ss_end - self.ss_change) / 2

    def merge(self, other: "Moments") -> "Moments":
        """The moments of both parts together; groups stand at the same places in both."""
        n = self.n + other.n
        share = np.divide(other.n, n, out=np.zeros(n.shape), where=n > 0)
        step_baseline = other.mean_baseline - self.mean_baseline
        step_end = other.mean_end - self.mean_end
        between = self.n * share
        return Moments(
            n=n,
            mean_baseline=self.mean_baseline + share * step_baseline,
            mean_end=self.mean_end + share * step_end,
            ss_baseline=self.ss_baseline + other.ss_baseline + between * step_baseline**2,
            ss_end=self.ss_end + other.ss_end + between * step_end**2,
            ss_change=self.ss_change + other.ss_change + between * (step_end - step_baseline) ** 2,
        )

    def pool(self, into: Integers, groups: int) -> "Moments":
        """Join groups into larger ones: group i becomes part of group `into[i]` of `groups`."""

        def add(values: Floats) -> Floats:
            return np.asarray(np.bincount(into, weights=values, minlength=groups), dtype=float)

        n = add(self.n.astype(float))
        size = np.maximum(n, 1.0)
        mean_baseline = add(self.n * self.mean_baseline) / size
        mean_end = add(self.n * self.mean_end) / size
        step_baseline = self.mean_baseline - mean_baseline[into]
        step_end = self.mean_end - mean_end[into]
        return Moments(
            n=n.astype(np.int64),
            mean_baseline=mean_baseline,
            mean_end=mean_end,
            ss_baseline=add(self.ss_baseline + self.n * step_baseline**2),
            ss_end=add(self.ss_end + self.n * step_end**2),
            ss_change=add(self.ss_change + self.n * (step_end - step_baseline) ** 2),
        )


def collect_moments(group: Integers, baseline: Floats, end: Floats, groups: int) -> Moments:
    """Moments of complete pairs. `group` holds integers from 0 to groups - 1; the three arrays have one length."""
    n = np.bincount(group, minlength=groups).astype(np.int64)
    size = np.maximum(n, 1)

    def add(values: Floats) -> Floats:
        return np.asarray(np.bincount(group, weights=values, minlength=groups), dtype=float)

    mean_baseline, mean_end = add(baseline) / size, add(end) / size
    x = baseline - mean_baseline[group]
    y = end - mean_end[group]
    d = y - x
    # A long plain sum leaves a rounding error in the mean; what is left of it is taken out of means and squares here.
    rest_x, rest_y = add(x), add(y)
    return Moments(
        n=n,
        mean_baseline=mean_baseline + rest_x / size,
        mean_end=mean_end + rest_y / size,
        ss_baseline=np.maximum(add(x * x) - rest_x**2 / size, 0.0),
        ss_end=np.maximum(add(y * y) - rest_y**2 / size, 0.0),
        ss_change=np.maximum(add(d * d) - (rest_y - rest_x) ** 2 / size, 0.0),
    )
