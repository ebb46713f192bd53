"""Shrunken shares: the published fit, slow alternatives, and data on which there is nothing to fit."""

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import betabinom

from evalplat.statistics.shares.beta_binomial import (
    fit_beta_binomial,
    measure_likelihood,
    shrink_shares,
)

SONS = [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7]


def test_the_published_fit_to_geisslers_families_of_twelve_comes_out():
    """Sons in 6,115 families with twelve children; published: alpha 34.096, beta 31.572, log-likelihood -12492.9."""
    x = np.repeat(np.arange(13.0), SONS)
    n = np.full(len(x), 12.0)
    fit = fit_beta_binomial(x, n)
    assert (fit.alpha, fit.beta) == pytest.approx((34.09558, 31.5715), rel=5e-4)
    ways = float(np.sum(gammaln(13) - gammaln(x + 1) - gammaln(13 - x)))
    assert fit.log_likelihood + ways == pytest.approx(-12492.9, abs=0.05)


@pytest.fixture
def drawn():
    random = np.random.default_rng(5)
    n = random.integers(6, 90, 40)
    x = random.binomial(n, random.beta(6, 4, 40))
    return x.astype(float), n.astype(float)


def test_no_point_of_a_fine_grid_is_likelier(drawn):
    fit = fit_beta_binomial(*drawn)
    best = fit.log_likelihood
    around = np.linspace(0.9, 1.1, 21)
    heights = [
        measure_likelihood(*drawn, fit.alpha * a, fit.beta * b) for a in around for b in around
    ]
    assert max(heights) <= best + 1e-9
    for step in (1 + 1e-5, 1 - 1e-5):  # the slope is nil there
        assert measure_likelihood(*drawn, fit.alpha * step, fit.beta) <= best
        assert measure_likelihood(*drawn, fit.alpha, fit.beta * step) <= best


def test_the_likelihood_is_the_distributions_own(drawn):
    x, n = drawn
    ways = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    assert measure_likelihood(x, n, 3.0, 2.0) + ways.sum() == pytest.approx(
        betabinom(n, 3.0, 2.0).logpmf(x).sum(), rel=1e-12
    )


def test_a_shrunken_share_lies_between_the_own_and_the_common_one(drawn):
    x, n = drawn
    shrunken = shrink_shares(x, n)
    own, common = x / n, shrunken.fit.mean
    assert np.all((shrunken.share - own) * (shrunken.share - common) <= 1e-12)
    assert np.all((shrunken.low < shrunken.share) & (shrunken.share < shrunken.high))
    pull = np.abs(shrunken.share - own) / np.abs(common - own)
    assert np.all(np.diff(pull[np.argsort(n)]) <= 1e-9)  # the fewer clients, the more it is pulled


def test_the_order_of_providers_does_not_matter(drawn):
    x, n = drawn
    turned = shrink_shares(x[::-1], n[::-1])
    np.testing.assert_allclose(turned.share[::-1], shrink_shares(x, n).share, rtol=1e-9)


def test_intervals_cover_the_true_shares():
    random = np.random.default_rng(8)
    inside = []
    for _ in range(30):
        p = random.beta(6, 4, 30)
        n = random.integers(10, 80, 30)
        shrunken = shrink_shares(random.binomial(n, p).astype(float), n.astype(float))
        inside.append((shrunken.low <= p) & (p <= shrunken.high))
    assert 0.92 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize(
    ("x", "n", "status"),
    [
        ([], [], "no_clients"),
        ([0, 0], [0, 0], "no_clients"),
        ([0, 0], [4, 9], "no_variation"),
        ([4, 9], [4, 9], "no_variation"),
        ([3], [9], "one_provider"),
        ([3, 0], [9, 0], "one_provider"),
        ([20, 20, 20], [40, 40, 40], "no_more_than_chance"),
        ([0, 40], [40, 40], "all_or_nothing"),
        ([1e5, 2e5], [3e5, 4e5], "ok"),
    ],
)
def test_data_with_nothing_to_fit_have_a_status_instead(x, n, status):
    shrunken = shrink_shares(np.array(x, dtype=float), np.array(n, dtype=float))
    assert shrunken.fit.status == status
    assert len(shrunken.share) == len(x)
    if status in ("no_clients", "no_variation", "one_provider"):
        assert np.all(np.isnan(shrunken.share))
    if status == "no_more_than_chance":
        np.testing.assert_allclose(shrunken.share, 0.5)
        assert shrunken.low[0] < 0.5 < shrunken.high[0]
