"""Funnel of case-mix adjusted mean changes with winsorised over-dispersion.

Formula: z_j = (y_j - target) / s_j; z winsorised at its 10 % and 90 % quantiles (numpy's linear quantile = R's type 7);
phi = mean(z_w^2); tau2 = 0 if J phi < J - 1, else (J phi - (J - 1)) / (sum w - sum w^2 / sum w) with w = 1 / s^2;
limits target +- {1.959964, 3.090232} sqrt(s_j^2 + tau2). Verdicts and the curves that people see go by `robust_spread`.

Reference: Spiegelhalter 2005, Stat Med 24:1185; Spiegelhalter et al. 2012, JRSS A 175:1. Checked against R on nlme/bdf.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.moments import Floats
from evalplat.statistics.results import FunnelLimit, VerdictSpread

Q95 = 1.959963984540054
Q998 = 3.090232306167813
WINSORISE = 0.1


@dataclass(frozen=True, slots=True)
class Overdispersion:
    """How much more providers vary than chance: phi (1 = chance alone) and the variance tau2 to add to s^2."""

    phi: float
    tau2: float


def measure_overdispersion(z: Floats, s: Floats) -> Overdispersion:
    """phi and tau2 from the naive z scores and standard errors of J providers."""
    providers = len(z)
    low, high = np.quantile(z, [WINSORISE, 1 - WINSORISE])
    phi = float(np.mean(np.clip(z, low, high) ** 2))
    if providers < 2 or providers * phi < providers - 1:
        return Overdispersion(phi, 0.0)
    # Weights relative to the greatest, so that tiny or huge standard errors cannot overflow.
    unit = float(np.min(s))
    w = (unit / s) ** 2
    spread = float(w.sum() - (w**2).sum() / w.sum())
    return Overdispersion(phi, unit**2 * (providers * phi - (providers - 1)) / spread)


def draw_limits(
    sizes: Floats, *, target: float, sigma: float, spread: VerdictSpread, sign: int
) -> tuple[FunnelLimit, ...]:
    """The funnel's curves at the given numbers of pairs, turned by `sign` so that more is better."""
    centre = sign * target
    curves = []
    for n in sizes:
        plain = sigma / float(n) ** 0.5
        wide = spread.reach(plain)
        curves.append(
            FunnelLimit(
                n=float(n),
                naive95=(centre - Q95 * plain, centre + Q95 * plain),
                naive998=(centre - Q998 * plain, centre + Q998 * plain),
                overdispersed95=(centre - spread.q95 * wide, centre + spread.q95 * wide),
                overdispersed998=(centre - spread.q998 * wide, centre + spread.q998 * wide),
            )
        )
    return tuple(curves)


def choose_sizes(least: float, most: float, points: int = 60) -> Floats:
    """Numbers of pairs to draw the curves at: even steps of 1 / sqrt(n), so that the bend is smooth."""
    if most <= least:
        return np.array([least])
    return np.asarray(1 / np.linspace(least**-0.5, most**-0.5, points) ** 2)
