"""Random-effects summary of estimates with standard errors: one mean over providers, and how far they spread.

Formula: w_j = 1 / (s_j^2 + tau2), mean = sum w_j y_j / sum w_j, SE = 1 / sqrt(sum w_j); Q = sum (y_j - m)^2 / s_j^2
about the fixed-effect mean m, df = J - 1. tau2 by DerSimonian and Laird: (Q - df) / (sum w - sum w^2 / sum w) with
w = 1 / s^2; by Paule and Mandel: the tau2 that makes the generalised Q equal to df. Both are at least 0. I2 = tau2 /
(tau2 + s^2), where s^2 = df sum w / ((sum w)^2 - sum w^2) is the typical squared error (Higgins and Thompson 2002).
95 % interval: mean +- 1.96 SE; prediction interval of a further provider: mean +- 1.96 sqrt(SE^2 + tau2).

Reference: DerSimonian and Laird 1986; Paule and Mandel 1982; Riley, Higgins and Deeks 2011. Checked against metafor's
rma (DL and PM) on nlme/bdf, and statsmodels' combine_effects, which would cost over a second to import here.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalplat.statistics.moments import Floats

Q95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class RandomEffectsSummary:
    """The summary; status is "ok", or "too_few" (less than two estimates) and then every figure is None."""

    estimates: int
    method: str
    mean: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    tau2: float | None = None
    q: float | None = None
    q_p: float | None = None
    i2: float | None = None
    status: str = "ok"


def combine(
    estimates: Floats, errors: Floats, method: Literal["DL", "PM"] = "DL"
) -> RandomEffectsSummary:
    """Combine estimates with their standard errors, which are above 0."""
    from scipy.special import chdtrc

    count = len(estimates)
    if count < 2:
        return RandomEffectsSummary(count, method, status="too_few")
    # In units of the smallest error, so that tiny or huge errors neither vanish nor overflow.
    unit = float(np.min(errors))
    y, variance = (estimates - estimates[0]) / unit, (errors / unit) ** 2
    q, _, _ = _weigh(y, variance, 0.0)
    w = 1 / variance
    spread = float(w.sum() - (w**2).sum() / w.sum())
    typical = (count - 1) / spread
    tau2 = max((q - (count - 1)) / spread, 0.0)
    if method == "PM":
        tau2 = _solve_paule_mandel(y, variance)
    _, mean, se = _weigh(y, variance, tau2)
    centre, error = float(estimates[0]) + unit * mean, unit * se
    wide = unit * (se**2 + tau2) ** 0.5
    return RandomEffectsSummary(
        estimates=count,
        method=method,
        mean=centre,
        se=error,
        low=centre - Q95 * error,
        high=centre + Q95 * error,
        prediction_low=centre - Q95 * wide,
        prediction_high=centre + Q95 * wide,
        tau2=unit**2 * tau2,
        q=q,
        q_p=float(chdtrc(count - 1, q)),
        i2=tau2 / (tau2 + typical),
    )


def _weigh(y: Floats, variance: Floats, tau2: float) -> tuple[float, float, float]:
    """The generalised Q, the weighted mean and its standard error."""
    w = 1 / (variance + tau2)
    mean = float(w @ y / w.sum())
    return float(w @ (y - mean) ** 2), mean, float(w.sum() ** -0.5)


def _solve_paule_mandel(y: Floats, variance: Floats) -> float:
    from scipy.optimize import brentq

    def excess(tau2: float) -> float:
        return _weigh(y, variance, tau2)[0] - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.ptp(y)) ** 2 + 1.0
    while excess(high) > 0:
        high *= 4
    return float(brentq(excess, 0.0, high, xtol=1e-300, rtol=1e-14))
