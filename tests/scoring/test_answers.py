"""One validator: what counts as an answer, what is missing, and that every fault is named at once."""

import json
from decimal import Decimal

import pytest

from evalplat.errors import AnswersRejected, InputRejected, NotFound
from evalplat.scoring.answers import check_answer, check_answers, to_raw
from evalplat.scoring.numbers import parse_number
from evalplat.scoring.score import score


@pytest.fixture
def who5(catalogue):
    return catalogue.get("who-5")


@pytest.fixture
def whodas(catalogue):
    return catalogue.get("whodas-2.0-12")


@pytest.mark.parametrize("value", [3, 3.0, "3", " 3 ", "3.0", "3,0", "3.00", "+3"])
def test_a_whole_number_however_written_is_the_answer(who5, value):
    assert check_answer(who5, "W1", value) == 3
    assert type(check_answer(who5, "W1", value)) is int


@pytest.mark.parametrize("value", [None, "", "  ", "\t"])
def test_nothing_is_missing(who5, value):
    assert check_answer(who5, "W1", value) is None


@pytest.mark.parametrize(
    "value",
    [
        6,
        -1,
        "7",
        2.5,
        "2,5",
        "x",
        "nan",
        float("nan"),
        float("inf"),
        True,
        False,
        [3],
        {"a": 1},
        b"3",
        10**400,
        "9" * 5000,
        Decimal(3),
        "3\x00",
        "３",
        "N/A",
    ],
)
def test_anything_else_is_a_fault_that_says_what_is_allowed(who5, value):
    with pytest.raises(AnswersRejected) as caught:
        check_answer(who5, "W1", value)
    (fault,) = caught.value.faults
    assert fault.where == "W1"
    assert "5, 4, 3, 2, 1, 0" in str(fault)
    assert len(str(fault)) < 250


@pytest.mark.parametrize(
    "value", [1, "1", True, "true", "YES", "kyllä", "Kyllä", "ja", "K", "TOSI", "SANT", 1.0]
)
def test_yes_in_three_languages(whodas, value):
    assert check_answer(whodas, "works_or_studies", value) is True


@pytest.mark.parametrize(
    "value", [0, "0", False, "false", "No", "ei", "E", "nej", "EPÄTOSI", "FALSKT", 0.0]
)
def test_no_in_three_languages(whodas, value):
    assert check_answer(whodas, "works_or_studies", value) is False


@pytest.mark.parametrize("value", [2, "maybe", "y", [], 0.5])
def test_a_condition_is_yes_or_no(whodas, value):
    with pytest.raises(AnswersRejected, match=r"1 \(yes\) or 0 \(no\)"):
        check_answer(whodas, "works_or_studies", value)


def test_every_faulty_item_is_named_at_once(whodas):
    with pytest.raises(AnswersRejected) as caught:
        check_answers(
            whodas, {"S1": 9, "S2": 1, "S3": "x", "S13": 1, "works_or_studies": "perhaps"}
        )
    assert [fault.where for fault in caught.value.faults] == ["S1", "S3", "S13", "works_or_studies"]
    assert "did you mean S" in str(caught.value)


@pytest.mark.parametrize("code", ["nothing", "", "S1 ", 5, None, ("S1",), "x" * 10_000, "\x00\n"])
def test_an_unknown_item_is_a_fault_even_when_empty(whodas, code):
    for value in ("", None, 1, "declined"):
        with pytest.raises(AnswersRejected):
            check_answers(whodas, {code: value})
        with pytest.raises(AnswersRejected):
            check_answer(whodas, code, value)


def test_a_declined_answer_is_missing_for_the_score_and_kept_apart(whodas):
    raw = {f"S{n}": 2 for n in range(1, 13)} | {"S3": "declined", "works_or_studies": True}
    sheet = check_answers(whodas, raw)
    assert sheet.declined == {"S3"}
    assert sheet.answers["S3"] is None
    total = score(whodas, sheet)[0]
    assert (total.status, total.items_missing) == ("imputed", 1)
    assert check_answer(whodas, "S3", " Declined ") == "declined"


def test_a_sheet_survives_the_way_through_json(whodas):
    raw = {"S1": "3", "S2": "declined", "works_or_studies": "ei", "S12": 4}
    sheet = check_answers(whodas, raw)
    again = check_answers(whodas, json.loads(json.dumps(to_raw(sheet))))
    assert again == sheet
    assert to_raw(sheet) == {"S1": 3, "S2": "declined", "works_or_studies": False, "S12": 4}
    assert list(sheet.answers) == [item.code for item in whodas.items]


def test_a_sheet_cannot_be_changed(whodas):
    sheet = check_answers(whodas, {"S1": 3})
    with pytest.raises(TypeError):
        sheet.answers["S1"] = 4


def test_free_text_has_a_length_and_no_odd_characters(catalogue):
    feedback = catalogue.get("client-feedback")
    assert check_answer(feedback, "went_well", "  hyvä ryhmä ") == "hyvä ryhmä"
    for value in ("x" * 2001, "a\x00b", "\ud800", 5):
        with pytest.raises(AnswersRejected, match="2000"):
            check_answer(feedback, "went_well", value)
    sheet = check_answers(feedback, {"went_well": "5"})
    assert {result.value for result in score(feedback, sheet)} == {None}


def test_a_required_item_must_be_answered_or_declined_where_it_applies(build):
    small = build(
        """
[[conditions]]
code = "works"
[[option_sets]]
key = "answer"
range = [0, 4]
[[items]]
code = "Q1"
options = "answer"
required = true
applicable_when = { field = "works", equals = true }
[[scales]]
key = "total"
method = "sum"
direction = "none"
items = ["Q1"]
"""
    )
    with pytest.raises(AnswersRejected, match="Q1: this needs an answer"):
        check_answers(small, {"works": True})
    for raw in ({"works": True, "Q1": 0}, {"works": True, "Q1": "declined"}, {"works": False}):
        check_answers(small, raw)


def test_an_instrument_without_sheets_says_so(catalogue):
    gas = catalogue.get("gas")
    with pytest.raises(InputRejected, match="rated goals"):
        score(gas, check_answers(gas, {}))
    with pytest.raises(NotFound):
        gas.item("x")
    with pytest.raises(NotFound):
        gas.scale("x")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("3,5", 3.5),
        ("3.5", 3.5),
        ("−2", -2),
        ("-2,25", -2.25),
        ("+1", 1),
        ("1 234,5", 1234.5),
        ("1\u00a0234\u00a0567", 1234567),
        ("1\u202f234", 1234),
        (",5", 0.5),
        ("1e-3", 0.001),
        ("1,5E2", 150),
        (" 7 ", 7),
    ],
)
def test_numbers_as_people_write_them(text, number):
    assert parse_number(text) == number


NO_NUMBERS = (
    "- . , e5 1e nan inf Infinity 1_000 1,234.5 1e999 0x10 ٣ 1;2 --1 1e9999 3x " + "1" * 65
).split(" ")


@pytest.mark.parametrize("text", [*NO_NUMBERS, "", " ", "1 23", "12 345 6", "3 kpl"])
def test_what_is_not_a_number_is_refused(text):
    with pytest.raises(ValueError):
        parse_number(text)
