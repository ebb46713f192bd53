"""What may be published of a comparison's models: the second half of `disclosure.release`.

The model figures are functions of the exact counts and of means of whole scores. With all their digits a search over
the counts that fit the rounded ones would find the exact ones, so each is published as follows:

- Coefficients of a category with fewer than 10 clients are withheld; where that is the reference category, or one of
  the two values of a number that has only two, the covariate's other coefficients and the intercept are too. A client
  who is alone in a category is fitted exactly, so that its coefficient would tell the client's score.
- Standard errors are scaled from the exact number of pairs to the published one and have two digits; degrees of freedom
  come from the published number; where that is withheld, so are they.
- R squared has two decimals; F and the fixed-effects sigma have two digits (three with 40 providers), coefficients
  three. p
  values are computed again from the published figures.
- A provider's fixed effect is its published difference plus the drift between the two models on the same coarse grid;
  its error comes from the published n, and its p values are corrected again over the published ones.
- Rank intervals are drawn again from the published shrunken estimates; a withheld provider could be anywhere (its
  estimate is drawn from the variance between providers). The random-effects summary is that of the published rows.
- Shares of clients (at the ends of the scale, far from expected) need five clients in them and beside them.
- Of how many clients a covariate is not known is a count like any other: withheld under 5, and where fewer than 5
  others are left, and rounded to 5 else.
- A spline's knots, which are quantiles, are published where ten clients lie below the lowest one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from evalplat.statistics.models.meta import combine
from evalplat.statistics.models.model_results import (
    CaseMixFigures,
    Coefficient,
    Diagnostics,
    FixedEffectsFigures,
    MissingCovariate,
    ModelCard,
    MundlakFigures,
    ProviderEffect,
    RandomInterceptFigures,
)
from evalplat.statistics.models.ranking import rank_intervals
from evalplat.statistics.publishing.suppression import CountRule, may_show_share
from evalplat.statistics.results import ProviderComparison, ProviderRow
from evalplat.statistics.verdicts import correct_p_values

LOWEST_KNOT = 0.05
SEED = 0


class ModelRule(CountRule, Protocol):
    """The thresholds that models are released by; `DisclosureRule` has them."""

    @property
    def estimates_from(self) -> int:
        """No estimate rests on fewer clients."""

    @property
    def exact_from(self) -> int:
        """From so many providers on, a search over their counts is hopeless."""

    def step(self, sigma: float) -> float:
        """The step of published means."""

    def grid(self, comparison: ProviderComparison, n: int) -> float:
        """The step of a provider's own means."""


def shorten(value: float | None, digits: int = 3) -> float | None:
    """So many digits of a figure."""
    return None if value is None else float(f"{value:.{digits}g}")


