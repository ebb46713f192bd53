"""Providers as fixed effects (analysis of covariance), from group sums: slopes within providers, adjusted means.

Model: response_ij = a_j + b'x_ij + e_ij. With S_j, Y_j the group sums of X and y, n_j the cases and W = X'X - sum S_j
S_j'/n_j (products within providers): b = W^-1 (X'y - sum S_j Y_j / n_j); sigma^2 = RSS / df, df = N - J - rank W.
Adjusted mean (at the covariates' overall mean m): mean y_j - b'(m_j - m), SE = sigma sqrt(1/n_j + q_j) with
q_j = (m_j - m)' W^-1 (m_j - m), interval from t with df. Deviation from the case-weighted mean of all providers:
mean y_j - mean y - b'(m_j - m), SE = sigma sqrt(1/n_j - 1/N + q_j); t, two-sided p, and Benjamini-Hochberg over the
providers. F tests all providers together against the model without them. A covariate that is constant within every
provider, or that others explain there, has no slope here (None).

Only counts, group sums and X'X are needed, so hundreds of providers cost no more than a few.

Reference: Searle 1971; Goldstein and Spiegelhalter 1996. Checked against R's lm and emmeans on nlme/bdf (131 providers)
and MASS/anorexia, and against statsmodels with one dummy column per provider.
"""

from dataclasses import dataclass, field

import numpy as np

from evalplat.statistics.models.case_mix import Units
from evalplat.statistics.models.random_intercept import GroupSums
from evalplat.statistics.moments import Floats
from evalplat.statistics.verdicts import correct_p_values

WITHIN = 1e-10
NOTHING = np.zeros(0)


@dataclass(frozen=True, slots=True)
class FixedEffects:
    """The fitted model; arrays have one element per provider, `slopes` one per covariate of the case-mix model.

    status: "ok"; "too_few_pairs" (no degrees of freedom are left); "no_variation" (clients of one provider do not
    differ at all). Then only the adjusted means and deviations exist. f, f_p: None where there is nothing to test.
    """

    status: str
    slopes: tuple[float | None, ...]
    slope_errors: tuple[float | None, ...]
    adjusted_mean: Floats
    deviation: Floats
    df: int
    sigma: float | None = None
    r_squared: float | None = None
    f: float | None = None
    f_df: int | None = None
    f_p: float | None = None
    spread: Floats = field(default_factory=lambda: NOTHING)
    adjusted_mean_se: Floats = field(default_factory=lambda: NOTHING)
    low: Floats = field(default_factory=lambda: NOTHING)
    high: Floats = field(default_factory=lambda: NOTHING)
    deviation_se: Floats = field(default_factory=lambda: NOTHING)
    deviation_low: Floats = field(default_factory=lambda: NOTHING)
    deviation_high: Floats = field(default_factory=lambda: NOTHING)
    t: Floats = field(default_factory=lambda: NOTHING)
    p: Floats = field(default_factory=lambda: NOTHING)
    p_bh: Floats = field(default_factory=lambda: NOTHING)


def fit_fixed_effects(
    sums: GroupSums, units: Units, *, intercept: float, slopes: Floats, total_ss: float
) -> FixedEffects:
    """Fit by ordinary least squares.

    sums: of [1, basis] and the residual of the case-mix model, whose `intercept` and `slopes` belong to [1, basis] too;
    every group has cases. units: what turns the basis to the covariates. total_ss: the response's sum of squares.
    """
    n, cases = sums.n, float(sums.n.sum())
    basis, triangle = sums.x[:, 1:], units.triangle
    own = np.asarray(_solve_upper(triangle, slopes))
    within = sums.xx[1:, 1:] - (basis / n[:, None]).T @ basis
    within = triangle.T @ within @ triangle
    rest = triangle.T @ (sums.xy[1:] - basis.T @ (sums.y / n))
    kept = _find_kept(within, np.sum(triangle**2, axis=0))
    inverse = _invert(within[np.ix_(kept, kept)])
    found = inverse @ (within @ own + rest)[kept]
    rss = sums.yy - float(sums.y @ (sums.y / n)) - float(rest[kept] @ inverse @ rest[kept])
    distance = (basis / n[:, None]) @ triangle
    deviation = distance @ own + sums.y / n - distance[:, kept] @ found
    df = round(cases) - len(n) - len(kept)
    listed: list[float | None] = [None] * len(own)
    for place, value in zip(kept, found, strict=True):
        listed[place] = float(value)
    fit = FixedEffects(
        status="ok",
        slopes=tuple(listed),
        slope_errors=(None,) * len(own),
        adjusted_mean=intercept + deviation,
        deviation=deviation,
        df=df,
        spread=np.einsum("ji,ik,jk->j", distance[:, kept], inverse, distance[:, kept]),
    )
    if df <= 0:
        return _without_errors(fit, "too_few_pairs")
    if rss <= WITHIN * 1e-3 * total_ss:
        return _without_errors(fit, "no_variation")
    return _add_errors(fit, sums, kept, inverse, rss, total_ss)


