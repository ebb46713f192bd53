"""Mundlak's check: do providers whose clients start differently also do better or worse?

Model: the random-intercept model with the provider's mean of a covariate (the baseline) as a further column. Its
coefficient, the term, is how far the slope between providers differs from the slope within them; it is 0 where the
provider effects do not go along with the case-mix. Where it is not, the slopes of models A (all clients together) and C
(random intercept) mix both, and take part of what providers do for case-mix; model B (fixed effects) does not.

z = term / SE, two-sided p from t with J - 1 - (number of means) degrees of freedom, because a provider's mean has no
more observations than there are providers. Rule: the slopes are said to differ where p < 0.05 and a provider whose mean
lies one standard deviation (over providers) from the average is thereby shifted by a tenth of sigma or more.

Reference: Mundlak 1978, Econometrica 46:69; Bell, Fairbrother and Jones 2019. Checked against generalised least squares
with the whole covariance matrix, statsmodels' MixedLM on rows, and the law that with every covariate's mean in the
model its slopes are those of fixed effects.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalplat.statistics.models.case_mix import Units
from evalplat.statistics.models.random_intercept import GroupSums, fit_random_intercept
from evalplat.statistics.moments import Floats

BETWEEN = 1e-10
FEWEST = 4
SHARE_OF_SIGMA = 0.1
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class MundlakTerm:
    """One covariate's term. shift: what one SD between providers means in points of the response."""

    name: str
    estimate: float
    se: float
    p: float
    shift: float


@dataclass(frozen=True, slots=True)
class MundlakCheck:
    """The check. slopes: of the covariates within providers, in the order of the case-mix model.

    status: "ok"; "not_adjusted" (no such covariate in the model), "too_few_providers", "no_variation" (clients of one
    provider do not differ at all) or "not_identifiable" (the providers' means do not differ, or say the same as the
    covariate itself). differs: by the rule above; False where there is no term.
    """

    status: str
    terms: tuple[MundlakTerm, ...] = ()
    slopes: tuple[float, ...] = ()
    differs: bool = False


def check_mundlak(
    sums: GroupSums,
    units: Units,
    *,
    slopes: Floats,
    sigma: float,
    names: Sequence[str] = ("baseline",),
) -> MundlakCheck:
    """Check the providers' means of these covariates.

    sums: of [1, basis] and the residual of the case-mix model, whose `slopes` belong to the basis; every group has
    cases. sigma: the case-mix model's.
    """
    from scipy.special import stdtr

    providers = len(sums.n)
    wanted = [units.names.index(name) for name in names if name in units.names]
    if not wanted:
        return MundlakCheck("not_adjusted")
    if providers < FEWEST + len(wanted) - 1:
        return MundlakCheck("too_few_providers")
    means = (sums.x[:, 1:] / sums.n[:, None]) @ units.triangle
    sizes = np.sqrt(np.sum(units.triangle**2, axis=0) / float(sums.n.sum()))
    kept, columns = _choose_columns(sums, means[:, wanted], sizes[wanted])
    if not kept:
        return MundlakCheck("not_identifiable")
    fit = fit_random_intercept(_add_columns(sums, columns))
    if fit.problem in ("no_variation", "not_identifiable"):
        return MundlakCheck(fit.problem)
    df = providers - 1 - len(kept)
    size = len(units.names) + 1
    scale = np.array([float(np.std(means[:, wanted[place]], ddof=1)) for place in kept])
    terms = []
    for place, spread, shift, variance in zip(
        kept,
        scale,
        fit.coefficients[size:],
        np.diag(fit.coefficient_variance)[size:],
        strict=True,
    ):
        se = float(np.sqrt(variance))
        p = float(2 * stdtr(df, -abs(shift) / se)) if se > 0 else 0.0
        name = units.names[wanted[place]]
        terms.append(MundlakTerm(name, float(shift / spread), se / float(spread), p, float(shift)))
    found = units.to_units(0.0, slopes + fit.coefficients[1:size])[1:]
    return MundlakCheck(
        status="ok",
        terms=tuple(terms),
        slopes=tuple(value for _, value in found),
        differs=any(t.p < LEVEL and abs(t.shift) >= SHARE_OF_SIGMA * sigma for t in terms),
    )


def _choose_columns(sums: GroupSums, means: Floats, sizes: Floats) -> tuple[list[int], Floats]:
    """The providers' means that say something of their own, in standard deviations between providers.

    sizes: the covariates' standard deviations over clients; means that differ by a rounding error of it do not differ.
    """
    providers = len(sums.n)
    kept: list[int] = []
    columns = np.zeros((providers, 0))
    for place, mean in enumerate(means.T):
        spread = float(np.std(mean, ddof=1))
        if spread <= BETWEEN * sizes[place]:
            continue
        column = mean / spread
        wider = _add_columns(sums, np.column_stack([columns, column]))
        scale = np.sqrt(np.diag(wider.xx))
        if not (scale > 0).all():
            continue
        lengths = np.linalg.eigvalsh(wider.xx / np.outer(scale, scale))
        if lengths[0] > BETWEEN:
            kept.append(place)
            columns = np.column_stack([columns, column])
    return kept, columns


def _add_columns(sums: GroupSums, columns: Floats) -> GroupSums:
    """The sums with further columns that are constant within providers; (J, k) holds their values."""
    x = sums.n[:, None] * columns
    cross = sums.x.T @ columns
    return replace(
        sums,
        x=np.column_stack([sums.x, x]),
        xx=np.block([[sums.xx, cross], [cross.T, columns.T @ x]]),
        xy=np.append(sums.xy, columns.T @ sums.y),
    )
