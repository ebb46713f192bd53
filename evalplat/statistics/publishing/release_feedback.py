"""Feedback as it may be published, so that nobody can be told from the figures of a group.

1. A provider with fewer than 5 sheets shows nothing, its count included; with 5 to 9 its count, rounded to 5.
2. From 10 sheets on, a scale that 10 have answered shows its figure, rounded to a step so coarse that every count which
   is rounded to the published one could have given it, and that one client more or less moves it by about a step. A
   figure within a step of the scale's end is set to a step from it, so that it never says what everybody answered.
   How many answered a single scale is not shown: beside the number of sheets it would tell of a few who did not.
3. The interval of the NPS is computed again from the rounded figure and the rounded count with the widest spread that
   such a figure allows. So it tells nothing more, and holds at least as often as it says.
4. How many wrote a text is shown where neither they nor the others are fewer than 5.
5. All together are all providers where those without figures are at least two, with 10 sheets between them, and the
   visible counts do not give a withheld one away; else only those with figures, and `whole` says so.

The thresholds stand in `DisclosureRule`. Which quarters may be shown at all is decided in the service: only those that
are over, so that no two days can be subtracted.
"""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from evalplat.instruments.definition import Scale
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_models import coarsen
from evalplat.statistics.publishing.suppression import may_show_share
from evalplat.statistics.publishing.suppression_tables import withhold_column
from evalplat.statistics.shares.feedback import (
    FULL,
    Feedback,
    FeedbackFigure,
    FeedbackRow,
    bound_nps,
    measure_feedback,
    measure_together,
)

FINE_NPS, FINE_MEAN = 1.0, 0.1


def release_feedback(
    frame: pd.DataFrame, scales: Sequence[Scale], rule: DisclosureRule
) -> Feedback:
    """The feedback of a frame (see `measure_feedback`) as it may be published."""
    exact = measure_feedback(frame, scales)
    counts = [row.sheets or 0 for row in exact.rows]
    rest = [count for count in counts if count < rule.estimates_from]
    open_to_all = not rest or (len(rest) > 1 and sum(rest) >= rule.estimates_from)
    whole = open_to_all and withhold_column(counts, rule).total is not None
    total = exact.total
    if not whole:
        named = [row.provider for row in exact.rows if (row.sheets or 0) >= rule.estimates_from]
        total = measure_together(frame[frame["provider"].isin(named)], scales)
    return Feedback(
        rows=tuple(release_row(row, rule) for row in exact.rows),
        total=release_row(total, rule),
        whole=whole,
        released=True,
    )


def release_row(row: FeedbackRow, rule: DisclosureRule) -> FeedbackRow:
    """One provider's feedback, or that of all together, as it may be published."""
    sheets, texts = row.sheets or 0, row.texts or 0
    blank = tuple(_blank(figure) for figure in row.figures)
    if rule.hides(sheets):
        return FeedbackRow(row.provider, None, None, blank, status="few")
    shown = rule.round(sheets)
    if sheets < rule.estimates_from:
        return FeedbackRow(row.provider, shown, None, blank, status="counted")
    return FeedbackRow(
        row.provider,
        shown,
        rule.round(texts) if may_show_share(texts, sheets, rule) else None,
        tuple(_release(figure, rule) for figure in row.figures),
    )


def _blank(figure: FeedbackFigure) -> FeedbackFigure:
    return FeedbackFigure(figure.scale, None, None, is_nps=figure.is_nps)


def _release(figure: FeedbackFigure, rule: DisclosureRule) -> FeedbackFigure:
    n, value, sd = figure.n or 0, figure.value, figure.sd
    if n < rule.estimates_from or value is None or sd is None:
        return _blank(figure)
    shown = rule.round(n)
    fine = FINE_NPS if figure.is_nps else FINE_MEAN
    step = rule.coarse_step(fine, sd, figure.unit, shown)
    least, most = figure.ends
    rounded = coarsen(min(max(coarsen(value, step), least + step), most - step), step)
    released = replace(_blank(figure), value=rounded)
    if not figure.is_nps:
        return released
    low, high = bound_nps(rounded, (FULL**2 - rounded**2) ** 0.5, shown)
    return replace(released, low=float(round(low)), high=float(round(high)))
