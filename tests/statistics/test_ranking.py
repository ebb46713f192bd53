"""Rank intervals hold what the estimates' uncertainty allows."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalplat.parallel import open_runner
from evalplat.statistics.comparison import compare
from evalplat.statistics.models.ranking import expected_ranks, rank_intervals
from evalplat.vocabulary import Direction

GOLDEN = json.loads((Path(__file__).parent / "golden_models.json").read_text())


def test_certain_estimates_have_one_rank_each_and_equals_share_a_range():
    low, high = rank_intervals(np.array([3.0, 1.0, 2.0]), np.zeros(3), seed=1)
    assert (low.tolist(), high.tolist()) == ([3, 1, 2], [3, 1, 2])
    low, high = rank_intervals(np.array([0.0, 0.0, 5.0, 0.0]), np.zeros(4), seed=1)
    assert (low.tolist(), high.tolist()) == ([1, 1, 4, 1], [3, 3, 4, 3])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 4)), min_size=1, max_size=12))
def test_intervals_lie_in_the_ranks_and_hold_the_expected_one(providers):
    u, v = np.array(providers).T
    low, high = rank_intervals(u, v, seed=3)
    expected = expected_ranks(u, v)
    assert np.all((low >= 1) & (low <= high) & (high <= len(u)))
    assert np.all((low - 0.6 <= expected) & (expected <= high + 0.6))


def test_intervals_are_the_quantiles_of_the_exact_distribution():
    """Three providers: the chance of each order by brute numerical integration."""
    u, v = np.array([0.0, 0.8, 2.0]), np.array([1.0, 0.5, 0.7])
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    grid = np.meshgrid(*(m + s * points for m, s in zip(u, np.sqrt(v), strict=True)), indexing="ij")
    weight = np.einsum("i,j,k->ijk", weights, weights, weights)
    chance = np.zeros((3, 3))
    for order in permutations(range(3)):
        holds = (grid[order[0]] < grid[order[1]]) & (grid[order[1]] < grid[order[2]])
        for rank, provider in enumerate(order):
            chance[provider, rank] += weight[holds].sum()
    low, high = rank_intervals(u, v, seed=5, draws=20_000)
    for provider in range(3):
        total = np.cumsum(chance[provider])
        assert low[provider] == 1 + np.searchsorted(total, 0.025)
        assert high[provider] == 1 + np.searchsorted(total, 0.975)


def test_the_seed_alone_decides_whoever_computes():
    random = np.random.default_rng(2)
    u, v = random.normal(size=20), random.uniform(0.1, 1, 20)
    plain = rank_intervals(u, v, seed=9)
    with open_runner(workers=2) as runner:
        spread = rank_intervals(u, v, seed=9, runner=runner)
    for one, two in zip(plain, spread, strict=True):
        np.testing.assert_array_equal(one, two)


def test_prediction_errors_carry_the_coefficients_uncertainty_as_in_lme4(bdf):
    result = compare(
        bdf,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        adjust=("baseline", "iq", "ses"),
        disclosure=None,
    )
    golden = GOLDEN["random_intercept"]
    rows = {row.provider: row for row in result.rows}
    found = [rows[provider].prediction_se for provider in golden["providers"]]
    np.testing.assert_allclose(found, golden["prediction_se"], rtol=1e-9)
    errors = [c.se for c in result.card.random_intercept.coefficients]
    assert errors == pytest.approx(golden["coefficient_errors"], rel=1e-9)
    for row in result.rows:
        assert row.rank_low <= row.expected_rank <= row.rank_high
        assert row.prediction_se > row.blup_se
