"""Regression to the mean as the normal distribution gives it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from evalplat.errors import InputRejected
from evalplat.statistics.comparison import compare
from evalplat.statistics.models.regression_to_mean import Population, check_oldham
from evalplat.vocabulary import Direction


def integrate_beyond(population, sd, cut_off, *, above):
    """Mean second score less mean first score of those beyond the cut-off, from the joint distribution."""
    ends = (cut_off, population.mean + 12 * sd) if above else (population.mean - 12 * sd, cut_off)

    def density(x):
        return stats.norm.pdf(x, population.mean, sd)

    share = integrate.quad(density, *ends)[0]

    def change(x):
        return density(x) * (1 - population.reliability) * (population.mean - x)

    return integrate.quad(change, *ends)[0] / share


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(("rho", "cut_off"), [(0.8, 40.0), (0.3, 70.0), (0.0, 60.0), (1.0, 50.0)])
def test_those_beyond_a_cut_off_move_as_the_joint_distribution_says(rho, cut_off, above):
    population = Population(60.0, rho)
    expected = integrate_beyond(population, 15.0, cut_off, above=above)
    found = population.expect_beyond(cut_off, 15.0, above=above)
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_a_simulated_screening_shows_the_expected_shift():
    random = np.random.default_rng(7)
    true = random.normal(60, 15 * 0.7**0.5, 400_000)
    noise = 15 * 0.3**0.5
    first, second = (
        true + random.normal(0, noise, true.size),
        true + random.normal(0, noise, true.size),
    )
    low = first < 40
    change = (second - first)[low]
    population = Population(60.0, 0.7)
    error = 4 * change.std() / low.sum() ** 0.5
    assert population.expect_beyond(40.0, 15.0, above=False) == pytest.approx(
        change.mean(), abs=error
    )
    assert population.expect_change(float(first[low].mean())) == pytest.approx(
        change.mean(), abs=error
    )


def test_a_perfect_measure_does_not_regress_and_the_average_does_not_move():
    assert Population(50.0, 1.0).expect_change(20.0) == 0
    assert Population(50.0, 0.4).expect_change(50.0) == 0
    assert Population(50.0, 0.4).expect_change(40.0) == pytest.approx(6.0)


def test_what_cannot_be_expected_is_none_or_refused():
    assert Population(50.0, 0.5).expect_beyond(60.0, 0.0, above=True) is None
    assert Population(50.0, 0.5).expect_beyond(1e6, 1.0, above=True) is None
    with pytest.raises(InputRejected):
        Population(50.0, 1.2)
    with pytest.raises(InputRejected):
        Population(50.0, float("nan"))


rows = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=40)


@given(rows)
def test_oldham_is_the_correlation_of_change_with_the_average(pairs):
    x, y = np.array(pairs, dtype=float).T

    def squares(values):
        return float(np.sum((values - values.mean()) ** 2))

    found = check_oldham(squares(x), squares(y), squares(y - x))
    if np.ptp(y - x) == 0 or np.ptp(x + y) == 0:
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(y - x, x + y)[0, 1], abs=1e-9)


def test_each_provider_has_the_expected_change_of_its_own_start(make_episodes):
    frame = make_episodes((30, 40))
    result = compare(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        disclosure=None,
        population=Population(60.0, 0.8),
    )
    means = frame.groupby("provider")["baseline"].mean()
    for row in result.rows:
        assert row.regression == pytest.approx(0.2 * (60 - means[row.provider]))
    assert result.card.diagnostics.regression == pytest.approx(
        0.2 * (60 - frame["baseline"].mean())
    )
