"""Five ways to tell reliable change: a published example, figures by hand, the definitions client by client."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import InputRejected
from evalplat.statistics.change import classify_change
from evalplat.statistics.shares.change_methods import (
    NEEDS,
    ChangeMethod,
    ChangeParameters,
    judge_changes,
)
from evalplat.vocabulary import Direction

UP, DOWN = Direction.HIGHER_BETTER, Direction.LOWER_BETTER
ALL = ChangeParameters(
    sd=10, reliability=0.8, mean=50, sd_end=12, mean_end=54, reliability_end=0.85, correlation=0.6
)


def judge(method, baseline, end, parameters=ALL, direction=UP):
    return judge_changes(
        [baseline], [end], direction=direction, parameters=parameters, method=method
    )


def test_jacobson_and_truax_1991_worked_example():
    known = ChangeParameters(sd=7.5, reliability=0.8, cut_off=50)
    verdict = judge(ChangeMethod.JT, 32.5, 47.5, known)
    assert verdict.index[0] == pytest.approx(3.16, abs=0.005)
    assert verdict.status[0] == "improved"


@pytest.mark.parametrize(
    ("method", "by_hand"),
    [
        ("JT", 16 / (2**0.5 * 10 * 0.2**0.5)),  # 40 → 56; S_E = 4.472136, S_diff = 6.324555
        ("GLN", 14 / 6),  # expected end 50 + 0.8 (40 − 50) = 42; 10 sqrt(1 − 0.64) = 6
        ("EN", 14 / 4.47213595499958),
        ("NK", 14 / (0.64 * 100 * 0.2 + 100 * 0.15) ** 0.5),  # sqrt(27.8)
        # r_1 = 0.8, r_2 = 124 / 144; r_dd = (80 + 124 − 144) / (100 + 144 − 144) = 0.6; 16 · 0.6 + 4 · 0.4 = 11.2
        ("HA", 11.2 / (0.6**0.5 * 6.324555320336759)),
    ],
)
def test_each_index_is_what_a_hand_works_out(method, by_hand):
    verdict = judge(ChangeMethod(method), 40, 56)
    assert verdict.index[0] == pytest.approx(by_hand, rel=1e-12)
    assert verdict.critical == pytest.approx(1.644854 if method == "HA" else 1.959964, abs=1e-6)
    assert verdict.status[0] == "improved"


scores = st.floats(0, 100)


@given(scores, scores, st.sampled_from(list(ChangeMethod)))
def test_turning_the_scale_turns_nothing_else(x, y, method):
    def turn(value):
        return 100 - value

    turned = ChangeParameters(
        sd=10, reliability=0.8, mean=turn(50), sd_end=12, mean_end=turn(54),
        reliability_end=0.85, correlation=0.6,
    )  # fmt: skip
    up, down = judge(method, x, y), judge(method, turn(x), turn(y), turned, DOWN)
    assert up.index[0] == pytest.approx(down.index[0], abs=1e-9)


@given(scores, scores)
def test_jt_is_the_classification_that_stands_elsewhere(x, y):
    known = ChangeParameters(sd=9, reliability=0.75, cut_off=52, mic=4)
    verdict = judge(ChangeMethod.JT, x, y, known)
    one = classify_change(x, y, direction=UP, sd=9, reliability=0.75, cut_off=52, mic=4)
    assert (verdict.index[0], verdict.sdc) == pytest.approx((one.index, one.sdc), rel=1e-12)
    if abs(abs(one.improvement) - one.sdc) > 1e-9:
        assert verdict.status[0] == one.status
    assert verdict.important[0] == one.important


def test_a_client_who_began_far_below_the_mean_must_gain_more_under_gln():
    low, high = judge(ChangeMethod.GLN, 30, 43), judge(ChangeMethod.GLN, 70, 83)
    assert low.index[0] < judge(ChangeMethod.JT, 30, 43).index[0] < high.index[0]


@pytest.mark.parametrize("method", list(ChangeMethod))
def test_an_unknown_parameter_makes_every_change_not_assessable_and_is_named(method):
    for name in NEEDS[method]:
        known = {n: getattr(ALL, n) for n in NEEDS[method] if n != name}
        verdict = judge(method, 40, 56, ChangeParameters(**known))
        assert verdict.missing == (name,)
        assert (list(verdict.status), verdict.index) == (["not_assessable"], None)


def test_a_published_smallest_detectable_change_serves_jt_alone():
    known = ChangeParameters(sdc=8.0, mean=50)
    assert judge(ChangeMethod.JT, 40, 56, known).status[0] == "improved"
    assert judge(ChangeMethod.JT, 40, 48, known).status[0] == "unchanged"
    assert judge(ChangeMethod.GLN, 40, 56, known).missing == ("sd", "reliability")


def test_where_change_itself_has_no_reliability_ha_says_so():
    poor = ChangeParameters(
        sd=10, reliability=0.3, mean=50, sd_end=10, mean_end=50, correlation=0.6
    )
    verdict = judge(ChangeMethod.HA, 40, 56, poor)
    assert (verdict.missing, list(verdict.status)) == (
        ("reliability_of_change",),
        ["not_assessable"],
    )


def test_missing_scores_are_not_assessable_and_others_are():
    verdict = judge_changes(
        [40, np.nan, 40], [np.nan, 56, 56], direction=UP, parameters=ALL, method=ChangeMethod.GLN
    )
    assert list(verdict.status) == ["not_assessable", "not_assessable", "improved"]
    assert np.isnan(verdict.index[:2]).all()
    empty = judge_changes([], [], direction=UP, parameters=ALL)
    assert len(empty.status) == 0


def test_importance_is_told_only_beside_the_smallest_detectable_change_and_warned_of_below_it():
    whodas = ChangeParameters(mic=3.5, sdc=8.6)
    verdict = judge(ChangeMethod.JT, 20, 16, whodas, DOWN)
    assert (verdict.important[0], verdict.status[0]) == (True, "unchanged")
    assert "3.5" in str(verdict.warnings[0]) and "8.6" in str(verdict.warnings[0])
    alone = judge(ChangeMethod.JT, 20, 16, ChangeParameters(mic=3.5), DOWN)
    assert alone.important is None and alone.warnings
    assert judge(ChangeMethod.JT, 20, 16, ChangeParameters(mic=9, sdc=8.6), DOWN).warnings == ()


def test_every_impossible_parameter_is_named_at_once():
    wrong = ChangeParameters(
        sd=0, reliability=1, sd_end=float("nan"), reliability_end=-0.1, correlation=1.2,
        mean=float("inf"),
    )  # fmt: skip
    with pytest.raises(InputRejected) as caught:
        judge(ChangeMethod.HA, 1, 2, wrong)
    assert {fault.where for fault in caught.value.faults} == {
        "sd", "reliability", "sd_end", "reliability_end", "correlation", "mean",
    }  # fmt: skip
