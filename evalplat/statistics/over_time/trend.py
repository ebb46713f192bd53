"""Improvement over quarters: the case-mix adjusted mean of each provider and of the county, with a moving average.

Formula: one case-mix model over all quarters' complete cases (see `case_mix`), without time in it; the adjusted
improvement of a provider in a quarter is the overall mean improvement plus the mean residual of its clients of that
quarter, turned so that more is better; se = sigma / sqrt(n), interval +- 1.959964 se. On it runs the moving average of
`ewma`, with the county's overall mean as target and limits from each quarter's se. The quarter is that of a day of the
episode, usually of its opening: so the denominator, everybody who started, is known, and the last quarters rest on
those who have already finished.

Reference: indirect standardisation as in `case_mix`; Lucas and Saccucci 1990 for the average. Checked against
statsmodels' ols with means of residuals taken by pandas, and against `compare`: the pairs-weighted mean over quarters
is the provider's adjusted improvement.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import Cases, select_cases
from evalplat.statistics.disclosure import DisclosureRule, find_unpublishable
from evalplat.statistics.funnel import Q95
from evalplat.statistics.models.case_mix import CaseMix
from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.money.costs import (
    EVERYBODY,
    PLACE,
    find_groups,
    find_places,
    fit_cases,
    with_places,
)
from evalplat.statistics.money.unit_cost import find_unit
from evalplat.statistics.over_time.ewma import WEIGHT, WIDTH, Signal, smooth
from evalplat.statistics.over_time.trend_results import Line, Series, Trend, TrendPoint
from evalplat.statistics.publishing.release_trend import release_trend
from evalplat.statistics.results import Provenance
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd

MOST_QUARTERS = 80


def measure_trend(
    frame: "pd.DataFrame",
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjust: Sequence[str] = ("baseline",),
    when: str = "opened_on",
    weight: float = WEIGHT,
    width: float = WIDTH,
    disclosure: DisclosureRule | None,
    provenance: Provenance | None = None,
) -> Trend:
    """The trend of every provider and the county. disclosure: None gives the exact figures.

    frame: as for `compare`, with a column `when` of days (`date` or None); an episode without its day is left out.

    Raises InputRejected when the frame is wrong or spans more than 80 quarters. Too little data is a `status`.
    """
    quarters, column = _find_quarters(frame, when)
    frame = _leave_out_undated(frame, column, when)
    cases = select_cases(with_places(frame), (*adjust, PLACE))
    table = _Table(cases, find_groups(frame, cases), column, len(quarters))
    if disclosure is not None:
        cases = table.leave_out_unpublishable(disclosure)
    names = tuple(name for name in dict.fromkeys(adjust) if name in cases.covariates)
    model = fit_cases(cases, names)
    gain = cases.end - cases.baseline
    target = direction.sign * float(np.mean(gain)) if len(gain) else None
    status = _find_status(cases, model)
    sigma = model.sigma if model is not None else None
    trend = Trend(
        instrument=instrument, scale=scale, direction=direction, when=when, quarters=quarters,
        adjusted_for=tuple(n for n in names if model is None or n not in model.design.dropped),
        county=Series(EVERYBODY, ()), providers=(), target=target,
        sigma=0.0 if status == "no_variation" else sigma,
        exclusions=cases.exclusions, weight=weight, width=width, status=status,
        provenance=provenance, unit=find_unit(np.concatenate([cases.baseline, cases.end])),
    )  # fmt: skip
    residual = direction.sign * model.residual if model is not None else np.zeros(0)
    lines = table.draw_up(cases, residual)
    if disclosure is not None:
        trend, lines = release_trend(trend, lines, len(gain), disclosure)
    return _fill(trend, lines)


class _Table:
    """Counts by provider and quarter, exact."""

    def __init__(self, cases: Cases, group: Integers, quarter: Integers, width: int) -> None:
        self.cases, self.quarter = cases, quarter
        self.shape = (len(cases.providers), width)
        self.started = self._count(group[quarter >= 0], quarter[quarter >= 0])
        self.pairs = self._count(cases.group, quarter[find_places(cases)])
        self.rule: DisclosureRule | None = None

    def _count(self, group: Integers, quarter: Integers) -> Integers:
        flat = np.bincount(group * self.shape[1] + quarter, minlength=self.shape[0] * self.shape[1])
        return flat.reshape(self.shape).astype(np.int64)

    def leave_out_unpublishable(self, rule: DisclosureRule) -> Cases:
        """The cases without those of providers that totals or model figures would give away."""
        self.rule = rule
        pairs = self.pairs.sum(axis=1).tolist()
        hidden = find_unpublishable(pairs, self.cases.n_started.tolist(), rule)
        reason = Message("The provider has too few clients to be published or derived")
        return self.cases.without(hidden, reason) if hidden else self.cases

    def draw_up(self, cases: Cases, residual: Floats) -> list[Line]:
        """One line per provider and, first, the county's; residual: one per complete case."""
        quarter = self.quarter[find_places(cases)]
        place = cases.group * self.shape[1] + quarter
        size = self.shape[0] * self.shape[1]
        sums = np.bincount(place, weights=residual, minlength=size).reshape(self.shape)
        n = np.bincount(place, minlength=size).reshape(self.shape)
        own = n.copy()
        if self.rule is not None:
            for column in range(self.shape[1]):
                small = find_unpublishable(
                    self.pairs[:, column].tolist(), self.started[:, column].tolist(), self.rule
                )
                own[small, column] = 0
        county = Line(
            EVERYBODY,
            self.started.sum(axis=0).tolist(),
            self.pairs.sum(axis=0).tolist(),
            own.sum(axis=0).tolist(),
            _divide((sums * (own > 0)).sum(axis=0), own.sum(axis=0)),
        )
        return [
            county,
            *(
                Line(
                    provider,
                    self.started[k].tolist(),
                    self.pairs[k].tolist(),
                    n[k].tolist(),
                    _divide(sums[k], n[k]),
                )
                for k, provider in enumerate(cases.providers)
            ),
        ]


