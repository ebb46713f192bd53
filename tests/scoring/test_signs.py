"""What makes one look at a sheet: the rules, each at its border, and what they leave alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from evalplat.instruments.definition import ValueMap
from evalplat.scoring.signs import (
    FEWEST,
    count_answers,
    find_missing,
    find_pattern,
    is_straight_line,
    is_too_fast,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def whodas(value):
    return {"works_or_studies": True} | {f"S{n}": value for n in range(1, 13)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, False), (2, True), (3, True), (4, True), (5, False)],
)
def test_one_answer_throughout_is_a_sign_between_the_ends(catalogue, value, expected):
    """At the ends somebody may mean it: no difficulty at all, or all of it."""
    definition = catalogue.get("whodas-2.0-12")
    low, high = definition.item("S1").range
    given = whodas(value - 1 + low) if low == 0 else whodas(value)
    assert is_straight_line(definition, given) is (low < given["S1"] < high) is expected


def test_one_other_answer_is_no_straight_line(catalogue):
    definition = catalogue.get("whodas-2.0-12")
    assert is_straight_line(definition, whodas(2))
    assert not is_straight_line(definition, {**whodas(2), "S7": 1})


def test_few_answers_make_no_line(catalogue):
    definition = catalogue.get("whodas-2.0-12")
    few = {f"S{n}": 2 for n in range(1, FEWEST)}
    assert not is_straight_line(definition, few)
    assert is_straight_line(definition, {**few, f"S{FEWEST}": 2})
    assert not is_straight_line(definition, {**few, f"S{FEWEST}": "declined"})


def test_the_same_end_is_a_sign_where_questions_ask_the_other_way_round(catalogue):
    definition = catalogue.get("whodas-2.0-12")
    scale = next(one for one in definition.scales if len(one.members) >= FEWEST)
    turned = {
        code: ValueMap("turned", reverse=definition.item(code).range) for code in scale.members[:4]
    }
    mixed = replace(definition, scales=(replace(scale, maps=turned),))
    top = whodas(max(definition.item("S1").values))
    assert is_straight_line(mixed, top)
    assert not is_straight_line(definition, top)
    every = dict.fromkeys(scale.members, turned[scale.members[0]])
    alike = replace(definition, scales=(replace(scale, maps=every),))
    assert not is_straight_line(alike, top), "all of them ask the same way round"


@pytest.mark.parametrize(("seconds", "expected"), [(21.9, True), (22.0, False), (600, False)])
def test_less_than_two_seconds_a_question_is_very_fast(seconds, expected):
    assert is_too_fast(12, NOON, NOON + timedelta(seconds=seconds)) is expected


def test_few_answers_or_an_unknown_beginning_are_not_fast():
    assert not is_too_fast(FEWEST - 1, NOON, NOON)
    assert not is_too_fast(36, None, NOON)


def test_a_pattern_needs_many_and_various_answers(catalogue):
    definition = catalogue.get("whodas-2.0-12")
    various = {**whodas(1), "S1": 2, "S2": 3}
    assert find_pattern(definition, various) is not None
    assert find_pattern(definition, {**whodas(1), "S1": 2}) is None
    assert find_pattern(definition, {"S1": 1, "S2": 2, "S3": 3}) is None
    assert find_pattern(definition, various) != find_pattern(definition, {**various, "S3": 2})
    assert count_answers(definition, {**various, "S3": "declined"}) == 11


def test_what_did_not_apply_is_not_missing(catalogue):
    definition = catalogue.get("whodas-2.0-36")
    condition = definition.conditions[0]
    applies = [item.code for item in definition.items if not item.applicable_when]
    given = {condition.code: False} | dict.fromkeys(applies, 2)
    found = dict(find_missing(definition, given))
    assert not any(found[code] for code in applies)
    assert len(found) < len(definition.items), "work is not asked about"
    del given[applies[0]]
    given[applies[1]] = "declined"
    assert [code for code, missing in find_missing(definition, given) if missing] == applies[:2]
