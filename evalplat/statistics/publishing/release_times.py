"""Coverage by month or quarter of opening as it may be published, so that no count of one to four can be derived.

Everything here stands on pages of narrower periods already: a time's row is the row of all providers together that a
table of that time alone shows (`release_outcomes`), and a provider's count at a time is its count there. What is left
out besides is chosen by what is published, never by what is not, so that the choice itself tells nothing:

1. Where one time alone hides a figure whose total over all times is shown, the figure is shown of no time.
2. Where a provider hides its count at one time alone, its whole row is left out; where a time hides that of one
   provider alone, its whole column is.

So this table and its pattern add nothing to what those pages tell.

Reference: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4, on linked tables; Wong et al. 2007 on
reading a rule backwards.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_outcomes import blank_stage, release_flow
from evalplat.statistics.publishing.times import Timeline
from evalplat.statistics.shares.flow import Flow, FlowRow, measure_flow

if TYPE_CHECKING:
    import pandas as pd

Cells = list[list[int | None]]


def release_times(frame: "pd.DataFrame", times: Sequence[str], rule: DisclosureRule) -> Timeline:
    """The episodes of `frame` (see `measure_flow`) by the time that each was opened in; times in order of name."""
    of = np.asarray(times, dtype=str)
    names = tuple(str(name) for name in np.unique(of))
    whole = release_flow(measure_flow(frame), rule)
    pages = [release_flow(measure_flow(frame[of == name]), rule) for name in names]
    return combine_times(whole, dict(zip(names, pages, strict=True)))


def combine_times(whole: Flow, pages: dict[str, Flow]) -> Timeline:
    """The timeline from what is published of the whole period and of each time in it: nothing else goes in."""
    rows = [replace(page.total, provider=name) for name, page in pages.items()]
    providers = tuple(row.provider for row in whole.rows)
    cells: Cells = [
        [
            next((row.started for row in page.rows if row.provider == provider), None)
            for page in pages.values()
        ]
        for provider in providers
    ]
    return Timeline(
        times=tuple(pages),
        flow=Flow(tuple(_leave_out(rows, whole.total)), whole.total, released=True),
        providers=providers,
        started=_leave_lines_out(cells),
    )


def _leave_out(rows: Sequence[FlowRow], total: FlowRow) -> list[FlowRow]:
    """The rows without those figures that one time alone hides."""
    if total.started is not None and _is_one_hidden([row.started for row in rows]):
        return [
            FlowRow(row.provider, None, tuple(blank_stage(stage) for stage in row.stages))
            for row in rows
        ]
    closed = {
        place
        for place, stage in enumerate(total.stages)
        if stage.count is not None and _is_one_hidden([row.stages[place].count for row in rows])
    }
    return [
        replace(
            row,
            stages=tuple(
                blank_stage(stage) if place in closed else stage
                for place, stage in enumerate(row.stages)
            ),
        )
        for row in rows
    ]


def _leave_lines_out(cells: Cells) -> tuple[tuple[int | None, ...], ...]:
    """The cells without the rows, then the columns, in which one alone is hidden."""
    kept = [[None] * len(line) if _is_one_hidden(line) else line for line in cells]
    columns = list(zip(*kept, strict=True))
    lost = {place for place, column in enumerate(columns) if _is_one_hidden(column)}
    return tuple(
        tuple(None if place in lost else cell for place, cell in enumerate(line)) for line in kept
    )


def _is_one_hidden(figures: Sequence[int | None]) -> bool:
    return sum(figure is None for figure in figures) == 1
