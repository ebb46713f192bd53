"""The one release function: what may be published of a comparison, so that no count of one to four can be derived.

The rule, with its defaults, in the order it is applied:

1. A provider with fewer than 5 pairs or fewer than 5 started episodes shows nothing, its counts included.
2. With 5 to 9 pairs it shows their number and no estimate. Where that number is published as 10 or less, who started is
   withheld in any case: that there is an estimate or none tells whether there are at most 9 or at least 10, and beside
   those who started, as the flow shows them, 1 to 4 without a pair could be told exactly (9 of 13).
3. Where 1 to 4 of its episodes lack a pair (started minus pairs), the number started is withheld.
4. Published counts are rounded to multiples of 5.
5. What depends on n (se, z, limits, p, reliability, shrunken estimate and its se) is computed again from the rounded n,
   and the provider's means are rounded to a step of a fiftieth of sigma, or coarser where there are few clients: so
   coarse that every count which is rounded to the published n could have given the mean, and that one client more or
   less moves it by no more than a step. A mean of whole scores with all its digits, or sigma / se, would give the
   exact n away. Whether there is a verdict is decided by the exact figures, and which one by the published ones, so
   that a point and its limits show the verdict that is stated.
6. Rankability counts withheld providers as half of the threshold; expected ranks and percentiles are rounded, and there
   are none where rankability is below 0.5. Benjamini-Hochberg runs over the published p values.
7. A total that would give a withheld count away when the visible rows are taken from it is withheld: that is so when
   one row alone is withheld, or when the withheld rows have fewer than 5 together. `compare` leaves such providers'
   clients out of the model as well (see `find_unpublishable`), so that no model figure can be turned back into them.
8. Where the model rests on one provider alone, its overall figures are that provider's own means: they are withheld or
   rounded like them.
9. Figures of all together are rounded too: the overall mean like a provider's, sigma and the variance within
   providers by what one client may change them, coefficients and variances between providers to three digits; the REML
   criterion is withheld. With all their digits the exact counts, withheld ones too, could be found by trying which of
   them give these figures; and two results that differ by one client (a period a day longer, a measurement that came
   in meanwhile) would give that client's score away.
10. Reasons of exclusion: counts under 5 are withheld, and when it is only one, the next smallest too.
11. The models' figures, fixed effects and rank intervals are published as `release_models` says.

The rule is applied again after every filter, to results only, and a released comparison is never released twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalplat.statistics.funnel import Q95, Q998, choose_sizes, draw_limits
from evalplat.statistics.models.ranking import measure_rankability
from evalplat.statistics.publishing.release_models import (
    coarsen,
    coarsen_spread,
    find_rare,
    least_step,
    release_card,
    release_models,
    release_ranks,
    shorten,
)
from evalplat.statistics.results import Exclusion, ProviderComparison, ProviderRow
from evalplat.statistics.verdicts import correct_p_values, find_p_values, place
from evalplat.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class DisclosureRule:
    """Thresholds of what is published; the module's text says how each is used."""

    hide_below: int = 5
    estimates_from: int = 10
    round_to: int = 5
    rank_from: float = 0.5
    steps_per_sigma: int = 50
    exact_from: int = 40

    def hides(self, count: int) -> bool:
        """Whether a count is too small to be shown; zero counts as small."""
        return count < self.hide_below

    def round(self, count: int) -> int:
        """A count as it is published."""
        return round(count / self.round_to) * self.round_to

    def step(self, sigma: float) -> float:
        """The greatest of 1, 2, 5 times a power of ten that is at most sigma / steps_per_sigma."""
        most = sigma / self.steps_per_sigma
        power = 10.0 ** np.floor(np.log10(most))
        return float(power * max(m for m in (1, 2, 5) if m * power <= most * (1 + 1e-12)))

    def grid(self, comparison: ProviderComparison, n: int) -> float:
        """The step of means of a published count n: see `coarse_step`."""
        fine = self.step(comparison.sigma or 1.0)
        return self.coarse_step(fine, comparison.sigma or 0.0, comparison.unit, n)

    def coarse_step(self, fine: float, sd: float, unit: float | None, n: int) -> float:
        """The step of a mean of n clients (n as published): 1, 2, 5, 10 … times `fine`.

        So coarse that the mean of whole scores could be one of any count that is rounded to n: the means of n' scores
        lie unit / n' apart, so that a step of that width holds one for every n'. And so coarse that a client more or
        less, of a day later say, moves the mean by about a step: sd / n.
        """
        least = max(unit or 0.0, sd) / max(n - self.round_to // 2, 1) / fine
        if least <= 1:
            return fine
        return fine * least_step(least)


def find_unpublishable(
    pairs: Sequence[int], started: Sequence[int], rule: DisclosureRule
) -> list[int]:
    """Places of withheld providers whose clients could be derived from totals or model figures; else none."""
    hidden = [
        place
        for place, (n, begun) in enumerate(zip(pairs, started, strict=True))
        if rule.hides(n) or rule.hides(begun)
    ]
    with_pairs = [place for place in hidden if pairs[place] > 0]
    return with_pairs if _gives_away([pairs[place] for place in with_pairs], rule) else []


def release(comparison: ProviderComparison, rule: DisclosureRule) -> ProviderComparison:
    """The comparison as it may be published. Frozen in, frozen out; the order of rows stays."""
    if comparison.released:
        return comparison
    exact, comparison = comparison, _coarsen_model(comparison, rule)
    rows = [_release_row(row, comparison, rule) for row in comparison.rows]
    rows = _correct_again(rows)
    pairs, started = _release_totals(comparison, rows, rule)
    rankability = _rank_again(comparison, rows, rule)
    rows = release_models(rows, exact, comparison, pairs, rule)
    if rankability is None or rankability < rule.rank_from:
        rows = [
            replace(row, expected_rank=None, pcer=None, rank_low=None, rank_high=None)
            for row in rows
        ]
    else:
        rows = release_ranks(rows, exact, comparison)
    result = replace(
        comparison,
        rows=tuple(rows),
        n_started=started,
        n_pairs=pairs,
        rankability=rankability,
        exclusions=_release_exclusions(comparison.exclusions, rule),
        limits=(),
        released=True,
        card=release_card(exact, rows, pairs, rule, comparison.coefficients),
    )
    result = _without_rare(result, exact, rule)
    if comparison.status == "one_provider":
        result = replace(result, target=None)
    if (comparison.n_pairs or 0) < rule.estimates_from:
        return _without_model(replace(result, status="too_few_pairs"))
    shown = [row.n for row in rows if row.n is not None and row.se is not None]
    spread = result.verdict_spread
    if not shown or result.target is None or result.sigma is None or spread is None:
        return result
    curves = draw_limits(
        choose_sizes(float(min(shown)), float(max(shown))),
        target=result.target,
        sigma=result.sigma,
        spread=spread,
        sign=result.direction.sign,
    )
    return replace(result, limits=curves)


def _release_row(
    row: ProviderRow, comparison: ProviderComparison, rule: DisclosureRule
) -> ProviderRow:
    n = row.n or 0
    # Who started may be withheld already, where sums were handed over.
    started = n if row.n_started is None else row.n_started
    if rule.hides(n) or rule.hides(started):
        return ProviderRow(row.provider, None, None, withheld=True)
    shown = rule.round(n)
    missing = started - n
    begun = None if missing and rule.hides(missing) else rule.round(started)
    if row.n_started is None or shown <= rule.estimates_from:
        begun = None
    if n < rule.estimates_from:
        return ProviderRow(row.provider, begun, shown, withheld=True)
    if not comparison.sigma or comparison.target is None:
        return ProviderRow(row.provider, begun, shown, withheld=True)
    blurred = _blur(row, comparison, rule, shown)
    blurred = replace(blurred, n_started=begun, n=shown)
    if blurred.se is not None:
        blurred = replace(blurred, se=comparison.sigma / shown**0.5)
    return _shrink(row, compute_funnel(blurred, comparison), comparison, rule)


def _blur(
    row: ProviderRow, comparison: ProviderComparison, rule: DisclosureRule, n: int
) -> ProviderRow:
    """The provider's own means on a coarse grid; what is computed from them follows in `compute_funnel`.

    Only the mean baseline, the mean change and the part of the covariates are rounded from the exact figures, each by
    itself; all else is computed from these three. Two roundings of nearly the same mean would narrow it down.
    """
    if row.gain is None or row.expected is None or row.observed_minus_expected is None:
        return row
    fine, wide = rule.step(comparison.sigma or 1.0), rule.grid(comparison, n)
    slopes = dict(comparison.coefficients)
    intercept = slopes.get("intercept", 0.0)
    # Without the baseline in the model the change is modelled, and the expected end follows the baseline fully.
    slope = slopes.get("baseline", 1.0)
    baseline = row.expected + row.observed_minus_expected - row.gain
    rest = row.expected - slope * baseline - intercept
    start, gain = coarsen(baseline, wide), coarsen(row.gain, wide)
    expected = slope * start + intercept + coarsen(rest, wide)
    difference = coarsen(start + gain - expected, fine)
    return replace(
        row,
        gain=gain,
        expected=coarsen(expected, fine),
        observed_minus_expected=difference,
        adjusted_gain=(comparison.target or 0.0) + difference,
        expected_rank=None if row.expected_rank is None else round(row.expected_rank, 1),
        pcer=None if row.pcer is None else float(round(row.pcer)),
    )


def compute_funnel(row: ProviderRow, comparison: ProviderComparison) -> ProviderRow:
    """The funnel's figures and the verdict, from the published difference, standard error and model figures."""
    se, difference, spread = row.se, row.observed_minus_expected, comparison.verdict_spread
    if se is None or difference is None or row.z is None:
        return row
    if comparison.tau2_funnel is None or spread is None:
        return row
    target = comparison.target or 0.0
    wide = (se**2 + comparison.tau2_funnel) ** 0.5
    fair = spread.reach(se)
    verdict = row.verdict
    if verdict is not Verdict.TOO_FEW:
        verdict = place(difference / fair, comparison.direction.sign, spread.q998)
    return replace(
        row,
        z=difference / se,
        z_overdispersed=difference / wide,
        low95=target - Q95 * wide,
        high95=target + Q95 * wide,
        low998=target - Q998 * wide,
        high998=target + Q998 * wide,
        p=float(find_p_values(np.array([difference / wide]))[0]),
        verdict=verdict,
        z_verdict=difference / fair,
        verdict_low95=target - spread.q95 * fair,
        verdict_high95=target + spread.q95 * fair,
        verdict_low998=target - spread.q998 * fair,
        verdict_high998=target + spread.q998 * fair,
    )


def _shrink(
    exact: ProviderRow, row: ProviderRow, comparison: ProviderComparison, rule: DisclosureRule
) -> ProviderRow:
    """The shrunken estimate from the published n and difference, and how far the second model's difference is off."""
    n, sigma = row.n or 0, comparison.sigma or 1.0
    difference, exact_difference = row.observed_minus_expected, exact.observed_minus_expected
    if row.z is None or row.reliability is None or comparison.sigma2 is None:
        return row
    if comparison.tau2 is None or difference is None or exact_difference is None:
        return row
    reliability = comparison.tau2 / (comparison.tau2 + comparison.sigma2 / n)
    error = 0.0
    if row.reliability:
        drift = (exact.blup or 0.0) / row.reliability - exact_difference
        error = difference + coarsen(drift, rule.grid(comparison, n))
    return replace(
        row,
        reliability=reliability,
        blup=coarsen(reliability * error, rule.step(sigma)),
        blup_se=(reliability * comparison.sigma2 / n) ** 0.5,
    )


def _correct_again(rows: list[ProviderRow]) -> list[ProviderRow]:
    known = [row.p for row in rows if row.p is not None]
    corrected = iter(correct_p_values(np.array(known)))
    return [row if row.p is None else replace(row, p_bh=float(next(corrected))) for row in rows]


def _rank_again(
    comparison: ProviderComparison, rows: list[ProviderRow], rule: DisclosureRule
) -> float | None:
    """Rankability from published counts, with half the threshold for a provider whose count is withheld."""
    if comparison.rankability is None or comparison.tau2 is None or comparison.sigma2 is None:
        return None
    counts = [
        rule.hide_below / 2 if row.n is None else float(row.n)
        for row, exact in zip(rows, comparison.rows, strict=True)
        if exact.n
    ]
    return measure_rankability(comparison.tau2, comparison.sigma2, np.array(counts))


def _release_totals(
    comparison: ProviderComparison, rows: list[ProviderRow], rule: DisclosureRule
) -> tuple[int | None, int | None]:
    """Pairs and started in all; None for one that would give a withheld row away, or that is small itself."""
    pairs, started = comparison.n_pairs or 0, comparison.n_started or 0
    both = list(zip(rows, comparison.rows, strict=True))
    hidden_pairs = [exact.n or 0 for row, exact in both if row.n is None and exact.n]
    hidden_started = [exact.n_started or 0 for row, exact in both if row.n_started is None]
    missing = started - pairs
    shows_pairs = not rule.hides(pairs) and not _gives_away(hidden_pairs, rule)
    if all(row.n is None for row in rows):
        # Two providers of four clients each would be known from their rounded total: no other stands beside them.
        most = rule.hide_below - 1
        shows_pairs = shows_pairs and sum(hidden_pairs) <= most * (len(hidden_pairs) - 1)
    shows_started = comparison.n_started is not None and not (
        rule.hides(started)
        or (missing and rule.hides(missing))
        or _gives_away(hidden_started, rule)
    )
    return (
        rule.round(pairs) if shows_pairs else None,
        rule.round(started) if shows_started else None,
    )


def _gives_away(hidden: Sequence[int], rule: DisclosureRule) -> bool:
    """Whether a total less the visible rows tells a withheld count: one row alone, or few people in all."""
    return bool(hidden) and (len(hidden) == 1 or sum(hidden) < rule.hide_below)


def _release_exclusions(
    exclusions: Sequence[Exclusion], rule: DisclosureRule
) -> tuple[Exclusion, ...]:
    counts = [exclusion.count or 0 for exclusion in exclusions]
    hidden = {place for place, count in enumerate(counts) if rule.hides(count)}
    if len(hidden) == 1 and len(counts) > 1:
        hidden.add(min(set(range(len(counts))) - hidden, key=lambda place: counts[place]))
    return tuple(
        Exclusion(exclusion.reason, None if place in hidden else rule.round(counts[place]))
        for place, exclusion in enumerate(exclusions)
    )


def _coarsen_model(result: ProviderComparison, rule: DisclosureRule) -> ProviderComparison:
    """Overall figures without the digits that would tell the exact counts, or a client who is in one result only."""
    spread = result.verdict_spread
    n = max(rule.round(result.n_pairs or 0), rule.estimates_from)
    if spread is not None:
        spread = replace(spread, tau2=shorten(spread.tau2) or 0.0)
    result = replace(
        result,
        verdict_spread=spread,
        phi=shorten(result.phi),
        tau2_funnel=shorten(result.tau2_funnel),
        tau2=shorten(result.tau2),
        sigma2=coarsen_spread(result.sigma2, n / 2),
        reml_criterion=None,
        coefficients=tuple((name, shorten(b) or 0.0) for name, b in result.coefficients),
        reml_coefficients=tuple((name, shorten(b) or 0.0) for name, b in result.reml_coefficients),
    )
    if not result.sigma or result.target is None:
        return result
    alone = result.status == "one_provider"
    step, sigma = rule.grid(result, rule.round(result.n_pairs or 0)), result.sigma
    result = replace(
        result,
        target=coarsen(result.target, step),
        sigma=coarsen(sigma, rule.step(sigma)) if alone else coarsen_spread(sigma, n),
    )
    if [name for name, _ in result.coefficients] == ["intercept"]:
        # It is the mean itself, which a second rounding would narrow down.
        result = replace(result, coefficients=(("intercept", result.target or 0.0),))
    # Coefficients of a model that rests on one provider alone are that provider's own.
    return replace(result, coefficients=()) if alone else result


def _without_rare(
    result: ProviderComparison, exact: ProviderComparison, rule: DisclosureRule
) -> ProviderComparison:
    """Without the coefficients that a few clients determine."""
    if exact.card is None:
        return result
    rare = find_rare(exact.card.cells, [name for name, _ in exact.coefficients], rule)
    return replace(
        result,
        coefficients=tuple(pair for pair in result.coefficients if pair[0] not in rare),
        reml_coefficients=tuple(pair for pair in result.reml_coefficients if pair[0] not in rare),
    )


def _without_model(result: ProviderComparison) -> ProviderComparison:
    """Nothing but the frame of a comparison that rests on too few clients as a whole."""
    return replace(
        result,
        target=None,
        sigma=None,
        coefficients=(),
        reml_coefficients=(),
        phi=None,
        tau2_funnel=None,
        verdict_spread=None,
        tau2=None,
        sigma2=None,
        reml_criterion=None,
        rankability=None,
        card=None,
        rows=tuple(
            ProviderRow(row.provider, row.n_started, row.n, verdict=Verdict.TOO_FEW, withheld=True)
            for row in result.rows
        ),
    )