def _solve_upper(triangle: Floats, slopes: Floats) -> Floats:
    from scipy.linalg import solve_triangular

    return np.asarray(solve_triangular(triangle, slopes)) if slopes.size else slopes


def _find_kept(within: Floats, total: Floats) -> list[int]:
    """The columns that vary within providers, and not only as earlier ones do, in their order."""
    kept: list[int] = []
    for place in range(len(total)):
        left = within[place, place]
        if kept:
            cross = within[kept, place]
            left -= cross @ np.linalg.solve(within[np.ix_(kept, kept)], cross)
        if left > WITHIN * total[place]:
            kept.append(place)
    return kept


def _invert(matrix: Floats) -> Floats:
    """The inverse, by way of a matrix with a diagonal of ones."""
    scale = np.sqrt(np.diag(matrix))
    return np.asarray(np.linalg.inv(matrix / np.outer(scale, scale)) / np.outer(scale, scale))


def _without_errors(fit: FixedEffects, status: str) -> FixedEffects:
    return FixedEffects(
        status=status,
        slopes=fit.slopes,
        slope_errors=fit.slope_errors,
        adjusted_mean=fit.adjusted_mean,
        deviation=fit.deviation,
        df=max(fit.df, 0),
        sigma=0.0 if status == "no_variation" else None,
        spread=fit.spread,
    )


def _add_errors(
    fit: FixedEffects,
    sums: GroupSums,
    kept: list[int],
    inverse: Floats,
    rss: float,
    total_ss: float,
) -> FixedEffects:
    from scipy.special import fdtrc, stdtr, stdtrit

    df, n, cases = fit.df, sums.n, float(sums.n.sum())
    sigma = float(np.sqrt(rss / df))
    errors: list[float | None] = [None] * len(fit.slopes)
    for place, value in zip(kept, sigma * np.sqrt(np.diag(inverse)), strict=True):
        errors[place] = float(value)
    mean_se = sigma * np.sqrt(1 / n + fit.spread)
    se = sigma * np.sqrt(np.maximum(1 / n - 1 / cases, 0.0) + fit.spread)
    quantile = float(stdtrit(df, 0.975))
    alone = len(n) < 2
    t = np.zeros(len(n)) if alone else fit.deviation / se
    p = np.ones(len(n)) if alone else np.asarray(2 * stdtr(df, -np.abs(t)))
    f_df = len(n) - 1 + len(kept) - len(fit.slopes)
    f = max(sums.yy - rss, 0.0) / f_df / (rss / df) if f_df > 0 else None
    return FixedEffects(
        status="ok",
        slopes=fit.slopes,
        slope_errors=tuple(errors),
        adjusted_mean=fit.adjusted_mean,
        deviation=fit.deviation,
        df=df,
        sigma=sigma,
        r_squared=1 - rss / total_ss,
        f=f,
        f_df=f_df if f_df > 0 else None,
        f_p=None if f is None else float(fdtrc(f_df, df, f)),
        spread=fit.spread,
        adjusted_mean_se=mean_se,
        low=fit.adjusted_mean - quantile * mean_se,
        high=fit.adjusted_mean + quantile * mean_se,
        deviation_se=se,
        deviation_low=fit.deviation - quantile * se,
        deviation_high=fit.deviation + quantile * se,
        t=t,
        p=p,
        p_bh=correct_p_values(p),
    )
