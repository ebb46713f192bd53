"""Bounds worked by hand, and tipping points found by shifting the lost one by one."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import InputRejected
from evalplat.statistics.missing.bounds import bound_by_range, trim_differences, trimmed_means
from evalplat.statistics.missing.cohort import select_cohort
from evalplat.statistics.missing.imputation import impute_changes
from evalplat.statistics.missing.tipping import find_tipping, find_verdict_tipping
from evalplat.vocabulary import Verdict

NONE = float("nan")


def frame_of(provider, baseline, end):
    return pd.DataFrame(
        {
            "provider": list(provider),
            "episode": range(len(provider)),
            "baseline": np.array(baseline, dtype=float),
            "end": np.array(end, dtype=float),
        }
    )


def test_the_lost_at_either_end_of_the_scale_worked_by_hand():
    cohort = select_cohort(frame_of("aaab", [4, 6, 2, 5], [6, NONE, 5, NONE]))
    overall, own = bound_by_range(cohort, 0, 10)
    # a: (2 + 3 - 6) / 3 and (2 + 3 + 4) / 3; b: -5 and 5; all: (5 - 6 - 5) / 4 and (5 + 4 + 5) / 4
    assert (own[0].low, own[0].high) == pytest.approx((-1 / 3, 3.0))
    assert (own[1].low, own[1].high) == (-5.0, 5.0)
    assert (overall.low, overall.high) == (-1.5, 3.5)


def test_when_nobody_is_lost_the_bounds_are_the_mean():
    overall, _ = bound_by_range(select_cohort(frame_of("ab", [1, 2], [3, 5])), 0, 10)
    assert overall.low == overall.high == 2.5


def test_bounds_need_a_range_and_scores_within_it():
    cohort = select_cohort(frame_of("ab", [1, 2], [3, NONE]))
    assert bound_by_range(cohort, None, 10)[0].status == "no_range"
    assert bound_by_range(select_cohort(frame_of("", [], [])), 0, 10)[0].status == "nobody"
    for low, high in ((0, 2), (2, 10), (10, 0)):
        with pytest.raises(InputRejected):
            bound_by_range(cohort, low, high)


def test_trimming_the_better_followed_provider_worked_by_hand():
    # a: 4 of 4 followed, changes 1 2 3 6; b: 2 of 4 followed, changes 2 4. p = 1/2: trim 2 of a's 4.
    cohort = select_cohort(frame_of("aaaabbbb", [0] * 8, [1, 2, 3, 6, 2, 4, NONE, NONE]))
    a, b = trim_differences(cohort)
    assert a.trimmed == 0.5 and b.trimmed == -0.5
    assert (a.bounds.low, a.bounds.high) == (1.5 - 3, 4.5 - 3)
    assert (b.bounds.low, b.bounds.high) == (3 - 4.5, 3 - 1.5)


def test_a_client_at_the_edge_counts_in_part():
    assert trimmed_means(np.array([1.0, 2.0, 4.0]), 0.5) == pytest.approx((2 / 1.5, 5 / 1.5))
    assert trimmed_means(np.array([1.0, 2.0, 4.0]), 0.0) == pytest.approx((7 / 3, 7 / 3))


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=30), st.integers(0, 29))
def test_whole_clients_are_trimmed_as_from_a_list(values, cut):
    ordered = np.sort(np.array(values))
    n = len(ordered)
    cut = min(cut, n - 1)
    low, high = trimmed_means(ordered, cut / n)
    assert low == pytest.approx(ordered[: n - cut].mean(), abs=1e-9)
    assert high == pytest.approx(ordered[cut:].mean(), abs=1e-9)


def test_with_equal_follow_up_nothing_is_trimmed():
    cohort = select_cohort(frame_of("aabb", [0] * 4, [1, NONE, 3, NONE]))
    a, _ = trim_differences(cohort)
    assert (a.trimmed, a.bounds.low, a.bounds.high) == (0.0, -2.0, -2.0)


def test_providers_without_anybody_to_compare_have_a_status():
    one = trim_differences(select_cohort(frame_of("aa", [0, 0], [1, 2])))
    assert one[0].bounds.status == "no_others"
    lost = trim_differences(select_cohort(frame_of("ab", [0, 0], [1, NONE])))
    assert [found.bounds.status for found in lost] == ["no_others", "nobody_followed"]


def draw(seed=2, n=200):
    random = np.random.default_rng(seed)
    x = random.normal(50, 10, n)
    y = x + 4 + random.normal(0, 8, n)
    y[random.random(n) < 1 / (1 + np.exp(-(x - 60) / 8))] = NONE
    return select_cohort(frame_of(random.choice(["a", "b"], n), x, y))


def test_shifting_the_lost_by_the_tipping_point_brings_the_mean_and_the_interval_to_zero():
    cohort = draw()
    made = impute_changes(cohort)
    found = find_tipping(cohort, made)
    lost = ~cohort.followed
    assert found.status == "ok" and found.share_lost == lost.mean()
    assert np.mean(made.imputed + found.zero * lost) == pytest.approx(0, abs=1e-12)
    shifted = made.imputed + found.uncertain * lost
    influence = made.influence + found.uncertain * (lost - lost.mean()) / len(lost)
    n = made.overall.n
    quantile = scipy.stats.t(n - 1).ppf(0.975) * np.sqrt(n / (n - 1))
    low = shifted.mean() - quantile * np.sqrt(np.sum(influence**2))
    assert low == pytest.approx(0, abs=1e-9)
    assert found.zero < found.uncertain < 0


def test_tipping_points_that_do_not_exist_are_none():
    followed = select_cohort(frame_of("aaa", [1, 2, 3], [2, 4, 4]))
    assert find_tipping(followed, impute_changes(followed)).status == "nobody_lost"
    few = select_cohort(frame_of("aaa", [1, 2, 3], [2, NONE, NONE]))
    found = find_tipping(few, impute_changes(few))
    assert found.uncertain is None and found.status == "too_few"
    none = select_cohort(frame_of("a", [1], [NONE]))
    assert find_tipping(none, impute_changes(none)).status == "nobody_followed"
    flat = select_cohort(frame_of("aaaa", [1, 2, 3, 4], [2, 1, 3, NONE]))
    assert find_tipping(flat, impute_changes(flat)).status == "uncertain_already"


def test_a_verdict_turns_where_the_shifted_difference_meets_the_limit():
    above = find_verdict_tipping(5.0, 3.0, 0.25, Verdict.ABOVE)
    assert (above.shift, above.becomes) == (-8.0, Verdict.AS_EXPECTED)
    below = find_verdict_tipping(-5.0, 3.0, 0.25, Verdict.BELOW)
    assert (below.shift, below.becomes) == (8.0, Verdict.AS_EXPECTED)
    near = find_verdict_tipping(1.0, 3.0, 0.5, Verdict.AS_EXPECTED)
    assert (near.shift, near.becomes) == (4.0, Verdict.ABOVE)
    other = find_verdict_tipping(-1.0, 3.0, 0.5, Verdict.AS_EXPECTED)
    assert (other.shift, other.becomes) == (-4.0, Verdict.BELOW)


def test_a_verdict_that_is_none_does_not_turn():
    assert find_verdict_tipping(1.0, 1.0, 0.5, Verdict.TOO_FEW).status == "too_few"
    assert find_verdict_tipping(1.0, 1.0, 0.0, Verdict.ABOVE).status == "nobody_lost"
    assert find_verdict_tipping(1.0, None, 0.2, Verdict.AS_EXPECTED).status == "no_limits"
