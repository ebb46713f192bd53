"""Counts by municipality: what is shown adds up, and no small count can be worked out from it."""

import random

import numpy as np
import pytest
from scipy.optimize import linprog

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_places import PlaceRow, release_places

RULE = DisclosureRule()


def rows_of(counts, table):
    """Every shown figure as (the cells that it is the sum of, the figure): cell (region, place, column)."""
    everything = [(r, p, c) for r, places in counts.items() for p in places for c in (0, 1)]

    def figures(row, cells):
        for shown, columns in (
            (row.measured, (0,)),
            (row.unmeasured, (1,)),
            (row.together, (0, 1)),
        ):
            if shown is not None:
                yield [cell for cell in cells if cell[2] in columns], shown

    yield from figures(table.county, everything)
    for region in table.regions:
        own = [cell for cell in everything if cell[0] == region.row.place]
        yield from figures(region.row, own)
        for place in region.places:
            yield from figures(place, [cell for cell in own if cell[1] == place.place])


def attack(counts, shown):
    """The small cells that, given what is shown, are known to be from one to four."""
    cells = [(r, p, c) for r, places in counts.items() for p in places for c in (0, 1)]
    index = {cell: place for place, cell in enumerate(cells)}
    matrix, bounds = [], []
    for parts, figure in shown:
        line = np.zeros(len(cells))
        line[[index[cell] for cell in parts]] = 1
        # A rounded count lies within two of what is shown.
        matrix += [line, -line]
        bounds += [figure + 2, -(figure - 2)]
    found = []
    for cell in cells:
        count = counts[cell[0]][cell[1]][cell[2]]
        if not 0 < count < 5:
            continue
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(cells))
            goal[index[cell]] = sign
            limits = {"A_ub": np.array(matrix), "b_ub": bounds} if matrix else {}
            answer = linprog(goal, bounds=(0, 200), **limits)
            assert answer.status in (0, 3), answer.message
            ends.append(sign * answer.fun if answer.status == 0 else float("inf"))
        low, high = ends
        if low > 0.01 and high < 4.99:
            found.append((cell, low, high))
    return found


def make_counts(chance):
    return {
        f"R{r}": {
            f"P{r}{p}": (
                chance.choice([0, 1, 3, 4, 6, 9, 20, 45]),
                chance.choice([0, 2, 4, 5, 8, 15]),
            )
            for p in range(chance.choice([1, 2, 3, 6]))
        }
        for r in range(chance.choice([1, 2, 4, 6]))
    }


@pytest.mark.parametrize("seed", range(40))
def test_no_small_count_can_be_worked_out(seed):
    counts = make_counts(random.Random(seed))
    table = release_places(counts, RULE)
    assert attack(counts, list(rows_of(counts, table))) == []


def test_the_attack_finds_a_count_that_stands_open():
    counts = {"A": {"a": (20, 10), "b": (3, 20)}}
    shown = [([("A", "b", 0)], 2), ([("A", "b", 0)], 4)]
    assert [cell for cell, _low, _high in attack(counts, shown)] == [("A", "b", 0)]
    assert attack(counts, shown[:1]) == []


def test_what_is_shown_is_rounded_and_adds_up_nearly():
    counts = {"A": {"a": (20, 11), "b": (33, 22)}, "B": {"c": (41, 19), "d": (26, 12)}}
    table = release_places(counts, RULE)
    assert table.county == PlaceRow("", 120, 65, 185)
    assert [region.row for region in table.regions] == [
        PlaceRow("A", 55, 35, 85),
        PlaceRow("B", 65, 30, 100),
    ]
    assert table.regions[0].places == (PlaceRow("a", 20, 10, 30), PlaceRow("b", 35, 20, 55))


def test_a_sub_region_that_is_withheld_shows_none_of_its_municipalities():
    counts = {"A": {"a": (20, 3)}, "B": {"b": (30, 15), "c": (30, 15)}}
    table = release_places(counts, RULE)
    hidden = [
        region for region in table.regions if None in (region.row.measured, region.row.unmeasured)
    ]
    assert hidden
    for region in hidden:
        assert all(place.measured is None and place.together is None for place in region.places)


def test_nothing_counted_shows_nothing():
    table = release_places({"A": {"a": (0, 0)}}, RULE)
    assert table.county == PlaceRow("", None, None, None)
    assert table.regions[0].places == (PlaceRow("a", None, None, None),)
    assert release_places({}, RULE).county == PlaceRow("", None, None, None)
