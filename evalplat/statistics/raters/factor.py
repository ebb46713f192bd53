"""One common factor behind the items of a scale, by maximum likelihood: what McDonald's omega is made of.

Formula: R = l l' + diag(u), u the uniquenesses. For given u, with A = diag(u)^-1/2 R diag(u)^-1/2, the best l are
sqrt(max(theta_1 - 1, 0)) sqrt(u) v_1 (largest eigenvalue and its vector of A), and what is left to minimise over u is
the sum over the other eigenvalues of theta - ln(theta) - 1. Each u stays between LEAST and 1. The fit is that of the
correlations; loadings and uniquenesses are then stretched by the items' SDs. omega total =
(sum l)^2 / ((sum l)^2 + sum u), of the stretched ones.

Reference: Jöreskog 1967; McDonald 1999, chapter 6. Checked against SAS PROC FACTOR on Spearman's five tests (Harman
1976), R's factanal on `ability.cov`, statsmodels' Factor, and by giving back loadings that data were built from.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.moments import Floats

LEAST = 0.005
"""The smallest uniqueness looked for, as in R's factanal: below it an item would have no error of its own."""

SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class FactorFit:
    """One factor in the items' own units. status: "ok"; else `loadings` are empty and `omega` is None.

    "too_few_items": with two items nothing tells their errors apart. "constant_item": an item does not vary.
    "linear_dependence": an item follows from the others, or there are not more sheets than items. "improper_solution":
    an item would have no error of its own (a Heywood case). "not_converged".
    """

    loadings: tuple[float, ...] = ()
    uniquenesses: tuple[float, ...] = ()
    omega: float | None = None
    status: str = "ok"


def fit_one_factor(covariance: Floats) -> FactorFit:
    """The one-factor model of a covariance matrix of items that are turned the same way."""
    from scipy.optimize import minimize

    items = len(covariance)
    if items < 3:
        return FactorFit(status="too_few_items")
    variances = np.diag(covariance)
    if not np.all(variances > 0):
        return FactorFit(status="constant_item")
    sd = np.sqrt(variances)
    correlation = covariance / np.outer(sd, sd)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return FactorFit(status="linear_dependence")
    # The share of an item that the others do not explain is a good place to start from.
    start = (1 - 0.5 / items) / np.diag(np.linalg.inv(correlation))
    found = minimize(
        _misfit,
        np.clip(start, LEAST, 1),
        args=(correlation,),
        jac=True,
        method="L-BFGS-B",
        bounds=[(LEAST, 1.0)] * items,
        options={"maxiter": 2000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-9},
    )
    own = np.asarray(found.x, dtype=float)
    if not np.all(np.isfinite(own)) or _is_unsettled(found.jac, own):
        return FactorFit(status="not_converged")
    if np.any(own <= LEAST * (1 + 1e-9)):
        return FactorFit(status="improper_solution")
    loadings = _load(own, correlation) * sd
    if loadings.sum() < 0:
        loadings = -loadings
    errors = own * variances
    common = float(loadings.sum()) ** 2
    return FactorFit(
        tuple(float(value) for value in loadings),
        tuple(float(value) for value in errors),
        common / (common + float(errors.sum())),
    )


def _split(own: Floats, correlation: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, ascending, and vectors of the correlations over the square roots of the uniquenesses."""
    scale = 1 / np.sqrt(own)
    values, vectors = np.linalg.eigh(correlation * np.outer(scale, scale))
    return values, vectors


def _load(own: Floats, correlation: Floats) -> Floats:
    values, vectors = _split(own, correlation)
    loadings: Floats = np.sqrt(own) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
    return loadings


def _misfit(own: Floats, correlation: Floats) -> tuple[float, Floats]:
    """What maximum likelihood minimises, and its slope in each uniqueness."""
    values, _vectors = _split(own, correlation)
    rest = values[:-1]
    loadings = _load(own, correlation)
    implied = np.outer(loadings, loadings) + np.diag(own)
    slope = np.diag(implied - correlation) / own**2
    return float(np.sum(rest - np.log(rest) - 1)), slope


def _is_unsettled(slope: Floats, own: Floats) -> bool:
    """Whether the misfit still falls inside the bounds."""
    inside = (own > LEAST * (1 + 1e-9)) & (own < 1 - 1e-9)
    return bool(np.any(np.abs(np.asarray(slope)[inside]) > 1e-4))
