"""What may be published of a trend, so that no count of one to four can be derived from it.

Counts of providers by quarter are a table with totals (`suppression_tables`); a mean is shown from ten clients on,
rounded to a step so coarse that every count which is rounded to the published one could have given it, and its standard
error comes from the published count. The moving average is computed afterwards, from what is published. Numbers started
stand in the county's line only, and not where one to four of them lack a measurement. The overall mean and sigma are
rounded as in `disclosure`.
"""

from collections.abc import Sequence
from dataclasses import replace

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.over_time.trend_results import Line, Trend
from evalplat.statistics.publishing.release_attrition import release_exclusions
from evalplat.statistics.publishing.release_models import least_step
from evalplat.statistics.publishing.release_value import find_step, snap
from evalplat.statistics.publishing.suppression_tables import withhold_table


def release_trend(
    trend: Trend, lines: Sequence[Line], pairs: int, rule: DisclosureRule
) -> tuple[Trend, list[Line]]:
    """The frame of a trend and its lines (the county's first) as they may be published."""
    county, *own = lines
    sigma, target, status = trend.sigma or 0.0, trend.target, trend.status
    if pairs < rule.estimates_from:
        target, sigma, status = None, 0.0, "too_few_pairs"
    table = withhold_table([[count or 0 for count in line.pairs] for line in own], rule)
    columns: list[int | None] = list(table.columns) if own else [None] * len(trend.quarters)
    released = [
        Line(
            county.provider,
            _release_started(county, rule),
            columns,
            *_blur(county, columns, sigma, trend, rule),
        )
    ]
    for line, shown in zip(own, table.cells, strict=True):
        nothing: list[int | None] = [None] * len(shown)
        means = _blur(line, shown, sigma, trend, rule)
        released.append(Line(line.provider, nothing, list(shown), *means))
    if sigma > 0 and target is not None:
        target = snap(target, find_step(target, sigma, trend.unit, rule.round(pairs), rule))
        alone = sum(any(line.pairs) for line in own) < 2
        sigma = snap(sigma, rule.step(sigma) if alone else least_step(sigma / rule.round(pairs)))
    frame = replace(
        trend,
        target=target,
        sigma=sigma or None,
        status=status,
        exclusions=release_exclusions(trend.exclusions, rule),
        unit=None,
        released=True,
    )
    return frame, released


def _release_started(county: Line, rule: DisclosureRule) -> list[int | None]:
    found: list[int | None] = []
    for begun, done in zip(county.started, county.pairs, strict=True):
        lost = (begun or 0) - (done or 0)
        hidden = rule.hides(begun or 0) or (lost and rule.hides(lost))
        found.append(None if hidden else rule.round(begun or 0))
    return found


def _blur(
    line: Line, shown: Sequence[int | None], sigma: float, trend: Trend, rule: DisclosureRule
) -> tuple[list[int | None], list[float | None]]:
    """The counts behind the means, rounded, and the means on their grid; None where nothing is shown."""
    sizes: list[int | None] = []
    means: list[float | None] = []
    for n, count, mean in zip(line.n, shown, line.residual, strict=True):
        if n is None or count is None or n < rule.estimates_from or mean is None or not sigma:
            sizes.append(None)
            means.append(None)
            continue
        told = rule.round(n)
        sizes.append(told)
        means.append(snap(mean, find_step(0.0, sigma, trend.unit, told, rule)))
    return sizes, means
