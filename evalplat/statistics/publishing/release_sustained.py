"""What may be published of an analysis of lasting change, so that no count of one to four can be derived.

The rule, on top of `suppression` and in the manner of `release_attrition`: clients with and without a follow-up are two
lists of counts with their totals; clients still improved and no longer improved are two more. A provider shows changes
from 10 follow-ups on, where both its counts stand; means lie on a grid, standard errors have two digits, the retained
fraction is computed from published changes and its limits have two digits. The share still improved is computed from
published counts, where neither is withheld. The number with an end measurement is shown for all together only.
"""

from dataclasses import replace

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.missing.attrition_results import WITHHELD
from evalplat.statistics.missing.cohort import Estimate
from evalplat.statistics.money.fieller import Ratio
from evalplat.statistics.over_time.sustained_results import SustainedResult, SustainedRow
from evalplat.statistics.publishing.release_attrition import (
    coarse,
    find_grid,
    find_rest,
    release_exclusions,
    shorten,
)
from evalplat.statistics.publishing.suppression_tables import withhold_column
from evalplat.statistics.shares.proportions import measure_share

HIDDEN_RATIO = Ratio(None, None, None, "withheld")


def release_sustained(result: SustainedResult, rule: DisclosureRule) -> SustainedResult:
    """The result as it may be published. Frozen in, frozen out."""
    if result.released:
        return result
    rows = result.rows
    measured = withhold_column([row.n_follow_up or 0 for row in rows], rule)
    missing = withhold_column([(row.n or 0) - (row.n_follow_up or 0) for row in rows], rule)
    still = withhold_column([row.still.count if row.still else 0 for row in rows], rule)
    worse = withhold_column(
        [row.still.of - row.still.count if row.still else 0 for row in rows], rule
    )
    gone = [
        find_rest(row.n or 0, part, rest, rule)
        for row, part, rest in zip(
            (*rows, result.overall),
            (*measured.counts, measured.total),
            (*missing.counts, missing.total),
            strict=True,
        )
    ]
    counts = zip(measured.counts, gone[:-1], still.counts, worse.counts, strict=True)
    overall = _release_row(
        result.overall, (measured.total, gone[-1], still.total, worse.total), result, rule
    )
    many = (result.overall.n_follow_up or 0) >= rule.estimates_from
    left = (result.overall.n or 0) - (result.overall.n_end or 0)
    ended = result.overall.n_end or 0
    shows_end = overall.n is not None and not rule.hides(left) and not rule.hides(ended)
    step = find_grid(result.sigma, result.unit, measured.total or rule.estimates_from, rule)
    first, end, later = (
        _round(point, step) if many and not overall.withheld else WITHHELD
        for point in result.course
    )
    return replace(
        result,
        rows=tuple(
            _release_row(row, own, result, rule) for row, own in zip(rows, counts, strict=True)
        ),
        overall=replace(overall, n_end=rule.round(ended) if shows_end else None),
        course=(first, end, later),
        n_early=_hide(result.n_early, rule),
        n_late=_hide(result.n_late, rule),
        n_undated=_hide(result.n_undated, rule),
        exclusions=release_exclusions(result.exclusions, rule),
        status=result.status if many or result.status != "ok" else "too_few",
        released=True,
    )


def _hide(count: int | None, rule: DisclosureRule) -> int | None:
    return None if count is None or rule.hides(count) else rule.round(count)


def _release_row(
    row: SustainedRow,
    counts: tuple[int | None, int | None, int | None, int | None],
    result: SustainedResult,
    rule: DisclosureRule,
) -> SustainedRow:
    measured, missing, still, worse = counts
    hides = measured is None or missing is None or (row.n_follow_up or 0) < rule.estimates_from
    share = None
    if measured is not None and still is not None and worse is not None:
        share = measure_share(still, still + worse)
    made = replace(
        row,
        n=None if measured is None or missing is None else measured + missing,
        n_end=None,
        n_follow_up=measured,
        n_improved=None,
        still=share,
        withheld=hides,
    )
    if hides:
        return replace(
            made, to_end=WITHHELD, to_follow_up=WITHHELD, after_end=WITHHELD, retained=HIDDEN_RATIO
        )
    step = find_grid(result.sigma, result.unit, measured or 0, rule)
    to_end, later = _round(row.to_end, step), _round(row.to_follow_up, step)
    after = _round(row.after_end, step)
    if to_end.value is not None and later.value is not None and after.value is not None:
        after = _move(after, coarse(later.value - to_end.value, step))
    return replace(
        made,
        to_end=to_end,
        to_follow_up=later,
        after_end=after,
        retained=_release_ratio(row.retained, to_end, later),
    )


def _round(found: Estimate, step: float) -> Estimate:
    """An estimate on the grid, its interval made anew from a reach of two digits."""
    if found.value is None:
        return replace(found, n=0, df=None)
    value = coarse(found.value, step)
    if found.se is None or found.low is None or found.high is None:
        return Estimate(value=value, status=found.status)
    reach = shorten((found.high - found.low) / 2)
    return Estimate(value, shorten(found.se), value - reach, value + reach, 0, found.status)


def _move(found: Estimate, value: float) -> Estimate:
    """The estimate at another value, its interval moved along: the three published changes add up."""
    if found.value is None or found.low is None or found.high is None:
        return replace(found, value=value)
    reach = found.high - found.value
    return replace(found, value=value, low=value - reach, high=value + reach)


def _release_ratio(found: Ratio, to_end: Estimate, later: Estimate) -> Ratio:
    if found.status != "ok" or not to_end.value or later.value is None:
        return Ratio(None, None, None, found.status if found.status != "ok" else "withheld")
    ratio = later.value / to_end.value
    low, high = (None if end is None else shorten(end) for end in (found.low, found.high))
    if low is None or high is None:
        return HIDDEN_RATIO
    return Ratio(ratio, min(low, ratio), max(high, ratio), "ok")
