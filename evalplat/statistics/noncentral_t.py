"""Exact limits of a noncentrality parameter from an observed t: the interval behind d_z.

Formula: the nc with F(t; df, nc) = 0.975 and 0.025; F is the distribution function of the noncentral t.

Reference: Cumming and Finch 2001; Steiger and Fouladi 1997. Checked against R's pt(ncp=) with its root found to 1e-12.
"""

from typing import Any

import numpy as np

from evalplat.statistics.moments import Floats

LEVELS = (0.975, 0.025)


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
    from scipy.optimize.elementwise import bracket_root, find_root
    from scipy.special import nctdtr, ndtri

    def miss(nc: Any, df: Any, t: Any) -> Any:
        return nctdtr(df, nc, t) - level

    spread = np.sqrt(1 + t**2 / (2 * df))
    guess = t - ndtri(level) * spread
    with np.errstate(all="ignore"):
        bracket = bracket_root(miss, guess - 0.1 * spread, guess + 0.1 * spread, args=(df, t))
        root = find_root(
            miss, bracket.bracket, args=(df, t), tolerances={"xatol": 1e-12, "xrtol": 1e-13}
        )
    return np.where(bracket.success & np.isfinite(root.x), root.x, np.nan)
