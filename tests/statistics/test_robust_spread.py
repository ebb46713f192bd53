"""The spread that verdicts go by: by hand, by a slow way, by what must hold, and where it does not exist."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import norm
from scipy.stats import t as student

from evalplat.statistics.funnel import measure_overdispersion
from evalplat.statistics.models.robust_spread import (
    expect_square,
    find_quantiles,
    find_robust_tau2,
    measure_verdict_spread,
)


def winsorise(z):
    low, high = np.quantile(z, [0.1, 0.9], axis=-1, keepdims=True)
    return np.mean(np.clip(z, low, high) ** 2, axis=-1)


def draw(seed, providers=30, tau=2.0):
    random = np.random.default_rng(seed)
    s = random.uniform(0.5, 3, providers)
    return random.normal(0, np.sqrt(s**2 + tau**2)), s


def test_a_case_worked_by_hand():
    # Eleven providers with equal errors of 1: the quantiles are the second and the tenth value, -3 and 3. Winsorised
    # sum of squares 4 x 9 + 2 x (4 + 1 + 1) = 48, so 48 / 11 / (1 + tau2) = c_11.
    y = np.array([-20, -3, -2, -1, -1, 0, 1, 1, 2, 3, 9], dtype=float)
    expected = 48 / 11 / expect_square(11) - 1
    assert find_robust_tau2(y, np.ones(11)) == pytest.approx(expected, rel=1e-10)


def test_the_expected_square_of_eleven_values_is_that_of_scipys_integration():
    # The quantiles of eleven values are order statistics themselves: no product of two is needed.
    def moment(rank):
        def density(z, power):
            return z**power * norm.pdf(z) * norm.cdf(z) ** (rank - 1) * norm.sf(z) ** (11 - rank)

        square, whole = (
            integrate.quad(density, -9, 9, args=(power,), epsabs=1e-14)[0] for power in (2, 0)
        )
        return square / whole

    between = 11 - 2 * (moment(1) + moment(2))
    assert expect_square(11) == pytest.approx((between + 4 * moment(2)) / 11, abs=1e-9)


def test_the_expected_square_of_eight_values_needs_a_product_of_two():
    def both(y, z):
        return y * z * norm.pdf(y) * norm.pdf(z) * norm.sf(z) ** 6 * 56

    def moment(rank):
        weight = {1: 8, 2: 56}[rank]
        return integrate.quad(
            lambda z: weight * z**2 * norm.pdf(z) * norm.cdf(z) ** (rank - 1) * norm.sf(z) ** (8 - rank),
            -9, 9,
        )[0]  # fmt: skip

    product = integrate.dblquad(both, -9, 9, -9, lambda z: z, epsabs=1e-9)[0]
    quantile = 0.3**2 * moment(1) + 2 * 0.3 * 0.7 * product + 0.7**2 * moment(2)
    assert expect_square(8) == pytest.approx(1 + 2 * (quantile - moment(1)) / 8, abs=1e-7)


@pytest.mark.parametrize("providers", [8, 15, 20, 24, 61])
def test_the_expected_square_is_what_simulation_finds(providers):
    found = winsorise(np.random.default_rng(1).normal(size=(40_000, providers)))
    error = found.std() / len(found) ** 0.5
    assert abs(expect_square(providers) - found.mean()) < 4 * error


def test_for_very_many_values_it_is_the_normal_distributions_winsorised_variance():
    a = norm.ppf(0.9)
    limit = 0.8 - 2 * a * norm.pdf(a) + 0.2 * a**2
    assert expect_square(100_000) == pytest.approx(limit, abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_bisection_with_a_simulated_expectation_comes_to_the_same(seed):
    y, s = draw(seed)
    expected = winsorise(np.random.default_rng(9).normal(size=(100_000, len(y)))).mean()
    low, high = 0.0, 100.0
    while high - low > 1e-10:
        middle = (low + high) / 2
        if winsorise(y / np.sqrt(s**2 + middle)) > expected:
            low = middle
        else:
            high = middle
    assert find_robust_tau2(y, s) == pytest.approx(low, rel=0.01)


def test_quantiles_are_students():
    for providers in (8, 24, 500):
        found = find_quantiles(providers)
        assert found == pytest.approx(student.ppf([0.975, 0.999], providers - 1))


def test_below_eight_providers_the_references_spread_and_normal_quantiles_stay():
    y, s = draw(3, 7)
    found = measure_verdict_spread(y, s)
    assert found.tau2 == measure_overdispersion(y / s, s).tau2
    assert (found.q95, found.q998) == pytest.approx(norm.ppf([0.975, 0.999]))
    assert measure_verdict_spread(*draw(3, 8)).q998 == find_quantiles(8)[1]


def test_the_true_spread_is_found_on_average_and_a_few_strange_ones_hardly_widen_it():
    found, widened = [], []
    for seed in range(200):
        y, s = draw(seed, 40)
        found.append(find_robust_tau2(y, s))
        y[:2] += 100.0
        widened.append(find_robust_tau2(y, s))
    assert np.mean(found) == pytest.approx(4.0, abs=4 * np.std(found) / 200**0.5)
    assert 4.0 < np.mean(widened) < 6.0


values = st.lists(st.tuples(st.floats(-50, 50), st.floats(0.01, 20)), min_size=8, max_size=40).map(
    lambda pairs: (np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
)


@given(values, st.floats(1e-6, 1e6))
def test_another_unit_changes_the_variance_by_its_square(data, unit):
    y, s = data
    found = find_robust_tau2(y, s)
    size = float(np.max(np.abs(y)) + np.max(s)) ** 2
    scaled = find_robust_tau2(unit * y, unit * s) / unit**2
    assert scaled == pytest.approx(found, rel=1e-6, abs=1e-9 * size)


@given(values, st.randoms(use_true_random=False))
def test_order_and_direction_do_not_matter(data, random):
    y, s = data
    order = list(range(len(y)))
    random.shuffle(order)
    found = find_robust_tau2(y, s)
    size = float(np.max(np.abs(y)) + np.max(s)) ** 2
    assert find_robust_tau2(y[order], s[order]) == pytest.approx(found, rel=1e-6, abs=1e-9 * size)
    assert find_robust_tau2(-y, s) == pytest.approx(found, rel=1e-6, abs=1e-9 * size)


@given(values)
def test_the_variance_solves_its_equation_or_is_nought(data):
    y, s = data
    tau2 = find_robust_tau2(y, s)
    expected = expect_square(len(y))
    if tau2 == 0:
        assert winsorise(y / s) <= expected * (1 + 1e-9)
    else:
        # A variance that is tiny beside the errors has lost its last digits.
        assert winsorise(y / np.sqrt(s**2 + tau2)) == pytest.approx(expected, rel=1e-6)


def test_without_differences_there_is_no_spread():
    assert find_robust_tau2(np.zeros(10), np.ones(10)) == 0.0
    assert find_robust_tau2(np.full(10, 0.5), np.ones(10)) == 0.0


def test_huge_and_tiny_errors_are_no_trouble():
    y, s = draw(1, 20)
    assert find_robust_tau2(y, np.full(20, 1e150)) == 0.0
    tiny = find_robust_tau2(y, np.full(20, 1e-200))
    assert tiny == pytest.approx(winsorise(y) / expect_square(20), rel=1e-9)
    mixed = np.where(np.arange(20) < 10, 1e-9, 1e9)
    assert np.isfinite(find_robust_tau2(y, mixed))
    assert find_robust_tau2(1e120 * y, 1e120 * s) == pytest.approx(1e240 * find_robust_tau2(y, s))
