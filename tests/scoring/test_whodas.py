"""WHODAS 2.0 against figures worked out from the scoring tables of the WHO manual (2010, chapter 8 and section 6.5)."""

import csv
from pathlib import Path

import pytest

from evalplat.vocabulary import ScoreStatus

FOLDER = Path(__file__).parent
with (FOLDER / "whodas_check_values.csv").open(encoding="utf-8") as stream:
    CASES = list(csv.DictReader(stream))
SCALES = {
    "36": [
        "total",
        "total_simple",
        "cognition",
        "mobility",
        "self_care",
        "getting_along",
        "household",
        "work",
        "participation",
    ],
    "12": ["total", "total_simple", "sum_simple"],
}


def sheet(definition, answers, works):
    """A row of digits as raw answers: '-' is missing."""
    given = answers.replace(" ", "")
    raw = {
        item.code: None if digit == "-" else int(digit)
        for item, digit in zip(definition.items, given, strict=True)
    }
    return raw | {"works_or_studies": works}


@pytest.fixture
def score36(catalogue, score_raw):
    definition = catalogue.get("whodas-2.0-36")
    return lambda answers, works=True: score_raw(definition, sheet(definition, answers, works))


@pytest.fixture
def score12(catalogue, score_raw):
    definition = catalogue.get("whodas-2.0-12")
    return lambda answers, works=True: score_raw(definition, sheet(definition, answers, works))


@pytest.mark.parametrize("case", CASES, ids=[f"{c['items']} items: {c['case']}" for c in CASES])
def test_published_rules_give_these_figures(case, catalogue, score_raw):
    definition = catalogue.get(f"whodas-2.0-{case['items']}")
    scores = score_raw(
        definition, sheet(definition, case["answers"], case["works_or_studies"] == "1")
    )
    for scale in SCALES[case["items"]]:
        expected = float(case[scale]) if case[scale] else None
        assert scores[scale].value == (
            expected if expected is None else pytest.approx(expected, abs=1e-6)
        ), scale


#               D1     D2    D3   D4    D5       D6
COMPLETE = "222222 22222 2222 22222 22222222 22222222"


def test_not_applicable_is_not_missing(score36):
    scores = score36("222222 22222 2222 22222 2222---- 22222222", works=False)
    total = scores["total"]
    assert (total.value, total.status, total.variant) == (50, ScoreStatus.OK, "32_items")
    assert (total.items_used, total.items_missing, total.items_not_applicable) == (32, 0, 4)
    assert (scores["work"].value, scores["work"].reason) == (None, "not_applicable")


def test_a_worker_who_left_the_work_items_empty_has_no_score(score36):
    scores = score36("222222 22222 2222 22222 2222---- 22222222", works=True)
    assert {s.value for s in scores.values()} == {None}
    assert {s.reason for s in scores.values()} == {"too_many_missing"}


def test_one_missing_is_filled_only_where_it_is_missing(score36):
    scores = score36("-44444 00000 0000 00000 00000000 00000000")
    assert scores["cognition"].status == ScoreStatus.IMPUTED
    assert scores["total"].status == ScoreStatus.IMPUTED
    assert scores["mobility"].status == ScoreStatus.OK
    assert (scores["cognition"].items_used, scores["cognition"].items_missing) == (5, 1)
    assert scores["mobility"].items_missing == 0


def test_two_missing_in_two_domains_fill_both(score36):
    scores = score36("-22222 -2222 2222 22222 22222222 22222222")
    # D1.1 gets (2+2+2+1+1)/5 = 1.6 of 20, D2.1 gets (1+1+2+2)/4 = 1.5 of 16.
    assert scores["cognition"].value == pytest.approx(100 * 9.6 / 20)
    assert scores["mobility"].value == pytest.approx(100 * 7.5 / 16)
    assert scores["total"].value == pytest.approx(100 * (53 - 0.4 - 0.5) / 106)


def test_two_missing_in_one_domain_take_the_domain_but_not_the_total(score36):
    scores = score36("--2222 22222 2222 22222 22222222 22222222")
    assert scores["cognition"].value is None
    assert scores["cognition"].reason == "too_many_missing_in_group"
    assert scores["total"].value == pytest.approx(100 * 52 / 106)
    assert scores["total_simple"].value == pytest.approx(50)


