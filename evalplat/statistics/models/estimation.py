"""Everything that a comparison says, from its prepared sums: one path for rows and for sums.

Composed of the modules beside this one, each with its formula, source and check: case-mix (A), funnel, random intercept
(C) with ranks, fixed effects (B), Mundlak's check, regression to the mean.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evalplat.errors import Message
from evalplat.statistics.funnel import (
    Q95,
    Q998,
    choose_sizes,
    draw_limits,
    measure_overdispersion,
)
from evalplat.statistics.models.fixed_effects import FixedEffects, fit_fixed_effects
from evalplat.statistics.models.model_card import (
    STABLE_INTERCEPT,
    build_card,
    list_provider_effects,
    warn_of_models,
)
from evalplat.statistics.models.prepared import Prepared
from evalplat.statistics.models.random_intercept import RandomIntercept, fit_random_intercept
from evalplat.statistics.models.ranking import (
    expected_ranks,
    measure_rankability,
    rank_intervals,
    to_percentile,
)
from evalplat.statistics.models.regression_to_mean import Population
from evalplat.statistics.models.robust_spread import measure_verdict_spread
from evalplat.statistics.moments import Floats
from evalplat.statistics.results import (
    Exclusion,
    Provenance,
    ProviderComparison,
    ProviderRow,
)
from evalplat.statistics.verdicts import VerdictRule, correct_p_values, find_p_values, judge
from evalplat.vocabulary import Direction

STABLE_FUNNEL = 20


def start_result(
    providers: Sequence[str],
    n_started: Sequence[int | None],
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjusted_for: tuple[str, ...],
    n_pairs: int,
    exclusions: tuple[Exclusion, ...],
    warnings: Sequence[Message],
    provenance: Provenance | None,
) -> ProviderComparison:
    """A comparison with its counts and nothing computed yet."""
    known = [count for count in n_started if count is not None]
    return ProviderComparison(
        instrument=instrument,
        scale=scale,
        direction=direction,
        adjusted_for=adjusted_for,
        rows=tuple(
            ProviderRow(provider, started, 0)
            for provider, started in zip(providers, n_started, strict=True)
        ),
        n_started=sum(known) if len(known) == len(n_started) else None,
        n_pairs=n_pairs,
        target=None,
        sigma=None,
        coefficients=(),
        phi=None,
        tau2_funnel=None,
        tau2=None,
        sigma2=None,
        reml_criterion=None,
        rankability=None,
        exclusions=exclusions,
        warnings=tuple(warnings),
        released=False,
        provenance=provenance,
        status="no_pairs",
    )


def estimate(
    result: ProviderComparison,
    prepared: Prepared,
    rule: VerdictRule,
    *,
    population: Population | None = None,
    seed: int = 0,
) -> ProviderComparison:
    """Fill in everything that the prepared sums allow; `result` comes from `start_result`."""
    warnings = [*result.warnings, *_warn_of_dropped(prepared)]
    dropped = set(prepared.units.dropped)
    columns = _summarise(prepared, population)
    status = _find_status(prepared)
    result = replace(
        result,
        adjusted_for=tuple(name for name in result.adjusted_for if name not in dropped),
        target=prepared.mean_change,
        sigma=0.0 if status == "no_variation" else prepared.sigma,
        coefficients=prepared.units.to_units(prepared.intercept, prepared.slopes),
    )
    if status in ("ok", "one_provider"):
        columns["se"] = (prepared.sigma or 0.0) / np.sqrt(prepared.n)
    intercept: RandomIntercept | None = None
    effects: FixedEffects | None = None
    if status == "ok":
        result = _add_funnel(result, columns)
        intercept = fit_random_intercept(prepared.sums)
        _warn_of_few(len(prepared.n), intercept.problem, warnings)
        result = _add_intercept(result, columns, prepared, intercept, seed)
        effects = fit_fixed_effects(
            prepared.sums,
            prepared.units,
            intercept=prepared.intercept,
            slopes=prepared.slopes,
            total_ss=prepared.total_ss,
        )
    card = build_card(prepared, columns, effects, intercept, status=status, population=population)
    warnings.extend(warn_of_models(card, len(prepared.n)))
    rows = _make_rows(result, prepared.providers, prepared.n_started, columns, rule)
    return replace(
        result,
        status=status,
        card=card,
        warnings=tuple(warnings),
        rows=_add_effects(rows, prepared, effects),
    )


def _warn_of_dropped(prepared: Prepared) -> list[Message]:
    return [
        Message(
            "%(name)s was left out of the adjustment: it is constant, or the other covariates already say it.",
            name=label,
        )
        for label in prepared.units.dropped
    ]


def _find_status(prepared: Prepared) -> str:
    if prepared.sigma is None:
        return "too_few_pairs"
    if prepared.sigma <= prepared.noise:
        return "no_variation"
    return "ok" if len(prepared.n) > 1 else "one_provider"


def _summarise(prepared: Prepared, population: Population | None) -> dict[str, Floats]:
    """Counts and means of the providers with pairs; `place` points into the list of all providers."""
    difference = prepared.sums.y / prepared.n
    columns = {
        "place": prepared.place.astype(float),
        "n": prepared.n,
        "gain": prepared.change,
        "expected": prepared.fitted + (prepared.baseline if prepared.models_change else 0.0),
        "observed_minus_expected": difference,
        "adjusted_gain": prepared.mean_change + difference,
    }
    if population is not None:
        columns["regression"] = np.array(
            [population.expect_change(float(mean)) for mean in prepared.baseline]
        )
    return columns


def _add_funnel(result: ProviderComparison, columns: dict[str, Floats]) -> ProviderComparison:
    """z scores, limits and p values per provider; phi, tau2, the verdicts' spread and the curves as a whole."""
    se, sigma, target = columns["se"], result.sigma or 0.0, result.target or 0.0
    difference = columns["observed_minus_expected"]
    z = difference / se
    over = measure_overdispersion(z, se)
    wide = np.sqrt(se**2 + over.tau2)
    p = find_p_values(difference / wide)
    spread = measure_verdict_spread(difference, se)
    fair = np.sqrt(se**2 + spread.tau2)
    columns |= {
        "z": z,
        "z_overdispersed": difference / wide,
        "low95": target - Q95 * wide,
        "high95": target + Q95 * wide,
        "low998": target - Q998 * wide,
        "high998": target + Q998 * wide,
        "p": p,
        "p_bh": correct_p_values(p),
        "z_verdict": difference / fair,
        "verdict_low95": target - spread.q95 * fair,
        "verdict_high95": target + spread.q95 * fair,
        "verdict_low998": target - spread.q998 * fair,
        "verdict_high998": target + spread.q998 * fair,
    }
    sizes = choose_sizes(float(columns["n"].min()), float(columns["n"].max()))
    sign = result.direction.sign
    curves = draw_limits(sizes, target=target, sigma=sigma, spread=spread, sign=sign)
    return replace(
        result, phi=over.phi, tau2_funnel=over.tau2, verdict_spread=spread, limits=curves
    )


