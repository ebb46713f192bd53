"""A fair comparison of providers on one scale: case-mix, random intercept, funnel, ranks, verdicts, release.

Composed of the modules beside this one, each with its formula, source and check. `gain`, `expected`, `adjusted_gain`,
`target`, `z`, `blup` and the limits of a row are in the scale's own direction (end minus baseline); `verdict`,
`expected_rank`, `pcer` and the curves in `limits` are turned so that higher is better.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalplat.errors import Message
from evalplat.statistics.case_mix import CaseMix, code_covariates, fit_case_mix, make_design
from evalplat.statistics.cases import Cases, select_cases
from evalplat.statistics.disclosure import DisclosureRule, find_unpublishable, release
from evalplat.statistics.funnel import (
    Q95,
    Q998,
    choose_sizes,
    draw_limits,
    measure_overdispersion,
)
from evalplat.statistics.moments import Floats
from evalplat.statistics.random_intercept import (
    collect_group_sums,
    fit_random_intercept,
)
from evalplat.statistics.ranking import expected_ranks, measure_rankability, to_percentile
from evalplat.statistics.results import Provenance, ProviderComparison, ProviderRow
from evalplat.statistics.verdicts import VerdictRule, correct_p_values, find_p_values, judge
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd

STABLE_FUNNEL = 20
STABLE_INTERCEPT = 8


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
) -> ProviderComparison:
    """Compare providers on one scale.

    frame: one row per started episode with columns `provider, episode, baseline, end` and the covariates; a missing
    measurement is NaN. Complete cases over baseline, end and covariates are used; every other episode is counted under
    its reason. adjust: covariates of the case-mix model; numeric columns enter linearly, others as categories with the
    first level in sorted order as reference; constant or collinear ones are dropped with a warning. With `baseline`
    among them the end score is modelled, without it the change. disclosure: None gives the whole table.

    Raises InputRejected when the frame is wrong. Too little data is a `status`, never an error.
    """
    rule = verdicts or VerdictRule()
    cases = select_cases(frame, adjust)
    if disclosure is not None:
        cases = _leave_out_unpublishable(cases, disclosure)
    names = tuple(name for name in dict.fromkeys(adjust) if name in cases.covariates)
    warnings = [
        Message("%(name)s has no value at all and was left out of the adjustment.", name=name)
        for name in cases.empty
    ]
    pairs = len(cases.end)
    result = ProviderComparison(
        instrument=instrument,
        scale=scale,
        direction=direction,
        adjusted_for=names,
        rows=_make_rows(cases, {}, direction.sign, rule),
        n_started=int(cases.n_started.sum()),
        n_pairs=pairs,
        target=None,
        sigma=None,
        coefficients=(),
        phi=None,
        tau2_funnel=None,
        tau2=None,
        sigma2=None,
        reml_criterion=None,
        rankability=None,
        exclusions=cases.exclusions,
        warnings=tuple(warnings),
        released=False,
        provenance=provenance,
        status="no_pairs",
    )
    if pairs:
        result = _estimate(result, cases, names, rule)
    return result if disclosure is None else release(result, disclosure)


def _leave_out_unpublishable(cases: Cases, rule: DisclosureRule) -> Cases:
    """Without the clients of providers that totals or model figures would give away."""
    pairs = np.bincount(cases.group, minlength=len(cases.providers))
    places = find_unpublishable(pairs.tolist(), cases.n_started.tolist(), rule)
    if not places:
        return cases
    reason = Message("The provider has too few clients to be published or derived")
    return cases.without(places, reason)


def _estimate(
    result: ProviderComparison, cases: Cases, names: tuple[str, ...], rule: VerdictRule
) -> ProviderComparison:
    """Fill in everything that the complete cases allow."""
    warnings = list(result.warnings)
    case_mix = _fit_case_mix(cases, names, warnings)
    dropped = set(case_mix.design.dropped)
    columns = _summarise(cases, case_mix, models_change="baseline" not in names)
    sign = result.direction.sign
    target = float(np.mean(cases.end - cases.baseline))
    result = replace(
        result,
        adjusted_for=tuple(name for name in names if name not in dropped),
        target=target,
        sigma=case_mix.sigma,
        coefficients=case_mix.coefficients,
        unit=_find_unit(cases),
    )
    status = _find_status(cases, case_mix, len(columns["n"]))
    if status == "no_variation":
        result = replace(result, sigma=0.0)
    if status in ("ok", "one_provider"):
        columns["se"] = (case_mix.sigma or 0.0) / np.sqrt(columns["n"])
    if status == "ok":
        result = _add_funnel(result, columns)
        result = _add_intercept(result, columns, cases, case_mix, warnings)
    return replace(
        result,
        status=status,
        warnings=tuple(warnings),
        rows=_make_rows(cases, columns, sign, rule),
    )


def _find_unit(cases: Cases) -> float | None:
    """The middle one of the distances between neighbouring scores; a few imputed scores do not change it."""
    gaps = np.diff(np.unique(np.concatenate([cases.baseline, cases.end])))
    return float(np.median(gaps)) if len(gaps) else None


def _fit_case_mix(cases: Cases, names: tuple[str, ...], warnings: list[Message]) -> CaseMix:
    labels, coded = code_covariates(cases.covariates, names)
    design = make_design(labels, coded, len(cases.end))
    warnings.extend(
        Message(
            "%(name)s was left out of the adjustment: it is constant, or the other covariates already say it.",
            name=label,
        )
        for label in design.dropped
    )
    response = cases.end if "baseline" in names else cases.end - cases.baseline
    return fit_case_mix(design, response)


def _find_status(cases: Cases, case_mix: CaseMix, providers: int) -> str:
    if case_mix.sigma is None:
        return "too_few_pairs"
    size = float(np.sqrt(np.mean(cases.baseline**2) + np.mean(cases.end**2)))
    if case_mix.sigma <= 1e-12 * size:
        return "no_variation"
    return "ok" if providers > 1 else "one_provider"


def _summarise(cases: Cases, case_mix: CaseMix, *, models_change: bool) -> dict[str, Floats]:
    """Counts and means of the providers with pairs; `place` points into the list of all providers."""
    count = np.bincount(cases.group, minlength=len(cases.providers))
    place = np.flatnonzero(count)
    n = count[place].astype(float)

    def mean(values: Floats) -> Floats:
        sums = np.bincount(cases.group, weights=values, minlength=len(count))
        return np.asarray(sums[place] / n, dtype=float)

    fitted = case_mix.fitted + (cases.baseline if models_change else 0.0)
    difference = mean(case_mix.residual)
    return {
        "place": place.astype(float),
        "n": n,
        "gain": mean(cases.end - cases.baseline),
        "expected": mean(fitted),
        "observed_minus_expected": difference,
        "adjusted_gain": float(np.mean(cases.end - cases.baseline)) + difference,
    }


def _add_funnel(result: ProviderComparison, columns: dict[str, Floats]) -> ProviderComparison:
    """Naive and over-dispersed z scores, limits and p values per provider; phi, tau2 and the curves as a whole."""
    se, sigma, target = columns["se"], result.sigma or 0.0, result.target or 0.0
    z = columns["observed_minus_expected"] / se
    over = measure_overdispersion(z, se)
    wide = np.sqrt(se**2 + over.tau2)
    p = find_p_values(columns["observed_minus_expected"] / wide)
    columns |= {
        "z": z,
        "z_overdispersed": columns["observed_minus_expected"] / wide,
        "low95": target - Q95 * wide,
        "high95": target + Q95 * wide,
        "low998": target - Q998 * wide,
        "high998": target + Q998 * wide,
        "p": p,
        "p_bh": correct_p_values(p),
    }
    sizes = choose_sizes(float(columns["n"].min()), float(columns["n"].max()))
    sign = result.direction.sign
    curves = draw_limits(sizes, target=target, sigma=sigma, tau2=over.tau2, sign=sign)
    return replace(result, phi=over.phi, tau2_funnel=over.tau2, limits=curves)


def _add_intercept(
    result: ProviderComparison,
    columns: dict[str, Floats],
    cases: Cases,
    case_mix: CaseMix,
    warnings: list[Message],
) -> ProviderComparison:
    """Shrunken estimates, reliability, expected ranks per provider; variances and rankability as a whole."""
    design = case_mix.design
    place = columns["place"].astype(np.int64)
    sums = collect_group_sums(
        np.searchsorted(place, cases.group),
        np.column_stack([np.ones(len(cases.end)), design.basis]),
        case_mix.residual,
        len(place),
    )
    fit = fit_random_intercept(sums)
    _warn_of_few(len(place), fit.problem, warnings)
    if fit.problem == "no_variation":
        return result
    ranks = expected_ranks(result.direction.sign * fit.blup, fit.blup_variance)
    columns |= {
        "blup": fit.blup,
        "blup_se": np.sqrt(fit.blup_variance),
        "reliability": fit.reliability,
        "expected_rank": ranks,
        "pcer": to_percentile(ranks),
    }
    return replace(
        result,
        tau2=fit.tau2,
        sigma2=fit.sigma2,
        reml_criterion=fit.criterion + design.log_determinant,
        rankability=measure_rankability(fit.tau2, fit.sigma2, columns["n"]),
        reml_coefficients=design.to_units(
            case_mix.intercept + float(fit.coefficients[0]), case_mix.slopes + fit.coefficients[1:]
        ),
    )


def _warn_of_few(providers: int, problem: str, warnings: list[Message]) -> None:
    if providers < STABLE_FUNNEL:
        warnings.append(
            Message(
                "Only %(count)d providers have pairs: below %(least)d the over-dispersion of the funnel is uncertain.",
                count=providers,
                least=STABLE_FUNNEL,
            )
        )
    if providers < STABLE_INTERCEPT:
        warnings.append(
            Message(
                "Only %(count)d providers have pairs: below %(least)d the variance between providers is uncertain.",
                count=providers,
                least=STABLE_INTERCEPT,
            )
        )
    if problem == "no_variation":
        warnings.append(
            Message(
                "Clients of one provider do not differ at all: nothing can be shrunken or ranked."
            )
        )
    elif problem == "not_identifiable":
        warnings.append(
            Message(
                "Differences between providers cannot be told from differences between clients, so every shrunken "
                "estimate equals the overall mean."
            )
        )
    elif problem == "boundary":
        warnings.append(
            Message(
                "The providers differ no more than chance lets expect (tau2 = 0), so every shrunken estimate equals "
                "the overall mean."
            )
        )


def _make_rows(
    cases: Cases, columns: dict[str, Floats], sign: int, rule: VerdictRule
) -> tuple[ProviderRow, ...]:
    """One row per provider, those without pairs included."""
    filled = {int(place): k for k, place in enumerate(columns.get("place", ()))}
    rows = []
    for place, provider in enumerate(cases.providers):
        started = int(cases.n_started[place])
        if place not in filled:
            rows.append(ProviderRow(provider, started, 0))
            continue
        row: dict[str, Any] = {
            name: _plain(values[filled[place]])
            for name, values in columns.items()
            if name not in ("place", "n")
        }
        n = int(columns["n"][filled[place]])
        verdict = judge(row.get("z_overdispersed"), n, row.get("reliability"), sign, rule)
        rows.append(ProviderRow(provider, started, n, **row, verdict=verdict))
    return tuple(rows)


def _plain(value: float) -> float | None:
    """A number, or None where there is none: a result holds neither nan nor infinity."""
    return float(value) if np.isfinite(value) else None
