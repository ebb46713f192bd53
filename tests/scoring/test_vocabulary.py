"""The definition format carries measures that are not shipped, with figures published for them."""

import pytest

from evalplat.scoring.groups import net_promoter_score, summarise_group
from evalplat.vocabulary import ScoreStatus


def definition_of(count, low, high, scales, extra=""):
    """Items Q1 … Qn answered low … high, and scales. The bare keys come first, as TOML wants it."""
    entries = "".join(
        f"""
[[items]]
code = "Q{n}"
options = "answer"
{extra}"""
        for n in range(1, count + 1)
    )
    return f"""
[[option_sets]]
key = "answer"
range = [{low}, {high}]
{entries}
{scales}
"""


def codes(count):
    return "[" + ", ".join(f'"Q{n}"' for n in range(1, count + 1)) + "]"


def raw(values):
    return {f"Q{n}": value for n, value in enumerate(values, start=1)}


SWEMWBS = [
    "7.00",
    "9.51",
    "11.25",
    "12.40",
    "13.33",
    "14.08",
    "14.75",
    "15.32",
    "15.84",
    "16.36",
    "16.88",
    "17.43",
    "17.98",
    "18.59",
    "19.25",
    "19.98",
    "20.73",
    "21.54",
    "22.35",
    "23.21",
    "24.11",
    "25.03",
    "26.02",
    "27.03",
    "28.13",
    "29.31",
    "30.70",
    "32.55",
    "35.00",
]


@pytest.mark.parametrize(
    ("answers", "metric"),
    [
        ([1] * 7, 7.0),
        ([3] * 7, 19.25),
        ([4] * 7, 25.03),
        ([5] * 7, 35.0),
        ([3, 4, 2, 3, 4, 3, None], None),
    ],
)
def test_swemwbs_goes_through_a_table(build, score_raw, answers, metric):
    swemwbs = build(
        definition_of(
            7,
            1,
            5,
            f"""
[[scales]]
key = "total"
method = "sum"
direction = "higher_better"
items = {codes(7)}
expect_range = [7, 35]
[scales.lookup]
from = [{", ".join(map(str, range(7, 36)))}]
to = [{", ".join(SWEMWBS)}]
[scales.change]
sdc = 2.87
mic = [1, 3]
source = "Shah 2018"
population = "adults"
""",
        )
    )
    assert score_raw(swemwbs, raw(answers))["total"].value == metric
    scale = swemwbs.scale("total")
    assert (scale.minimum, scale.maximum) == (7, 35)


def test_eurohis_is_a_mean_of_at_least_six_answers_with_a_band(build, score_raw):
    eurohis = build(
        definition_of(
            8,
            1,
            5,
            f"""
[[band_sets]]
key = "quality"
source = "THL"
bands = [ {{ key = "below", below = 4 }}, {{ key = "good" }} ]
[[scales]]
key = "total"
method = "mean"
direction = "higher_better"
items = {codes(8)}
expect_range = [1, 5]
bands = "quality"
missing = {{ allowed = 2 }}
""",
        )
    )
    scale = eurohis.scale("total")
    for answers, mean, band in (
        ([4] * 8, 4.0, "quality.good"),
        ([4] * 7 + [3], 3.875, "quality.below"),
        ([3, 2, 3, 2, 3, 3, 2, 2], 2.5, "quality.below"),
    ):
        result = score_raw(eurohis, raw(answers))["total"]
        assert (result.value, result.status) == (mean, ScoreStatus.OK)
        assert scale.band(result.value).key == band
    partial = score_raw(eurohis, raw([4] * 6 + [None, None]))["total"]
    assert (partial.value, partial.status, partial.items_missing) == (4, ScoreStatus.PARTIAL, 2)
    assert score_raw(eurohis, raw([4] * 5 + [None] * 3))["total"].value is None


@pytest.mark.parametrize(("answers", "score"), [([1] * 3, 3), ([2] * 3, 6), ([3] * 3, 9)])
def test_ucla_3_is_a_sum_where_higher_is_worse(build, score_raw, answers, score):
    ucla = build(
        definition_of(
            3,
            1,
            3,
            f"""
[[scales]]
key = "total"
method = "sum"
direction = "lower_better"
items = {codes(3)}
expect_range = [3, 9]
""",
        )
    )
    assert score_raw(ucla, raw(answers))["total"].value == score
    assert ucla.scale("total").direction == "lower_better"


