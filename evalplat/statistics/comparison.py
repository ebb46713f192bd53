"""A fair comparison of providers on one scale: case-mix, random intercept, funnel, ranks, verdicts, release.

Rows are turned into sums here; everything else is the same for sums that were kept (`comparison_of_sums`). `gain`,
`expected`, `adjusted_gain`, `target`, `z`, `blup` and the limits of a row are in the scale's own direction (end minus
baseline); `verdict`, `expected_rank`, `pcer` and the curves in `limits` are turned so that higher is better.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalplat.errors import Message
from evalplat.statistics.cases import Cases, MissingCovariates, select_cases
from evalplat.statistics.disclosure import DisclosureRule, find_unpublishable, release
from evalplat.statistics.models.case_mix import code_covariates, fit_case_mix, make_design
from evalplat.statistics.models.cells import count_cells, count_missing
from evalplat.statistics.models.estimation import estimate, start_result
from evalplat.statistics.models.model_results import Diagnostics
from evalplat.statistics.models.prepared import Prepared
from evalplat.statistics.models.random_intercept import collect_group_sums
from evalplat.statistics.models.regression_to_mean import Population, check_oldham
from evalplat.statistics.models.splines import SplineRule, bend, name_bends
from evalplat.statistics.moments import Floats
from evalplat.statistics.results import Provenance, ProviderComparison
from evalplat.statistics.verdicts import VerdictRule
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd


NO_SPLINE = Message(
    "The baseline has too few different values for a bent line (a spline); it enters straight."
)


def compare(
    frame: "pd.DataFrame",
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjust: Sequence[str] = ("baseline",),
    disclosure: DisclosureRule | None,
    provenance: Provenance | None = None,
    verdicts: VerdictRule | None = None,
    spline: SplineRule | None = None,
    population: Population | None = None,
    bounds: tuple[float, float] | None = None,
    missing_covariates: MissingCovariates = MissingCovariates.INDICATOR,
    seed: int = 0,
) -> ProviderComparison:
    """Compare providers on one scale.

    frame: one row per started episode with columns `provider, episode, baseline, end` and the covariates; a missing
    measurement is NaN. Episodes with baseline and end are used; every other one is counted under its reason.
    missing_covariates: whether an episode of which a covariate is not known is used, too. adjust: covariates of the
    case-mix model; numeric columns enter linearly, others as categories with the first level in sorted order as
    reference (`models.case_mix` says how what is not known enters); constant or collinear ones are dropped with a
    warning. With `baseline` among them the end score is modelled, without it the change. disclosure: None gives the
    whole table. spline: bends the baseline's line. population: what regression to the mean is expected from. bounds:
    the scale's lowest and highest possible score. seed: of the simulated rank intervals.

    Raises InputRejected when the frame is wrong. Too little data is a `status`, never an error.
    """
    rule = verdicts or VerdictRule()
    cases = select_cases(frame, adjust, missing_covariates)
    if disclosure is not None:
        cases = _leave_out_unpublishable(cases, disclosure)
    names = tuple(name for name in dict.fromkeys(adjust) if name in cases.covariates)
    warnings = [
        Message("%(name)s has no value at all and was left out of the adjustment.", name=name)
        for name in cases.empty
    ]
    result = start_result(
        cases.providers,
        cases.n_started.tolist(),
        instrument=instrument,
        scale=scale,
        direction=direction,
        adjusted_for=names,
        n_pairs=len(cases.end),
        exclusions=cases.exclusions,
        warnings=warnings,
        provenance=provenance,
    )
    if len(cases.end):
        prepared = prepare_cases(cases, names, spline=spline, bounds=bounds)
        if spline is not None and not prepared.knots:
            result = replace(result, warnings=(*result.warnings, NO_SPLINE))
        result = replace(result, unit=_find_unit(cases))
        result = estimate(result, prepared, rule, population=population, seed=seed)
    return result if disclosure is None else release(result, disclosure)


def _leave_out_unpublishable(cases: Cases, rule: DisclosureRule) -> Cases:
    """Without the clients of providers that totals or model figures would give away."""
    pairs = np.bincount(cases.group, minlength=len(cases.providers))
    places = find_unpublishable(pairs.tolist(), cases.n_started.tolist(), rule)
    if not places:
        return cases
    reason = Message("The provider has too few clients to be published or derived")
    return cases.without(places, reason)


def _find_unit(cases: Cases) -> float | None:
    """The middle one of the distances between neighbouring scores; a few imputed scores do not change it."""
    gaps = np.diff(np.unique(np.concatenate([cases.baseline, cases.end])))
    return float(np.median(gaps)) if len(gaps) else None


def prepare_cases(
    cases: Cases,
    names: tuple[str, ...],
    *,
    spline: SplineRule | None = None,
    bounds: tuple[float, float] | None = None,
) -> Prepared:
    """Fit the case-mix model on cases, of which there is at least one, and collect the providers' sums."""
    labels, coded = code_covariates(cases.covariates, names)
    knots = spline.place(cases.baseline) if spline is not None and "baseline" in names else ()
    if knots:
        columns = bend(cases.baseline, knots)
        after = labels.index("baseline") + 1
        labels[after:after] = name_bends("baseline", len(columns))
        coded[after:after] = columns
    design = make_design(labels, coded, len(cases.end))
    models_change = "baseline" not in names
    change = cases.end - cases.baseline
    response = change if models_change else cases.end
    model = fit_case_mix(design, response)
    count = np.bincount(cases.group, minlength=len(cases.providers))
    place = np.flatnonzero(count)
    n = count[place].astype(float)

    def mean(values: Floats) -> Floats:
        sums = np.bincount(cases.group, weights=values, minlength=len(count))
        return np.asarray(sums[place] / n, dtype=float)

    sums = collect_group_sums(
        np.searchsorted(place, cases.group),
        np.column_stack([np.ones(len(cases.end)), design.basis]),
        model.residual,
        len(place),
    )
    size = float(np.sqrt(np.mean(cases.baseline**2) + np.mean(cases.end**2)))
    return Prepared(
        providers=cases.providers,
        n_started=tuple(cases.n_started.tolist()),
        place=place,
        baseline=mean(cases.baseline),
        change=mean(change),
        mean_baseline=float(np.mean(cases.baseline)),
        mean_change=float(np.mean(change)),
        units=design.units,
        intercept=model.intercept,
        slopes=model.slopes,
        sums=sums,
        total_ss=float(np.sum((response - np.mean(response)) ** 2)),
        noise=1e-12 * size,
        models_change=models_change,
        diagnostics=_diagnose(cases, model.residual, model.sigma, bounds),
        knots=knots,
        cells=count_cells(cases.covariates, names),
        missing=count_missing(cases.covariates, names),
    )