def least_step(width: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is at least `width`."""
    power = 10.0 ** np.floor(np.log10(width))
    return float(power * min(m for m in (1, 2, 5, 10) if m * power >= width))


def coarsen(value: float, step: float) -> float:
    """A mean on a grid of `step`."""
    digits = max(0, 1 - int(np.floor(np.log10(step))))
    return round(round(value / step) * step, digits) + 0.0


def coarsen_spread(spread: float | None, n: float) -> float | None:
    """A standard deviation of n clients, by about what the usual client of them changes it."""
    return coarsen(spread, least_step(spread / n)) if spread else spread


def find_rare(cells: Sequence[tuple[str, int]], names: Sequence[str], rule: ModelRule) -> set[str]:
    """The coefficients that a few clients determine. cells: with the reference categories, which are not in `names`."""
    rare = {name for name, count in cells if count < rule.estimates_from}
    found = rare & set(names)
    for reference in {name for name in rare if name not in found or "=" not in name}:
        covariate = reference.partition("=")[0]
        found |= {"intercept", *(name for name in names if name.startswith(f"{covariate}="))}
    return found


def release_card(
    exact: ProviderComparison,
    rows: Sequence[ProviderRow],
    pairs: int | None,
    rule: ModelRule,
    coefficients: Sequence[tuple[str, float]],
) -> ModelCard | None:
    """The card as it may be published; None where the comparison has no model that rests on several providers.

    exact: the comparison before release. rows, pairs, coefficients: as they are published.
    """
    card = exact.card
    if card is None or exact.status != "ok":
        return None
    providers = sum(bool(row.n) for row in exact.rows)
    digits = 3 if providers >= rule.exact_from else 2
    names = [c.name for c in card.case_mix.coefficients]
    rare = find_rare(card.cells, names, rule)
    scale = None if pairs is None or not pairs else ((exact.n_pairs or 0) / pairs) ** 0.5
    shown = [row for row in rows if row.se is not None and row.adjusted_gain is not None]
    gains = np.array([row.adjusted_gain for row in shown], dtype=float)
    errors = np.array([row.se for row in shown], dtype=float)
    return replace(
        card,
        case_mix=_release_case_mix(card.case_mix, rare, scale, pairs, dict(coefficients)),
        fixed_effects=_release_fixed(card.fixed_effects, rare, scale, pairs, providers, digits),
        random_intercept=_release_intercept(card.random_intercept, rare, scale),
        mundlak=_release_mundlak(card.mundlak, providers),
        diagnostics=_release_diagnostics(card.diagnostics, exact, rule),
        summary=combine(gains, errors),
        knots=card.knots if LOWEST_KNOT * (pairs or 0) >= rule.estimates_from else (),
        cells=(),
        missing=tuple(_release_missing(found, exact.n_pairs or 0, rule) for found in card.missing),
    )


def _release_missing(found: MissingCovariate, pairs: int, rule: ModelRule) -> MissingCovariate:
    count = found.count or 0
    small = rule.hides(count) or rule.hides(pairs - count)
    return replace(found, count=None if small else rule.round(count))


def _release_coefficients(
    coefficients: Iterable[Coefficient], rare: set[str], scale: float | None, digits: int
) -> tuple[Coefficient, ...]:
    return tuple(
        Coefficient(
            c.name,
            shorten(c.estimate, digits),
            None if scale is None or c.se is None else shorten(c.se * scale, 2),
        )
        for c in coefficients
        if c.name not in rare
    )


def _release_case_mix(
    figures: CaseMixFigures,
    rare: set[str],
    scale: float | None,
    pairs: int | None,
    published: Mapping[str, float],
) -> CaseMixFigures:
    r_squared = figures.r_squared
    return CaseMixFigures(
        coefficients=tuple(
            replace(c, estimate=published.get(c.name, c.estimate))
            for c in _release_coefficients(figures.coefficients, rare, scale, 3)
        ),
        r_squared=None if r_squared is None else round(r_squared, 2),
        df=None if pairs is None else max(pairs - len(figures.coefficients), 1),
    )


def find_freedom(figures: FixedEffectsFigures, pairs: int, providers: int) -> int:
    """Model B's degrees of freedom from the published number of pairs; at least 1."""
    return max(pairs - providers - sum(c.estimate is not None for c in figures.slopes), 1)


def _release_fixed(
    figures: FixedEffectsFigures,
    rare: set[str],
    scale: float | None,
    pairs: int | None,
    providers: int,
    digits: int,
) -> FixedEffectsFigures:
    from scipy.special import fdtrc

    slopes = _release_coefficients(figures.slopes, rare, scale, 3)
    if figures.status != "ok" or pairs is None:
        return FixedEffectsFigures(
            figures.status, slopes, sigma=shorten(figures.sigma, digits), f_df=figures.f_df
        )
    df, f = find_freedom(figures, pairs, providers), shorten(figures.f, digits)
    p = None if f is None or figures.f_df is None else shorten(float(fdtrc(figures.f_df, df, f)), 2)
    return FixedEffectsFigures(
        status="ok",
        slopes=slopes,
        sigma=shorten(figures.sigma, digits),
        df=df,
        r_squared=None if figures.r_squared is None else round(figures.r_squared, 2),
        f=f,
        f_df=figures.f_df,
        f_p=p,
    )


def _release_intercept(
    figures: RandomInterceptFigures, rare: set[str], scale: float | None
) -> RandomInterceptFigures:
    return replace(
        figures, coefficients=_release_coefficients(figures.coefficients, rare, scale, 3)
    )


def _release_mundlak(figures: MundlakFigures, providers: int) -> MundlakFigures:
    from scipy.special import stdtr

    term, se = shorten(figures.term, 2), shorten(figures.se, 2)
    if term is None or not se:
        return MundlakFigures(figures.status, differs=figures.differs)
    return MundlakFigures(
        status=figures.status,
        term=term,
        se=se,
        p=shorten(float(2 * stdtr(providers - 2, -abs(term) / se)), 2),
        shift=shorten(figures.shift, 2),
        differs=figures.differs,
    )


def _release_diagnostics(
    figures: Diagnostics, exact: ProviderComparison, rule: ModelRule
) -> Diagnostics:
    pairs = exact.n_pairs or 0

    def share(value: float | None) -> float | None:
        if value is None or not may_show_share(round(value * pairs), pairs, rule):
            return None
        return round(value, 2)

    def tenth(value: float | None) -> float | None:
        return None if value is None else round(value, 1) + 0.0

    regression = figures.regression
    return Diagnostics(
        skewness=tenth(figures.skewness),
        kurtosis=tenth(figures.kurtosis),
        outliers=share(figures.outliers),
        floor_baseline=share(figures.floor_baseline),
        ceiling_baseline=share(figures.ceiling_baseline),
        floor_end=share(figures.floor_end),
        ceiling_end=share(figures.ceiling_end),
        oldham=None if figures.oldham is None else round(figures.oldham, 2) + 0.0,
        regression=None if regression is None else coarsen(regression, rule.step(exact.sigma or 1)),
    )


def release_models(
    rows: Sequence[ProviderRow],
    exact: ProviderComparison,
    coarse: ProviderComparison,
    pairs: int | None,
    rule: ModelRule,
) -> list[ProviderRow]:
    """The rows with what the models say of each provider.

    rows: as published so far. exact: before release; coarse: its overall figures as they are published.
    """
    card = exact.card
    if card is None:
        return [_clear(row) for row in rows]
    counted = pairs if pairs is not None else sum(row.n or 0 for row in rows)
    providers = sum(bool(row.n) for row in exact.rows)
    df = find_freedom(card.fixed_effects, counted, providers)
    sigma = shorten(card.fixed_effects.sigma, 3 if providers >= rule.exact_from else 2)
    found = []
    for row, whole in zip(rows, exact.rows, strict=True):
        difference, expected, gain = row.observed_minus_expected, row.expected, row.gain
        if row.withheld or difference is None or expected is None or gain is None:
            found.append(_clear(row))
            continue
        row = _release_prediction(row, whole)
        if card.population is not None:
            start = expected + difference - gain
            row = replace(row, regression=card.population.expect_change(start))
        effect = _release_effect(row, whole, coarse, (sigma, df, counted), rule)
        found.append(replace(row, fixed=effect))
    return _correct_effects(found)


def _clear(row: ProviderRow) -> ProviderRow:
    return replace(row, prediction_se=None, regression=None, fixed=None)


def _release_prediction(row: ProviderRow, exact: ProviderRow) -> ProviderRow:
    """The shrunken estimate's error with that of the coefficients, from the published error and reliability."""
    if not exact.reliability or exact.prediction_se is None or exact.blup_se is None:
        return replace(row, prediction_se=row.blup_se)
    if row.blup_se is None or row.reliability is None:
        return replace(row, prediction_se=None)
    more = max(exact.prediction_se**2 - exact.blup_se**2, 0.0) / exact.reliability**2
    wide = row.blup_se**2 + row.reliability**2 * (shorten(more, 2) or 0.0)
    return replace(row, prediction_se=wide**0.5)


def _release_effect(
    row: ProviderRow,
    exact: ProviderRow,
    coarse: ProviderComparison,
    model: tuple[float | None, int, int],
    rule: ModelRule,
) -> ProviderEffect | None:
    """model: sigma, degrees of freedom and pairs as they are published."""
    from scipy.special import stdtr, stdtrit

    sigma, df, pairs = model
    effect, difference = exact.fixed, exact.observed_minus_expected
    if effect is None or effect.deviation is None or effect.adjusted_mean is None:
        return None
    if difference is None or row.observed_minus_expected is None or not row.n or not exact.n:
        return None
    step = rule.step(coarse.sigma or 1.0)
    drift = coarsen(effect.deviation - difference, rule.grid(coarse, row.n))
    deviation = coarsen(row.observed_minus_expected + drift, step)
    average = coarsen(effect.adjusted_mean - effect.deviation, step)
    if not sigma or effect.adjusted_mean_se is None or effect.deviation_se is None:
        return ProviderEffect(average + deviation, None, None, None, deviation, *(None,) * 6)
    exact_sigma = coarse.card.fixed_effects.sigma if coarse.card is not None else None
    spread = (effect.adjusted_mean_se / (exact_sigma or sigma)) ** 2 - 1 / exact.n
    more = shorten(max(spread, 0.0), 1) or 0.0
    mean_se = sigma * (1 / row.n + more) ** 0.5
    se = sigma * (max(1 / row.n - 1 / pairs, 0.0) + more) ** 0.5 or mean_se
    quantile, t = float(stdtrit(df, 0.975)), deviation / se
    return ProviderEffect(
        adjusted_mean=average + deviation,
        adjusted_mean_se=mean_se,
        adjusted_mean_low=average + deviation - quantile * mean_se,
        adjusted_mean_high=average + deviation + quantile * mean_se,
        deviation=deviation,
        deviation_se=se,
        deviation_low=deviation - quantile * se,
        deviation_high=deviation + quantile * se,
        t=t,
        p=float(2 * stdtr(df, -abs(t))),
        p_bh=None,
    )


def _correct_effects(rows: list[ProviderRow]) -> list[ProviderRow]:
    known = [r.fixed.p for r in rows if r.fixed is not None and r.fixed.p is not None]
    corrected = iter(correct_p_values(np.array(known)))
    return [
        replace(row, fixed=replace(row.fixed, p_bh=float(next(corrected))))
        if row.fixed is not None and row.fixed.p is not None
        else row
        for row in rows
    ]


def release_ranks(
    rows: Sequence[ProviderRow], exact: ProviderComparison, coarse: ProviderComparison
) -> list[ProviderRow]:
    """The rows with rank intervals from published estimates; `coarse` has the published variances."""
    counted = [place for place, row in enumerate(exact.rows) if row.n]
    if coarse.tau2 is None or not any(rows[place].blup is not None for place in counted):
        return [replace(row, rank_low=None, rank_high=None) for row in rows]
    u = np.array([rows[place].blup or 0.0 for place in counted])
    v = np.array(
        [
            coarse.tau2 if rows[place].blup is None else (rows[place].blup_se or 0.0) ** 2
            for place in counted
        ]
    )
    low, high = rank_intervals(coarse.direction.sign * u, v, seed=SEED)
    ends = {place: (int(low[k]), int(high[k])) for k, place in enumerate(counted)}
    return [
        replace(row, rank_low=ends[place][0], rank_high=ends[place][1])
        if place in ends and row.blup is not None
        else replace(row, rank_low=None, rank_high=None)
        for place, row in enumerate(rows)
    ]
