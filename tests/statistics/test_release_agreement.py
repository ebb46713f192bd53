"""What is published of agreement and reliability tells nobody's answers and no exact small count."""

import json
from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_agreement import (
    release_agreement,
    release_reliability,
    release_retest,
    release_row,
)
from evalplat.statistics.raters.agreement import (
    Agreement,
    AgreementRow,
    compare_ratings,
    compare_standardised,
)
from evalplat.statistics.raters.reliability import (
    ReliabilityRow,
    Retest,
    measure_reliability,
    measure_retest,
)

RULE = DisclosureRule()


def rate(n: int, seed: int = 1) -> Agreement:
    random = np.random.default_rng(seed)
    truth = random.normal(2, 1, n)
    first, second = (np.clip(np.rint(truth + random.normal(0, 0.7, n)), 0, 4) for _ in range(2))
    return compare_ratings(first, second, categories=range(5))


def scale(n: int, seed: int = 1, gaps: int = 0) -> ReliabilityRow:
    random = np.random.default_rng(seed)
    values = np.clip(np.rint(2 + random.normal(0, 1, (n, 1)) + random.normal(0, 1, (n, 5))), 0, 4)
    scores = values.sum(axis=1)
    values[:gaps, 0] = np.nan
    found = measure_reliability(values, list("ABCDE"), scores, minimum=0, maximum=20)
    return ReliabilityRow("small", "total", "", found, published_sdc=3.0)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_too_few_for_a_count_show_nothing(n):
    shown = release_agreement(rate(n), RULE)
    assert shown == Agreement(None, None, status="withheld", released=True)
    found = release_reliability(scale(n), RULE).found
    assert {field.name: getattr(found, field.name) for field in fields(found)}["n_sheets"] is None
    assert (found.alpha, found.items, found.n_floor) == (None, (), None)


@pytest.mark.parametrize("n", [5, 7, 9])
def test_under_ten_there_is_a_rounded_count_and_nothing_else(n):
    shown = release_agreement(rate(n), RULE)
    assert shown == Agreement(RULE.round(n), None, status="counts_only", released=True)
    found = release_reliability(scale(n), RULE).found
    assert (found.n_sheets, found.status) == (RULE.round(n), "counts_only")
    assert (found.alpha, found.sd, found.mean, found.items) == (None, None, None, ())


@pytest.mark.parametrize("n", [10, 29])
def test_under_thirty_there_are_coefficients_without_an_interval(n):
    shown = release_agreement(rate(n), RULE)
    assert shown.icc is not None
    for one in (*shown.intraclass, shown.correlation, shown.concordance, shown.kappa_linear):
        assert (one.low, one.high) == (None, None)
    assert all(one.p is None and one.f is None for one in shown.intraclass)
    assert (shown.limits.bias_low, shown.limits.lower_low, shown.limits.slope_low) == (None,) * 3
    assert shown.limits.lower is not None
    found = release_reliability(scale(n), RULE).found
    assert found.alpha.value is not None
    assert (found.alpha.low, found.alpha.high) == (None, None)


@pytest.mark.parametrize("n", [33, 61, 148, 1003])
def test_no_published_figure_carries_the_exact_count(n):
    exact = rate(n)
    shown = release_agreement(exact, RULE)
    assert shown.n == RULE.round(n)
    assert {one.df1 for one in shown.intraclass} == {shown.n - 1}
    assert shown.squares is None
    for one, before in zip(shown.intraclass, exact.intraclass, strict=True):
        assert one.value == round(before.value, 2)
        assert [one.low, one.high] == pytest.approx([before.low, before.high], abs=0.04)
    step = 1 / (shown.n + 2)
    assert abs(shown.mean_first - exact.mean_first) <= max(step, exact.sd_first / 10)
    assert shown.limits.bias == pytest.approx(shown.mean_second - shown.mean_first, abs=1e-12)
    assert shown.limits.bias == pytest.approx(exact.limits.bias, abs=0.12)
    assert shown.limits.upper_high == pytest.approx(exact.limits.upper_high, abs=0.3)


def test_every_count_that_is_rounded_alike_could_have_given_a_published_mean():
    """Means of whole ratings of n clients lie 1/n apart: some mean of each other n lies on the published one's grid."""
    for n in (33, 48, 97):
        shown = release_agreement(rate(n), RULE)
        for other in range(shown.n - 2, shown.n + 3):
            nearest = round(shown.mean_first * other) / other
            again = release_agreement(replace(rate(n), n=other, mean_first=nearest), RULE)
            assert again.mean_first == pytest.approx(shown.mean_first, abs=1e-9)


