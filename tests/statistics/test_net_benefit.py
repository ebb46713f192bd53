"""Net benefit: the comparison of scores and of costs as its ends, Fieller's limits, a bootstrap, prices by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalplat.errors import InputRejected
from evalplat.statistics.comparison import compare
from evalplat.statistics.money.costs import measure_costs
from evalplat.statistics.money.net_benefit import WORTHS, measure_net_benefit, suggest_worths
from evalplat.statistics.money.points_years import POINTS_YEARS, measure_points_years
from evalplat.vocabulary import Direction

HIGHER, LOWER = Direction.HIGHER_BETTER, Direction.LOWER_BETTER
ADJUST = ("baseline", "age", "sex")


def measure(frame, *worths, direction=HIGHER, adjust=ADJUST):
    return measure_net_benefit(
        frame, worths, instrument="i", scale="s", direction=direction, adjust=adjust
    )


@pytest.fixture
def priced(make_episodes):
    def make(seed=3, missing=0.2, sizes=(40, 30, 60)):
        frame = make_episodes(sizes, effects=(0, 5, -2), seed=seed, missing=missing)
        random = np.random.default_rng(seed)
        return frame.assign(voucher_eur=50.0 * random.integers(20, 80, len(frame)))

    return make


@pytest.mark.parametrize("direction", [HIGHER, LOWER])
def test_without_costs_and_at_one_euro_a_point_it_is_the_comparison_of_scores(priced, direction):
    frame = priced()
    found = measure(frame.assign(voucher_eur=0.0), 1.0, direction=direction)[0].comparison
    plain = compare(
        frame, instrument="i", scale="s", direction=direction, adjust=ADJUST, disclosure=None
    )
    assert found.tau2 == pytest.approx(plain.tau2, rel=1e-7, abs=1e-9)
    for ours, theirs in zip(found.rows, plain.improvements, strict=True):
        assert ours.adjusted_gain == pytest.approx(theirs.improvement, rel=1e-9)
        assert (ours.n, ours.n_started) == (theirs.n, theirs.n_started)
        assert ours.verdict == theirs.verdict


def test_at_nothing_a_point_it_is_what_all_starters_cost(priced):
    frame = priced()
    means = frame.groupby("provider")["voucher_eur"].mean()
    for row in measure(frame, 0.0)[0].comparison.rows:
        assert row.gain == pytest.approx(-means[row.provider], rel=1e-10)


def test_it_is_a_straight_line_in_the_worth_of_a_point(priced):
    frame = priced()
    none, one, many = (found.comparison.rows for found in measure(frame, 0.0, 100.0, 700.0))
    for a, b, c in zip(none, one, many, strict=True):
        assert c.adjusted_gain == pytest.approx(
            a.adjusted_gain + 7 * (b.adjusted_gain - a.adjusted_gain), rel=1e-9
        )


def test_prices_at_which_it_does_not_differ_from_zero_are_fieller_s_interval(priced):
    """One provider, everybody measured, nothing adjusted for: a t test of the net benefit at Fieller's limits."""
    from scipy.stats import ttest_1samp

    frame = priced(missing=0.0)
    frame = frame[frame["provider"] == "P001"]
    ratio = measure_costs(
        frame, instrument="i", scale="s", direction=HIGHER, adjust=()
    ).rows[0].euros.ratios["per_point"]  # fmt: skip
    assert ratio.status == "ok"
    for limit in (ratio.low, ratio.high):
        benefit = limit * (frame["end"] - frame["baseline"]) - frame["voucher_eur"]
        assert ttest_1samp(benefit, 0).pvalue == pytest.approx(0.05, rel=1e-6)


def test_acceptability_is_how_often_drawing_clients_again_puts_a_provider_first(priced):
    frame = priced(missing=0.0)
    found = measure(frame, 300.0, adjust=())[0]
    benefit = (300 * (frame["end"] - frame["baseline"]) - frame["voucher_eur"]).to_numpy()
    random = np.random.default_rng(2)
    for row, share in zip(found.comparison.rows, found.acceptability, strict=True):
        own = benefit[frame["provider"] == row.provider]
        drawn = own[random.integers(0, len(own), (4000, len(own)))].mean(axis=1)
        assert share == pytest.approx(np.mean(drawn > benefit.mean()), abs=0.05)


def test_an_effect_of_zero_and_below_is_no_trouble(priced):
    frame = priced(missing=0.0)
    worse = frame.assign(end=frame["baseline"] - 5 + (frame.index % 3))
    found = measure(worse, 200.0)[0].comparison
    assert found.status == "ok" and all(row.adjusted_gain < 0 for row in found.rows)


def test_unknown_euros_are_a_reason_to_be_left_out(priced):
    frame = priced(missing=0.0)
    frame.loc[:7, "voucher_eur"] = np.nan
    found = measure(frame, 10.0)[0].comparison
    reasons = {str(reason.reason): reason.count for reason in found.exclusions}
    assert reasons == {"The voucher's euros are not known": 8}


def test_a_county_without_anything_to_measure_has_a_status(priced):
    frame = priced().assign(end=np.nan)
    found = measure(frame, 10.0)[0]
    assert found.comparison.status == "no_pairs"
    assert found.acceptability == (None, None, None)
    constant = priced(missing=0.0).assign(end=lambda f: f["baseline"] + 1, voucher_eur=100.0)
    assert measure(constant, 5.0)[0].comparison.status == "no_variation"


@pytest.mark.parametrize("worth", [-1.0, np.nan, np.inf])
def test_a_worth_that_is_no_price_is_refused(priced, worth):
    with pytest.raises(InputRejected):
        measure(priced(), worth)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 100))
def test_the_order_of_rows_is_irrelevant(seed):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "provider": random.choice(["A", "B", "C"], 60),
            "episode": [str(k) for k in range(60)],
            "baseline": random.normal(50, 9, 60),
            "end": random.normal(55, 9, 60),
            "voucher_eur": random.integers(100, 900, 60).astype(float),
        }
    )
    frame.loc[random.random(60) < 0.2, "end"] = np.nan
    plain = measure(frame, 20.0, adjust=("baseline",))[0]
    mixed = measure(frame.iloc[random.permutation(60)], 20.0, adjust=("baseline",))[0]
    for a, b in zip(plain.comparison.rows, mixed.comparison.rows, strict=True):
        assert a.adjusted_gain == pytest.approx(b.adjusted_gain, rel=1e-9)
    assert plain.acceptability == pytest.approx(mixed.acceptability, rel=1e-8)


def test_suggested_worths_lie_around_what_a_point_costs():
    assert suggest_worths(230.0) == (0.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
    assert suggest_worths(None) == suggest_worths(-4.0) == (0.0,)
    assert set(suggest_worths(1e9)) <= {0.0, *WORTHS}


def test_points_times_years_by_hand():
    """0.5 at the start, 0.7 after half a year, 0.6 after a year and a half: 0.3 + 0.65 = 0.95."""
    area = measure_points_years(
        [np.array([0.5, 0.5]), np.array([0.7, 0.7]), np.array([0.6, np.nan])],
        [np.array([0.0, 0.0]), np.array([0.5, 0.5]), np.array([1.5, 1.5])],
    )
    assert area[0] == pytest.approx(0.95) and np.isnan(area[1])
    assert str(POINTS_YEARS) == "points × years"
    with pytest.raises(InputRejected):
        measure_points_years([np.array([1.0])], [np.array([0.0])])
    with pytest.raises(InputRejected):
        measure_points_years([np.zeros(1), np.zeros(1)], [np.ones(1), np.zeros(1)])
