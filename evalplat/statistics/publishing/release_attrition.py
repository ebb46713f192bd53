"""What may be published of an analysis of attrition, so that no count of one to four can be derived.

The rule, on top of `disclosure` and `suppression`, in the order it is applied:

1. Counts of followed and of lost clients are withheld as two lists with their totals. The number with a first
   measurement is rounded like any count and stands only where both do; the lost are what it is more than the followed.
2. Shares, intervals and flags of follow-up are computed from published counts, where neither count is withheld.
3. A provider shows estimates from 10 followed clients on. Where its lost are withheld it shows complete cases only: all
   else depends on how many were lost.
4. Means are rounded to the grid of the comparison; baseline carried forward and Manski's bounds are computed from
   published means and shares; standard errors have two digits; the turning point uses the released comparison.
5. The lost against the followed: categories as lists with their totals, shares from published counts where no part of
   them is small; means where both groups have at least 10; differences from the published figures.
6. The test of equal follow-up shows its p value in two digits, nothing else. Reasons of exclusion are a list as in 1.
7. Where fewer than 10 clients were followed in all, nothing but the frame is left; where the lost are withheld in all,
   what depends on them is.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.funnel import Q95
from evalplat.statistics.missing.attrition_results import (
    WITHHELD,
    WITHHELD_BOUNDS,
    AttritionResult,
    AttritionRow,
    Contrast,
    RateTest,
)
from evalplat.statistics.missing.attrition_rows import count_row, judge_row
from evalplat.statistics.missing.bounds import Bounds, TrimmedDifference
from evalplat.statistics.missing.cohort import Estimate
from evalplat.statistics.missing.followed_versus_lost import standardise
from evalplat.statistics.missing.tipping import Tipping
from evalplat.statistics.publishing.suppression import may_show_share, withhold, withhold_with_total
from evalplat.statistics.publishing.suppression_tables import withhold_column
from evalplat.statistics.results import Exclusion, ProviderComparison

LEAST_P = 0.001


def release_attrition(
    result: AttritionResult, comparison: ProviderComparison, rule: DisclosureRule
) -> AttritionResult:
    """The result as it may be published. comparison: the released comparison of the same episodes."""
    if result.released:
        return result
    followed = withhold_column([row.n_followed or 0 for row in result.rows], rule)
    lost = withhold_column([row.n_lost or 0 for row in result.rows], rule)
    whole = [(row.n_followed or 0) + (row.n_lost or 0) for row in (*result.rows, result.overall)]
    rests = [
        find_rest(n, kept, shown, rule)
        for n, kept, shown in zip(
            whole, (*followed.counts, followed.total), (*lost.counts, lost.total), strict=True
        )
    ]
    counts = list(zip(followed.counts, rests[:-1], strict=True))
    overall = _Release(result, rule, followed.total).row(
        result.overall, followed.total, rests[-1], None
    )
    region_lost = None if overall.followed_share is None else 1 - overall.followed_share
    rows = []
    for row, judged, (kept, gone) in zip(result.rows, comparison.rows, counts, strict=True):
        made = _Release(result, rule, kept).row(row, kept, gone, region_lost)
        if not made.withheld and made.n is not None:
            made = judge_row(made, judged, comparison)
        elif not made.withheld:
            made = replace(made, verdict=judged.verdict)
        rows.append(made)
    released = replace(
        result,
        rows=tuple(rows),
        overall=overall,
        contrasts=_release_contrasts(result.contrasts, rule),
        rate_test=_release_test(result.rate_test, overall),
        tipping=_release_tipping(result, overall, rule),
        n_unrepresented=_round_or_hide(result.n_unrepresented, rule),
        exclusions=release_exclusions(result.exclusions, rule),
        released=True,
    )
    if (result.overall.n_followed or 0) >= rule.estimates_from:
        return released
    return replace(
        released,
        contrasts=(),
        rate_test=RateTest(status="withheld"),
        tipping=Tipping(status="withheld"),
        status="nobody" if result.status == "nobody" else "too_few",
    )


class _Release:
    """Rounds one row at a published number of followed clients."""

    def __init__(self, result: AttritionResult, rule: DisclosureRule, followed: int | None) -> None:
        self.result = result
        self.rule = rule
        self.followed = followed
        self.step = find_grid(result.sigma, result.unit, followed or rule.estimates_from, rule)

    def row(
        self, row: AttritionRow, followed: int | None, lost: int | None, region: float | None
    ) -> AttritionRow:
        """The row with what may be shown at these published counts."""
        if followed is None:
            return _withhold_depending(
                AttritionRow(row.provider, None, None, None, complete_cases=WITHHELD, withheld=True)
            )
        if lost is not None:
            made = count_row(row.provider, followed + lost, followed, region)
        else:
            made = AttritionRow(row.provider, None, followed, None)
        hides = (row.n_followed or 0) < self.rule.estimates_from
        complete = WITHHELD if hides else self.mean(row.complete_cases)
        made = replace(made, complete_cases=complete, withheld=hides)
        if hides or lost is None:
            return _withhold_depending(made)
        share = made.followed_share or 0.0
        start = None if row.baseline_lost is None else self.round(row.baseline_lost)
        return replace(
            made,
            weighting=self.mean(row.weighting),
            imputation=self.mean(row.imputation),
            repeated_measures=self.mean(row.repeated_measures),
            carried_forward=self.carry(row.carried_forward, complete, share),
            baseline_lost=start,
            manski=self.bound(row.manski, complete, share, start),
            lee=replace(row.lee, bounds=self.coarse_bounds(row.lee.bounds), trimmed=None),
        )

    def round(self, value: float) -> float:
        """A mean on the grid."""
        return coarse(value, self.step)

    def mean(self, found: Estimate) -> Estimate:
        """An estimate on the grid, its interval made anew from a standard error of two digits."""
        from scipy.special import stdtrit

        if found.value is None:
            return replace(found, n=0, df=None)
        value = self.round(found.value)
        if found.se is None or found.low is None or found.high is None:
            return replace(found, df=None, value=value, se=None, low=None, high=None, n=0)
        se = shorten(found.se)
        reach = shorten((found.high - found.low) / 2)
        if self.followed and found.df == found.n - 1:
            # The exact n could be read from the quantile, which is the interval over the error.
            reach = float(stdtrit(max(self.followed - 1, 1), 0.975)) * se
        return Estimate(value, se, value - reach, value + reach, 0, found.status)

    def carry(self, found: Estimate, complete: Estimate, share: float) -> Estimate:
        """Baseline carried forward, from the published mean and share."""
        if found.se is None or complete.value is None:
            return replace(found, value=None, se=None, low=None, high=None, n=0, df=None)
        value, se = self.round(complete.value * share), shorten(found.se)
        return Estimate(value, se, value - Q95 * se, value + Q95 * se, 0, found.status)

    def bound(self, found: Bounds, complete: Estimate, share: float, start: float | None) -> Bounds:
        """Manski's bounds from published figures."""
        lowest, highest = self.result.lowest, self.result.highest
        if found.status != "ok" or complete.value is None or lowest is None or highest is None:
            return found if found.status != "ok" else Bounds(status="withheld")
        gone = 1 - share
        ends = [share * complete.value + gone * (end - (start or 0.0)) for end in (lowest, highest)]
        return Bounds(self.round(ends[0]), self.round(ends[1]))

    def coarse_bounds(self, found: Bounds) -> Bounds:
        """Bounds on the grid."""
        if found.low is None or found.high is None:
            return found
        return Bounds(self.round(found.low), self.round(found.high), found.status)


