"""Shares and their intervals agree with R, with statsmodels and with the formula's meaning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from evalplat.statistics.shares.proportions import (
    find_clopper_pearson,
    find_jeffreys,
    find_newcombe,
    find_wilson,
    measure_difference,
    measure_share,
)
from tests.statistics.conftest import read_golden

GOLDEN = read_golden("golden_proportions.json")
KINDS = {
    "wilson95": (find_wilson, 0.95),
    "wilson95_formula": (find_wilson, 0.95),
    "wilson998": (find_wilson, 0.998),
    "clopper_pearson95": (find_clopper_pearson, 0.95),
    "jeffreys95": (find_jeffreys, 0.95),
}
counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", GOLDEN["intervals"], ids=lambda row: f"{row['x']}-of-{row['n']}")
def test_intervals_agree_with_r(kind, row):
    find, level = KINDS[kind]
    np.testing.assert_allclose(find(row["x"], row["n"], level), row[kind], rtol=1e-9, atol=1e-12)


def test_newcombes_difference_agrees_with_r():
    args, expected = (GOLDEN["newcombe_difference"][key] for key in ("args", "d_lo_hi"))
    np.testing.assert_allclose(find_newcombe(*args), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((56, 70), (48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.6, 0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.5714, 0.0582, 0.8062)),
        ((5, 56), (0, 29), (0.0893, -0.0381, 0.1926)),
        ((10, 10), (0, 10), (1.0, 0.6075, 1.0)),
        ((0, 10), (0, 10), (0.0, -0.2775, 0.2775)),
    ],
)
def test_the_examples_of_newcombes_paper_come_out(one, other, expected):
    """Newcombe 1998, table II, method 10."""
    np.testing.assert_allclose(find_newcombe(*one, *other), expected, atol=6e-5)


def test_arrays_give_what_statsmodels_gives_one_by_one():
    x, n = (
        np.array(v)
        for v in zip(*[(x, n) for n in (1, 2, 9, 60) for x in range(n + 1)], strict=True)
    )
    low, high = find_wilson(x, n)
    exact_low, exact_high = find_clopper_pearson(x, n)
    for place in range(len(x)):
        at = (int(x[place]), int(n[place]))
        assert (low[place], high[place]) == pytest.approx(
            np.clip(proportion_confint(*at, method="wilson"), 0, 1), abs=1e-12
        )
        assert (exact_low[place], exact_high[place]) == pytest.approx(
            proportion_confint(*at, method="beta"), abs=1e-12
        )
    expected = confint_proportions_2indep(31, 80, 22, 90, compare="diff", method="newcomb")
    assert find_newcombe(31, 80, 22, 90)[1:] == pytest.approx(expected, abs=1e-12)


@given(counts)
def test_an_interval_holds_its_share_and_turns_with_it(count):
    x, n = count
    for find in (find_wilson, find_clopper_pearson, find_jeffreys):
        low, high = find(x, n)
        assert 0 <= low <= x / n <= high <= 1
        assert low < high
        turned = find(n - x, n)
        np.testing.assert_allclose([low, high], [1 - turned[1], 1 - turned[0]], atol=1e-9)


@given(counts, counts)
def test_a_difference_turns_when_its_shares_change_places(one, other):
    value, low, high = find_newcombe(*one, *other)
    back = find_newcombe(*other, *one)
    np.testing.assert_allclose([value, low, high], [-back[0], -back[2], -back[1]], atol=1e-12)
    assert -1 - 1e-12 <= low <= value <= high <= 1 + 1e-12


def test_more_clients_narrow_the_interval():
    low, high = find_wilson(np.array([3, 30, 300]), np.array([10, 100, 1000]))
    assert np.all(np.diff(high - low) < 0)


def test_a_share_of_nothing_is_none_and_never_zero():
    share = measure_share(0, 0)
    assert (share.count, share.of, share.share, share.low, share.high) == (0, 0, None, None, None)
    assert measure_difference(0, 0, 3, 9) is None
    assert all(np.isnan(limit) for limit in find_wilson(0, 0))
    assert all(np.isnan(limit) for limit in find_clopper_pearson(0, 0))


def test_huge_counts_keep_their_interval():
    low, high = find_wilson(5e9, 1e10)
    assert low == pytest.approx(0.5 - 0.98e-5, abs=1e-7)
    assert low < 0.5 < high
