"""Random-intercept model by REML from group sums: how much do providers differ beyond chance?

Model: response = X b + u_j + e, u_j ~ N(0, tau2), e ~ N(0, sigma2). With lam = tau2 / sigma2,
w_j = lam / (1 + n_j lam), P = X'X - sum w_j S_j S_j' (S_j the group's sum of X) and RSS the generalised residual sum
of squares, the criterion

    sum ln(1 + n_j lam) + ln |P| + (N - p) (1 + ln(2 pi RSS / (N - p)))

is minimised over lam >= 0 by finding every root of its derivative; lam = 0 is compared as well. Only counts, group sums
and cross-products are needed, never a client's row. Best linear unbiased prediction: u_j = n_j lam / (1 + n_j lam)
times the group's mean residual; its conditional variance is sigma2 lam / (1 + n_j lam). Prediction error with the
uncertainty of b: that variance plus (n_j lam / (1 + n_j lam))^2 m_j' Var(b) m_j, with m_j the group's mean of X.

Reference: Bates et al. 2015 (lme4). Checked against lme4's criterion with its root found to 1e-15, on nlme/bdf.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.moments import Floats, Integers

GRID = np.concatenate([[0.0], np.logspace(-6, 6, 97)])


@dataclass(frozen=True, slots=True)
class GroupSums:
    """Sums per group of a design X (intercept included) and a response; additive by `+` over parts of the cases."""

    n: Floats
    x: Floats
    y: Floats
    xx: Floats
    xy: Floats
    yy: float

    def __add__(self, other: "GroupSums") -> "GroupSums":
        return GroupSums(
            self.n + other.n,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.xy + other.xy,
            self.yy + other.yy,
        )


@dataclass(frozen=True, slots=True)
class RandomIntercept:
    """The fitted model, one element per group in `blup`, `blup_variance` and `prediction_variance` (with that of b).

    problem: "" when tau2 was estimated inside its range; "boundary" when it is 0; "not_identifiable" when the data
    cannot tell tau2 from sigma2 (then tau2 is 0); "no_variation" when sigma2 is 0.
    """

    tau2: float
    sigma2: float
    lam: float
    coefficients: Floats
    coefficient_variance: Floats
    criterion: float
    blup: Floats
    blup_variance: Floats
    reliability: Floats
    prediction_variance: Floats
    problem: str = ""


def collect_group_sums(group: Integers, design: Floats, response: Floats, groups: int) -> GroupSums:
    """Group sums of cases; `design` is (N, p) and holds the intercept's column of ones."""

    def add(values: Floats) -> Floats:
        return np.asarray(np.bincount(group, weights=values, minlength=groups), dtype=float)

    return GroupSums(
        n=np.bincount(group, minlength=groups).astype(float),
        x=np.column_stack([add(column) for column in design.T]),
        y=add(response),
        xx=design.T @ design,
        xy=design.T @ response,
        yy=float(response @ response),
    )


class _Criterion:
    """The REML criterion and its derivative in lam, for a whitened design (X'X = identity, X'y = 0)."""

    def __init__(self, n: Floats, x: Floats, y: Floats, yy: float) -> None:
        self.n, self.x, self.y, self.yy = n, x, y, yy
        self.freedom = float(n.sum()) - x.shape[1]

    def solve(self, lam: float) -> tuple[Floats, Floats, float]:
        """P, the generalised least squares coefficients and RSS."""
        weight = lam / (1 + self.n * lam)
        weighted = self.x * weight[:, None]
        inner = np.eye(self.x.shape[1]) - self.x.T @ weighted
        cross = -(weighted.T @ self.y)
        b: Floats = np.asarray(np.linalg.solve(inner, cross), dtype=float)
        rss = self.yy - float(weight @ self.y**2) - float(b @ cross)
        return inner, b, rss

    def value(self, lam: float) -> float:
        inner, _, rss = self.solve(lam)
        return float(
            np.sum(np.log1p(self.n * lam))
            + np.linalg.slogdet(inner)[1]
            + self.freedom * (1 + np.log(2 * np.pi * rss / self.freedom))
        )

    def slope(self, lam: float) -> float:
        """Derivative of `value`, times (1 + n lam) for an even scale over many decades of lam."""
        inner, b, rss = self.solve(lam)
        shrink = 1 / (1 + self.n * lam) ** 2
        leverage = np.einsum("ji,ji->j", self.x, np.linalg.solve(inner, self.x.T).T)
        error = self.y - self.x @ b
        change = (
            np.sum(self.n / (1 + self.n * lam))
            - shrink @ leverage
            - self.freedom * float(shrink @ error**2) / rss
        )
        return float(change * (1 + self.n.mean() * lam))


