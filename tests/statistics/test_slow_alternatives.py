"""The obvious way, group by group with pingouin, scipy and statsmodels, gives the same figures."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from evalplat.statistics.comparison import compare
from evalplat.statistics.effects import summarise_effects
from evalplat.statistics.funnel import measure_overdispersion
from evalplat.statistics.models.case_mix import code_covariates, fit_case_mix, make_design
from evalplat.statistics.models.random_intercept import collect_group_sums, fit_random_intercept
from evalplat.statistics.noncentral_t import find_noncentrality_limits
from evalplat.vocabulary import Direction


@pytest.fixture(scope="module")
def pingouin():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pingouin

        return pingouin


def test_effects_agree_with_pingouin_and_scipy_group_by_group(make_episodes, pingouin):
    frame = make_episodes((5, 12, 40), seed=3).assign(instrument="i", scale="s")
    rows = {row.provider: row for row in summarise_effects(frame, {})}
    for provider, part in frame.groupby("provider"):
        x, y, row = part["baseline"], part["end"], rows[provider]
        test = stats.ttest_rel(y, x)
        interval = test.confidence_interval()
        wilcoxon = pingouin.wilcoxon(y, x)
        slow = {
            "mean_change": (y - x).mean(),
            "mean_change_low": interval.low,
            "mean_change_high": interval.high,
            "t": test.statistic,
            "p": test.pvalue,
            "r": np.corrcoef(x, y)[0, 1],
            "d_av": pingouin.compute_effsize(y, x, paired=True, eftype="cohen"),
            "rank_biserial": wilcoxon["RBC"].iloc[0],
        }
        for name, value in slow.items():
            assert getattr(row, name) == pytest.approx(value, rel=1e-9), (provider, name)


def test_a_deterioration_keeps_its_sign(make_episodes):
    frame = make_episodes((40,)).assign(instrument="i", scale="s")
    turned = frame.assign(baseline=frame["end"], end=frame["baseline"])
    plain, back = summarise_effects(frame, {})[-1], summarise_effects(turned, {})[-1]
    for name in ("mean_change", "t", "d_av", "g_av", "d_z", "g_z", "d_rm", "rank_biserial"):
        assert getattr(back, name) == pytest.approx(-getattr(plain, name), rel=1e-12)
    assert back.d_z_low == pytest.approx(-plain.d_z_high, rel=1e-9)


@pytest.mark.parametrize(
    ("t", "df"), [(2.5, 3.0), (-1.2, 8.0), (0.0, 20.0), (9.0, 30.0), (40.0, 500.0)]
)
def test_noncentral_limits_solve_the_integral_that_defines_them(t, df):
    def share_below(nc):
        def density(v):
            log = (df / 2 - 1) * np.log(v) - v / 2 - df / 2 * np.log(2) - special.gammaln(df / 2)
            return special.ndtr(t * np.sqrt(v / df) - nc) * np.exp(log)

        middle = max(df - 2, 0.5)
        ends = [0, middle, df + 12 * np.sqrt(2 * df) + 60]
        return sum(
            integrate.quad(density, a, b, epsabs=1e-13, epsrel=1e-11, limit=200)[0]
            for a, b in pairwise(ends)
        )

    low, high = find_noncentrality_limits(np.array([t]), np.array([df]))
    assert share_below(low[0]) == pytest.approx(0.975, abs=1e-9)
    assert share_below(high[0]) == pytest.approx(0.025, abs=1e-9)


def test_noncentral_limits_exist_for_every_plausible_t_and_df():
    t, df = np.meshgrid(
        [-1000.0, -30.0, -1.0, 0.0, 1e-6, 3.0, 100.0, 3000.0], [1.0, 2.0, 30.0, 1e4, 2e6]
    )
    low, high = find_noncentrality_limits(t.ravel(), df.ravel())
    assert np.all(np.isfinite(low)) and np.all(low < high)


def test_case_mix_agrees_with_statsmodels_with_text_categories(make_episodes):
    import statsmodels.formula.api as smf

    frame = make_episodes((20, 35, 50), seed=8)
    slow = smf.ols("end ~ baseline + age + C(sex)", frame).fit()
    columns = {name: frame[name].to_numpy() for name in ("baseline", "age", "sex")}
    labels, coded = code_covariates(columns, ("baseline", "age", "sex"))
    fast = fit_case_mix(make_design(labels, coded, len(frame)), frame["end"].to_numpy())
    assert labels == ["baseline", "age", "sex=woman"]
    order = ["Intercept", "baseline", "age", "C(sex)[T.woman]"]
    assert [b for _, b in fast.coefficients] == pytest.approx(
        [slow.params[n] for n in order], rel=1e-9
    )
    assert fast.sigma == pytest.approx(np.sqrt(slow.mse_resid), rel=1e-12)
    np.testing.assert_allclose(fast.residual, slow.resid, atol=1e-9)


def test_reml_agrees_with_statsmodels_by_powell(make_episodes):
    import statsmodels.formula.api as smf

    frame = make_episodes((9, 14, 20, 33, 50, 8, 12, 17), effects=(4, -3, 0, 1, -2, 3, -5, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = smf.mixedlm("end ~ baseline", frame, groups=frame["provider"])
        slow = model.fit(reml=True, method="powell", xtol=1e-12, ftol=1e-14)
    result = compare(
        frame, instrument="i", scale="s", direction=Direction.HIGHER_BETTER, disclosure=None
    )
    assert result.tau2 == pytest.approx(float(slow.cov_re.iloc[0, 0]), rel=1e-5)
    assert result.sigma2 == pytest.approx(slow.scale, rel=1e-6)
    for row in result.rows:
        assert row.blup == pytest.approx(slow.random_effects[row.provider].iloc[0], rel=1e-4)


def criterion_in_full(frame_group, x, y, lam):
    """The REML criterion from the whole covariance matrix, without any short cut."""
    z = (frame_group[:, None] == np.unique(frame_group)[None, :]).astype(float)
    v = np.eye(len(y)) + lam * z @ z.T
    inverse = np.linalg.inv(v)
    p = x.T @ inverse @ x
    b = np.linalg.solve(p, x.T @ inverse @ y)
    error = y - x @ b
    rss, free = error @ inverse @ error, len(y) - x.shape[1]
    log = np.linalg.slogdet(v)[1] + np.linalg.slogdet(p)[1]
    return log + free * (1 + np.log(2 * np.pi * rss / free))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e7])
def test_reml_finds_the_least_criterion_of_a_fine_grid_at_any_scale(seed, scale):
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 12, random.integers(3, 9))
    group = np.repeat(np.arange(len(sizes)), sizes)
    x = np.column_stack([np.ones(len(group)), random.normal(40, 10, len(group))])
    own = random.normal(0, [0.0, 0.5, 5.0][seed % 3], len(sizes))
    y = 0.7 * x[:, 1] + own[group] + random.normal(0, 2, len(group))
    fit = fit_random_intercept(collect_group_sums(group, x, scale * y, len(sizes)))
    grid = np.concatenate([[0.0], np.logspace(-4, 4, 200)])
    best = min(criterion_in_full(group, x, y, lam) for lam in grid)
    mine = criterion_in_full(group, x, y, fit.lam)
    assert mine <= best + 1e-9
    moved = 2 * (len(y) - 2) * np.log(scale)
    assert fit.criterion == pytest.approx(mine + moved, rel=1e-9)


def test_overdispersion_is_what_the_formula_says_provider_by_provider():
    random = np.random.default_rng(4)
    s, z = random.uniform(0.5, 2, 40), random.normal(0, 2, 40)
    ordered = np.sort(z)
    low = ordered[3] + 0.9 * (ordered[4] - ordered[3])
    high = ordered[35] + 0.1 * (ordered[36] - ordered[35])
    phi = sum(min(max(value, low), high) ** 2 for value in z) / 40
    w = [1 / value**2 for value in s]
    tau2 = (40 * phi - 39) / (sum(w) - sum(v * v for v in w) / sum(w))
    found = measure_overdispersion(z, s)
    assert (found.phi, found.tau2) == pytest.approx((phi, tau2), rel=1e-12)


def test_group_means_agree_with_pandas(make_episodes):
    frame = make_episodes((10, 25), missing=0.3, seed=5)
    result = compare(
        frame, instrument="i", scale="s", direction=Direction.LOWER_BETTER, disclosure=None
    )
    pairs = frame.dropna(subset=["end"])
    gain = (pairs["end"] - pairs["baseline"]).groupby(pairs["provider"]).mean()
    assert {row.provider: row.gain for row in result.rows} == pytest.approx(gain.to_dict())
    assert {row.provider: row.n_started for row in result.rows} == {"P000": 10, "P001": 25}
    assert isinstance(gain, pd.Series)
