"""Weighting and imputation of the lost: slow obvious alternatives, identities, and a county whose loss is known."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evalplat.parallel import open_runner
from evalplat.statistics.missing.cohort import Cohort, select_cohort
from evalplat.statistics.missing.imputation import average, carry_baseline_forward, impute_changes
from evalplat.statistics.missing.weighting import bootstrap_weighting, fit_propensity, weigh


@pytest.fixture(scope="module")
def thinned(request):
    """The schools of nlme/bdf with ends deleted by a seeded rule: weak pupils and every second school lose more."""
    bdf = request.getfixturevalue("bdf").copy()
    random = np.random.default_rng(7)
    school = pd.factorize(bdf["provider"])[0]
    index = 1.4 + 0.06 * (bdf["baseline"] - 34) + 0.15 * (bdf["iq"]) - 0.9 * (school % 2)
    bdf.loc[random.random(len(bdf)) > 1 / (1 + np.exp(-index)), "end"] = np.nan
    bdf["group"] = np.where(school % 4 < 2, "town", "country")
    return bdf


@pytest.fixture(scope="module")
def cohort(thinned) -> Cohort:
    return select_cohort(thinned, ("baseline", "iq", "ses"))


def dummies(frame, names):
    return np.column_stack(
        [pd.get_dummies(frame["provider"]).to_numpy(dtype=float), *(frame[n] for n in names)]
    )


def test_the_chance_of_being_followed_is_that_of_statsmodels_logit(thinned, cohort):
    names = ["baseline", "iq", "ses"]
    followed = thinned["end"].notna()
    share = followed.groupby(thinned["provider"]).transform("mean")
    free = (share > 0) & (share < 1)
    part = thinned[free]
    x = dummies(part, names)
    fit = sm.Logit(followed[free].to_numpy(dtype=float), x).fit(
        disp=0, method="newton", maxiter=100, tol=1e-12
    )
    found = fit_propensity(cohort)
    assert found.status == "ok"
    np.testing.assert_allclose(found.probability[free], fit.predict(x), rtol=1e-7)
    assert (found.probability[(share == 1).to_numpy()] == 1).all()


def test_the_weighted_mean_is_the_one_computed_by_hand(thinned, cohort):
    found = weigh(cohort)
    p = found.propensity.probability
    followed = thinned["end"].notna().to_numpy()
    w = 1 / p[followed]
    w = np.clip(w, *np.percentile(w, (1, 99)))
    d = (thinned["end"] - thinned["baseline"]).to_numpy()[followed]
    assert found.overall.value == pytest.approx(np.sum(w * d) / np.sum(w), rel=1e-12)
    assert found.overall.n == followed.sum()
    school = thinned["provider"].to_numpy()[followed]
    for name, one in list(zip(cohort.providers, found.providers, strict=True))[:5]:
        own = school == name
        assert one.value == pytest.approx(np.sum((w * d)[own]) / np.sum(w[own]), rel=1e-12)


def influence_by_differences(theta, equations):
    """Influence values of the last parameter from a numerical derivative of stacked estimating equations."""
    u = equations(theta)
    a = np.zeros((len(theta), len(theta)))
    for k in range(len(theta)):
        step = np.zeros(len(theta))
        step[k] = 1e-5 * max(1.0, abs(theta[k]))
        a[:, k] = (equations(theta + step) - equations(theta - step)).sum(axis=0) / (2 * step[k])
    return -np.linalg.solve(a, u.T)[-1]


def few(n):
    """The correction for few clients."""
    return np.sqrt(n / (n - 1))


def few_providers(seed=3, n=300):
    random = np.random.default_rng(seed)
    provider = random.choice(["a", "b", "c"], n)
    baseline = random.normal(50, 10, n)
    age = random.normal(40, 12, n)
    end = baseline + 4 + 0.2 * (baseline - 50) + random.normal(0, 6, n) + 3 * (provider == "b")
    index = 0.8 + 0.05 * (baseline - 50) - 0.5 * (provider == "b")
    end[random.random(n) > 1 / (1 + np.exp(-index))] = np.nan
    return pd.DataFrame(
        {
            "provider": provider,
            "episode": np.arange(n),
            "baseline": baseline,
            "end": end,
            "age": age,
        }
    )


def test_the_sandwich_of_the_weighted_mean_is_that_of_the_stacked_equations(monkeypatch):
    monkeypatch.setattr("evalplat.statistics.missing.weighting.TRUNCATION", (0, 100))
    frame = few_providers()
    found = weigh(select_cohort(frame, ("age",)))
    x = dummies(frame, ["baseline", "age"])
    followed = frame["end"].notna().to_numpy().astype(float)
    d = np.nan_to_num((frame["end"] - frame["baseline"]).to_numpy())
    start = sm.Logit(followed, x).fit(disp=0, tol=1e-13).params
    for rows, one in (
        (np.ones(len(d), dtype=bool), found.overall),
        ((frame["provider"] == "b").to_numpy(), found.providers[1]),
    ):

        def equations(theta, rows=rows):
            p = 1 / (1 + np.exp(-(x @ theta[:-1])))
            last = rows * followed / p * (d - theta[-1])
            return np.column_stack([x * (followed - p)[:, None], last])

        influence = influence_by_differences(np.append(start, one.value), equations)
        assert one.se == pytest.approx(np.sqrt(np.sum(influence**2)) * few(one.n), rel=1e-5)


def test_imputed_means_are_those_of_predictions_client_by_client(thinned, cohort):
    followed = thinned["end"].notna()
    represented = followed.groupby(thinned["provider"]).transform("any")
    part = thinned[represented]
    x = dummies(part, ["baseline", "iq", "ses"])
    d = (part["end"] - part["baseline"]).to_numpy()
    known = ~np.isnan(d)
    fit = sm.OLS(d[known], x[known]).fit()
    whole = np.where(known, d, fit.predict(x))
    found = impute_changes(cohort)
    assert found.overall.value == pytest.approx(whole.mean(), rel=1e-10)
    assert found.sigma == pytest.approx(np.sqrt(fit.scale), rel=1e-10)
    means = pd.Series(whole).groupby(part["provider"].to_numpy()).mean()
    for name, one in zip(cohort.providers, found.providers, strict=True):
        if one.value is not None:
            assert one.value == pytest.approx(means[name], rel=1e-9, abs=1e-9)


def test_the_sandwich_of_the_imputed_mean_is_that_of_the_stacked_equations():
    frame = few_providers()
    found = impute_changes(select_cohort(frame, ("age",)))
    x = dummies(frame, ["baseline", "age"])
    followed = frame["end"].notna().to_numpy().astype(float)
    d = np.nan_to_num((frame["end"] - frame["baseline"]).to_numpy())
    start = sm.OLS(d[followed == 1], x[followed == 1]).fit().params
    for rows, one in (
        (np.ones(len(d)), found.overall),
        ((frame["provider"] == "b").to_numpy(dtype=float), found.providers[1]),
    ):

        def equations(theta, rows=rows):
            fitted = x @ theta[:-1]
            value = np.where(followed == 1, d, fitted)
            return np.column_stack(
                [x * (followed * (d - fitted))[:, None], rows * (value - theta[-1])]
            )

        influence = influence_by_differences(np.append(start, one.value), equations)
        assert one.se == pytest.approx(np.sqrt(np.sum(influence**2)) * few(one.n), rel=1e-6)
    whole = np.sqrt(np.sum(found.influence**2)) * few(found.overall.n)
    assert whole == pytest.approx(found.overall.se, rel=1e-12)


def test_on_thinned_schools_weighting_and_imputation_come_nearer_to_the_truth(thinned, bdf, cohort):
    truth = float((bdf["end"] - bdf["baseline"]).mean())
    complete = float((thinned["end"] - thinned["baseline"]).mean())
    assert truth == pytest.approx(6.74376912986, rel=1e-9)
    for found in (weigh(cohort).overall, impute_changes(cohort).overall):
        assert abs(found.value - truth) < abs(complete - truth) / 2
        assert found.low < truth < found.high


def test_when_nobody_is_lost_every_way_gives_the_plain_mean(anorexia):
    cohort = select_cohort(anorexia)
    plain = float((anorexia["end"] - anorexia["baseline"]).mean())
    weighted, imputed = weigh(cohort), impute_changes(cohort)
    carried, own = carry_baseline_forward(cohort)
    assert weighted.propensity.status == "nobody_lost"
    for found in (weighted.overall, imputed.overall, carried):
        assert found.value == pytest.approx(plain, rel=1e-12) and found.status == "ok"
    assert carried == average(cohort.change)
    for found in (weighted, imputed):
        for one, other in ((found.overall, carried), *zip(found.providers, own, strict=True)):
            assert (one.se, one.low, one.high) == pytest.approx(
                (other.se, other.low, other.high), rel=1e-12
            )


def test_baseline_carried_forward_counts_the_lost_as_unchanged():
    frame = pd.DataFrame(
        {"provider": ["a"] * 4, "episode": range(4), "baseline": [1.0, 2, 3, 4],
         "end": [5.0, 2, np.nan, np.nan]}
    )  # fmt: skip
    overall, own = carry_baseline_forward(select_cohort(frame))
    assert overall.value == own[0].value == 1.0


def test_the_bootstrap_agrees_with_the_sandwich_and_not_on_who_computes():
    cohort = select_cohort(few_providers(n=400))
    exact = weigh(cohort)
    here, own = bootstrap_weighting(cohort, seed=5, replicates=300)
    assert here.value == exact.overall.value
    assert here.se == pytest.approx(exact.overall.se, rel=0.15)
    assert here.low < here.value < here.high and len(own) == 3
    first = bootstrap_weighting(cohort, seed=5, replicates=60)
    with open_runner(workers=2) as runner:
        assert bootstrap_weighting(cohort, seed=5, replicates=60, runner=runner) == first
    assert bootstrap_weighting(cohort, seed=6, replicates=60)[0].se != first[0].se


def test_the_intervals_of_providers_cover_as_often_as_they_say():
    sizes = np.repeat([10, 30, 100], (10, 8, 4))
    group = np.repeat(np.arange(len(sizes)), sizes)
    random, hits = np.random.default_rng(11), {}
    for _ in range(60):
        baseline = random.normal(25, 8, len(group))
        end = baseline + 3 - 0.4 * (baseline - 25) + random.normal(0, 6, len(group))
        index = 1.1 + 0.05 * (baseline - 25)
        end[random.random(len(group)) > 1 / (1 + np.exp(-index))] = np.nan
        names = tuple(f"p{k:02d}" for k in range(len(sizes)))
        cohort = Cohort(names, sizes, group, baseline, end, {})
        for method, found in (("w", weigh(cohort)), ("i", impute_changes(cohort))):
            for size, one in zip(sizes, found.providers, strict=True):
                if one.low is not None:
                    hits.setdefault((method, int(size)), []).append(one.low < 3 < one.high)
    for (_, size), covered in hits.items():
        # Three standard errors of the simulation about what is required.
        error = 3 * np.sqrt(0.05 * 0.95 / len(covered))
        assert 0.93 - error < np.mean(covered) < 0.97 + error, size
        assert len(covered) >= 240


def frame_of(provider, baseline, end, **more):
    return pd.DataFrame(
        {
            "provider": provider,
            "episode": range(len(provider)),
            "baseline": np.array(baseline, dtype=float),
            "end": np.array(end, dtype=float),
            **more,
        }
    )


NONE = float("nan")


def test_a_provider_that_followed_nobody_is_represented_by_nobody():
    frame = few_providers()
    frame.loc[frame["provider"] == "c", "end"] = np.nan
    cohort = select_cohort(frame)
    weighted, imputed = weigh(cohort), impute_changes(cohort)
    assert weighted.n_unrepresented == imputed.n_unrepresented == (frame["provider"] == "c").sum()
    assert weighted.providers[2].status == imputed.providers[2].status == "nobody_followed"
    without = select_cohort(frame[frame["provider"] != "c"])
    assert weigh(without).overall.value == pytest.approx(weighted.overall.value, rel=1e-9)
    assert impute_changes(without).overall.value == pytest.approx(imputed.overall.value, rel=1e-9)


def test_when_the_baseline_tells_who_is_followed_the_weights_are_said_to_be_impossible():
    x = np.arange(40.0)
    found = weigh(select_cohort(frame_of(["a"] * 40, x, np.where(x < 20, x + 1, NONE))))
    assert found.overall.status == "separated" and found.overall.value is None


def test_a_rare_category_that_was_always_followed_leaves_the_model_and_not_the_analysis():
    frame = few_providers()
    frame["home"] = np.where(np.arange(len(frame)) < 4, "boat", "house")
    frame.loc[:3, "end"] = 50.0
    found = weigh(select_cohort(frame, ("home",)))
    assert found.propensity.dropped == ("home=house",) and found.overall.status == "ok"


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (frame_of([], [], []), "nobody_followed"),
        (frame_of(["a"], [1], [NONE]), "nobody_followed"),
        (frame_of(["a"], [1], [2]), "too_few"),
        (frame_of(["a", "b"], [1, 1], [2, NONE]), "too_few"),
        (frame_of(["a"] * 3, [NONE] * 3, [1, 2, 3]), "nobody_followed"),
    ],
)
def test_too_little_data_is_a_status(frame, status):
    cohort = select_cohort(frame)
    assert weigh(cohort).overall.status == status
    assert impute_changes(cohort).overall.status == status
    assert bootstrap_weighting(cohort, seed=1)[0].se is None


def test_constant_scores_and_missing_covariates_give_figures():
    frame = few_providers()
    frame["baseline"] = 50.0
    frame.loc[::3, "age"] = np.nan
    frame["home"] = ["", "x", None] * 100
    cohort = select_cohort(frame, ("age", "home"))
    assert weigh(cohort).overall.status == impute_changes(cohort).overall.status == "ok"
    same = frame.assign(end=np.where(frame["end"].isna(), np.nan, 50.0))
    found = impute_changes(select_cohort(same)).overall
    assert (found.value, found.se) == (0.0, 0.0)
    many = few_providers().assign(provider=lambda f: [f"P{k}" for k in range(len(f))])
    assert weigh(select_cohort(many)).overall.status == "ok"
