"""What must hold for every sheet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.instruments.catalogue import load_catalogue
from evalplat.instruments.definition import ValueMap
from evalplat.scoring.answers import check_answers, to_raw
from evalplat.scoring.goals import GoalRating, goal_attainment_t, score_goals
from evalplat.scoring.numbers import parse_number
from evalplat.scoring.results import REASONS
from evalplat.scoring.score import score
from evalplat.vocabulary import ScoreStatus

CATALOGUE = load_catalogue()
SCORED = [definition for definition in CATALOGUE.list() if definition.kind == "scored"]
WHODAS = CATALOGUE.get("whodas-2.0-36")
FLAT = {
    f"D{domain}.{item}"
    for domain, items in {1: "1234", 2: "145", 3: "2", 4: "4", 5: "3678", 6: "2457"}.items()
    for item in items
}


@st.composite
def sheets(draw, definition=None):
    """A definition and any mixture of answers, missing, declined and stale ones."""
    definition = definition or draw(st.sampled_from(SCORED))
    raw = {}
    share = draw(st.sampled_from([0, 0.03, 0.3]))
    for item in definition.items:
        values = list(item.values) or ["a text"]
        gone = draw(st.floats(0, 1)) < share
        raw[item.code] = (
            draw(st.sampled_from(["", "declined"])) if gone else draw(st.sampled_from(values))
        )
    for condition in definition.conditions:
        raw[condition.code] = draw(st.sampled_from([True, False, None]))
    return definition, raw


@given(sheets())
def test_a_score_is_in_range_or_has_a_reason_and_never_stands_for_nothing(drawn):
    definition, raw = drawn
    for result in score(definition, check_answers(definition, raw)):
        scale = definition.scale(result.scale)
        if result.value is None:
            assert result.status == ScoreStatus.NOT_ASSESSABLE
            assert result.reason in REASONS
        else:
            assert scale.minimum <= result.value <= scale.maximum
            assert result.status != ScoreStatus.NOT_ASSESSABLE
            assert result.reason == ""
            assert result.items_used > 0
        assert (result.status == ScoreStatus.IMPUTED) <= (result.items_missing > 0)


@given(sheets())
def test_items_used_missing_and_not_applicable_make_all_items_of_a_scale(drawn):
    definition, raw = drawn
    for result in score(definition, check_answers(definition, raw)):
        everything = {
            code for variant in definition.scale(result.scale).variants for code in variant.members
        }
        counted = result.items_used + result.items_missing + result.items_not_applicable
        assert counted == len(everything)


@given(sheets())
def test_a_sheet_of_nothing_scores_nothing(drawn):
    definition, raw = drawn
    facts = {condition.code: raw[condition.code] for condition in definition.conditions}
    assert {r.value for r in score(definition, check_answers(definition, facts))} == {None}


@given(sheets())
def test_checking_again_changes_nothing(drawn):
    definition, raw = drawn
    sheet = check_answers(definition, raw)
    assert check_answers(definition, to_raw(sheet)) == sheet


@given(sheets(WHODAS), st.data())
def test_more_difficulty_never_gives_a_lower_score(drawn, data):
    definition, raw = drawn
    before = {r.scale: r.value for r in score(definition, check_answers(definition, raw))}
    answered = [code for code, value in raw.items() if isinstance(value, int) and value in range(4)]
    answered = [code for code in answered if code.startswith("D")]
    if not answered:
        return
    code = data.draw(st.sampled_from(answered))
    worse = raw | {code: raw[code] + 1}
    for result in score(definition, check_answers(definition, worse)):
        earlier = before[result.scale]
        assert (result.value is None) == (earlier is None)
        assert earlier is None or result.value >= earlier - 1e-9


@given(st.lists(st.integers(0, 4), min_size=36, max_size=36), st.sampled_from(["0", "1"]))
def test_complete_sheets_agree_with_the_slow_obvious_way(answers, works):
    codes = [item.code for item in WHODAS.items]
    left_out = set() if works == "1" else {"D5.5", "D5.6", "D5.7", "D5.8"}
    raw = dict(zip(codes, answers, strict=True))
    kept = {code: value for code, value in raw.items() if code not in left_out}
    complex_sum = sum(v if c in FLAT else (0, 1, 1, 2, 2)[v] for c, v in kept.items())
    scores = {
        r.scale: r.value
        for r in score(WHODAS, check_answers(WHODAS, raw | {"works_or_studies": works}))
    }
    assert scores["total"] == pytest.approx(100 * complex_sum / (106 if works == "1" else 92))
    assert scores["total_simple"] == pytest.approx(100 * sum(kept.values()) / (4 * len(kept)))


@given(
    st.lists(st.tuples(st.integers(-2, 2), st.floats(0.1, 100)), min_size=1, max_size=10),
    st.floats(0.01, 100),
)
def test_t_does_not_depend_on_the_order_or_the_unit_of_weights(goals, unit):
    levels, weights = zip(*goals, strict=True)
    t = goal_attainment_t(levels, weights)
    assert goal_attainment_t(levels[::-1], weights[::-1]) == pytest.approx(t)
    assert goal_attainment_t(levels, [w * unit for w in weights]) == pytest.approx(t)
    mirrored = goal_attainment_t([-x for x in levels], weights)
    assert mirrored + t == pytest.approx(100)
    gas = CATALOGUE.get("gas")
    ratings = [GoalRating(str(n), x, w) for n, (x, w) in enumerate(goals)]
    (result,) = score_goals(gas, ratings)
    assert gas.scale("t").minimum <= result.value <= gas.scale("t").maximum


@given(st.integers(-100, 100), st.integers(1, 50), st.data())
def test_reversing_twice_is_the_identity(low, width, data):
    turned = ValueMap("turned", reverse=(low, low + width))
    value = data.draw(st.integers(low, low + width))
    assert turned.apply(turned.apply(value)) == value
    assert low <= turned.apply(value) <= low + width


@given(st.floats(-1e9, 1e9, allow_nan=False), st.sampled_from([".", ","]))
def test_a_written_number_is_read_back(number, mark):
    assert parse_number(repr(number).replace(".", mark)) == number


@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_refused(text):
    try:
        number = parse_number(text)
    except ValueError:
        return
    assert number - number == 0