@pytest.mark.parametrize(("answer", "score"), [(1, 0), (3, 50), (5, 100)])
def test_esis_stretches_a_mean(build, score_raw, answer, score):
    esis = build(
        definition_of(
            10,
            1,
            5,
            f"""
[[scales]]
key = "total"
method = "mean"
direction = "higher_better"
items = {codes(10)}
expect_range = [1, 5]
rescale = [0, 100]
""",
        )
    )
    assert score_raw(esis, raw([answer] * 10))["total"].value == score


ALL_METHODS = f"""
[[maps]]
key = "turned"
reverse = [0, 4]
[[spaces]]
key = "turned"
[[spaces.apply]]
map = "turned"
items = ["Q2"]
[[scales]]
key = "weighted"
method = "weighted_sum"
direction = "none"
items = {codes(3)}
weights = [1, -2, 0.5]
expect_range = [-8, 6]
[[scales]]
key = "lowest"
method = "min"
direction = "none"
items = {codes(3)}
missing = {{ allowed = 1 }}
[[scales]]
key = "highest"
method = "max"
direction = "none"
items = {codes(3)}
[[scales]]
key = "many"
method = "count_in"
count_values = [3, 4]
direction = "none"
items = {codes(3)}
[[scales]]
key = "turned"
method = "sum"
space = "turned"
direction = "none"
items = {codes(3)}
missing = {{ allowed = 1, fill = "mean", fill_space = "raw" }}
[[scales]]
key = "prorated"
method = "sum"
direction = "none"
items = {codes(3)}
missing = {{ allowed = 1, fill = "prorate" }}
linear = {{ multiply = 10, add = -5 }}
[[scales]]
key = "both"
method = "mean"
direction = "none"
scales = ["highest", "turned"]
missing = {{ allowed = 1 }}
"""


def test_every_method_of_the_vocabulary_scores(build, score_raw):
    small = build(definition_of(3, 0, 4, ALL_METHODS))
    scores = score_raw(small, raw([4, 1, 3]))
    assert {key: result.value for key, result in scores.items()} == {
        "weighted": 4 - 2 + 1.5,
        "lowest": 1,
        "highest": 4,
        "many": 2,
        "turned": 4 + 3 + 3,
        "prorated": 75,
        "both": (4 + 10) / 2,
    }
    scores = score_raw(small, raw([4, None, 2]))
    assert scores["weighted"].value is None
    assert (scores["lowest"].value, scores["lowest"].status) == (2, ScoreStatus.PARTIAL)
    # The mean of the raw answers 4 and 2 is 3, which the map turns into 1.
    assert (scores["turned"].value, scores["turned"].status) == (7, ScoreStatus.IMPUTED)
    assert (scores["prorated"].value, scores["prorated"].status) == (85, ScoreStatus.PARTIAL)
    assert (scores["both"].value, scores["both"].status) == (7, ScoreStatus.IMPUTED)


def test_a_scale_may_stand_before_the_scales_it_is_made_of(build, score_raw):
    small = build(
        definition_of(
            2,
            0,
            4,
            """
[[scales]]
key = "total"
method = "sum"
direction = "none"
scales = ["first", "second"]
expect_range = [0, 8]
[[scales]]
key = "first"
method = "sum"
direction = "none"
items = ["Q1"]
[[scales]]
key = "second"
method = "sum"
direction = "none"
items = ["Q2"]
""",
        )
    )
    assert list(score_raw(small, raw([1, 2]))) == ["total", "first", "second"]
    assert score_raw(small, raw([1, 2]))["total"].value == 3
    assert score_raw(small, raw([1, None]))["total"].reason == "scale_missing"


CONDITIONS = """
[[conditions]]
code = "lives"
choices = ["alone", "with_others"]
[[option_sets]]
key = "answer"
range = [0, 4]
[[items]]
code = "Q1"
options = "answer"
[[items]]
code = "Q2"
options = "answer"
[[items]]
code = "Q3"
options = "answer"
applicable_when = %s
[[scales]]
key = "third"
method = "sum"
direction = "none"
items = ["Q3"]
"""


