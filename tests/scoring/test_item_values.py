"""Answers as a scale counts them: turned, mapped, weighted, by the way of scoring."""

import numpy as np
import pytest

from evalplat.scoring.answers import check_answers, to_raw
from evalplat.scoring.item_values import SheetCollector

REVERSED = """
[[items]]
code = "A"
options = "often"
[[items]]
code = "B"
options = "often"
[[items]]
code = "C"
options = "often"
[[option_sets]]
key = "often"
range = [1, 5]
[[maps]]
key = "turned"
reverse = [1, 5]
[[spaces]]
key = "counted"
[[spaces.apply]]
map = "turned"
items = ["B"]
"""

TOTAL = """
[[scales]]
key = "total"
method = "sum"
space = "counted"
direction = "higher_better"
items = ["A", "B", "C"]
expect_range = [3, 15]
"""


def collect(definition, *sheets) -> SheetCollector:
    collector = SheetCollector(definition)
    for sheet in sheets:
        collector.add_raw(to_raw(check_answers(definition, sheet)))
    return collector


def test_a_reversed_item_is_turned_as_the_scale_turns_it(build):
    small = build(REVERSED + TOTAL)
    (table,) = collect(small, {"A": 1, "B": 5, "C": 2}, {"A": 4, "B": 2}).count_items("total")
    assert table.codes == ("A", "B", "C")
    assert np.array_equal(table.values, [[1, 1, 2], [4, 4, np.nan]], equal_nan=True)
    assert table.summed
    assert table.scores[0] == 4


def test_whole_sheets_add_up_to_their_score(build):
    small = build(REVERSED + TOTAL)
    random = np.random.default_rng(1)
    sheets = [
        dict(zip("ABC", map(int, row), strict=True)) for row in random.integers(1, 6, (50, 3))
    ]
    (table,) = collect(small, *sheets).count_items("total")
    assert np.array_equal(table.values.sum(axis=1), table.scores)


def test_whodas_counts_its_complex_classes_by_the_way_of_scoring(catalogue):
    whodas = catalogue.get("whodas-2.0-12")
    works = {**{f"S{n}": 4 for n in range(1, 13)}, "works_or_studies": 1}
    at_home = {**{f"S{n}": 3 for n in range(1, 13)}, "works_or_studies": 0}
    unknown = {f"S{n}": 1 for n in range(1, 13)}
    collector = collect(whodas, works, at_home, unknown, works)
    twelve, eleven = collector.count_items("total")
    assert (twelve.variant, eleven.variant) == ("12_items", "11_items")
    assert twelve.values.tolist() == [[4, 2, 4, 2, 4, 4, 4, 2, 4, 2, 2, 2]] * 2
    assert eleven.values.tolist() == [[3, 2, 3, 2, 3, 3, 3, 2, 3, 2, 2]]
    assert twelve.scores.tolist() == [100, 100]
    assert eleven.codes == tuple(f"S{n}" for n in range(1, 12))


def test_what_does_not_apply_is_told_from_what_is_missing(build):
    body = """
[[conditions]]
code = "works"
[[items]]
code = "A"
options = "often"
[[items]]
code = "B"
options = "often"
applicable_when = { field = "works", equals = true }
[[option_sets]]
key = "often"
range = [1, 5]
[[scales]]
key = "mean"
method = "mean"
direction = "higher_better"
items = ["A", "B"]
expect_range = [1, 5]
missing = { allowed = 1, fill = "none" }
"""
    small = build(body)
    sheets = ({"A": 1, "B": 2, "works": 1}, {"A": 3, "works": 1}, {"A": 4, "B": 5, "works": 0})
    (table,) = collect(small, *sheets).count_items("mean")
    assert table.applicable.tolist() == [[True, True], [True, True], [True, False]]
    assert np.array_equal(table.values, [[1, 2], [3, np.nan], [4, np.nan]], equal_nan=True)
    assert table.scores.tolist() == [1.5, 3, 4]


def test_weights_and_counted_answers_count_as_they_do_in_the_score(build):
    small = build(
        REVERSED
        + """
[[scales]]
key = "heavy"
method = "weighted_sum"
direction = "higher_better"
items = ["A", "C"]
weights = [2, 0.5]
expect_range = [2.5, 12.5]
[[scales]]
key = "high"
method = "count_in"
direction = "higher_better"
items = ["A", "B", "C"]
count_values = [4, 5]
expect_range = [0, 3]
[[scales]]
key = "worst"
method = "max"
direction = "lower_better"
items = ["A", "B"]
expect_range = [1, 5]
"""
    )
    collector = collect(small, {"A": 4, "B": 5, "C": 2})
    (heavy,), (high,), (worst,) = map(collector.count_items, ("heavy", "high", "worst"))
    assert (heavy.values.tolist(), heavy.scores.tolist()) == ([[8, 1]], [9])
    assert (high.values.tolist(), high.scores.tolist()) == ([[1, 1, 0]], [2])
    assert not worst.summed


def test_a_scale_over_scales_has_those_as_items(build):
    small = build(
        REVERSED
        + TOTAL
        + """
[[scales]]
key = "first"
method = "sum"
direction = "higher_better"
items = ["A"]
expect_range = [1, 5]
[[scales]]
key = "both"
method = "mean"
direction = "higher_better"
scales = ["total", "first"]
expect_range = [2, 10]
"""
    )
    (table,) = collect(small, {"A": 1, "B": 5, "C": 2}, {"A": 2}).count_items("both")
    assert np.array_equal(table.values, [[4, 1], [np.nan, 2]], equal_nan=True)


def test_declined_and_stale_answers_are_no_values(catalogue):
    whodas = catalogue.get("whodas-2.0-12")
    sheet = {**{f"S{n}": 1 for n in range(1, 13)}, "S3": "declined", "works_or_studies": "declined"}
    collector = collect(whodas, sheet, {**sheet, "works_or_studies": 0})
    (table,) = collector.count_items("sum_simple")
    assert table.variant == "11_items"
    assert np.isnan(table.values[0, 2])


def test_no_sheet_gives_no_table(catalogue):
    assert SheetCollector(catalogue.get("who-5")).count_items("total") == ()


@pytest.mark.parametrize("key", ["whodas-2.0-36", "who-5", "3x10d"])
def test_every_whole_sheet_is_the_scale_s_score_up_to_stretching(catalogue, key):
    definition = catalogue.get(key)
    random = np.random.default_rng(2)
    sheets = [
        {
            **{item.code: int(random.choice(item.values)) for item in definition.items},
            **{condition.code: 1 for condition in definition.conditions},
        }
        for _ in range(30)
    ]
    collector = collect(definition, *sheets)
    for scale in definition.scales:
        table = collector.count_items(scale.key)[0]
        total = table.values.sum(axis=1)
        assert np.corrcoef(total, table.scores)[0, 1] == pytest.approx(1, abs=1e-12)