def _add_intercept(
    result: ProviderComparison,
    columns: dict[str, Floats],
    prepared: Prepared,
    fit: RandomIntercept,
    seed: int,
) -> ProviderComparison:
    """Shrunken estimates, reliability, ranks per provider; variances and rankability as a whole."""
    if fit.problem == "no_variation":
        return result
    turned = result.direction.sign * fit.blup
    ranks = expected_ranks(turned, fit.blup_variance)
    low, high = rank_intervals(turned, fit.blup_variance, seed=seed)
    columns |= {
        "blup": fit.blup,
        "blup_se": np.sqrt(fit.blup_variance),
        "prediction_se": np.sqrt(fit.prediction_variance),
        "reliability": fit.reliability,
        "expected_rank": ranks,
        "pcer": to_percentile(ranks),
        "rank_low": low.astype(float),
        "rank_high": high.astype(float),
    }
    units = prepared.units
    return replace(
        result,
        tau2=fit.tau2,
        sigma2=fit.sigma2,
        reml_criterion=fit.criterion + units.log_determinant,
        rankability=measure_rankability(fit.tau2, fit.sigma2, columns["n"]),
        reml_coefficients=units.to_units(
            prepared.intercept + float(fit.coefficients[0]), prepared.slopes + fit.coefficients[1:]
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
    said = {
        "no_variation": Message(
            "Clients of one provider do not differ at all: nothing can be shrunken or ranked."
        ),
        "not_identifiable": Message(
            "Differences between providers cannot be told from differences between clients, so every shrunken "
            "estimate equals the overall mean."
        ),
        "boundary": Message(
            "The providers differ no more than chance lets expect (tau2 = 0), so every shrunken estimate equals "
            "the overall mean."
        ),
    }
    if problem in said:
        warnings.append(said[problem])


def _make_rows(
    result: ProviderComparison,
    providers: Sequence[str],
    n_started: Sequence[int | None],
    columns: dict[str, Floats],
    rule: VerdictRule,
) -> tuple[ProviderRow, ...]:
    """One row per provider, those without pairs included."""
    filled = {int(place): k for k, place in enumerate(columns["place"])}
    limit = np.inf if result.verdict_spread is None else result.verdict_spread.q998
    sign = result.direction.sign
    rows = []
    for place, provider in enumerate(providers):
        started = n_started[place]
        if place not in filled:
            rows.append(ProviderRow(provider, started, 0))
            continue
        row: dict[str, Any] = {
            name: _plain(values[filled[place]])
            for name, values in columns.items()
            if name not in ("place", "n")
        }
        for name in ("rank_low", "rank_high"):
            if row.get(name) is not None:
                row[name] = int(row[name])
        n = int(columns["n"][filled[place]])
        reliability = row.get("reliability")
        verdict = judge(row.get("z_verdict"), n, reliability, sign, rule, limit=limit)
        rows.append(ProviderRow(provider, started, n, **row, verdict=verdict))
    return tuple(rows)


def _add_effects(
    rows: tuple[ProviderRow, ...], prepared: Prepared, effects: FixedEffects | None
) -> tuple[ProviderRow, ...]:
    if effects is None:
        return rows
    found = dict(zip(prepared.place.tolist(), list_provider_effects(effects), strict=True))
    return tuple(
        replace(row, fixed=found[place]) if place in found else row
        for place, row in enumerate(rows)
    )


def _plain(value: float) -> float | None:
    """A number, or None where there is none: a result holds neither nan nor infinity."""
    return float(value) if np.isfinite(value) else None
