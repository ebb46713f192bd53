"""The model for repeated measures: exact cases, slow direct maximisation, data that fit no model."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from evalplat.errors import InputRejected
from evalplat.statistics.missing.repeated_measures import fit_repeated_measures

NONE = np.nan
CHANGE = (-1.0, 1.0)


def draw(n, times, seed, *, missing=0.3, group=None):
    random = np.random.default_rng(seed)
    factor = random.normal(size=(times, times)) + 2 * np.eye(times)
    y = random.normal(size=(n, times)) @ factor.T + 10 * np.arange(times)
    if group is not None:
        y += 5 * group[:, None] * np.arange(times)
    gaps = random.random((n, times)) < missing
    gaps[:, 0] &= random.random(n) < 0.2
    return np.where(gaps, NONE, y)


def test_on_complete_data_the_change_is_that_of_the_paired_t_test(anorexia):
    y = anorexia[["baseline", "end"]].to_numpy()
    found = fit_repeated_measures(y).contrast(CHANGE)
    exact = stats.ttest_rel(y[:, 1], y[:, 0])
    low, high = exact.confidence_interval()
    assert found.value == pytest.approx(2.76388888888889, rel=1e-12)
    assert found.value / found.se == pytest.approx(2.93756971889067, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.n == 72


def test_on_complete_data_of_three_times_the_covariance_is_the_sample_s():
    y = draw(40, 3, 1, missing=0)
    found = fit_repeated_measures(y)
    np.testing.assert_allclose(found.covariance, np.cov(y.T), rtol=1e-9)
    np.testing.assert_allclose(
        fit_repeated_measures(y, method="ml").covariance, np.cov(y.T, ddof=0), rtol=1e-9
    )
    for line, one in (((-1, 0, 1), y[:, 2] - y[:, 0]), ((0, -1, 1), y[:, 2] - y[:, 1])):
        low, high = stats.ttest_1samp(one, 0).confidence_interval()
        assert (found.contrast(line).low, found.contrast(line).high) == pytest.approx((low, high))


def test_with_lost_ends_the_ml_mean_is_anderson_s_closed_form():
    y = draw(60, 2, 2)
    y[:, 0] = np.where(np.isnan(y[:, 0]), 3.0, y[:, 0])
    both = ~np.isnan(y[:, 1])
    fit = sm.OLS(y[both, 1], sm.add_constant(y[both, 0])).fit()
    mean_end = fit.predict([1.0, y[:, 0].mean()])[0]
    found = fit_repeated_measures(y, method="ml")
    assert found.means[0] == pytest.approx([y[:, 0].mean(), mean_end], rel=1e-9)
    assert found.covariance[0, 0] == pytest.approx(np.var(y[:, 0]), rel=1e-8)
    residual = np.sum(fit.resid**2) / both.sum()
    slope = fit.params[1]
    assert found.covariance[1, 1] == pytest.approx(residual + slope**2 * np.var(y[:, 0]), rel=1e-8)


def criterion(y, group, cov, method):
    """-2 log (restricted) likelihood, client by client with the textbook matrices."""
    times, groups = y.shape[1], int(group.max()) + 1
    rows = []
    for values, own in zip(y, group, strict=True):
        seen = np.flatnonzero(~np.isnan(values))
        if len(seen):
            x = np.zeros((len(seen), groups * times))
            x[np.arange(len(seen)), own * times + seen] = 1
            rows.append(
                (values[seen], x, np.linalg.inv(cov[np.ix_(seen, seen)]), cov[np.ix_(seen, seen)])
            )
    information = sum(x.T @ inv @ x for _, x, inv, _ in rows)
    beta = np.linalg.pinv(information) @ sum(x.T @ inv @ v for v, x, inv, _ in rows)
    total = sum(
        np.linalg.slogdet(c)[1] + (v - x @ beta) @ inv @ (v - x @ beta) for v, x, inv, c in rows
    )
    count = sum(len(v) for v, *_ in rows)
    if method == "reml":
        used = np.diag(information) > 0
        total += np.linalg.slogdet(information[np.ix_(used, used)])[1]
        count -= used.sum()
    return total + count * np.log(2 * np.pi)


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize(("times", "groups", "seed"), [(2, 1, 1), (3, 2, 2), (4, 1, 3)])
def test_no_other_covariance_is_more_likely(method, times, groups, seed):
    group = np.random.default_rng(seed).integers(0, groups, 50)
    y = draw(50, times, seed, group=group)
    found = fit_repeated_measures(y, group=group, groups=groups, method=method)
    assert found.status == "ok"
    assert found.criterion == pytest.approx(
        criterion(y, group, found.covariance, method), rel=1e-10
    )
    places = np.tril_indices(times)

    def loss(theta):
        lower = np.zeros((times, times))
        lower[places] = theta
        return criterion(y, group, lower @ lower.T, method)

    start = np.linalg.cholesky(found.covariance)[places]
    slope = optimize.approx_fprime(start, loss, 1e-6)
    assert np.max(np.abs(slope)) < 1e-3
    away = start * (1 + 0.05 * np.random.default_rng(0).normal(size=len(start)))
    best = optimize.minimize(loss, away, method="BFGS", options={"maxiter": 60})
    assert best.fun >= found.criterion - 1e-6
    assert best.fun == pytest.approx(found.criterion, abs=1e-3)


def test_with_lost_ends_the_standard_error_is_that_of_the_regression_line():
    random = np.random.default_rng(5)
    x = random.normal(50, 10, 90)
    y = 20 + 0.7 * x + random.normal(0, 6, 90)
    y[random.random(90) < 1 / (1 + np.exp(-(x - 52) / 5))] = NONE
    both = ~np.isnan(y)
    fit = sm.OLS(y[both], sm.add_constant(x[both])).fit()
    residual = np.sum(fit.resid**2) / both.sum()
    away = (x.mean() - x[both].mean()) ** 2 / np.sum((x[both] - x[both].mean()) ** 2)
    line = residual * (1 / both.sum() + away)
    found = fit_repeated_measures(np.column_stack([x, y]), method="ml")
    for weights, slope in (((0, 1), fit.params[1]), (CHANGE, fit.params[1] - 1)):
        variance = line + slope**2 * np.var(x) / 90
        assert found.contrast(weights).se == pytest.approx(np.sqrt(variance), rel=1e-8)


def test_standard_errors_are_those_of_the_likelihood_s_curvature():
    group = np.random.default_rng(4).integers(0, 2, 60)
    y = draw(60, 3, 4, group=group)
    found = fit_repeated_measures(y, group=group, groups=2, method="ml")
    places = np.tril_indices(3)

    def loss(theta):
        cov = np.zeros((3, 3))
        cov[places] = cov.T[places] = theta[6:]
        means = theta[:6].reshape(2, 3)
        total = 0.0
        for own, values in zip(group, y, strict=True):
            seen = np.flatnonzero(~np.isnan(values))
            part = cov[np.ix_(seen, seen)]
            off = values[seen] - means[own, seen]
            total += np.linalg.slogdet(part)[1] + off @ np.linalg.solve(part, off)
        return total / 2

    theta = np.concatenate([found.means.ravel(), found.covariance[places]])
    steps = 1e-4 * np.maximum(np.abs(theta), 1)
    hessian = np.zeros((12, 12))
    for i in range(12):
        for j in range(12):
            corners = 0.0
            for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                moved = theta.copy()
                moved[i] += a * steps[i]
                moved[j] += b * steps[j]
                corners += a * b * loss(moved)
            hessian[i, j] = corners / (4 * steps[i] * steps[j])
    exact = np.linalg.inv(hessian)[:6, :6]
    line = np.array([-1.0, 0, 1])
    shares = np.bincount(group) / 60
    for own in range(2):
        block = exact[3 * own : 3 * own + 3, 3 * own : 3 * own + 3]
        se = found.contrast(line, group=own).se
        assert se == pytest.approx(np.sqrt(line @ block @ line), rel=1e-4)
    both = np.concatenate([shares[0] * line, shares[1] * line])
    whole = found.contrast(line)
    assert whole.se == pytest.approx(np.sqrt(both @ exact @ both), rel=1e-4)
    assert found.covary(line, line) == pytest.approx(whole.se**2)
    parts = [found.contrast(line, group=own).value for own in range(2)]
    assert whole.value == pytest.approx(shares @ parts)


def test_a_group_never_measured_at_the_end_has_no_change_and_is_left_out_of_the_whole():
    group = np.repeat([0, 1], 30)
    y = draw(60, 2, 6, group=group)
    y[30:, 1] = NONE
    y[:, 0] = np.where(np.isnan(y[:, 0]), 1.0, y[:, 0])
    found = fit_repeated_measures(y, group=group, groups=2)
    assert found.contrast(CHANGE, group=1).status == "never_measured"
    assert found.contrast(CHANGE).value == pytest.approx(found.contrast(CHANGE, group=0).value)


def test_when_loss_depends_on_the_baseline_the_change_is_unbiased_and_its_interval_covers():
    random = np.random.default_rng(11)
    off, complete, covered = [], [], 0
    for _ in range(200):
        x = random.normal(50, 10, 120)
        y = 20 + 0.7 * x + random.normal(0, 6, 120)
        lost = random.random(120) < 1 / (1 + np.exp(-(x - 52) / 5))
        values = np.column_stack([x, np.where(lost, NONE, y)])
        found = fit_repeated_measures(values).contrast(CHANGE)
        off.append(found.value - 5)
        complete.append(np.nanmean(values[:, 1] - values[:, 0]) - 5)
        covered += found.low < 5 < found.high
    assert abs(np.mean(off)) < 3 * np.std(off) / np.sqrt(200)
    assert np.mean(complete) > 1.5
    assert 0.92 <= covered / 200 <= 0.98


@pytest.mark.parametrize(
    ("y", "status"),
    [
        (np.zeros((0, 2)), "no_data"),
        (np.full((5, 2), NONE), "no_data"),
        (np.array([[1.0, 2.0]]), "too_few"),
        (np.array([[1.0, NONE], [2.0, NONE], [4.0, NONE]]), "not_identified"),
        (np.array([[1.0, NONE], [2.0, NONE], [NONE, 1.0], [NONE, 3.0]]), "not_identified"),
        (np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 4.0]]), "no_variation"),
        (np.array([[1.0, 3.0], [2.0, 4.0], [4.0, 6.0], [5.0, 7.0]]), "no_variation"),
    ],
)
def test_data_that_tell_no_covariance_are_a_status(y, status):
    found = fit_repeated_measures(y)
    assert found.status == status and found.covariance is None
    assert found.contrast((-1, 1)).status == status and found.contrast((-1, 1)).value is None


def test_units_and_size_do_not_matter():
    y = draw(50, 3, 8)
    plain, huge = fit_repeated_measures(y), fit_repeated_measures(1e9 + y * 1e6)
    line = (-1, 0, 1)
    assert huge.contrast(line).value == pytest.approx(1e6 * plain.contrast(line).value, rel=1e-6)
    assert huge.contrast(line).high == pytest.approx(1e6 * plain.contrast(line).high, rel=1e-6)
    assert fit_repeated_measures(y[::-1]).criterion == pytest.approx(plain.criterion, rel=1e-12)


def test_more_times_than_four_and_unknown_methods_are_refused():
    with pytest.raises(InputRejected):
        fit_repeated_measures(np.zeros((3, 5)))
    with pytest.raises(InputRejected):
        fit_repeated_measures(np.zeros((3, 2)), method="eb")
