"""Sheets with answers left out: what each method makes of the rest, worked out by hand, and what it says of it."""

import pytest

from evalplat.errors import AnswersRejected
from evalplat.scoring.answers import check_answers
from evalplat.scoring.left_out import choose_examples, leave_out
from evalplat.vocabulary import ScoreStatus

ITEMS = """
[[conditions]]
code = "works"
[[option_sets]]
key = "answer"
range = [0, 4]
""" + "".join(
    f"""
[[items]]
code = "Q{n}"
options = "answer"
{'applicable_when = { field = "works", equals = true }' if n in (4, 5) else ""}
"""
    for n in range(1, 6)
)


def scale(key, method, members, more="", over="items"):
    names = ", ".join(f'"{name}"' for name in members)
    return (
        f'[[scales]]\nkey = "{key}"\nmethod = "{method}"\ndirection = "none"\n'
        f"{over} = [{names}]\n{more}\n"
    )


ONE = 'missing = { allowed = 1, fill = "prorate" }'
ONE_LESS = "missing = { allowed = 1 }"
THREE = ["Q1", "Q2", "Q3"]
BY_ITEM = "".join(
    scale(method, method, THREE, f"{more}\n{ONE_LESS if method == 'mean' else ONE}")
    for method, more in (
        ("weighted_sum", "weights = [1, -0.5, -1]"),
        ("count_in", "count_values = [3, 4]"),
        ("mean", ""),
        ("sum", ""),
    )
)


def test_what_is_left_is_scaled_up_to_the_whole_by_count_or_by_weight(build, score_raw):
    scores = score_raw(build(ITEMS + BY_ITEM), {"Q1": 3, "Q2": None, "Q3": 1, "works": True})
    assert {key: one.value for key, one in scores.items()} == {
        "weighted_sum": (3 - 1) * (1 + 0.5 + 1) / (1 + 1),
        "count_in": 1 * 3 / 2,
        "mean": (3 + 1) / 2,
        "sum": (3 + 1) * 3 / 2,
    }
    assert {one.status for one in scores.values()} == {ScoreStatus.PARTIAL}
    assert {(one.items_used, one.items_missing) for one in scores.values()} == {(2, 1)}


def test_nothing_is_scaled_up_where_nothing_is_missing(build, score_raw):
    scores = score_raw(build(ITEMS + BY_ITEM), {"Q1": 3, "Q2": 2, "Q3": 4, "works": True})
    assert {key: one.value for key, one in scores.items()} == {
        "weighted_sum": 3 - 1 - 4,
        "count_in": 2,
        "mean": 3,
        "sum": 9,
    }
    assert {one.status for one in scores.values()} == {ScoreStatus.OK}


PARTS = "".join(scale(f"p{n}", "sum", [f"Q{n}"]) for n in range(1, 5))
OVER = ["p1", "p2", "p3"]
BY_SCALE = PARTS + "".join(
    scale(
        f"of_{method}",
        method,
        OVER,
        f"{more}\n{ONE_LESS if method == 'mean' else ONE}",
        over="scales",
    )
    for method, more in (
        ("weighted_sum", "weights = [1, 2, 1]"),
        ("count_in", "count_values = [3]"),
        ("sum", ""),
        ("mean", ""),
    )
)


def test_a_part_without_a_score_is_made_up_for_by_the_others_and_said(build, score_raw):
    scores = score_raw(build(ITEMS + BY_SCALE), {"Q1": 1, "Q3": 3, "works": True})
    made = {key[3:]: one for key, one in scores.items() if key.startswith("of_")}
    assert {key: one.value for key, one in made.items()} == {
        "weighted_sum": (1 + 3) * (1 + 2 + 1) / (1 + 1),
        "count_in": 1 * 3 / 2,
        "sum": (1 + 3) * 3 / 2,
        "mean": 2,
    }
    assert {one.status for one in made.values()} == {ScoreStatus.PARTIAL}
    counts = {
        (one.items_used, one.items_missing, one.items_not_applicable) for one in made.values()
    }
    assert counts == {(2, 1, 0)}


def test_a_scale_of_whole_parts_is_whole(build, score_raw):
    scores = score_raw(build(ITEMS + BY_SCALE), {"Q1": 1, "Q2": 2, "Q3": 3, "works": True})
    made = {key[3:]: one for key, one in scores.items() if key.startswith("of_")}
    values = {key: one.value for key, one in made.items()}
    assert values == {"weighted_sum": 8, "count_in": 1, "sum": 6, "mean": 2}
    assert {(one.status, one.reason, one.items_used) for one in made.values()} == {
        (ScoreStatus.OK, "", 3)
    }


def test_with_too_few_parts_there_is_no_score_and_the_counts_say_of_how_many(build, score_raw):
    scores = score_raw(build(ITEMS + BY_SCALE), {"Q1": 1, "works": True})
    for key in ("of_sum", "of_mean", "of_weighted_sum", "of_count_in"):
        one = scores[key]
        assert (one.value, one.status, one.reason) == (
            None, ScoreStatus.NOT_ASSESSABLE, "scale_missing",
        )  # fmt: skip
        assert (one.items_used, one.items_missing) == (1, 2)


def test_a_part_left_incomplete_makes_the_whole_incomplete(build, score_raw):
    parts = scale("pair", "sum", ["Q1", "Q2"], ONE) + scale("p3", "sum", ["Q3"])
    whole = scale("whole", "sum", ["pair", "p3"], over="scales")
    scores = score_raw(build(ITEMS + parts + whole), {"Q1": 2, "Q3": 1, "works": True})
    assert (scores["whole"].value, scores["whole"].status) == (5, ScoreStatus.PARTIAL)