@pytest.mark.parametrize(
    ("test", "given", "reason"),
    [
        ('{ field = "lives", equals = "alone" }', {"lives": "alone"}, ""),
        ('{ field = "lives", equals = "alone" }', {"lives": "with_others"}, "not_applicable"),
        ('{ field = "lives", equals = "alone" }', {}, "condition_unknown"),
        ('{ field = "Q1", in = [1, 2] }', {"Q1": 2}, ""),
        ('{ field = "Q1", in = [1, 2] }', {"Q1": 3}, "not_applicable"),
        ('{ field = "Q1", less = 2 }', {"Q1": 1}, ""),
        ('{ field = "Q1", less = 2 }', {"Q1": 2}, "not_applicable"),
        ('{ field = "Q1", at_least = 2 }', {"Q1": 2}, ""),
        ('{ field = "Q1", at_least = 2 }', {}, "condition_unknown"),
        ('{ field = "Q1", answered = true }', {"Q1": 0}, ""),
        ('{ field = "Q1", answered = true }', {}, "not_applicable"),
        ('{ field = "Q1", answered = false }', {}, ""),
        ('{ not = { field = "Q1", equals = 0 } }', {"Q1": 1}, ""),
        ('{ not = { field = "Q1", equals = 0 } }', {}, "condition_unknown"),
        (
            '{ all = [{ field = "Q1", equals = 1 }, { field = "Q2", equals = 1 }] }',
            {"Q1": 1, "Q2": 1},
            "",
        ),
        (
            '{ all = [{ field = "Q1", equals = 1 }, { field = "Q2", equals = 1 }] }',
            {"Q2": 0},
            "not_applicable",
        ),
        (
            '{ all = [{ field = "Q1", equals = 1 }, { field = "Q2", equals = 1 }] }',
            {"Q2": 1},
            "condition_unknown",
        ),
        ('{ any = [{ field = "Q1", equals = 1 }, { field = "Q2", equals = 1 }] }', {"Q2": 1}, ""),
        (
            '{ any = [{ field = "Q1", equals = 1 }, { field = "Q2", equals = 1 }] }',
            {"Q2": 0},
            "condition_unknown",
        ),
    ],
)
def test_conditions_decide_what_applies_and_never_guess(build, score_raw, test, given, reason):
    result = score_raw(build(CONDITIONS % test), {**given, "Q3": 4})["third"]
    assert result.reason == reason
    assert result.value == (None if reason else 4)


def test_limits_can_be_set_group_by_group(build, score_raw):
    body = "".join(
        f"[[items]]\ncode = 'Q{n}'\noptions = 'answer'\ngroup = '{'one' if n < 4 else 'two'}'\n"
        for n in range(1, 7)
    )
    small = build(
        f"""
[[option_sets]]
key = "answer"
range = [0, 4]
{body}
[[scales]]
key = "total"
method = "sum"
direction = "none"
groups = ["one", "two"]
missing = {{ allowed = 3, fill = "mean", scope = "instrument", per_group = {{ one = 2, two = 1 }} }}
"""
    )
    assert score_raw(small, raw([None, None, 2, 2, 2, 2]))["total"].value == 12
    assert score_raw(small, raw([None, 2, 2, None, 2, 2]))["total"].value == 12
    two = score_raw(small, raw([2, 2, 2, None, None, 2]))["total"]
    assert (two.value, two.reason) == (None, "too_many_missing_in_group")


def test_numbers_with_decimals_are_scored_as_they_are(build, score_raw):
    small = build(
        """
[[items]]
code = "hours"
number = { range = [0, 24] }
[[items]]
code = "said"
text = 100
[[scales]]
key = "hours"
method = "sum"
direction = "higher_better"
items = ["hours"]
expect_range = [0, 24]
"""
    )
    assert score_raw(small, {"hours": "7,5", "said": "hello"})["hours"].value == 7.5


@pytest.mark.parametrize(
    ("answers", "score"), [([10, 9, 8, 7, 6, 0], 0), ([10, 10, 9, 7, 3], 40), ([], None)]
)
def test_net_promoter_score_is_a_figure_of_a_group(answers, score, catalogue):
    assert net_promoter_score(answers) == score
    scale = catalogue.get("client-feedback").scale("recommendation")
    assert summarise_group(scale, [*answers, None]) == score
    access = catalogue.get("client-feedback").scale("access")
    assert summarise_group(access, [1, 5, None]) == 3


@pytest.mark.parametrize(
    ("value", "band"),
    [(0, "dissatisfied"), (5, "dissatisfied"), (6, "moderate"), (7, "moderate"), (8, "satisfied")],
)
def test_3x10d_bands(catalogue, value, band):
    scale = catalogue.get("3x10d").scale("health")
    assert scale.band(value).key == f"satisfaction.{band}"
    assert scale.band(None) is None


@pytest.mark.parametrize(
    ("answers", "score"),
    [([0] * 5, 0), ([5] * 5, 100), ([3, 2, 3, 1, 2], 44), ([3, 2, 3, 1, None], None)],
)
def test_who_5_is_the_sum_times_four(catalogue, score_raw, answers, score):
    raw_values = {f"W{n}": value for n, value in enumerate(answers, start=1)}
    who5 = catalogue.get("who-5")
    assert score_raw(who5, raw_values)["total"].value == score
    assert who5.scale("total").band(48).attention
    assert not who5.scale("total").band(52).attention
