"""Goal attainment: T scores worked out by hand from the formula, and what is weak about a goal."""

from datetime import date

import pytest

from evalplat.errors import AnswersRejected, InputRejected
from evalplat.scoring.goals import (
    GoalDraft,
    GoalRating,
    check_goal,
    check_goal_count,
    goal_attainment_t,
    score_goals,
)
from evalplat.vocabulary import ScoreStatus

LEVELS = {
    -2: "less than once a month",
    -1: "1 a month",
    0: "2 a month",
    1: "3 a month",
    2: "4 a month",
}


def ratings(levels, weights=None):
    weights = weights or [1] * len(levels)
    return [
        GoalRating(f"goal {n}", level, weight)
        for n, (level, weight) in enumerate(zip(levels, weights, strict=True))
    ]


@pytest.fixture
def gas(catalogue):
    return catalogue.get("gas")


@pytest.mark.parametrize(
    ("levels", "weights", "t"),
    [
        ([0], None, 50),
        ([1], None, 60),
        ([2], None, 70),
        ([-1], None, 40),
        ([-2], None, 30),
        ([1, 1], None, 62.403473),
        ([0, 0, 0], None, 50),
        ([1, 0, -1], None, 50),
        ([2, 2, 2], None, 77.386128),
        ([-2, -2, -2], None, 22.613872),
        ([0, 1, -1], [1, 2, 3], 47.796737),
        ([-1] * 4, None, 35.490475),
        ([-1] * 5, None, 34.924433),
        ([-2] * 4, None, 20.980950),
        ([-2, 0, -1, 2, 0, 1], [3, 5, 1, 4, 2, 6], 55),
        ([1, 0, 2], [3, 3, 3], 63.693064),
        ([1, 0, 2], None, 63.693064),
        ([-1, -1, -1], None, 36.306936),
        ([-1, -1, -2], None, 31.742581),
    ],
)
def test_t_scores_agree_with_the_formula(gas, levels, weights, t):
    (result,) = score_goals(gas, ratings(levels, weights))
    assert result.value == pytest.approx(t, abs=1e-6)
    assert (result.scale, result.status, result.items_used) == ("t", ScoreStatus.OK, len(levels))


def test_an_unrated_goal_is_left_out_and_flagged(gas):
    (result,) = score_goals(gas, ratings([1, None, 1]))
    assert result.value == pytest.approx(62.403473, abs=1e-6)
    assert (result.status, result.items_missing) == (ScoreStatus.PARTIAL, 1)


@pytest.mark.parametrize("levels", [[], [None], [None, None]])
def test_goals_that_nobody_rated_have_no_score(gas, levels):
    (result,) = score_goals(gas, ratings(levels))
    assert (result.value, result.reason) == (None, "no_answers")


def test_every_faulty_goal_is_named(gas):
    with pytest.raises(AnswersRejected) as caught:
        score_goals(
            gas,
            [
                GoalRating("a", 3),
                GoalRating("b", True),
                GoalRating("c", 1, 0),
                GoalRating("d", 0, float("nan")),
                GoalRating("e", 1),
                GoalRating("e", 1),
            ],
        )
    assert [fault.where for fault in caught.value.faults] == ["a", "b", "c", "d", "e"]
    assert "from -2 to 2" in str(caught.value)


def test_more_than_ten_goals_are_refused(gas, catalogue):
    with pytest.raises(AnswersRejected, match="at most 10"):
        score_goals(gas, ratings([0] * 11))
    with pytest.raises(InputRejected):
        score_goals(catalogue.get("who-5"), ratings([0]))


def test_the_scale_reaches_what_ten_equal_goals_reach(gas):
    scale = gas.scale("t")
    assert scale.maximum == pytest.approx(goal_attainment_t([2] * 10, [1] * 10))
    assert scale.minimum == pytest.approx(goal_attainment_t([-2] * 10, [1] * 10))
    assert not scale.comparable


