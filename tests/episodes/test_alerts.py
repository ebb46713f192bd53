"""When a course calls for attention: reliably worse than the first score, whichever way the scale goes."""

from hypothesis import given
from hypothesis import strategies as st

from evalplat.episodes.alerts import judge_course
from evalplat.vocabulary import AlertState, Direction

UP, DOWN = Direction.HIGHER_BETTER, Direction.LOWER_BETTER
scores = st.floats(0, 100)


def test_only_a_change_beyond_the_smallest_detectable_one_calls_for_attention():
    assert judge_course(50, 39, direction=UP, sdc=10) is AlertState.ATTENTION
    assert judge_course(50, 40, direction=UP, sdc=10) is AlertState.ON_TRACK
    assert judge_course(50, 90, direction=UP, sdc=10) is AlertState.ON_TRACK
    assert judge_course(50, 61, direction=DOWN, sdc=10) is AlertState.ATTENTION


def test_nothing_is_said_where_something_is_not_known():
    for first, latest, direction, sdc in (
        (None, 5, UP, 1),
        (5, None, UP, 1),
        (5, 1, None, 1),
        (5, 1, UP, None),
    ):
        found = judge_course(first, latest, direction=direction, sdc=sdc)
        assert found is AlertState.UNKNOWN


@given(scores, scores, st.floats(0.1, 50))
def test_turning_the_scale_around_changes_nothing(first, latest, sdc):
    upwards = judge_course(first, latest, direction=UP, sdc=sdc)
    assert upwards is judge_course(-first, -latest, direction=DOWN, sdc=sdc)
