"""Which counts of a table of rows and columns may be shown, with its totals, so that no small count can be derived.

Every row is a list with its total, and every column is one (see `suppression`): small counts are withheld, and others
beside them, row by row and column by column until nothing changes. A count that was withheld for its row's sake is as
unknown to the column as a small one. In a column, or among the totals, where at least `ENOUGH_ROUNDED` rounded counts
are visible, their roundings together leave the withheld ones open, and no other is withheld for their sake.

Reference: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4. Checked against every small table that
could have been published, and with linear programming (least and greatest value of each withheld count, given the
rounded table) on larger ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evalplat.statistics.publishing.suppression import (
    CountRule,
    ReleasedCounts,
    choose_complementary,
    withhold,
    withhold_with_total,
)

ENOUGH_ROUNDED = 5
FEW_ROUNDED = 3
"""Beside fewer visible counts of providers their total is not shown: these counts stand on several pages, of which
another may show the one that would be withheld here for the total's sake, and two roundings can leave the small one
exact (22 and 22 beside 4: 20 and 20 of 50)."""

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """A table's counts and totals as they may be published; None is withheld."""

    cells: tuple[tuple[int | None, ...], ...]
    rows: tuple[int | None, ...]
    columns: tuple[int | None, ...]
    total: int | None


def withhold_table(
    counts: Sequence[Sequence[int]], rule: CountRule, *, order: Sequence[int] | None = None
) -> ReleasedTable:
    """Each count and total rounded, or None where it is withheld.

    counts: rows of one length. order: all columns, those first that can best be spared (by default the last); of the
    rows the last is spared first.
    """
    table = _Table(counts, rule, order)
    table.settle()
    return table.release()


def withhold_column(counts: Sequence[int], rule: CountRule) -> ReleasedCounts:
    """Counts of providers with their total, as the columns of a table are: many rounded ones cover for the small."""
    shown = withhold(counts, rule, total_is_shown=False)
    visible = sum(count is not None for count in shown)
    if visible >= ENOUGH_ROUNDED:
        return ReleasedCounts(shown, rule.round(sum(counts)))
    return (
        withhold_with_total(counts, rule)
        if may_total(counts, rule)
        else ReleasedCounts(shown, None)
    )


def may_total(counts: Sequence[int], rule: CountRule) -> bool:
    """Whether the total of these counts of providers may stand on a page, when others show all that are not small."""
    visible = sum(not rule.hides(count) for count in counts)
    return visible in (len(counts), *range(FEW_ROUNDED, len(counts)))


class _Table:
    """The counts with what is withheld so far. The totals are a further row and column of the same table."""

    def __init__(
        self, counts: Sequence[Sequence[int]], rule: CountRule, order: Sequence[int] | None
    ) -> None:
        self.rule = rule
        self.height = len(counts)
        self.width = len(counts[0]) if counts else len(order or ())
        self.column_order = list(order) if order is not None else [*range(self.width)][::-1]
        self.row_order = [*range(self.height)][::-1]
        lines = [[*row, sum(row)] for row in counts]
        totals = [sum(line[column] for line in lines) for column in range(self.width + 1)]
        self.exact = [*lines, totals]
        self.hidden = {
            (row, column)
            for row, line in enumerate(self.exact)
            for column, count in enumerate(line)
            if rule.hides(count)
        }

    def settle(self) -> None:
        """Withhold more until every row and every column, totals included, tells nothing."""
        while True:
            before = len(self.hidden)
            for row in range(self.height + 1):
                self._settle_line(
                    [(row, column) for column in self.column_order], (row, self.width)
                )
            for column in range(self.width + 1):
                places = [(row, column) for row in self.row_order]
                self._settle_line(places, (self.height, column), wide=True)
            if len(self.hidden) == before:
                return

    def _settle_line(self, places: list[Place], total: Place, *, wide: bool = False) -> None:
        """Withhold more of one line, or its total. wide: whether many rounded counts are enough of a cover."""
        if total in self.hidden:
            return
        hidden = [place for place in places if place in self.hidden]
        spare = [place for place in places if place not in self.hidden]
        if wide and len(spare) >= ENOUGH_ROUNDED:
            return
        more = choose_complementary(
            [self._count(place) for place in hidden],
            [self._count(place) for place in spare],
            self.rule,
            already=sum(not self.rule.hides(self._count(place)) for place in hidden),
        )
        if more is None:
            self.hidden.add(total)
        self.hidden.update(spare[:more])

    def _count(self, place: Place) -> int:
        return self.exact[place[0]][place[1]]

    def release(self) -> ReleasedTable:
        """The table as it may be published."""
        shown = [
            tuple(
                None if (row, column) in self.hidden else self.rule.round(count)
                for column, count in enumerate(line)
            )
            for row, line in enumerate(self.exact)
        ]
        return ReleasedTable(
            cells=tuple(line[:-1] for line in shown[:-1]),
            rows=tuple(line[-1] for line in shown[:-1]),
            columns=shown[-1][:-1],
            total=shown[-1][-1],
        )
