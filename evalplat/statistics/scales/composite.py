"""One figure from several scales: standardised differences from expected, weighted by how precise each is.

Formula: for a provider with differences z_s (observed minus expected in the region's baseline SDs, more is better) on
scales s, V the covariance of these means: V_ss = sigma_s^2 / n_s and V_st = r_st n_st sigma_s sigma_t / (n_s n_t)
(sigma in SDs, r_st the correlation of the clients' residuals over those who have both scales, n_st their number at the
provider); generalised least squares weights w = V^-1 1 / (1' V^-1 1), composite w'z with variance w'V w. Where a weight
would be negative (a scale that says again what a more precise one says) it is 0. Between providers tau2 by Paule and
Mandel: sum of (y_j - mean)^2 / (v_j + tau2) = J - 1; reliability tau2 / (tau2 + v_j), rankability tau2 / (tau2 +
median v_j). Nobody is ranked by a composite, and it stands below the scales, never in their place.

Reference: O'Brien 1984, Biometrics 40:1079 (inverse covariance weights); Paule and Mandel 1982, J Res NBS 87:377; van
Dishoeck et al. 2011 (rankability). Checked against metafor's Paule-Mandel on nlme/bdf, a numerical minimisation of the
variance, and a simulation of the composite's variance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.moments import Floats
from evalplat.statistics.results import ProviderComparison

Q95 = 1.959963984540054
LEAST_BOTH = 10
"""Below so many clients with both scales nothing is known of their correlation, and there is no composite."""

Residuals = dict[tuple[str, str], float]
"""By provider and episode, observed minus expected, turned so that more is better."""


@dataclass(frozen=True, slots=True)
class CompositeRow:
    """One provider. difference: from the region, in SDs, more is better; weights: by scale, 0 where it has no figure.

    A None is withheld, or there are not two scales with figures.
    """

    provider: str
    scales: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    reliability: float | None = None
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite of scales (as `instrument/scale`), by provider in order of name.

    correlations: between scales, of the clients' residuals; n_both: on how many clients they rest, None where withheld.
    status: "ok", "few_in_common" (too few clients have both scales), "no_estimates" (fewer than two providers have two
    scales with figures).
    """

    scales: tuple[str, ...]
    rows: tuple[CompositeRow, ...]
    correlations: tuple[tuple[float, ...], ...] = ()
    n_both: tuple[tuple[int | None, ...], ...] = ()
    tau2: float | None = None
    rankability: float | None = None
    status: str = "ok"


def compose(
    comparisons: Sequence[ProviderComparison],
    sds: Sequence[float | None],
    residuals: Sequence[Residuals],
    rule: DisclosureRule | None,
) -> Composite:
    """The composite from comparisons (released ones where `rule` is given) and what correlates them."""
    names = tuple(f"{one.instrument}/{one.scale}" for one in comparisons)
    providers = sorted({row.provider for one in comparisons for row in one.rows})
    empty = tuple(CompositeRow(provider, 0) for provider in providers)
    correlations, n_both = correlate(residuals)
    if n_both.min() < LEAST_BOTH:
        return Composite(names, empty, status="few_in_common")
    if rule is not None:
        correlations = _mend(np.round(correlations, 2))
    both = _count_both(residuals, providers)
    rows, figures, variances = [], [], []
    for place, provider in enumerate(providers):
        row, variance = _compose_row(
            provider, comparisons, sds, correlations, both[:, :, place], rule
        )
        rows.append(row)
        if row.difference is not None:
            figures.append(row.difference)
            variances.append(variance)
    told: tuple[tuple[int | None, ...], ...] = tuple(
        tuple(int(n) if rule is None else rule.round(int(n)) for n in line) for line in n_both
    )
    matrix = tuple(tuple(float(round(r, 12)) for r in line) for line in correlations)
    if len(figures) < 2:
        return Composite(names, tuple(rows), matrix, told, status="no_estimates")
    v = np.array(variances)
    tau2 = find_between_variance(np.array(figures), v)
    share = tau2 / (tau2 + v)
    reliabilities = iter(share.tolist())
    return Composite(
        scales=names,
        rows=tuple(
            row if row.difference is None else _with_reliability(row, next(reliabilities))
            for row in rows
        ),
        correlations=matrix,
        n_both=told,
        tau2=tau2,
        rankability=tau2 / (tau2 + float(np.median(v))),
    )


