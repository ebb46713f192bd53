"""Exact limits of a noncentrality parameter from an observed t: the interval behind d_z.

Formula: the nc with F(t; df, nc) = 0.975 and 0.025; F is the distribution function of the noncentral t.

Reference: Cumming and Finch 2001; Steiger and Fouladi 1997. Checked against R's pt(ncp=) with its root found to 1e-12.
"""

from typing import Any

import numpy as np

from evalplat.statistics.moments import Floats

LEVELS = (0.975, 0.025)
VAST = 1e4


def find_noncentrality_limits(t: Floats, df: Floats) -> tuple[Floats, Floats]:
    """Lower and upper 95 % limits of the noncentrality, element by element; nan where t or df is not usable.

    t and df are arrays of one shape; df > 0.
    """
    usable = np.isfinite(t) & (df > 0)
    low, high = np.full(t.shape, np.nan), np.full(t.shape, np.nan)
    if usable.any():
        # By symmetry only positive t need solving, where the distribution function is at its most exact.
        sign = np.where(t[usable] < 0, -1.0, 1.0)
        lower = _solve(np.abs(t[usable]), df[usable], LEVELS[0])
        upper = _solve(np.abs(t[usable]), df[usable], LEVELS[1])
        low[usable] = np.where(sign > 0, lower, -upper)
        high[usable] = np.where(sign > 0, upper, -lower)
    return low, high


def _solve(t: Floats, df: Floats, level: float) -> Floats:
    """The nc with F(t; df, nc) = level for t >= 0, between two ends that are certain to lie on either side of it.

    With s = sqrt(chi2 / df) independent of the normal z, F = P(z + nc < t s). Splitting the tail a = 0.025 between s
    and z gives both ends: neither event's share is more than a, and their product is exactly a.
    """
    from scipy.optimize.elementwise import find_root
    from scipy.special import chdtri, nctdtr, ndtr, ndtri

    def miss(nc: Any, df: Any, t: Any) -> Any:
        return nctdtr(df, nc, t) - level

    tail = min(level, 1 - level)
    z = ndtri(1 - tail / 2)
    side = 1.0 if level < 0.5 else -1.0
    ends = []
    for share, step in ((tail / 2, side * z), (tail / ndtr(z), -side * z)):
        s = np.sqrt(chdtri(df, share if side > 0 else 1 - share) / df)
        ends.append(t * s + step)
    low, high = sorted(ends, key=lambda end: float(end[0]))
    with np.errstate(all="ignore"):
        root = find_root(
            miss, (low, high), args=(df, t), tolerances={"xatol": 1e-12, "xrtol": 1e-13}
        )
    # Beyond the reach of the library's distribution function the normal's part is nothing beside t s.
    vast = np.where(t > VAST, t * np.sqrt(chdtri(df, level) / df), np.nan)
    return np.where(root.success, root.x, vast)
