"""What the lost would have reached if they had fared like followed clients who began alike, and if they gained nothing.

Regression imputation (G-computation): least squares over the followed, change = a_provider + z b with z the baseline
and covariates; every lost client's change is the fitted one; the mean is over all clients, measured or imputed.
Standard error from the influence values of both steps, corrected for few clients (`cohort.estimate_robustly`). A
provider that followed nobody has no intercept; its clients are left out of the overall mean. Baseline carried forward:
the lost have not changed at all, which is pessimistic where clients improve.

Reference: Robins 1986; Snowden, Rose and Mortimer 2011; for carrying forward, Mallinckrodt et al. 2008. Checked against
statsmodels' OLS with predictions client by client, and a numerical derivative of the estimating equations.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.missing.cohort import Cohort, Estimate, estimate_robustly
from evalplat.statistics.moments import Floats, Integers


@dataclass(frozen=True, slots=True)
class Imputation:
    """Mean changes with every lost client imputed: over all providers and for each, in the cohort's order.

    imputed: one element per client, the measured change or the fitted one (nan where a provider followed nobody).
    influence: of the overall mean, one element per client with an imputed or measured change; their squares sum to
    its variance before the correction for few clients.
    """

    overall: Estimate
    providers: tuple[Estimate, ...]
    imputed: Floats
    influence: Floats
    sigma: float | None
    names: tuple[str, ...]
    n_unrepresented: int


def impute_changes(cohort: Cohort) -> Imputation:
    """Regression imputation with an intercept per provider."""
    represented = (cohort.n_followed > 0)[cohort.group]
    part = cohort.take(represented)
    followed = part.followed
    imputed = np.full(len(represented), np.nan)
    influence = np.full(len(represented), np.nan)
    left = int(np.sum(~represented))
    if not followed.any():
        none = Estimate(status="nobody_followed")
        own = (none,) * len(cohort.providers)
        return Imputation(none, own, imputed, influence, None, (), left)
    fit = _Fit.of(part)
    imputed[represented] = fit.values
    rows = np.arange(len(fit.values))
    overall, influence[represented] = fit.estimate(rows)
    ordered = np.argsort(part.group, kind="stable")
    places = np.split(ordered, np.cumsum(part.n)[:-1])
    own = tuple(fit.estimate(place)[0] for place in places)
    return Imputation(overall, own, imputed, influence, fit.sigma, fit.names, left)


def carry_baseline_forward(cohort: Cohort) -> tuple[Estimate, tuple[Estimate, ...]]:
    """Mean changes when every lost client counts as unchanged: overall and per provider."""
    change = np.where(cohort.followed, cohort.change, 0.0)
    ordered = np.argsort(cohort.group, kind="stable")
    parts = np.split(change[ordered], np.cumsum(cohort.n)[:-1]) if len(cohort.providers) else []
    return average(change), tuple(average(part) for part in parts)


def average(values: Floats) -> Estimate:
    """The plain mean with its t interval."""
    from scipy.special import stdtrit

    n = len(values)
    if n == 0:
        return Estimate(status="nobody")
    mean = float(np.mean(values))
    if n == 1:
        return Estimate(value=mean, n=1, status="too_few")
    se = float(np.std(values, ddof=1) / np.sqrt(n))
    reach = float(stdtrit(n - 1, 0.975)) * se
    return Estimate(mean, se, mean - reach, mean + reach, n, df=n - 1)


@dataclass(frozen=True, slots=True)
class _Fit:
    """The regression: `inner` are the columns less the followed clients' mean of each provider."""

    group: Integers
    followed: Floats
    inner: Floats
    residual: Floats
    values: Floats
    n_followed: Integers
    inverse: Floats
    middle: Floats
    sigma: float | None
    names: tuple[str, ...]

    @staticmethod
    def of(part: Cohort) -> "_Fit":
        followed = part.followed
        n_followed = part.n_followed
        size = np.maximum(n_followed, 1)

        def centre(values: Floats) -> Floats:
            sums = part.sum_by_provider(np.where(followed, values, 0.0))
            return values - (sums / size)[part.group]

        names, columns = part.within_providers()
        scale = np.sqrt(len(followed))
        inner = np.column_stack([centre(c * scale) for c in columns.T]) if names else columns
        change = np.where(followed, part.change, 0.0)
        mean = (part.sum_by_provider(change) / size)[part.group]
        known, rest = inner[followed], (change - mean)[followed]
        inverse = np.asarray(np.linalg.pinv(known.T @ known, hermitian=True), dtype=float)
        slope = inverse @ (known.T @ rest)
        fitted = mean + inner @ slope
        residual = np.where(followed, change - fitted, 0.0)
        rank = int(np.linalg.matrix_rank(known)) if names else 0
        free = int(followed.sum()) - int(np.sum(n_followed > 0)) - rank
        weighted = inner * residual[:, None]
        return _Fit(
            group=part.group,
            followed=followed.astype(float),
            inner=inner,
            residual=residual,
            values=np.where(followed, change, fitted),
            n_followed=n_followed,
            inverse=inverse,
            middle=weighted.T @ weighted,
            sigma=float(np.sqrt(residual @ residual / free)) if free > 0 else None,
            names=names,
        )

    def estimate(self, rows: Integers) -> tuple[Estimate, Floats]:
        """The mean over whole providers' clients at `rows`; and their own influence values of it, where all are."""
        n = len(rows)
        if n == 0:
            return Estimate(status="nobody_followed"), np.zeros(0)
        values, followed = self.values[rows], self.followed[rows]
        mean = float(np.mean(values))
        measured = int(followed.sum())
        if measured < 2:
            return Estimate(value=mean, n=measured, status="too_few"), np.zeros(n)
        lost = np.bincount(self.group[rows], 1 - followed, len(self.n_followed))
        raised = (lost / np.maximum(self.n_followed, 1))[self.group[rows]]
        residual = self.residual[rows]
        own = values - mean + raised * residual
        pull = self.inverse @ (self.inner[rows].T @ (1 - followed))
        own_score = self.inner[rows].T @ (own * residual)
        variance = float(own @ own) + 2 * float(own_score @ pull) + float(pull @ self.middle @ pull)
        se = float(np.sqrt(max(variance, 0.0))) / n
        influence = (own + (self.inner[rows] @ pull) * residual) / n
        return estimate_robustly(mean, se, measured), influence