def test_a_good_goal_has_no_warning(gas):
    draft = GoalDraft("out and about", LEVELS | {-2: "0 a month"}, -1, target_date=date(2026, 5, 1))
    assert check_goal(gas, draft, opened_on=date(2026, 1, 1), planned_end=date(2026, 6, 1)) == []
    assert draft.weight == 1


@pytest.mark.parametrize(
    ("levels", "baseline", "target", "words"),
    [
        ({-2: "a", -1: "", 0: "c", 1: "d", 2: "e"}, -1, None, "The levels -1 have no text"),
        ({-2: "a", -1: "A ", 0: "c", 1: "d", 2: "e"}, -1, None, "the same text"),
        ({-2: "a", -1: "b", 0: "c", 1: "d", 2: "e"}, 0, None, "expected level already"),
        ({-2: "a", -1: "b", 0: "c", 1: "d", 2: "e"}, 1, None, "above the expected level"),
        ({-2: "a", -1: "b", 0: "c", 1: "d", 2: "e"}, -1, date(2027, 1, 1), "after the planned end"),
        ({-2: "a", -1: "b", 0: "c", 1: "d", 2: "e"}, -1, date(2025, 1, 1), "before the service"),
        ({-2: "0", -1: "1-2", 0: "2-3", 1: "4", 2: "5"}, -1, None, "overlap"),
        ({-2: "0", -1: "2", 0: "1", 1: "4", 2: "5"}, -1, None, "overlap"),
    ],
)
def test_a_weak_goal_is_warned_about(gas, levels, baseline, target, words):
    draft = GoalDraft("goal", levels, baseline, target_date=target)
    warnings = check_goal(gas, draft, opened_on=date(2026, 1, 1), planned_end=date(2026, 6, 1))
    assert [words in str(warning) for warning in warnings] == [True]


def test_every_level_without_words_is_named_as_people_write_it(gas):
    draft = GoalDraft("goal", {-1: "one", 1: "two  words"}, -1)
    assert "The levels -2, 0, +2 have no text" in str(check_goal(gas, draft)[0])


def test_spaces_and_capitals_do_not_tell_two_levels_apart(gas):
    draft = GoalDraft("goal", {-2: "a", -1: "b  C", 0: "B c", 1: "d", 2: "e"}, -1)
    assert "the same text" in str(check_goal(gas, draft)[0])


def test_a_target_on_the_first_or_the_last_day_is_within_the_service(gas):
    day, levels = date(2026, 3, 1), {-2: "a", -1: "b", 0: "c", 1: "d", 2: "e"}
    draft = GoalDraft("goal", levels, -1, target_date=day)
    assert check_goal(gas, draft, opened_on=day, planned_end=day) == []


@pytest.mark.parametrize(
    ("texts", "apart"),
    [
        (["9", "7-8", "5-6", "3", "1"], True),
        (["9", "7-9", "5-6", "3", "1"], False),
        (["0,5", "0,75", "1", "1,5", "2"], True),
        (["1,5", "0,75", "1", "0,5", "2"], False),
        (["1-2 of 5", "3", "1", "4", "2"], True),
        (["some", "3", "1", "4", "2"], True),
    ],
)
def test_numbers_in_the_levels_rise_or_fall_step_by_step(gas, texts, apart):
    draft = GoalDraft("goal", dict(zip(range(-2, 3), texts, strict=True)), -1)
    assert ["overlap" in str(one) for one in check_goal(gas, draft)] == [True] * (not apart)


def test_three_or_four_goals_are_usual(gas):
    assert "usual" in str(check_goal_count(gas, 10)[0])
    assert check_goal_count(gas, 3) == check_goal_count(gas, 4) == []
    assert "3 or 4 are usual" in str(check_goal_count(gas, 1)[0])
    for count in (0, 11):
        with pytest.raises(InputRejected):
            check_goal_count(gas, count)