def _withhold_depending(row: AttritionRow) -> AttritionRow:
    """The row without anything that depends on how many were lost."""
    return replace(
        row,
        weighting=WITHHELD,
        imputation=WITHHELD,
        repeated_measures=WITHHELD,
        carried_forward=WITHHELD,
        manski=WITHHELD_BOUNDS,
        lee=TrimmedDifference(WITHHELD_BOUNDS),
    )


def find_rest(n: int, part: int | None, rest: int | None, rule: DisclosureRule) -> int | None:
    """The rest of n clients as it is published: both counts rounded, and their difference; None where it is withheld.

    part, rest: as they may be published. Rounded by itself, the rest would, with the part, tell more of n than the
    rounded n does, which stands on other pages.
    """
    return None if part is None or rest is None else rule.round(n) - part


def find_grid(sigma: float | None, unit: float | None, n: int, rule: DisclosureRule) -> float:
    """The step of published means at a published count n, as `DisclosureRule.grid` chooses it for a comparison."""
    fine = rule.step(sigma or 1.0)
    return rule.coarse_step(fine, sigma or 0.0, unit, n)


def coarse(value: float, step: float) -> float:
    """A value on a grid of `step`."""
    digits = max(0, 1 - int(np.floor(np.log10(step))))
    return float(round(round(value / step) * step, digits) + 0.0)