def correlate(residuals: Sequence[Residuals]) -> tuple[Floats, Floats]:
    """Correlations between scales over the clients who have both, and their number (all on the diagonal)."""
    size = len(residuals)
    correlations, n_both = np.eye(size), np.zeros((size, size))
    for a in range(size):
        n_both[a, a] = len(residuals[a])
        for b in range(a):
            shared = sorted(residuals[a].keys() & residuals[b].keys())
            n_both[a, b] = n_both[b, a] = len(shared)
            x = np.array([residuals[a][key] for key in shared])
            y = np.array([residuals[b][key] for key in shared])
            if len(shared) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
                correlations[a, b] = correlations[b, a] = np.corrcoef(x, y)[0, 1]
    return _mend(correlations), n_both


def _mend(correlations: Floats) -> Floats:
    """The nearest matrix that correlations can be: pairs of scales rest on different clients."""
    values, vectors = np.linalg.eigh(correlations)
    if values.min(initial=0.0) >= 0:
        return correlations
    mended = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = np.sqrt(np.diag(mended))
    return np.asarray(mended / np.outer(scale, scale))


def _count_both(residuals: Sequence[Residuals], providers: Sequence[str]) -> Floats:
    """Clients with both scales, by pair of scales and provider."""
    places = {provider: place for place, provider in enumerate(providers)}
    counts = np.zeros((len(residuals), len(residuals), len(providers)))
    for a in range(len(residuals)):
        for b in range(a + 1):
            for provider, _episode in residuals[a].keys() & residuals[b].keys():
                if provider in places:
                    counts[a, b, places[provider]] += 1
            counts[b, a] = counts[a, b]
    return counts


def _compose_row(
    provider: str,
    comparisons: Sequence[ProviderComparison],
    sds: Sequence[float | None],
    correlations: Floats,
    both: Floats,
    rule: DisclosureRule | None,
) -> tuple[CompositeRow, float]:
    differences = np.full(len(comparisons), np.nan)
    errors = np.full(len(comparisons), np.nan)
    n = np.zeros(len(comparisons))
    for place, (comparison, sd) in enumerate(zip(comparisons, sds, strict=True)):
        row = next((row for row in comparison.rows if row.provider == provider), None)
        if row is None or row.withheld or sd is None or not row.n or not row.se:
            continue
        if row.observed_minus_expected is None:
            continue
        differences[place] = comparison.direction.sign * row.observed_minus_expected / sd
        errors[place] = row.se / sd
        n[place] = row.n
    known = np.flatnonzero(np.isfinite(differences))
    if len(known) < 2:
        return CompositeRow(provider, len(known)), np.nan
    shared = both[np.ix_(known, known)]
    if rule is not None:
        shared = np.array([[rule.round(int(count)) for count in line] for line in shared])
    overlap = np.minimum(shared / np.sqrt(np.outer(n[known], n[known])), 1.0)
    np.fill_diagonal(overlap, 1.0)
    joint = _mend(correlations[np.ix_(known, known)] * overlap)
    covariance = joint * np.outer(errors[known], errors[known])
    weights = find_weights(covariance)
    variance = float(weights @ covariance @ weights)
    difference = float(weights @ differences[known])
    reach = Q95 * variance**0.5
    everywhere = np.zeros(len(comparisons))
    everywhere[known] = weights
    row_ = CompositeRow(
        provider,
        len(known),
        difference,
        difference - reach,
        difference + reach,
        weights=tuple(everywhere.tolist()),
    )
    return row_, variance


def _with_reliability(row: CompositeRow, reliability: float) -> CompositeRow:
    return CompositeRow(
        row.provider, row.scales, row.difference, row.low, row.high, reliability, row.weights
    )


def find_weights(covariance: Floats) -> Floats:
    """Weights of 0 or more that sum to 1 and give the least variance."""
    scale = float(np.diag(covariance).max())
    weights = np.zeros(len(covariance))
    kept = np.arange(len(covariance))
    while True:
        inverse = np.linalg.pinv(
            covariance[np.ix_(kept, kept)] / scale, rcond=1e-10, hermitian=True
        )
        found = inverse.sum(axis=1)
        if len(kept) == 1:
            found = np.ones(1)
        if found.min() >= 0:
            weights[kept] = found / found.sum()
            return weights
        kept = np.delete(kept, int(np.argmin(found)))


def find_between_variance(figures: Floats, variances: Floats) -> float:
    """tau2 between providers by Paule and Mandel; 0 where they differ no more than chance lets expect."""
    from scipy.optimize import brentq

    unit = float(variances.max())
    y, v = figures / unit**0.5, variances / unit

    def excess(tau2: float) -> float:
        weights = 1 / (v + tau2)
        mean = float(weights @ y) / float(weights.sum())
        return float(weights @ (y - mean) ** 2) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    most = 1.0
    while excess(most) > 0:
        most *= 4
    return float(brentq(excess, 0.0, most, xtol=1e-300, rtol=1e-14)) * unit
