"""Reliable change, on Jacobson and Truax's worked example and by table."""

import numpy as np
import pytest

from evalplat.errors import InputRejected
from evalplat.statistics.change import ChangeStatus, classify_change, find_cut_off, find_sdc
from evalplat.statistics.effects import ChangeRule, summarise_effects
from evalplat.vocabulary import Direction

UP, DOWN = Direction.HIGHER_BETTER, Direction.LOWER_BETTER


def test_jacobson_and_truax_1991_worked_example():
    change = classify_change(32.5, 47.5, direction=UP, sd=7.5, reliability=0.8)
    assert change.index == pytest.approx(3.16, abs=0.005)
    assert change.status is ChangeStatus.IMPROVED
    populations = {"clinical": (40, 7.5), "functional": (60, 7.5)}
    cut_offs = [find_cut_off(m, direction=UP, **populations) for m in ("a", "b", "c")]
    assert cut_offs == pytest.approx([55, 45, 50])
    turned = {"clinical": (60, 7.5), "functional": (40, 7.5)}
    cut_offs = [find_cut_off(m, direction=DOWN, **turned) for m in ("a", "b", "c")]
    assert cut_offs == pytest.approx([45, 55, 50])


@pytest.mark.parametrize(
    ("baseline", "end", "status"),
    [
        (40, 60, "recovered"),
        (20, 40, "improved"),
        (55, 75, "improved"),
        (40, 45, "unchanged"),
        (60, 40, "harmed"),
        (80, 60, "deteriorated"),
        (40, None, "not_assessable"),
        (None, 40, "not_assessable"),
    ],
)
@pytest.mark.parametrize("direction", [UP, DOWN])
def test_categories_are_exclusive_in_both_directions(baseline, end, status, direction):
    turn = {UP: lambda v: v, DOWN: lambda v: None if v is None else 100 - v}[direction]
    change = classify_change(
        turn(baseline), turn(end), direction=direction, sd=10, reliability=0.8, cut_off=50
    )
    assert change.status == status


def test_arrays_are_classified_like_single_clients():
    x, y = np.array([40.0, 40, 60, np.nan]), np.array([60.0, 45, 40, 50])
    many = classify_change(x, y, direction=DOWN, sd=10, reliability=0.8, mic=4)
    for k in range(4):
        one = classify_change(x[k], y[k], direction=DOWN, sd=10, reliability=0.8, mic=4)
        assert many.status[k] == one.status
        if k < 3:
            assert (many.index[k], many.important[k]) == (one.index, one.important)
    assert many.sdc == pytest.approx(1.959964 * 2**0.5 * 10 * 0.2**0.5, rel=1e-6)


def test_a_change_of_exactly_the_smallest_detectable_change_is_not_reliable():
    change = classify_change(0.0, 8.0, direction=UP, sd=None, reliability=None, sdc=8.0)
    assert change.status is ChangeStatus.UNCHANGED and change.index is None


def test_without_parameters_nothing_is_assessable():
    change = classify_change(0.0, 80.0, direction=UP, sd=5, reliability=None, mic=3)
    assert change.status is ChangeStatus.NOT_ASSESSABLE
    assert change.sdc is None and change.important is True


@pytest.mark.parametrize(("sd", "reliability"), [(0, 0.8), (-1, 0.8), (5, 1.0), (5, -0.1)])
def test_impossible_parameters_are_refused(sd, reliability):
    with pytest.raises(InputRejected):
        find_sdc(sd, reliability)


def test_a_cut_off_needs_its_populations():
    with pytest.raises(InputRejected, match="clinical"):
        find_cut_off("a", direction=UP, functional=(60, 7.5))


def test_effects_count_categories_only_where_they_can_be_told(make_episodes):
    frame = make_episodes((25, 25)).assign(instrument="i", scale="s")
    unknown = summarise_effects(frame, {})[-1]
    assert (unknown.n_improved, unknown.change_status) == (None, "no_change_parameters")
    known = summarise_effects(frame, {("i", "s"): ChangeRule(UP, sdc=4.0)})[-1]
    d = frame["end"] - frame["baseline"]
    assert (known.n_improved, known.n_deteriorated) == (int((d > 4).sum()), int((d < -4).sum()))
    assert (known.n_recovered, known.change_status) == (None, "no_cut_off")
