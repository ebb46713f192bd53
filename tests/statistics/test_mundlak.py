"""Mundlak's check against the whole covariance matrix, statsmodels on rows, and what it must find."""

import warnings

import numpy as np
import pytest

from evalplat.statistics.comparison import compare
from evalplat.statistics.models.case_mix import fit_case_mix, make_design
from evalplat.statistics.models.mundlak import check_mundlak
from evalplat.statistics.models.random_intercept import collect_group_sums, fit_random_intercept
from evalplat.vocabulary import Direction


def simulate(seed=0, *, between=1.0, providers=25, size=14):
    """Clients of providers whose effect goes along with their mean baseline: the slope between is within + between."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(providers), size)
    mean = random.normal(0, 4, providers)
    x = 40 + mean[group] + random.normal(0, 6, len(group))
    z = random.normal(0, 1, len(group)) + 0.05 * x
    own = between * mean + random.normal(0, 1.5, providers)
    y = 5 + 0.6 * x + 2 * z + own[group] + random.normal(0, 3, len(group))
    return group, x, z, y


def check(group, x, z, y, names=("baseline",)):
    design = make_design(["baseline", "z"], [x, z], len(x))
    model = fit_case_mix(design, y)
    sums = collect_group_sums(
        group, np.column_stack([np.ones(len(x)), design.basis]), model.residual, group.max() + 1
    )
    found = check_mundlak(sums, design.units, slopes=model.slopes, sigma=model.sigma, names=names)
    return found, sums, design, model


def spread_means(group, values):
    return (np.bincount(group, weights=values) / np.bincount(group))[group]


@pytest.mark.parametrize("seed", range(4))
def test_term_and_error_are_those_of_least_squares_with_the_whole_covariance(seed):
    group, x, z, y = simulate(seed)
    found, *_ = check(group, x, z, y)
    means = spread_means(group, x)
    full = np.column_stack([np.ones(len(x)), x, z, means])
    fit = fit_random_intercept(collect_group_sums(group, full, y, group.max() + 1))
    same = group[:, None] == group[None, :]
    inverse = np.linalg.inv(fit.sigma2 * np.eye(len(x)) + fit.tau2 * same)
    variance = np.linalg.inv(full.T @ inverse @ full)
    slow = variance @ full.T @ inverse @ y
    (term,) = found.terms
    assert term.estimate == pytest.approx(slow[3], rel=1e-7)
    assert term.se == pytest.approx(np.sqrt(variance[3, 3]), rel=1e-7)
    assert found.slopes == pytest.approx(tuple(slow[1:3]), rel=1e-7)
    spread = np.std(np.unique(means), ddof=1)
    assert term.shift == pytest.approx(slow[3] * spread, rel=1e-7)


def test_the_term_is_that_of_statsmodels_on_rows():
    import pandas as pd
    import statsmodels.formula.api as smf

    group, x, z, y = simulate(3)
    frame = pd.DataFrame({"g": group, "x": x, "z": z, "y": y, "m": spread_means(group, x)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        slow = smf.mixedlm("y ~ x + z + m", frame, groups=frame["g"]).fit(
            reml=True, method="powell", xtol=1e-12, ftol=1e-14
        )
    (term,) = check(group, x, z, y)[0].terms
    assert term.estimate == pytest.approx(slow.params["m"], rel=1e-4)
    assert term.se == pytest.approx(slow.bse["m"], rel=1e-3)


def test_with_every_covariate_s_mean_the_slopes_are_those_of_fixed_effects():
    group, x, z, y = simulate(1)
    found, *_ = check(group, x, z, y, ("baseline", "z"))
    dummies = (group[:, None] == np.unique(group)[None, :]).astype(float)
    within = np.linalg.lstsq(np.column_stack([x, z, dummies]), y, rcond=None)[0][:2]
    assert found.slopes == pytest.approx(tuple(within), rel=1e-8)
    assert [term.name for term in found.terms] == ["baseline", "z"]


def test_a_slope_between_providers_is_found_where_there_is_one_and_not_where_there_is_none():
    assert check(*simulate(5))[0].differs
    quiet = [check(*simulate(seed, between=0.0))[0].differs for seed in range(40)]
    assert sum(quiet) <= 7


def test_a_difference_that_is_certain_but_tiny_is_not_called_one():
    group, x, z, y = simulate(2, between=0.0, providers=300, size=4)
    y = y + 0.002 * spread_means(group, x)
    found = check(group, x, z, y)[0]
    assert not found.differs and found.status == "ok"


def test_without_a_mean_that_differs_there_is_a_status():
    group, x, z, y = simulate(0)
    same = x - spread_means(group, x)
    assert check(group, same, z, y)[0].status == "not_identifiable"
    assert check(group, spread_means(group, x), z, y)[0].status == "not_identifiable"
    assert check(group, x, z, y, ("age",))[0].status == "not_adjusted"
    few = group < 3
    found = check(group[few], x[few], z[few], y[few])[0]
    assert (found.status, found.terms, found.differs) == ("too_few_providers", (), False)
    exact = check(group, x, z, 0.5 * x + spread_means(group, y))[0]
    assert exact.status == "no_variation"


def test_the_comparison_compares_the_slopes_and_warns(bdf, make_episodes):
    result = compare(
        bdf,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        adjust=("baseline", "iq", "ses"),
        disclosure=None,
    )
    card = result.card
    slopes = [
        next(c.estimate for c in part if c.name == "baseline")
        for part in (
            card.case_mix.coefficients,
            card.fixed_effects.slopes,
            card.random_intercept.coefficients,
        )
    ]
    assert slopes == pytest.approx([0.722901607634597, 0.699318284006279, 0.707654164042204])
    assert card.mundlak.differs and card.mundlak.p < 0.01 and card.mundlak.term > 0
    assert any("also attain other results" in str(warning) for warning in result.warnings)
