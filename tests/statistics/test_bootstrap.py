"""The bootstrap agrees with scipy's on the same resamples, repeats itself, and says when it has nothing to say."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalplat.errors import InputRejected
from evalplat.parallel import open_runner
from evalplat.statistics import bootstrap as module
from evalplat.statistics.bootstrap import bootstrap, one_by_one
from evalplat.statistics.rank_biserial import (
    MOST_RESAMPLED,
    bound_groups,
    bound_rank_biserial,
    correlate_ranks,
)

SEED = 7


def means(samples):
    return samples.mean(axis=1)


def variances(samples):
    return samples.var(axis=1, ddof=1)


def correlations(samples):
    x, y = samples[..., 0], samples[..., 1]
    x = x - x.mean(axis=1, keepdims=True)
    y = y - y.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))


@pytest.fixture(scope="module")
def skewed():
    return np.random.default_rng(3).gamma(1.5, size=40)


@pytest.mark.parametrize(("method", "scipys"), [("bca", "BCa"), ("percentile", "percentile")])
def test_intervals_equal_scipys_on_the_same_resamples(method, scipys, skewed):
    ours = bootstrap(variances, skewed, seed=SEED, resamples=999, method=method)
    from evalplat.parallel import IN_PROCESS

    figures = module._resample(variances, skewed, SEED, 999, IN_PROCESS)
    theirs = stats.bootstrap(
        (skewed,),
        lambda sample, axis: np.var(sample, axis=axis, ddof=1),
        n_resamples=0,
        method=scipys,
        bootstrap_result=SimpleNamespace(bootstrap_distribution=figures),
    )
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), rel=1e-12)
    assert ours.se == pytest.approx(theirs.standard_error, rel=1e-12)
    assert ours.status == "ok"


def test_the_standard_error_of_a_mean_is_the_formulas(skewed):
    found = bootstrap(means, skewed, seed=SEED, resamples=8000, method="percentile")
    assert found.se == pytest.approx(skewed.std() / np.sqrt(len(skewed)), rel=0.03)
    assert found.estimate == pytest.approx(skewed.mean())


def test_the_same_seed_gives_the_same_interval_whoever_computes_it(skewed):
    here = bootstrap(variances, skewed, seed=SEED, resamples=600)
    with open_runner(workers=2) as runner:
        there = bootstrap(np_variances(), skewed, seed=SEED, resamples=600, runner=runner)
    assert there == here
    assert bootstrap(variances, skewed, seed=SEED + 1, resamples=600) != here


def np_variances():
    """A statistic that other processes can import."""
    from functools import partial

    return partial(np.var, axis=1, ddof=1)


def test_how_many_samples_are_held_at_once_does_not_matter(skewed, monkeypatch):
    whole = bootstrap(variances, skewed, seed=SEED, resamples=300)
    monkeypatch.setattr(module, "CELLS_AT_ONCE", 3 * len(skewed))
    assert bootstrap(variances, skewed, seed=SEED, resamples=300) == whole


def test_cases_with_several_columns_stay_together():
    rng = np.random.default_rng(1)
    x = rng.normal(size=60)
    pairs = np.column_stack([x, 0.7 * x + 0.3 * rng.normal(size=60)])
    found = bootstrap(correlations, pairs, seed=SEED, resamples=1000)
    assert found.low < np.corrcoef(pairs.T)[0, 1] < found.high < 1
    single = bootstrap(
        one_by_one(lambda sample: np.corrcoef(sample.T)[0, 1]), pairs, seed=SEED, resamples=1000
    )
    assert (single.low, single.high) == pytest.approx((found.low, found.high))


@pytest.mark.parametrize(
    ("cases", "status"),
    [
        (np.array([]), "too_few"),
        (np.array([1.0]), "too_few"),
        (np.full(9, 2.5), "no_variation"),
        (np.array([1.0, np.nan, 2.0]), "undefined"),
    ],
)
def test_what_gives_no_interval_says_why(cases, status):
    found = bootstrap(means, cases, seed=SEED, resamples=200)
    assert found.status == status
    assert found.low is found.high is found.se is None


def test_resamples_without_a_figure_make_no_interval():
    nearly_constant = np.column_stack([[0.0, 0, 0, 0, 1], [1.0, 2, 3, 4, 5]])
    found = bootstrap(correlations, nearly_constant, seed=SEED, resamples=400)
    assert (found.status, found.low, found.high) == ("unstable", None, None)


def test_a_figure_that_resamples_cannot_exceed_has_no_bca_interval():
    found = bootstrap(
        one_by_one(lambda sample: -float(len(np.unique(sample)))),
        np.arange(8.0),
        seed=SEED,
        resamples=200,
    )
    assert (found.status, found.low) == ("unstable", None)


@pytest.mark.parametrize("wrong", [{"method": "normal"}, {"resamples": 0}, {"confidence": 1.0}])
def test_wrong_wishes_are_refused(wrong):
    with pytest.raises(InputRejected):
        bootstrap(means, np.arange(5.0), seed=SEED, **wrong)


@given(
    st.lists(st.integers(-20, 20), min_size=5, max_size=25).filter(lambda d: len(set(d)) > 3),
    st.floats(0.01, 1000),
)
def test_a_change_of_unit_changes_the_interval_of_a_mean_alike(values, unit):
    values = np.array(values, dtype=float)
    one = bootstrap(means, values, seed=SEED, resamples=100, method="percentile")
    other = bootstrap(means, values * unit, seed=SEED, resamples=100, method="percentile")
    assert other.low == pytest.approx(one.low * unit, abs=1e-9 * unit)
    assert other.high == pytest.approx(one.high * unit, abs=1e-9 * unit)


def test_the_rank_biserial_interval_lies_around_the_correlation_and_within_its_range():
    change = np.random.default_rng(5).normal(0.4, 1, size=50)
    found = bound_rank_biserial(change, seed=SEED)
    whole = correlate_ranks(np.zeros(50, dtype=np.int64), change, 1)[0]
    assert found.estimate == pytest.approx(whole)
    assert -1 < found.low < whole < found.high < 1


def test_changes_all_in_one_direction_have_no_rank_biserial_interval():
    found = bound_rank_biserial(np.arange(1.0, 12.0), seed=SEED)
    assert (found.estimate, found.status, found.low) == (1.0, "no_variation", None)


def test_groups_have_their_own_rank_biserial_intervals_by_resampling_or_for_large_samples():
    random = np.random.default_rng(8)
    group = np.repeat(np.arange(4), (30, 0, 1, MOST_RESAMPLED + 50))
    change = np.rint(random.normal(1, 4, len(group)))
    mixed = random.permutation(len(group))
    low, high = bound_groups(group[mixed], change[mixed], 4, seed=SEED)
    small = bound_rank_biserial(change[mixed][group[mixed] == 0], seed=SEED)
    large = bound_rank_biserial(change[group == 3], seed=SEED)
    assert (low[0], high[0]) == (small.low, small.high)
    assert np.isnan([low[1], high[1], low[2], high[2]]).all()
    assert (low[3], high[3]) == pytest.approx((large.low, large.high), abs=0.02)
    one_way = bound_groups(np.zeros(300, dtype=np.int64), np.arange(1.0, 301.0), 1)
    assert np.isnan(one_way).all()


def test_large_samples_cover_the_rank_biserial_correlation():
    random, hits = np.random.default_rng(9), 0
    # Of changes N(m, s) two add up to more than 0 with probability Phi(m sqrt(2) / s).
    truth = 2 * 0.638163195 - 1
    for _ in range(400):
        change = random.normal(0.25, 1, MOST_RESAMPLED + 1)
        low, high = bound_groups(np.zeros(len(change), dtype=np.int64), change, 1)
        hits += low[0] < truth < high[0]
    assert 0.92 < hits / 400 < 0.98
