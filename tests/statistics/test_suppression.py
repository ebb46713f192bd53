"""No small count can be derived from what is shown: every list and table that could have been published is tried."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.suppression import (
    ReleasedCounts,
    find_span,
    may_show_share,
    withhold,
    withhold_with_total,
)
from evalplat.statistics.publishing.suppression_tables import (
    ReleasedTable,
    may_total,
    withhold_column,
    withhold_table,
)

RULE = DisclosureRule()
RULES = [
    RULE,
    DisclosureRule(hide_below=3, round_to=3),
    DisclosureRule(hide_below=3, round_to=1),
    DisclosureRule(hide_below=3, round_to=5),
]


@pytest.mark.parametrize(
    ("counts", "shown", "total"),
    [
        ([20, 15, 8], (20, 15, 10), 45),
        ([20, 15, 3], (20, None, None), 40),
        ([20, 3, 15], (20, None, None), 40),
        ([3, 50], (None, None), 55),
        ([3, 5], (None, None), None),
        ([0, 0, 0], (None, None, None), None),
        ([2, 1, 40, 30], (None, None, 40, None), 75),
        ([7], (5,), 5),
        ([4], (None,), None),
        ([4] * 12, (None,) * 12, None),
        ([], (), None),
    ],
)
def test_small_counts_are_withheld_with_others_that_cover_for_them(counts, shown, total):
    released = withhold_with_total(counts, RULE)
    assert (released.counts, released.total) == (shown, total)
    assert withhold(counts, RULE) == shown


def test_without_a_total_only_the_small_counts_are_withheld():
    assert withhold([20, 15, 3], RULE, total_is_shown=False) == (20, 15, None)


def test_the_count_that_can_best_be_spared_goes_first():
    assert withhold([20, 15, 3], RULE, order=(0, 1, 2)) == (None, 15, None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.hide_below}-{rule.round_to}")
@pytest.mark.parametrize(("length", "top"), [(1, 24), (2, 30), (3, 26)])
def test_a_small_count_of_a_list_may_be_any_small_count_even_to_who_knows_the_rule(
    rule, length, top
):
    """For each published list: all lists that are published so; a withheld place shows every value under the threshold
    or, where it cannot be a small one, none of them."""
    published = defaultdict(list)
    for counts in product(range(top + 1), repeat=length):
        published[withhold_with_total(counts, rule)].append(counts)
    for released, candidates in published.items():
        if released.total is not None and released.total > top - rule.round_to:
            continue  # lists with larger counts are published so too, and were not made
        for place, shown in enumerate(released.counts):
            if shown is None:
                small = {c[place] for c in candidates if c[place] < rule.hide_below}
                assert len(small) in (0, rule.hide_below), (released, place, small)


@pytest.mark.parametrize(
    ("rule", "top"),
    [
        (DisclosureRule(hide_below=2, round_to=1), 8),
        (DisclosureRule(hide_below=2, round_to=2), 8),
        (DisclosureRule(hide_below=3, round_to=3), 10),
    ],
    ids=["2-1", "2-2", "3-3"],
)
def test_no_count_of_a_table_is_the_only_one_possible_even_to_who_knows_the_rule(rule, top):
    published = defaultdict(list)
    for counts in product(range(top + 1), repeat=4):
        published[withhold_table([counts[:2], counts[2:]], rule)].append(counts)
    tried = 0
    for released, candidates in published.items():
        flat = [count for row in released.cells for count in row]
        known = [count for count in (*released.rows, *released.columns) if count is not None]
        if max((count for count in flat if count is not None), default=0) > top - 2:
            continue
        if max(known, default=0) > top:
            continue
        for place, shown in enumerate(flat):
            if shown is None:
                tried += 1
                assert len({c[place] for c in candidates}) > 1, (released, place)
    assert tried > 100


def test_linear_programming_finds_no_withheld_count_within_fewer_values_than_the_threshold():
    random = np.random.default_rng(20261)
    checked = 0
    for counts in draw_tables(random, 60):
        released = withhold_table(counts, RULE)
        for (row, column), low, high in find_ranges(released, RULE):
            exact = counts[row][column]
            assert low <= exact <= high
            checked += 1
            if RULE.hides(exact):
                assert high - low >= RULE.hide_below - 1, (counts, released, row, column)
    assert checked > 200


def draw_tables(random: np.random.Generator, many: int) -> Iterator[list[list[int]]]:
    """Providers by categories of change: some providers small, one category rare."""
    for _ in range(many):
        width = int(random.integers(2, 4))
        shares = random.dirichlet([5, 4, 1][:width])
        sizes = random.integers(0, 60, int(random.integers(1, 9)))
        yield [[int(n) for n in random.multinomial(size, shares)] for size in sizes]


def find_ranges(released: ReleasedTable, rule: DisclosureRule):
    """The least and greatest value of each withheld cell, given every visible cell and total to its rounding."""
    from scipy.optimize import linprog

    height, width = len(released.cells), len(released.cells[0])
    cells = [count for row in released.cells for count in row]
    bounds = [(0, None) if count is None else find_span(count, rule) for count in cells]
    place = np.arange(height * width)
    totals = [(place // width == row, shown) for row, shown in enumerate(released.rows)]
    totals += [(place % width == column, shown) for column, shown in enumerate(released.columns)]
    totals.append((place >= 0, released.total))
    left, right = [np.zeros(len(cells))], [0.0]
    for summed, shown in totals:
        if shown is not None:
            low, high = find_span(shown, rule)
            left += [summed.astype(float), -summed.astype(float)]
            right += [high, -low]
    for index, count in enumerate(cells):
        if count is None:
            aim = (place == index).astype(float)
            least = linprog(aim, A_ub=np.array(left), b_ub=right, bounds=bounds)
            most = linprog(-aim, A_ub=np.array(left), b_ub=right, bounds=bounds)
            high = -most.fun if most.status == 0 else np.inf
            yield divmod(index, width), round(least.fun), high


def test_a_table_loses_no_more_than_its_small_counts_need():
    counts = [
        [33, 15, 4],
        [30, 26, 7],
        [20, 14, 6],
        [36, 16, 8],
        [35, 30, 9],
        [28, 16, 6],
        [9, 7, 5],
    ]
    released = withhold_table(counts, RULE)
    assert released.cells[0] == (35, None, None)
    assert released.cells[1:] == tuple(tuple(RULE.round(n) for n in row) for row in counts[1:])
    assert None not in (*released.rows, *released.columns, released.total)


def test_a_small_row_is_withheld_with_its_total():
    counts = [[2, 1], *[[20 + n, 15] for n in range(8)]]
    released = withhold_table(counts, RULE)
    assert (released.cells[0], released.rows[0]) == ((None, None), None)
    assert released.total == RULE.round(sum(map(sum, counts)))


@pytest.mark.parametrize("counts", [[], [[0, 0]], [[1, 0], [0, 2]], [[3]]])
def test_a_table_of_next_to_nothing_shows_nothing(counts):
    released = withhold_table(counts, RULE)
    assert released.total is None
    assert all(count is None for row in released.cells for count in row)


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [
        (5, 10, True),
        (4, 40, False),
        (36, 40, False),
        (35, 40, True),
        (3, 4, False),
        (40, 40, False),
    ],
)
def test_a_share_needs_five_on_both_sides(numerator, denominator, shown):
    assert may_show_share(numerator, denominator, RULE) is shown


def test_a_column_s_total_does_not_make_up_for_a_small_count_that_roundings_leave_exact():
    assert withhold_column((22, 22, 4), RULE) == ReleasedCounts((20, 20, None), None)
    assert not may_total((22, 22, 4), RULE) and may_total((22, 22, 31, 4), RULE)
    assert may_total((22, 22), RULE)


def test_many_providers_cover_for_a_small_one_so_that_all_others_are_shown_with_their_total():
    found = withhold_column((22, 31, 3, 45, 60, 18), RULE)
    assert found == ReleasedCounts((20, 30, None, 45, 60, 20), 180)
    assert withhold_column((22, 31), RULE) == ReleasedCounts((20, 30), 55)


def test_a_reader_of_a_column_and_its_total_never_knows_a_small_count():
    random = np.random.default_rng(4)
    for _ in range(2000):
        visible = random.integers(5, 80, random.integers(1, 9)).tolist()
        small = int(random.integers(1, 5))
        found = withhold_column((*visible, small), RULE)
        if found.total is None:
            continue
        # What is withheld beside the small one on this page, another page may show.
        room = 2 * len(visible) + 2
        rest = found.total - sum(RULE.round(count) for count in visible)
        assert min(rest + room, 4) - max(rest - room, 0) >= 1
