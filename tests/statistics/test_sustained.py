"""Lasting change: paired t tests on complete data, Fieller, counting by hand, the window, and what is released."""

import dataclasses
import json
import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evalplat.errors import InputRejected
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.effects import ChangeRule
from evalplat.statistics.money.fieller import fieller
from evalplat.statistics.over_time.sustained import analyse_sustained
from evalplat.statistics.over_time.sustained_results import Window
from evalplat.vocabulary import Direction

NONE = float("nan")
END = date(2026, 3, 1)
RULE = ChangeRule(Direction.HIGHER_BETTER, sdc=5.0)


def analyse(frame, rule=RULE, disclosure=None, **more):
    return analyse_sustained(
        frame, instrument="i", scale="s", rule=rule, disclosure=disclosure, **more
    )


def frame_of(provider, baseline, end, follow_up, **more):
    return pd.DataFrame(
        {
            "provider": list(provider),
            "episode": range(len(provider)),
            "baseline": np.array(baseline, dtype=float),
            "end": np.array(end, dtype=float),
            "follow_up": np.array(follow_up, dtype=float),
            **more,
        }
    )


def draw(n=120, providers=1, seed=1, lost=0.0, later_lost=0.0):
    random = np.random.default_rng(seed)
    x = random.normal(40, 10, n)
    y = x + 8 + random.normal(0, 6, n)
    f = x + 6 + random.normal(0, 6, n)
    gone = random.random(n) < lost
    y[gone] = NONE
    f[gone | (random.random(n) < later_lost)] = NONE
    return frame_of(random.choice([f"P{k}" for k in range(providers)], n), x, y, f)


def test_on_complete_data_every_change_is_the_paired_t_test_s():
    frame = draw()
    found = analyse(frame).overall
    for one, other, change in (
        ("baseline", "end", found.to_end),
        ("baseline", "follow_up", found.to_follow_up),
        ("end", "follow_up", found.after_end),
    ):
        exact = stats.ttest_rel(frame[other], frame[one])
        assert change.value / change.se == pytest.approx(exact.statistic, rel=1e-8)
        low, high = exact.confidence_interval()
        assert (change.low, change.high) == pytest.approx((low, high), rel=1e-8)


def test_on_complete_data_the_retained_fraction_is_fieller_s_of_the_sample():
    frame = draw()
    kept, gained = frame["follow_up"] - frame["baseline"], frame["end"] - frame["baseline"]
    v = np.cov(kept, gained) / len(frame)
    exact = fieller(kept.mean(), gained.mean(), v[0, 0], v[1, 1], v[0, 1], df=len(frame) - 1)
    found = analyse(frame).overall.retained
    assert found.status == "ok"
    assert (found.ratio, found.low, found.high) == pytest.approx(
        (exact.ratio, exact.low, exact.high), rel=1e-7
    )
    assert 0.6 < found.ratio < 0.9


def test_a_gain_that_cannot_be_told_from_none_retains_no_fraction():
    frame = draw(20)
    frame["end"] = frame["baseline"] + np.tile([-6.0, 6.0], 10)
    assert analyse(frame).overall.retained.status == "not_estimable"


def test_who_stays_improved_is_counted_by_hand():
    frame = frame_of(
        "aaaaabb",
        [10, 10, 10, 10, 10, 10, 10],
        [16, 16, 16, 12, NONE, 16, 16],
        [17, 11, NONE, 18, 19, 4, 15.5],
    )
    found = analyse(frame)
    a, b = found.rows
    assert (a.n_improved, a.still.count, a.still.of) == (3, 1, 2)
    assert (b.n_improved, b.still.count, b.still.of) == (2, 1, 2)
    assert (found.overall.still.count, found.overall.still.of) == (2, 4)
    assert found.overall.still.low == pytest.approx(0.15003898915214947)
    lower = analyse(frame, ChangeRule(Direction.LOWER_BETTER, sdc=5.0)).overall
    assert (lower.n_improved, lower.still.of, lower.still.share) == (0, 0, None)
    unknown = analyse(frame, ChangeRule(Direction.LOWER_BETTER))
    assert unknown.change_status == "no_change_parameters" and unknown.overall.still is None


def test_follow_ups_outside_the_window_are_left_out_and_counted():
    days = [59, 60, 100, 150, 151, None]
    frame = frame_of(
        "a" * 6,
        [1, 2, 3, 4, 5, 6],
        [2, 4, 3, 6, 5, 8],
        [3, 3, 4, 5, 6, 9],
        end_on=[END] * 4 + [None, END],
        closed_on=[None] * 4 + [END, END],
        follow_up_on=[None if d is None else END + timedelta(days=d) for d in days],
    )
    found = analyse(frame, window=Window())
    assert (found.n_early, found.n_late, found.n_undated) == (1, 1, 1)
    assert found.overall.n_follow_up == 4
    assert analyse(frame, window=Window(0, 400)).overall.n_follow_up == 6
    assert analyse(frame).overall.n_follow_up == 6
    undated = frame.drop(columns=["end_on", "closed_on", "follow_up_on"])
    without = analyse(undated, window=Window())
    assert without.overall.n_follow_up == without.n_undated == 6