def test_equal_ratings_of_everybody_are_not_told():
    ratings = np.full(40, 3.0)
    shown = release_agreement(compare_ratings(ratings, ratings, categories=range(5)), RULE)
    assert (shown.status, shown.mean_first, shown.limits, shown.n_same) == (
        "constant_ratings", None, None, None,
    )  # fmt: skip
    count = np.tile(np.arange(5.0), 8)
    same = release_agreement(compare_ratings(count, count + 1), RULE)
    assert (same.status, same.limits) == ("constant_difference", None)


def test_a_share_of_equal_ratings_has_no_small_part():
    assert release_agreement(replace(rate(40), n_same=3), RULE).n_same is None
    assert release_agreement(replace(rate(40), n_same=38), RULE).n_same is None
    assert release_agreement(replace(rate(40), n_same=22), RULE).n_same == 20


def test_clients_with_one_rating_alone_are_counted_from_five_on():
    row = AgreementRow(("a", "s", "client"), ("a", "s", "worker"), "end", rate(40), False, 4, 12)
    shown = release_row(row, RULE)
    assert (shown.n_first_only, shown.n_second_only) == (None, 10)


def test_standardised_scales_show_correlation_and_limits_only():
    random = np.random.default_rng(4)
    x = random.normal(0, 1, 80)
    exact = compare_standardised(x, 10 * x + random.normal(0, 8, 80))
    shown = release_agreement(exact, RULE)
    assert (shown.limits.bias, shown.intraclass, shown.kappa_linear) == (0.0, (), None)
    assert shown.limits.upper == pytest.approx(
        1.96 * np.sqrt(2 * (1 - exact.correlation.value)), abs=0.05
    )
    assert shown.correlation.low < shown.correlation.value < shown.correlation.high


def test_released_twice_is_released_once():
    once = release_agreement(rate(52), RULE)
    assert release_agreement(once, RULE) is once
    row = release_reliability(scale(52), RULE)
    assert release_reliability(row, RULE) == row


@pytest.mark.parametrize(
    ("n", "gaps", "sheets", "whole"),
    [(101, 0, 100, 100), (101, 2, 100, 100), (100, 3, None, 95), (100, 20, 100, 80)],
)
def test_a_few_incomplete_sheets_are_not_told_by_two_counts(n, gaps, sheets, whole):
    """Where three of 100 sheets have a gap, 97 is published as 95, and 100 beside it would tell that some have."""
    found = release_reliability(scale(n, gaps=gaps), RULE).found
    assert (found.n_sheets, found.n_complete) == (sheets, whole)
    assert found.alpha is not None


def test_reliability_shows_two_decimals_and_an_interval_for_the_rounded_count():
    exact = scale(143).found
    found = release_reliability(scale(143), RULE).found
    assert found.alpha.value == round(exact.alpha.value, 2)
    assert [found.alpha.low, found.alpha.high] == pytest.approx(
        [exact.alpha.low, exact.alpha.high], abs=0.015
    )
    assert found.sem == pytest.approx(exact.sem, rel=0.05)
    assert found.sdc == pytest.approx(1.959963984540054 * np.sqrt(2) * found.sem)
    assert all(item.n_missing is None and item.mean is None for item in found.items)
    assert release_reliability(scale(143), RULE).published_sdc == 3.0


def test_missing_shares_of_items_have_no_small_part():
    found = release_reliability(scale(100, gaps=30), RULE).found
    assert [item.n_missing for item in found.items] == [30, None, None, None, None]
    assert [item.n_applicable for item in found.items] == [100] * 5


def test_test_and_retest_follow_the_same_rule():
    random = np.random.default_rng(5)
    truth = random.normal(50, 10, 64)
    first, second = np.rint(truth + random.normal(0, 3, (2, 64)))
    assert release_retest(measure_retest(first[:4], second[:4]), RULE) == Retest(
        None, status="withheld"
    )
    assert release_retest(measure_retest(first[:8], second[:8]), RULE) == Retest(
        10, status="counts_only"
    )
    assert release_retest(measure_retest(first[:12], second[:12]), RULE).icc.low is None
    shown = release_retest(measure_retest(first, second), RULE)
    assert (shown.n, shown.limits) == (65, None)
    assert shown.icc.low < shown.icc.value < shown.icc.high
    nobody = measure_retest(np.array([]), np.array([]))
    assert release_retest(nobody, RULE) == nobody


@pytest.mark.parametrize("n", [3, 11, 40])
def test_everything_that_is_published_is_a_finite_number(n):
    json.dumps(asdict(release_agreement(rate(n), RULE)), allow_nan=False)
    json.dumps(asdict(release_reliability(scale(n), RULE)), allow_nan=False)