def _diagnose(
    cases: Cases, residual: Floats, sigma: float | None, bounds: tuple[float, float] | None
) -> Diagnostics:
    """The residuals' shape, and the clients at an end of the scale (of what occurs, where its range is not known)."""
    both = np.concatenate([cases.baseline, cases.end])
    low, high = bounds or (float(both.min()), float(both.max()))
    spread = float(np.sqrt(np.mean(residual**2)))
    known = sigma is not None and spread > 1e-12 * float(np.sqrt(np.mean(both**2)))
    z = residual / spread if known else residual

    def share(values: np.ndarray) -> float | None:
        return float(np.mean(values)) if low < high else None

    return Diagnostics(
        skewness=float(np.mean(z**3)) if known else None,
        kurtosis=float(np.mean(z**4)) - 3 if known else None,
        outliers=float(np.mean(np.abs(z) > 3)) if known else None,
        floor_baseline=share(cases.baseline <= low),
        ceiling_baseline=share(cases.baseline >= high),
        floor_end=share(cases.end <= low),
        ceiling_end=share(cases.end >= high),
        oldham=check_oldham(
            *(_squares(v) for v in (cases.baseline, cases.end, cases.end - cases.baseline))
        ),
    )


def _squares(values: Floats) -> float:
    return float(np.sum((values - values.mean()) ** 2))