def fit_random_intercept(sums: GroupSums) -> RandomIntercept:
    """Fit by REML. Needs a design of full rank and more cases than columns; groups may be empty (their blup is 0)."""
    from scipy.linalg import solve_triangular

    scale = np.sqrt(np.diag(sums.xx))
    lower = np.linalg.cholesky(sums.xx / np.outer(scale, scale))
    x = solve_triangular(lower, (sums.x / scale).T, lower=True).T
    start = solve_triangular(lower, sums.xy / scale, lower=True)
    y = sums.y - x @ start
    yy = max(sums.yy - float(start @ start), 0.0)
    fit = _Criterion(sums.n, x, y, yy)
    lam, problem = _search(fit)
    inner, b, rss = fit.solve(lam)
    sigma2 = rss / fit.freedom
    back = solve_triangular(lower.T, np.eye(len(scale)), lower=False) / scale[:, None]
    reliability = sums.n * lam / (1 + sums.n * lam)
    mean_error = (y - x @ b) / np.maximum(sums.n, 1)
    blup_variance = sigma2 * lam / (1 + sums.n * lam)
    variance = sigma2 * back @ np.linalg.inv(inner) @ back.T
    mean = sums.x / np.maximum(sums.n, 1)[:, None]
    determinant = 2 * float(np.sum(np.log(np.diag(lower)) + np.log(scale)))
    return RandomIntercept(
        tau2=lam * sigma2,
        sigma2=sigma2,
        lam=lam,
        coefficients=back @ (start + b),
        coefficient_variance=variance,
        criterion=fit.value(lam) + determinant if sigma2 > 0 else float("-inf"),
        blup=reliability * mean_error,
        blup_variance=blup_variance,
        reliability=reliability,
        prediction_variance=blup_variance
        + reliability**2 * np.einsum("ji,ik,jk->j", mean, variance, mean),
        problem=problem,
    )


def _search(fit: _Criterion) -> tuple[float, str]:
    """The lam of the least criterion: every sign change of the slope on a wide grid is followed to its root."""
    from scipy.optimize import brentq

    if not _is_identifiable(fit):
        return 0.0, "not_identifiable"
    grid = GRID / fit.n[fit.n > 0].mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.array([fit.slope(lam) for lam in grid])
    if not np.isfinite(slopes).all() or slopes[-1] < 0:
        return 0.0, "no_variation"
    roots = [0.0]
    for k in np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0)):
        roots.append(float(brentq(fit.slope, grid[k], grid[k + 1], xtol=1e-300, rtol=1e-14)))
    best = min(roots, key=fit.value)
    return best, "" if best > 0 else "boundary"


def _is_identifiable(fit: _Criterion) -> bool:
    """Whether there is freedom both within groups (for sigma2) and between them (for tau2)."""
    filled = fit.n > 0
    groups, columns = int(filled.sum()), fit.x.shape[1]
    size = np.maximum(fit.n, 1.0)
    within = np.eye(columns) - (fit.x / size[:, None]).T @ fit.x
    rank_within = int(np.sum(np.linalg.eigvalsh(within) > 1e-10))
    freedom_within = fit.n.sum() - groups - rank_within
    freedom_between = groups - (columns - rank_within)
    return bool(freedom_within > 0 and freedom_between > 0 and fit.yy > 0)
