"""Repeated scores read once: counts, means and centred products per missingness pattern and group.

Formula: per pattern s (the times that were measured) and group g the count n_gs and mean, and per pattern the products
about those means, summed over groups; scores in units of each time's own mean and standard deviation.

Reference: Jennrich and Schluchter 1986, Biometrics 42:805. Checked through the model that is fitted to them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalplat.statistics.moments import Floats, Integers

CONSTANT = 1e-12


@dataclass(frozen=True, slots=True)
class Patterns:
    """seen: (patterns, times); n: (groups, patterns); means: (groups, patterns, times), 0 where unseen.

    products: (patterns, times, times). center, scale: what the scores were measured in. n_measured: (groups, times).
    """

    seen: NDArray[np.bool_]
    n: Floats
    means: Floats
    products: Floats
    center: Floats
    scale: Floats
    n_measured: Integers

    @property
    def times(self) -> int:
        """How many times there are."""
        return int(self.seen.shape[1])

    def find_status(self) -> str:
        """Whether a covariance of all times can be estimated from what was seen."""
        if not self.n.any():
            return "no_data"
        if (self.n_measured.sum(axis=0) == 0).any():
            return "not_identified"
        both = np.einsum("s,si,sj->ij", self.n.sum(axis=0), self.seen, self.seen)
        if (both == 0).any():
            return "not_identified"
        groups = (self.n_measured > 0).sum(axis=0)
        if (self.n_measured.sum(axis=0) - groups < 1).any():
            return "too_few"
        if (both - np.maximum.outer(groups, groups) < 1).any():
            return "too_few"
        return "no_variation" if (self.scale == 0).any() else "ok"

    def start(self) -> Floats:
        """A first covariance: the times' own spread within groups, and no correlation."""
        counts = np.maximum((self.n[:, :, None] * self.seen[None]).sum(axis=(0, 1)), 1)
        squares = np.einsum("sii->i", self.products) / counts
        return np.asarray(np.diag(np.maximum(squares, 1e-3)), dtype=float)


def collect_patterns(values: Floats, group: Integers, groups: int) -> Patterns:
    """Read (clients, times) scores with nan for missing."""
    seen = ~np.isnan(values)
    times = values.shape[1]
    center, scale = np.zeros(times), np.zeros(times)
    for time in range(times):
        one = values[seen[:, time], time]
        if not len(one):
            continue
        center[time] = one.mean()
        spread = float(np.std(one))
        size = float(np.max(np.abs(one)))
        scale[time] = spread if spread > CONSTANT * size else 0.0
    scores = np.where(seen, (values - center) / np.where(scale > 0, scale, 1.0), 0.0)
    codes = seen @ (1 << np.arange(times))
    known = [int(code) for code in np.unique(codes) if code]
    shown = np.array([[bool(code >> t & 1) for t in range(times)] for code in known], dtype=bool)
    shown = shown.reshape(len(known), times)
    n = np.zeros((groups, len(known)))
    means = np.zeros((groups, len(known), times))
    products = np.zeros((len(known), times, times))
    for place, code in enumerate(known):
        rows = codes == code
        own, whose = scores[rows], group[rows]
        n[:, place] = np.bincount(whose, minlength=groups)
        many = np.maximum(n[:, place], 1)
        for time in range(times):
            means[:, place, time] = np.bincount(whose, own[:, time], groups) / many
        rest = own - means[whose, place]
        products[place] = rest.T @ rest
    measured = np.einsum("gs,st->gt", n, shown)
    return Patterns(shown, n, means, products, center, scale, measured.astype(np.int64))