def test_a_window_without_a_day_and_a_table_without_follow_ups_are_refused():
    with pytest.raises(InputRejected):
        analyse(draw(), window=Window(10, 5))
    with pytest.raises(InputRejected):
        analyse(draw().drop(columns="follow_up"))
    with pytest.raises(InputRejected):
        analyse(draw().assign(follow_up="x"))


def test_providers_have_their_own_changes_and_the_whole_weighs_them_by_clients():
    frame = draw(200, providers=3, lost=0.3, later_lost=0.3)
    found = analyse(frame)
    n = np.array([row.n for row in found.rows])
    for name in ("to_end", "to_follow_up", "after_end"):
        own = [getattr(row, name).value for row in found.rows]
        assert getattr(found.overall, name).value == pytest.approx(n @ own / n.sum())
    whole = found.overall
    assert whole.to_end.value + whole.after_end.value == pytest.approx(whole.to_follow_up.value)
    first, end, later = found.course
    assert end.value - first.value == pytest.approx(whole.to_end.value)
    assert later.value - first.value == pytest.approx(whole.to_follow_up.value)


CASES = {
    "no rows": frame_of("", [], [], []),
    "no follow-ups": frame_of("aaa", [1, 2, 3], [2, 3, 5], [NONE] * 3),
    "no ends": frame_of("aaa", [1, 2, 3], [NONE] * 3, [2, 3, 5]),
    "one client": frame_of("a", [1], [2], [3]),
    "two clients": frame_of("ab", [1, 2], [2, 4], [3, 3]),
    "constant": frame_of("a" * 8, [3] * 8, [3] * 8, [3] * 8),
    "perfectly correlated": frame_of("a" * 8, range(8), range(1, 9), range(2, 10)),
    "everybody lost": frame_of("a" * 8, range(8), [NONE] * 8, [NONE] * 8),
    "huge": draw(40).assign(baseline=lambda f: f["baseline"] * 1e10, end=lambda f: f["end"] * 1e10),
}


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_degenerate_data_are_a_status_and_never_nan(name, released):
    found = analyse(CASES[name], disclosure=DisclosureRule() if released else None)
    if name != "huge":
        assert found.status != "ok" and found.overall.to_end.value is None
    json.dumps(dataclasses.asdict(found), default=str, allow_nan=False)


def test_small_counts_are_withheld_and_the_others_rounded():
    random = np.random.default_rng(3)
    for _ in range(15):
        frame = draw(int(random.integers(5, 150)), 4, int(random.integers(1e6)), 0.3, 0.4)
        exact, shown = analyse(frame), analyse(frame, disclosure=DisclosureRule())
        for row, seen in zip(exact.rows, shown.rows, strict=True):
            assert seen.n_end is None and seen.n_improved is None
            assert seen.n_follow_up is None or (seen.n_follow_up % 5 == 0 and row.n_follow_up >= 5)
            if seen.withheld:
                assert seen.to_end.value is None and seen.retained.ratio is None
            else:
                assert row.n_follow_up >= 10 and row.n - row.n_follow_up >= 5
            if seen.still is not None:
                assert min(row.still.count, row.still.of - row.still.count) >= 5
        for part in (shown.n_early, shown.n_late, shown.n_undated, shown.overall.n_end):
            assert part is None or (part >= 5 and part % 5 == 0)


def test_released_changes_add_up_and_stay_near_the_exact_ones():
    frame = draw(400, 3, 5, 0.3, 0.3)
    exact, shown = analyse(frame).overall, analyse(frame, disclosure=DisclosureRule()).overall
    assert shown.to_end.value + shown.after_end.value == pytest.approx(shown.to_follow_up.value)
    for name in ("to_end", "to_follow_up", "after_end"):
        assert getattr(shown, name).value == pytest.approx(getattr(exact, name).value, abs=0.3)
    assert shown.retained.ratio == pytest.approx(shown.to_follow_up.value / shown.to_end.value)
    assert math.isclose(shown.still.share, exact.still.share, abs_tol=0.03)


def test_the_changes_of_all_together_rest_on_the_same_providers_and_add_up():
    frame = draw(n=200, providers=4, seed=3, lost=0.2, later_lost=0.2)
    frame.loc[frame["provider"] == "P1", "follow_up"] = NONE
    frame.loc[frame["provider"] == "P2", "end"] = NONE
    frame.loc[frame["provider"] == "P2", ["baseline", "follow_up"]] += [20.0, -10.0]
    found = analyse(frame)
    whole = found.overall
    assert whole.to_end.value + whole.after_end.value == pytest.approx(
        whole.to_follow_up.value, abs=1e-12
    )
    first, end, later = (point.value for point in found.course)
    assert (end - first, later - first) == pytest.approx(
        (whole.to_end.value, whole.to_follow_up.value), abs=1e-12
    )
    assert "left out of the averages" in str(found.warnings[0])
    assert whole.retained.ratio == pytest.approx(
        whole.to_follow_up.value / whole.to_end.value, abs=1e-12
    )
    released = analyse(frame, disclosure=DisclosureRule())
    assert released.warnings == ()
