"""Signed ranks, and the effect sizes that stand at the end of the table: R, scipy and what they mean."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evalplat.statistics.effects import summarise_effects
from evalplat.statistics.paired_effects import standardise
from evalplat.statistics.shares.proportions import find_wilson
from evalplat.statistics.wilcoxon import rank_changes
from tests.statistics.conftest import read_golden

GOLDEN = read_golden("golden_wilcoxon.json")


@pytest.mark.parametrize("name", ["anorexia", "bdf"])
def test_ranks_and_intervals_of_every_provider_are_those_of_r(name, request):
    frame = request.getfixturevalue(name).assign(instrument="i", scale="s")
    rows = {row.provider: row for row in summarise_effects(frame, {})}
    assert len(rows) == len(GOLDEN[name])
    for provider, figures in GOLDEN[name].items():
        row = rows["*" if provider == "all" else provider]
        for column, expected in zip(GOLDEN["columns"], figures, strict=True):
            found = getattr(row, column)
            assert found == pytest.approx(expected, rel=1e-9, abs=0), (provider, column)


def test_ranks_agree_with_scipy_group_by_group():
    random = np.random.default_rng(6)
    group = np.repeat(np.arange(6), (2, 5, 30, 31, 200, 1))
    change = random.normal(1, 3, len(group)).round(1)
    ranks = rank_changes(group, change, 6)
    for place in range(6):
        d = change[group == place]
        slow = stats.wilcoxon(d, method="asymptotic", correction=False)
        assert ranks.p[place] == pytest.approx(slow.pvalue, rel=1e-12)
        assert abs(ranks.z[place]) == pytest.approx(abs(slow.zstatistic), rel=1e-12)
        assert min(ranks.w_plus[place], ranks.w_minus[place]) == slow.statistic
        low, high = find_wilson((d > 0).sum() + (d == 0).sum() / 2, len(d))
        assert (ranks.cles_low[place], ranks.cles_high[place]) == (low, high)


def test_a_turn_of_the_changes_turns_the_ranks():
    random = np.random.default_rng(7)
    group, change = np.repeat(np.arange(3), 20), random.integers(-5, 8, 60).astype(float)
    plain, turned = rank_changes(group, change, 3), rank_changes(group, -change, 3)
    np.testing.assert_array_equal(plain.w_plus, turned.w_minus)
    np.testing.assert_allclose(plain.z, -turned.z)
    np.testing.assert_allclose(plain.cles, 1 - turned.cles)
    np.testing.assert_allclose(plain.cles_low, 1 - turned.cles_high)


def test_groups_without_a_change_or_without_a_pair_have_no_test():
    ranks = rank_changes(np.array([0, 0, 2]), np.array([0.0, 0.0, 3.0]), 3)
    assert (ranks.w_plus[0], ranks.cles[0]) == (0, 0.5)
    assert np.isnan(ranks.z[:2]).all() and np.isnan(ranks.p[:2]).all()
    assert np.isnan(ranks.cles[1])
    assert (ranks.w_plus[2], ranks.z[2], ranks.rank_biserial[2]) == (1, 1.0, 1.0)
    nobody = rank_changes(np.zeros(0, dtype=np.int64), np.zeros(0), 2)
    assert np.isnan(nobody.z).all() and (nobody.w_plus == 0).all()


def test_all_providers_are_standardised_by_one_sd_of_the_region(make_episodes):
    frame = make_episodes((30, 30, 30), seed=2).assign(instrument="i", scale="s")
    rows = summarise_effects(frame, {})
    whole, pairs = rows[-1], frame.dropna(subset=["baseline", "end"])
    sd = pairs["baseline"].std()
    for row in rows:
        assert row.d_regional == pytest.approx(row.mean_change / sd)
        assert row.d_regional_low < row.d_regional < row.d_regional_high
    assert (whole.d_regional_low, whole.d_regional_high) == pytest.approx(
        (whole.d_b_low, whole.d_b_high)
    )


def test_a_provider_with_like_clients_gains_nothing_by_it():
    random = np.random.default_rng(9)
    like, unlike = random.normal(20, 1, 80), random.normal(20, 9, 80)
    frame = pd.DataFrame(
        {
            "provider": np.repeat(["like", "unlike"], 80),
            "episode": np.arange(160).astype(str),
            "instrument": "i",
            "scale": "s",
            "baseline": np.r_[like, unlike],
            "end": np.r_[like, unlike] + np.tile([2.0, 4.0], 80),
        }
    )
    like_row, unlike_row, _ = summarise_effects(frame, {})
    assert like_row.d_b > 5 * unlike_row.d_b
    assert like_row.d_regional == pytest.approx(unlike_row.d_regional)


def test_the_regional_interval_covers_the_true_value():
    random = np.random.default_rng(11)
    inside, true = 0, 0.5
    for _ in range(800):
        baseline = random.normal(0, 1, (8, 15))
        change = random.normal(true, 0.8, (8, 15))
        df = np.array([14.0])
        _d, low, high = standardise(
            change[0].mean(keepdims=True), baseline.std(ddof=1, keepdims=True).ravel(),
            change[0].std(ddof=1, keepdims=True), df, np.array([119.0]),
        )  # fmt: skip
        inside += int(low[0] <= true <= high[0])
    assert 0.92 <= inside / 800 <= 0.97


def test_two_and_one_pairs_have_what_exists_and_nothing_else():
    frame = pd.DataFrame(
        {
            "provider": ["one", "two", "two", "none"],
            "episode": ["1", "2", "3", "4"],
            "instrument": "i",
            "scale": "s",
            "baseline": [3.0, 4.0, 6.0, 1.0],
            "end": [5.0, 4.0, 9.0, np.nan],
        }
    )
    none, one, two, _ = summarise_effects(frame, {})
    assert (one.w_plus, one.cles, one.d_regional_low, one.d_rm_low) == (1, 1.0, None, None)
    assert two.d_b_low is not None and two.d_regional_low is not None
    assert (none.w_plus, none.cles, none.d_regional, none.z_wilcoxon) == (None,) * 4
