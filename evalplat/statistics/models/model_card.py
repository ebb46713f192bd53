"""The model card of a comparison: the three models' figures, the checks of them, and which of them to go by.

Rule: below 8 providers with pairs, or where the variance between them is 0 or cannot be told, the fixed effects are
preferred to the shrunken estimates of the random intercept, and the card says so.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

import numpy as np

from evalplat.errors import Message
from evalplat.statistics.models.fixed_effects import FixedEffects
from evalplat.statistics.models.meta import combine
from evalplat.statistics.models.model_results import (
    CaseMixFigures,
    Coefficient,
    FixedEffectsFigures,
    ModelCard,
    MundlakFigures,
    ProviderEffect,
    RandomInterceptFigures,
)
from evalplat.statistics.models.mundlak import check_mundlak
from evalplat.statistics.models.prepared import Prepared
from evalplat.statistics.models.random_intercept import RandomIntercept
from evalplat.statistics.models.regression_to_mean import Population
from evalplat.statistics.moments import Floats

STABLE_INTERCEPT = 8
OUTLIERS = 0.01
AT_AN_END = 0.15


def build_card(
    prepared: Prepared,
    columns: dict[str, Floats],
    effects: FixedEffects | None,
    intercept: RandomIntercept | None,
    *,
    status: str,
    population: Population | None,
) -> ModelCard:
    """The card of a comparison with this status; effects and intercept are None where they were not fitted."""
    sigma = prepared.sigma if status in ("ok", "one_provider") else None
    diagnostics = prepared.diagnostics
    if population is not None:
        expected = population.expect_change(prepared.mean_baseline)
        diagnostics = replace(diagnostics, regression=expected)
    usable = effects is not None and effects.status == "ok"
    shrinks = intercept is not None and intercept.problem == ""
    few = len(prepared.n) < STABLE_INTERCEPT
    return ModelCard(
        case_mix=_list_case_mix(prepared, sigma),
        fixed_effects=_list_fixed_effects(prepared, effects, status),
        random_intercept=_list_random_intercept(prepared, intercept, status),
        mundlak=_check(prepared, sigma, status),
        diagnostics=diagnostics,
        summary=combine(columns["adjusted_gain"], columns["se"]) if status == "ok" else None,
        preferred="fixed_effects" if usable and (few or not shrinks) else "random_intercept",
        knots=prepared.knots,
        population=population,
        cells=prepared.cells,
        missing=prepared.missing,
    )


def _list_case_mix(prepared: Prepared, sigma: float | None) -> CaseMixFigures:
    coefficients = prepared.units.to_units(prepared.intercept, prepared.slopes)
    errors: list[float | None] = [None] * len(coefficients)
    if sigma is not None:
        variance = np.append(1 / prepared.pairs, np.ones(len(prepared.slopes)))
        errors = [_plain(se) for se in sigma * prepared.units.to_errors(np.diag(variance))]
    return CaseMixFigures(
        coefficients=tuple(
            Coefficient(name, value, se)
            for (name, value), se in zip(coefficients, errors, strict=True)
        ),
        r_squared=None if sigma is None else _plain(1 - prepared.sums.yy / prepared.total_ss),
        df=prepared.df if prepared.df > 0 else None,
    )


def _list_fixed_effects(
    prepared: Prepared, effects: FixedEffects | None, status: str
) -> FixedEffectsFigures:
    if effects is None:
        return FixedEffectsFigures(status)
    return FixedEffectsFigures(
        status=effects.status,
        slopes=tuple(
            Coefficient(name, value, se)
            for name, value, se in zip(
                prepared.units.names, effects.slopes, effects.slope_errors, strict=True
            )
        ),
        sigma=effects.sigma,
        df=effects.df,
        r_squared=effects.r_squared,
        f=effects.f,
        f_df=effects.f_df,
        f_p=effects.f_p,
    )


def _list_random_intercept(
    prepared: Prepared, fit: RandomIntercept | None, status: str
) -> RandomInterceptFigures:
    if fit is None:
        return RandomInterceptFigures(status)
    if fit.problem == "no_variation":
        return RandomInterceptFigures(fit.problem)
    found = prepared.units.to_units(
        prepared.intercept + float(fit.coefficients[0]), prepared.slopes + fit.coefficients[1:]
    )
    errors = prepared.units.to_errors(fit.coefficient_variance)
    return RandomInterceptFigures(
        status=fit.problem or "ok",
        coefficients=tuple(
            Coefficient(name, value, _plain(se))
            for (name, value), se in zip(found, errors, strict=True)
        ),
    )


def _check(prepared: Prepared, sigma: float | None, status: str) -> MundlakFigures:
    if status != "ok" or sigma is None:
        return MundlakFigures(status)
    check = check_mundlak(prepared.sums, prepared.units, slopes=prepared.slopes, sigma=sigma)
    if not check.terms:
        return MundlakFigures(check.status)
    term = check.terms[0]
    return MundlakFigures("ok", term.estimate, term.se, term.p, term.shift, check.differs)


def list_provider_effects(effects: FixedEffects) -> Iterator[ProviderEffect]:
    """The providers of model B, one by one."""
    for place in range(len(effects.deviation)):

        def pick(values: Floats, place: int = place) -> float | None:
            return _plain(float(values[place])) if len(values) else None

        yield ProviderEffect(
            adjusted_mean=pick(effects.adjusted_mean),
            adjusted_mean_se=pick(effects.adjusted_mean_se),
            adjusted_mean_low=pick(effects.low),
            adjusted_mean_high=pick(effects.high),
            deviation=pick(effects.deviation),
            deviation_se=pick(effects.deviation_se),
            deviation_low=pick(effects.deviation_low),
            deviation_high=pick(effects.deviation_high),
            t=pick(effects.t),
            p=pick(effects.p),
            p_bh=pick(effects.p_bh),
        )


def warn_of_models(card: ModelCard, providers: int) -> Iterator[Message]:
    """What the checks say, in plain words and without figures: those stand in the card, where they are released."""
    if card.preferred == "fixed_effects":
        if providers < STABLE_INTERCEPT:
            yield Message(
                "With so few providers each is estimated by itself (fixed effects), without drawing it towards the "
                "average."
            )
        else:
            yield Message(
                "Because nothing is gained by drawing providers towards the average here, each is also estimated by "
                "itself (fixed effects)."
            )
    if card.mundlak.differs:
        yield Message(
            "Providers whose clients start lower or higher than elsewhere also attain other results than their "
            "clients' start lets expect. The adjustment may then take part of what providers do for a difference "
            "between clients: compare with the fixed-effects estimates before drawing conclusions."
        )
    ends = card.diagnostics
    shares = (ends.floor_baseline, ends.ceiling_baseline, ends.floor_end, ends.ceiling_end)
    if not card.knots and any(share is not None and share >= AT_AN_END for share in shares):
        yield Message(
            "Many clients have the lowest or the highest score there is, so their change is not fully seen. A bent "
            "line for the baseline (a spline) may fit better than a straight one."
        )
    if ends.outliers is not None and ends.outliers > OUTLIERS:
        yield Message(
            "More clients than usual came out far from what was expected; look at their scores for errors first."
        )


def _plain(value: float) -> float | None:
    return float(value) if isfinite(value) else None