def _divide(sums: Floats, counts: Integers) -> list[float | None]:
    return [float(a / b) if b else None for a, b in zip(sums, counts, strict=True)]


def _find_quarters(frame: "pd.DataFrame", when: str) -> tuple[tuple[date, ...], Integers]:
    """Every quarter from the first to the last, and each row's place among them (-1 without a day)."""
    if when not in frame.columns:
        raise InputRejected(
            Message("The table of episodes lacks the day that decides the quarter."),
            [Fault(when, Message("this column is missing; it is needed"))],
        )
    # A missing day of pandas calls itself a day; it does not equal itself.
    days = [day if isinstance(day, date) and day == day else None for day in frame[when]]
    numbers = [None if day is None else day.year * 4 + (day.month - 1) // 3 for day in days]
    known = [number for number in numbers if number is not None]
    if not known:
        return (), np.full(len(days), -1, dtype=np.int64)
    first, last = min(known), max(known)
    if last - first >= MOST_QUARTERS:
        span = {"first": first // 4, "last": last // 4, "most": MOST_QUARTERS // 4}
        raise InputRejected(
            Message(
                "The days go from %(first)d to %(last)d; at most %(most)d years can be shown.",
                **span,
            ),
            [Fault(when, Message("choose a shorter period, or mend a day that cannot be right"))],
        )
    quarters = tuple(date(number // 4, number % 4 * 3 + 1, 1) for number in range(first, last + 1))
    column = [-1 if number is None else number - first for number in numbers]
    return quarters, np.array(column, dtype=np.int64)


def _leave_out_undated(frame: "pd.DataFrame", column: Integers, when: str) -> "pd.DataFrame":
    if (column >= 0).all():
        return frame
    reasons = (
        frame["left_out"].to_numpy(dtype=object, copy=True)
        if "left_out" in frame.columns
        else np.full(len(frame), None, dtype=object)
    )
    reasons[column < 0] = Message("No day that tells the quarter: %(name)s", name=when)
    return frame.assign(left_out=reasons)


def _find_status(cases: Cases, model: CaseMix | None) -> str:
    if model is None:
        return "no_pairs"
    if model.sigma is None:
        return "too_few_pairs"
    size = float(np.sqrt(np.mean(cases.baseline**2) + np.mean(cases.end**2)))
    return "no_variation" if model.sigma <= 1e-12 * size else "ok"


def _fill(trend: Trend, lines: list[Line]) -> Trend:
    county, *own = (_make_series(trend, line) for line in lines)
    return replace(trend, county=county, providers=tuple(own))


def _make_series(trend: Trend, line: Line) -> Series:
    """Improvements with intervals, and the moving average over them."""
    figures: list[float | None] = [
        None if mean is None or trend.target is None else trend.target + mean
        for mean in line.residual
    ]
    errors = [
        None if not n or not trend.sigma or figure is None else trend.sigma / n**0.5
        for n, figure in zip(line.n, figures, strict=True)
    ]
    smoothed = (
        smooth(figures, errors, trend.target, weight=trend.weight, width=trend.width)
        if trend.target is not None
        else [None] * len(figures)
    )
    points = []
    for place, quarter in enumerate(trend.quarters):
        figure, error, level = figures[place], errors[place], smoothed[place]
        point = TrendPoint(
            quarter=quarter,
            n_started=line.started[place],
            n_pairs=line.pairs[place],
            improvement=figure,
            se=error,
            withheld=trend.released and figure is None,
        )
        if figure is not None and error is not None:
            point = replace(point, low=figure - Q95 * error, high=figure + Q95 * error)
        if level is not None:
            point = replace(
                point, average=level.value, average_low=level.low, average_high=level.high,
                signal=level.signal if figure is not None else Signal.NONE,
            )  # fmt: skip
        points.append(point)
    return Series(line.provider, tuple(points))