@pytest.mark.parametrize("five", ["--222222", "222222--", "-222-222"])
def test_household_and_work_are_one_domain_for_missing_answers(score36, five):
    scores = score36(f"222222 22222 2222 22222 {five} 22222222")
    assert scores["household"].value is None
    assert scores["work"].value is None
    assert scores["total"].status == ScoreStatus.IMPUTED


def test_a_household_answer_is_filled_from_all_eight_items_of_its_domain(score36):
    scores = score36("000000 00000 0000 00000 -0004444 00000000")
    # D5.2 D5.3 D5.4 count 0, D5.5 counts 2, D5.6 to D5.8 count 4: the mean of seven is 2.
    assert scores["household"].value == pytest.approx(100 * 2 / 10)
    assert scores["work"].value == 100
    assert scores["work"].status == ScoreStatus.OK


def test_the_simple_score_is_filled_before_any_recoding(score36):
    scores = score36("444440 -4444 0000 00000 00000000 00000000")
    assert scores["total_simple"].value == pytest.approx(100 * (20 + 20) / 144)


def test_a_filled_value_never_lifts_a_score_over_its_range(score36):
    scores = score36("4444-4 44444 4444 44444 44444444 44444444")
    # The mean 3.6 is more than the collapsed item itself can count.
    assert scores["cognition"].value == 100
    assert scores["total"].value == 100


def test_without_knowing_whether_somebody_works_nothing_is_guessed(score36):
    for answers in (COMPLETE, "222222 22222 2222 22222 2222---- 22222222"):
        scores = score36(answers, works=None)
        for scale in ("total", "total_simple", "work"):
            assert (scores[scale].value, scores[scale].reason) == (None, "condition_unknown")
        for scale in ("cognition", "mobility", "household", "participation"):
            assert (scores[scale].value, scores[scale].status) == (50, ScoreStatus.OK)


def test_four_zeros_on_the_work_items_do_not_mean_not_working(score36):
    scores = score36("222222 22222 2222 22222 22220000 22222222", works=True)
    assert scores["total"].variant == "36_items"
    assert scores["work"].value == 0


def test_filling_needs_to_know_how_much_is_missing(score36):
    scores = score36("-22222 22222 2222 22222 2222---- 22222222", works=None)
    assert (scores["cognition"].value, scores["cognition"].reason) == (None, "condition_unknown")
    assert scores["mobility"].value == 50
    answered = score36("-22222 22222 2222 22222 22222222 22222222", works=None)
    assert answered["cognition"].value == pytest.approx(48)
    assert (
        score36("222222 22222 2222 22222 -222---- 22222222", works=None)["household"].value is None
    )


def test_three_missing_leave_no_score_whatever_is_unknown(score36):
    scores = score36("---222 22222 2222 22222 22222222 22222222", works=None)
    assert {s.value for s in scores.values()} == {None}


def test_twelve_items_fill_one_answer_from_the_other_eleven(score12):
    scores = score12("-0000 0000000".replace(" ", ""))
    assert (scores["total"].value, scores["total"].status) == (0, ScoreStatus.IMPUTED)
    scores = score12("22-222222222")
    assert scores["total"].value == pytest.approx(48.484848, abs=1e-6)
    assert scores["sum_simple"].value == pytest.approx(24)
    assert score12("22--22222222")["sum_simple"].value is None


def test_twelve_items_without_work_have_their_own_denominator(score12):
    scores = score12("44444444444-", works=False)
    assert scores["total"].value == 100
    assert scores["total_simple"].value == 100
    assert (scores["sum_simple"].value, scores["sum_simple"].variant) == (44, "11_items")
    assert score12("222222222222", works=False)["sum_simple"].value == 22
    assert score12("-2222222222-", works=False)["total"].status == ScoreStatus.IMPUTED
    assert score12("222222222222", works=None)["total"].reason == "condition_unknown"


def test_the_whodas_12_sum_knows_its_published_change_parameters(catalogue):
    change = catalogue.get("whodas-2.0-12").scale("sum_simple").change
    assert (change.sd, change.sdc, change.mic, change.mic_range) == (9, 8.6, 4.7, (3.1, 4.7))
    assert change.source == "PMC7649960"
    assert change.reliability is None
    assert catalogue.get("whodas-2.0-36").scale("total").change.sd is None