APPLIES = (
    PARTS
    + scale("mean", "mean", ["p1", "p4"], over="scales")
    + scale("sum", "sum", ["p1", "p4"], over="scales")
    + scale("work", "mean", ["p4"], over="scales")
)


def test_a_part_that_does_not_apply_is_left_out_of_a_mean_and_takes_a_sum_away(build, score_raw):
    small = build(ITEMS + APPLIES)
    scores = score_raw(small, {"Q1": 3, "works": False})
    mean = scores["mean"]
    assert (mean.value, mean.status, mean.reason) == (3, ScoreStatus.OK, "")
    assert (mean.items_used, mean.items_missing, mean.items_not_applicable) == (1, 0, 1)
    assert [(scores[key].value, scores[key].reason) for key in ("sum", "work")] == [
        (None, "not_applicable")
    ] * 2
    scores = score_raw(small, {"Q1": 3, "Q4": 1, "works": True})
    assert [scores[key].value for key in ("mean", "sum", "work")] == [2, 4, 1]


@pytest.mark.parametrize(("scope", "total"), [("scale", 1 + 1 + 1), ("instrument", 1 + 1 + 2)])
def test_a_missing_answer_is_filled_from_the_scale_or_from_the_whole_sheet(
    build, score_raw, scope, total
):
    rule = f'missing = {{ allowed = 1, fill = "mean", scope = "{scope}" }}'
    small = build(ITEMS + scale("total", "sum", THREE, rule) + scale("rest", "sum", ["Q4", "Q5"]))
    answers = {"Q2": 1, "Q3": 1, "Q4": 4, "Q5": 2, "works": True}
    one = score_raw(small, answers)["total"]
    assert (one.value, one.status) == (total, ScoreStatus.IMPUTED)


def test_nothing_is_filled_from_nothing_or_from_what_may_not_apply(build, score_raw):
    rule = 'missing = { allowed = 1, fill = "mean", scope = "%s" }'
    small = build(
        ITEMS
        + scale("own", "sum", ["Q1"], rule % "scale")
        + scale("all", "sum", ["Q1", "Q2"], rule % "instrument")
        + scale("rest", "sum", ["Q4"])
    )
    scores = score_raw(small, {"Q2": 2, "Q4": 3})
    assert (scores["own"].value, scores["own"].reason) == (None, "no_answers")
    assert (scores["all"].value, scores["all"].reason) == (None, "condition_unknown")


NUMBER = """
[[items]]
code = "N"
number = { range = [0.5, 24]%s }
[[scales]]
key = "n"
method = "sum"
direction = "none"
items = ["N"]
"""


@pytest.mark.parametrize(("given", "kept"), [("0,5", 0.5), (24, 24), ("7.0", 7), (7.25, 7.25)])
def test_a_number_within_its_range_is_kept_ends_and_all(build, given, kept):
    answer = check_answers(build(NUMBER % ""), {"N": given}).answers["N"]
    assert (answer, type(answer)) == (kept, type(kept))


@pytest.mark.parametrize("given", [0.4, 24.5, "25", "-1", "many", True])
def test_a_number_out_of_its_range_is_refused_with_what_is_allowed(build, given):
    with pytest.raises(AnswersRejected) as refused:
        check_answers(build(NUMBER % ""), {"N": given})
    (fault,) = refused.value.faults
    assert "give a number from 0.5 to 24" in str(fault.message)
    assert str(given).lower() in str(fault.message)


class TestTheExampleOfAnswersLeftOut:
    def test_one_scale_is_shown_for_each_rule_and_none_of_a_single_question(self, build):
        small = build(
            ITEMS
            + scale("single", "sum", ["Q1"])
            + scale("first", "sum", THREE)
            + scale("like_it", "mean", THREE)
            + scale("softer", "sum", THREE, ONE)
            + scale("over", "sum", ["first", "softer"], over="scales")
        )
        assert [one.key for one in choose_examples(small)] == ["first", "softer"]

    def test_questions_are_left_out_one_by_one_until_there_is_no_score(self, build):
        small = build(ITEMS + scale("total", "mean", THREE, ONE_LESS))
        lines = list(leave_out(small, small.scale("total")))
        assert [line.codes for line in lines] == [(), ("Q1",), ("Q1", "Q2")]
        # The questions are answered 1, 2, 3: each differently, so that the mean of the rest is another one.
        assert [line.score.value for line in lines] == [2, 2.5, None]
        assert [line.score.status for line in lines] == [
            ScoreStatus.OK, ScoreStatus.PARTIAL, ScoreStatus.NOT_ASSESSABLE,
        ]  # fmt: skip

    def test_no_more_than_four_questions_are_left_out(self, build):
        five = ["Q1", "Q2", "Q3", "Q4", "Q5"]
        small = build(ITEMS + scale("total", "mean", five, "missing = { allowed = 4 }"))
        lines = list(leave_out(small, small.scale("total")))
        assert [len(line.codes) for line in lines] == [0, 1, 2, 3, 4]
        # After the fourth answer it begins again with the first that is not nothing.
        assert [line.score.value for line in lines] == [2.2, 2.5, 8 / 3, 2.5, 1]

    def test_a_required_question_is_never_left_out(self, build):
        items = ITEMS.replace('code = "Q1"\n', 'code = "Q1"\nrequired = true\n')
        small = build(items + scale("total", "mean", THREE, ONE_LESS))
        lines = list(leave_out(small, small.scale("total")))
        assert [line.codes for line in lines] == [(), ("Q2",), ("Q2", "Q3")]