def shorten(value: float) -> float:
    """Two digits of a figure."""
    return float(f"{value:.2g}")


def release_exclusions(
    exclusions: Sequence[Exclusion], rule: DisclosureRule
) -> tuple[Exclusion, ...]:
    """Reasons with their counts as a list without a total."""
    counts = withhold([found.count or 0 for found in exclusions], rule)
    return tuple(
        replace(found, count=count) for found, count in zip(exclusions, counts, strict=True)
    )


def _round_or_hide(count: int | None, rule: DisclosureRule) -> int | None:
    return None if not count or rule.hides(count) else rule.round(count)


def _release_test(found: RateTest, overall: AttritionRow) -> RateTest:
    """The p value alone: the statistic with all its digits is a function of the exact counts."""
    if overall.n_lost is None:
        return RateTest(status="withheld")
    if found.p is None:
        return found
    return RateTest(None, None, max(shorten(found.p), LEAST_P), found.method, found.status)


def _release_tipping(
    result: AttritionResult, overall: AttritionRow, rule: DisclosureRule
) -> Tipping:
    found, mean, share = result.tipping, overall.imputation.value, overall.followed_share
    if overall.n_lost is None:
        return Tipping(status="withheld")
    if found.zero is None:
        return replace(found, share_lost=None)
    if mean is None or share is None or share >= 1:
        return Tipping(status="withheld")
    step = rule.step(result.sigma or 1.0)
    lost = 1 - share
    near = None if found.uncertain is None else coarse(found.uncertain, step)
    return Tipping(coarse(-mean / lost, step), near, lost, found.status)


def _release_contrasts(found: Sequence[Contrast], rule: DisclosureRule) -> tuple[Contrast, ...]:
    released: list[Contrast] = []
    for _name, group in groupby(found, key=lambda row: row.name):
        rows = list(group)
        if rows[0].level is None:
            released.extend(_release_number(row, rule) for row in rows)
        else:
            released.extend(_release_levels(rows, rule))
    return tuple(released)


def _release_number(row: Contrast, rule: DisclosureRule) -> Contrast:
    kept, lost = row.n_followed or 0, row.n_lost or 0
    hidden = Contrast(row.name, None, None, None, status="withheld")
    if min(kept, lost) < rule.estimates_from:
        return hidden
    counted = replace(hidden, n_followed=rule.round(kept), n_lost=rule.round(lost))
    if row.followed is None or row.lost is None or not row.sd_followed or not row.sd_lost:
        return replace(counted, status=row.status)
    step = rule.step(min(row.sd_followed, row.sd_lost)) * 5
    first, second = coarse(row.followed, step), coarse(row.lost, step)
    spread, lost_spread = shorten(row.sd_followed), shorten(row.sd_lost)
    smd = standardise(first, second, spread**2, lost_spread**2)
    return replace(
        counted, status=row.status, followed=first, lost=second, sd_followed=spread,
        sd_lost=lost_spread, smd=None if smd is None else round(smd, 2),
    )  # fmt: skip


def _release_levels(rows: Sequence[Contrast], rule: DisclosureRule) -> list[Contrast]:
    kept = withhold_with_total([row.n_followed or 0 for row in rows], rule)
    lost = withhold_with_total([row.n_lost or 0 for row in rows], rule)
    released = []
    for row, first, second in zip(rows, kept.counts, lost.counts, strict=True):
        made = Contrast(row.name, row.level, first, second, status="withheld")
        if (
            first is not None
            and second is not None
            and kept.total is not None
            and lost.total is not None
            and may_show_share(first, kept.total, rule)
            and may_show_share(second, lost.total, rule)
        ):
            share, gone = first / kept.total, second / lost.total
            smd = standardise(share, gone, share * (1 - share), gone * (1 - gone))
            made = replace(
                made, followed=share, lost=gone, smd=None if smd is None else round(smd, 2),
                status="ok",
            )  # fmt: skip
        released.append(made)
    return released
