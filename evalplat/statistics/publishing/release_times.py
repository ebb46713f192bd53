"""Coverage by month or quarter of opening as it may be published, so that no count of one to four can be derived.

The same clients stand in a table by provider, and whoever reads both may subtract. So:

1. A time's row is the row of all providers together that a table of that time alone shows (`release_outcomes`): what
   providers and totals hide there is hidden here. It tells nothing that the narrower period does not tell.
2. Who started is a table of providers by times with both totals (`suppression_tables`). Where a time's total had to be
   withheld in it, the whole row of that time is, and where a provider's had to be though it stands in the table by
   provider, the whole row of that provider is; likewise where the total of all had to be, everything is.
3. A stage that some times hide is shown of no time, where its total over all times, less the visible ones, would leave
   a hidden one open to fewer values than it could have.

Reference: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4, on linked tables.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_outcomes import (
    blank_stage,
    may_total_stage,
    release_flow,
)
from evalplat.statistics.publishing.suppression_tables import ReleasedTable, withhold_table
from evalplat.statistics.publishing.times import Timeline
from evalplat.statistics.shares.flow import Flow, FlowRow, measure_flow

if TYPE_CHECKING:
    import pandas as pd


def release_times(frame: "pd.DataFrame", times: Sequence[str], rule: DisclosureRule) -> Timeline:
    """The episodes of `frame` (see `measure_flow`) by the time that each was opened in; times in order of name."""
    of = np.asarray(times, dtype=str)
    names = tuple(str(name) for name in np.unique(of))
    by_provider = measure_flow(frame)
    together = release_flow(by_provider, rule).total
    parts = [measure_flow(frame[of == name]) for name in names]
    providers = tuple(row.provider for row in by_provider.rows)
    counts = [[_count(part, provider) for part in parts] for provider in providers]
    table = withhold_table(counts, rule)
    whole = bool(providers) and table.total is not None
    rows = [
        _name(release_flow(part, rule).total, name, shown=whole and column is not None)
        for name, part, column in zip(names, parts, table.columns, strict=False)
    ]
    return Timeline(
        times=names,
        flow=Flow(
            tuple(_open_stages(rows, [part.total for part in parts], together, rule)),
            together,
            released=True,
        ),
        providers=providers,
        started=_choose_cells(table, whole=whole),
    )


def _count(part: Flow, provider: str) -> int:
    return next((row.started or 0 for row in part.rows if row.provider == provider), 0)


def _name(row: FlowRow, name: str, *, shown: bool) -> FlowRow:
    if shown and row.started is not None:
        return FlowRow(name, row.started, row.stages)
    return FlowRow(name, None, tuple(blank_stage(stage) for stage in row.stages))


def _open_stages(
    rows: Sequence[FlowRow], exact: Sequence[FlowRow], total: FlowRow, rule: DisclosureRule
) -> list[FlowRow]:
    """The rows without those stages of which a hidden one could be worked out from the total."""
    closed = set()
    for place, stage in enumerate(total.stages):
        both = [
            (row.stages[place], one.stages[place]) for row, one in zip(rows, exact, strict=True)
        ]
        if stage.count is not None and not may_total_stage(both, rule):
            closed.add(place)
    return [
        FlowRow(
            row.provider,
            row.started,
            tuple(
                blank_stage(stage) if place in closed else stage
                for place, stage in enumerate(row.stages)
            ),
        )
        for row in rows
    ]


def _choose_cells(table: ReleasedTable, *, whole: bool) -> tuple[tuple[int | None, ...], ...]:
    """The cells whose own row and column may be shown as a whole: their totals stand on other pages."""
    return tuple(
        tuple(
            cell if whole and row_total is not None and column_total is not None else None
            for cell, column_total in zip(cells, table.columns, strict=True)
        )
        for cells, row_total in zip(table.cells, table.rows, strict=True)
    )
