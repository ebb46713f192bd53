"""Which two measurements make a pair, and why the others do not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.episodes.goals import change_over_same_goals
from evalplat.episodes.moments import month_of
from evalplat.episodes.pairing import (
    EXPLANATIONS,
    ExclusionReason,
    Measured,
    count_exclusions,
    pair,
)

EARLY, LATE = date(2026, 1, 10), date(2026, 6, 10)
FIRST = Measured("1.0", EARLY, 40.0)
LATER = Measured("1.0", LATE, 30.0)
MISSING, OLD = Measured("1.0", LATE, None), Measured("0.9", LATE, 30.0)


@pytest.mark.parametrize(
    ("first", "later", "version", "reason"),
    [
        (FIRST, LATER, None, None),
        (FIRST, LATER, "1.0", None),
        (FIRST, Measured("1.0", EARLY, 30.0), None, None),
        (None, LATER, None, ExclusionReason.NO_BASELINE),
        (None, None, None, ExclusionReason.NO_BASELINE),
        (FIRST, None, None, ExclusionReason.NO_END),
        (MISSING, LATER, None, ExclusionReason.BASELINE_NOT_ASSESSABLE),
        (FIRST, MISSING, None, ExclusionReason.END_NOT_ASSESSABLE),
        (FIRST, OLD, None, ExclusionReason.OTHER_VERSION),
        (FIRST, LATER, "1.1", ExclusionReason.OTHER_VERSION),
        (Measured("1.0", LATE, 1.0), Measured("1.0", EARLY, 1.0), None, ExclusionReason.END_BEFORE_BASELINE),
    ],
)  # fmt: skip
def test_an_episode_is_a_pair_or_left_out_for_one_reason(first, later, version, reason):
    found = pair(first, later, version)
    assert found.reason is reason
    assert (found.first is not None and found.later is not None) == (reason is None)


measured = st.none() | st.builds(
    Measured,
    st.sampled_from(["1.0", "1.1"]),
    st.dates(EARLY, LATE),
    st.none() | st.floats(0, 100),
)


@given(st.lists(st.tuples(measured, measured)), st.sampled_from([None, "1.0"]))
def test_pairs_and_exclusions_add_up_to_all_episodes(episodes, version):
    pairs = [pair(first, later, version) for first, later in episodes]
    whole = sum(found.reason is None for found in pairs)
    assert whole + sum(count for _, count in count_exclusions(pairs)) == len(episodes)


def test_every_reason_has_words():
    assert set(EXPLANATIONS) == set(ExclusionReason)


def test_a_month_is_kept_as_one_number():
    assert month_of(date(2026, 11, 24)) == 202611


def mean(rows):
    return sum(level * weight for _, level, weight in rows) / sum(weight for *_, weight in rows)


def test_goal_change_is_over_the_goals_rated_at_both_ends():
    weights = {"walk": 1.0, "sleep": 2.0, "call": 1.0, "new": 1.0}
    first = {"walk": -1, "sleep": -1, "call": -2}
    later = {"walk": 1, "sleep": 0, "new": 2}
    found = change_over_same_goals(first, later, weights, mean)
    assert found.goals == ("walk", "sleep")
    assert found.dropped == ("call", "new")
    assert found.change == pytest.approx(4 / 3)
    assert change_over_same_goals(first, {}, weights, mean).change is None
