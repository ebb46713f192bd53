"""Scales side by side and their composite: slow alternatives, published figures, laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from evalplat.errors import InputRejected
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.scales.combination import ScaleFrame, combine
from evalplat.statistics.scales.composite import correlate, find_between_variance, find_weights
from evalplat.vocabulary import Direction

HIGHER, LOWER = Direction.HIGHER_BETTER, Direction.LOWER_BETTER
RULE = DisclosureRule()

# metafor 5.1-12, rma(method = "PM") on the adjusted gains of nlme/bdf with their own standard errors.
PAULE_MANDEL = 6.18053510516265


@pytest.fixture
def scales():
    """Two correlated scales of the same clients, one of which is better low."""

    def make(sizes=(60, 50, 45, 40), seed=1, correlation=0.6, missing=0.1):
        random = np.random.default_rng(seed)
        n = sum(sizes)
        base = {
            "provider": np.repeat([f"P{k}" for k in range(len(sizes))], sizes),
            "episode": [str(k) for k in range(n)],
        }
        noise = random.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n)
        found = []
        for place, (sd, direction) in enumerate(((10.0, HIGHER), (2.0, LOWER))):
            start = random.normal(5 * sd, sd, n)
            end = start + direction.sign * (0.4 * sd + 0.7 * sd * noise[:, place])
            end[random.random(n) < missing] = np.nan
            frame = pd.DataFrame({**base, "baseline": start, "end": end})
            found.append(ScaleFrame("i", f"s{place}", direction, frame))
        return found

    return make


def test_every_scale_is_its_comparison_in_the_region_s_baseline_sds(scales):
    both = scales()
    found = combine(both, disclosure=None)
    assert found.composite is None and found.providers == ("P0", "P1", "P2", "P3")
    for one, given_ in zip(found.scales, both, strict=True):
        sd = given_.frame["baseline"].std()
        assert one.sd == pytest.approx(sd, rel=1e-12)
        plain = compare(
            given_.frame, instrument="i", scale=given_.scale, direction=given_.direction, disclosure=None
        )  # fmt: skip
        for ours, theirs in zip(one.rows, plain.improvements, strict=True):
            assert ours.improvement == pytest.approx(theirs.improvement / sd)
            assert (ours.low, ours.high) == pytest.approx((theirs.low / sd, theirs.high / sd))
        assert one.average == pytest.approx(0.4, abs=0.15)


def test_between_providers_the_variance_is_metafor_s(golden_bdf):
    from statsmodels.stats.meta_analysis import combine_effects

    gains = np.array(golden_bdf["providers"]["adjusted_gain"])
    variances = np.array(golden_bdf["providers"]["se"]) ** 2
    found = find_between_variance(gains, variances)
    assert found == pytest.approx(PAULE_MANDEL, rel=1e-9)
    assert found == pytest.approx(combine_effects(gains, variances).tau2, rel=1e-5)
    assert find_between_variance(np.array([1.0, 1.0, 1.0]), np.ones(3)) == 0.0
    assert find_between_variance(gains * 1e6, variances * 1e12) == pytest.approx(found * 1e12)


def test_two_scales_weighted_by_hand():
    """Variances 1 and 4, correlation 0.5, so covariance 1: V^-1 1 = (3, 0) / 3, and the second says nothing more."""
    assert find_weights(np.array([[1.0, 1.0], [1.0, 4.0]])) == pytest.approx([1.0, 0.0])
    assert find_weights(np.diag([1.0, 4.0])) == pytest.approx([0.8, 0.2])
    assert find_weights(np.array([[1.0, 1.8], [1.8, 4.0]])) == pytest.approx([1.0, 0.0])
    assert find_weights(np.ones((2, 2))) == pytest.approx([0.5, 0.5])
    assert find_weights(np.array([[2.0]])) == pytest.approx([1.0])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_no_other_weights_have_less_variance(seed, size):
    random = np.random.default_rng(seed)
    root = random.normal(size=(size, size + 2))
    covariance = root @ root.T
    found = find_weights(covariance)
    assert found.sum() == pytest.approx(1) and found.min() >= 0
    slow = minimize(
        lambda w: w @ covariance @ w, np.full(size, 1 / size), bounds=[(0, 1)] * size,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, tol=1e-12,
    )  # fmt: skip
    assert found @ covariance @ found == pytest.approx(slow.fun, rel=1e-4)


def test_the_correlation_is_that_of_clients_who_have_both(scales):
    both = scales(correlation=0.8, missing=0.0, sizes=(200, 200, 200))
    found = combine(both, composite_of=[("i", "s0"), ("i", "s1")], disclosure=None).composite
    assert found.status == "ok"
    assert found.correlations[0][1] == pytest.approx(0.8, abs=0.05)
    assert found.n_both == ((600, 600), (600, 600))
    correlations, n_both = correlate([{("A", "1"): 1.0, ("A", "2"): 2.0}, {("B", "1"): 1.0}])
    assert correlations.tolist() == [[1, 0], [0, 1]] and n_both.tolist() == [[2, 0], [0, 1]]


def test_the_composite_s_interval_is_as_wide_as_it_varies(scales):
    """Many counties without true differences: the composite of the first provider, over its standard error."""
    ratios = []
    for seed in range(60):
        both = scales(seed=seed, sizes=(40, 60, 80, 60), correlation=0.7)
        row = combine(both, composite_of=[("i", "s0"), ("i", "s1")], disclosure=None)
        first = row.composite.rows[0]
        ratios.append(first.difference / ((first.high - first.low) / 2 / 1.959964))
    # The region holds the provider itself, so that its distance from it varies a little less.
    assert np.std(ratios) == pytest.approx((1 - 40 / 240) ** 0.5, abs=0.2)


def test_a_scale_without_figures_or_spread_takes_no_part(scales):
    first, second = scales()
    flat = ScaleFrame("i", "flat", HIGHER, second.frame.assign(baseline=5.0, end=6.0))
    found = combine([first, flat], composite_of=[("i", "s0"), ("i", "flat")], disclosure=None)
    assert found.scales[1].sd is None
    assert all(row.improvement is None for row in found.scales[1].rows)
    assert found.composite.status == "no_estimates"
    nothing = ScaleFrame("i", "none", HIGHER, second.frame.assign(end=np.nan))
    found = combine([first, nothing], composite_of=[("i", "s0"), ("i", "none")], disclosure=None)
    assert found.composite.status == "few_in_common"
    assert found.scales[1].comparison.status == "no_pairs"


def test_the_same_scale_twice_counts_once(scales):
    first, _ = scales()
    again = ScaleFrame("i", "again", HIGHER, first.frame)
    found = combine([first, again], composite_of=[("i", "s0"), ("i", "again")], disclosure=None)
    for row, alone in zip(found.composite.rows, found.scales[0].rows, strict=True):
        expected = alone.improvement - found.scales[0].average
        assert row.difference == pytest.approx(expected)
        assert row.high - row.low == pytest.approx(alone.high - alone.low)


@pytest.mark.parametrize(
    ("instrument", "composite_of"),
    [("gas", ()), ("GAS-light", ()), ("i", [("i", "s0")]), ("i", [("i", "s0"), ("j", "x")])],
)
def test_goals_and_impossible_composites_are_refused(scales, instrument, composite_of):
    first, second = scales()
    other = ScaleFrame(instrument, second.scale, second.direction, second.frame)
    with pytest.raises(InputRejected):
        combine([first, other], composite_of=composite_of, disclosure=None)
    with pytest.raises(InputRejected):
        combine([first, first], disclosure=None)


def test_what_is_published_rests_on_released_comparisons(scales):
    both = scales(sizes=(80, 60, 45, 30, 7, 3))
    found = combine(both, composite_of=[("i", "s0"), ("i", "s1")], disclosure=RULE)
    assert found.released and all(one.comparison.released for one in found.scales)
    for one in found.scales:
        assert float(f"{one.sd:.3g}") == one.sd
        assert all(row.improvement is None for row in one.rows[-2:])
    composite = found.composite
    assert all(row.difference is None for row in composite.rows[-2:])
    assert all(n % 5 == 0 for line in composite.n_both for n in line)
    exact = combine(both, composite_of=[("i", "s0"), ("i", "s1")], disclosure=None).composite
    for row, was in zip(composite.rows[:4], exact.rows, strict=False):
        assert row.difference == pytest.approx(was.difference, abs=0.1)


def test_the_order_of_scales_and_rows_is_irrelevant(scales):
    first, second = scales()
    keys = [("i", "s0"), ("i", "s1")]
    mixed = ScaleFrame("i", "s0", HIGHER, first.frame.sample(frac=1, random_state=2))
    plain = combine([first, second], composite_of=keys, disclosure=None).composite
    other = combine([second, mixed], composite_of=keys, disclosure=None).composite
    assert plain.rankability == pytest.approx(other.rankability)
    for a, b in zip(plain.rows, other.rows, strict=True):
        assert a.difference == pytest.approx(b.difference)
        assert a.weights == pytest.approx(b.weights[::-1])
