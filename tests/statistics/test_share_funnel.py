"""The funnel of shares: the binomial written out, the formulas one by one, and how often chance crosses the limits."""

import numpy as np
import pytest
from scipy.stats import binom
from scipy.stats import t as student

from evalplat.statistics.models.robust_spread import find_quantiles, find_robust_tau2
from evalplat.statistics.results import VerdictSpread
from evalplat.statistics.shares.share_funnel import (
    find_exact_limit,
    find_limits,
    measure_share_funnel,
)
from evalplat.vocabulary import Verdict


def funnel(x, n, **options):
    names = [f"P{k:03d}" for k in range(len(n))]
    return measure_share_funnel(
        "improved", names, np.array(x, dtype=float), np.array(n, dtype=float), **options
    )


@pytest.mark.parametrize("n", [3, 10, 57, 400])
@pytest.mark.parametrize("target", [0.02, 0.3, 0.85])
@pytest.mark.parametrize("level", [0.001, 0.025, 0.975, 0.999])
def test_exact_limits_are_the_binomial_quantile_interpolated(n, target, level):
    quantile = int(binom.ppf(level, n, target))
    reached, before = binom.cdf(quantile, n, target), binom.cdf(quantile - 1, n, target)
    alpha = (reached - level) / (reached - before)
    expected = np.clip((quantile - alpha) / n, 0, 1)
    assert find_exact_limit(n, target, level) == pytest.approx(expected, abs=1e-9)


def test_over_dispersed_limits_and_z_are_the_formulas_one_provider_at_a_time():
    x, n = [12, 30, 22, 8, 40], [40, 50, 60, 30, 55]
    found = funnel(x, n)
    theta = sum(x) / sum(n)
    centre = np.arcsin(theta**0.5)
    s = [1 / (2 * size**0.5) for size in n]
    z = [(np.arcsin((a / b) ** 0.5) - centre) / e for a, b, e in zip(x, n, s, strict=True)]
    low, high = np.quantile(z, [0.1, 0.9])
    phi = np.mean([min(max(value, low), high) ** 2 for value in z])
    w = [1 / e**2 for e in s]
    tau2 = (5 * phi - 4) / (sum(w) - sum(v**2 for v in w) / sum(w))
    assert (found.target, found.phi, found.tau2) == pytest.approx((theta, phi, tau2))
    for position, e, value in zip(found.positions, s, z, strict=True):
        wide = (e**2 + tau2) ** 0.5
        assert position.z == pytest.approx(value)
        assert position.z_overdispersed == pytest.approx(value * e / wide)
        # With fewer than 8 providers limits and verdicts go by the reference's figures.
        assert position.z_verdict == pytest.approx(position.z_overdispersed)
        assert position.limits.overdispersed998 == pytest.approx(
            (np.sin(centre - 3.0902323 * wide) ** 2, np.sin(centre + 3.0902323 * wide) ** 2),
            rel=1e-6,
        )


def test_from_eight_providers_on_limits_and_verdicts_go_by_the_robust_spread():
    x, n = [12, 30, 22, 8, 40, 31, 19, 50, 9], [40, 50, 60, 30, 55, 70, 45, 64, 31]
    found = funnel(x, n)
    centre = np.arcsin((sum(x) / sum(n)) ** 0.5)
    s = 1 / (2 * np.sqrt(np.array(n)))
    tau2 = find_robust_tau2(np.arcsin(np.sqrt(np.array(x) / np.array(n))) - centre, s)
    assert found.spread == VerdictSpread(tau2, *find_quantiles(9))
    assert tau2 > found.tau2 > 0
    for position, e in zip(found.positions, s, strict=True):
        reach = student.ppf(0.999, 8) * (e**2 + tau2) ** 0.5
        low, high = np.sin(np.clip([centre - reach, centre + reach], 0, np.pi / 2)) ** 2
        assert position.limits.overdispersed998 == pytest.approx((low, high))
        assert (position.verdict is Verdict.AS_EXPECTED) == (low <= position.share <= high)


def test_ordinary_differences_between_providers_rarely_cross_the_limits():
    random = np.random.default_rng(5)
    n = np.rint(np.exp(np.linspace(np.log(30), np.log(400), 24)))
    beyond = []
    for _ in range(150):
        angle = np.arcsin(0.6) + random.normal(0, 0.06, 24)
        found = funnel(random.binomial(n.astype(int), np.sin(angle) ** 2), n)
        beyond += [p.verdict in (Verdict.ABOVE, Verdict.BELOW) for p in found.positions]
    assert np.mean(beyond) <= 0.004 + 3 * (0.004 / len(beyond)) ** 0.5


def test_limits_narrow_with_clients_and_stay_within_nought_and_one():
    for target, tau2 in ((0.5, 0.0), (0.02, 0.01), (0.98, 0.2)):
        widths = []
        for n in (5, 20, 80, 320):
            limits = find_limits(n, target, VerdictSpread(tau2, 2.0, 3.2))
            for low, high in (limits.exact95, limits.exact998, limits.overdispersed95):
                assert 0 <= low <= target <= high <= 1
            widths.append(limits.overdispersed95[1] - limits.overdispersed95[0])
        assert widths == sorted(widths, reverse=True)


def test_chance_alone_rarely_crosses_the_limits():
    random = np.random.default_rng(12)
    beyond = plain = 0
    for _ in range(40):
        n = random.integers(20, 120, 30)
        x = random.binomial(n, 0.35)
        found = funnel(x, n)
        beyond += sum(p.verdict in (Verdict.ABOVE, Verdict.BELOW) for p in found.positions)
        plain += sum(
            not p.limits.exact95[0] <= p.share <= p.limits.exact95[1] for p in found.positions
        )
    assert beyond / 1200 <= 0.004
    assert 0.02 <= plain / 1200 <= 0.08


def test_a_provider_far_off_is_found_and_the_sign_says_which_way():
    x, n = [20] * 24 + [55], [60] * 25
    for sign, verdict in ((1, Verdict.ABOVE), (-1, Verdict.BELOW)):
        found = funnel(x, n, sign=sign)
        assert found.positions[-1].verdict is verdict
        assert found.positions[0].verdict is Verdict.AS_EXPECTED
        assert found.positions[-1].z * sign > 0
    assert found.warnings == ()


def test_few_clients_get_no_verdict_and_few_providers_a_warning():
    found = funnel([20, 20, 9], [60, 60, 9])
    assert found.positions[2].verdict is Verdict.TOO_FEW
    assert "3 providers" in str(found.warnings[0])


def test_the_order_of_providers_does_not_matter():
    x, n = [12, 30, 22, 8], [40, 50, 60, 30]
    plain, turned = funnel(x, n), funnel(x[::-1], n[::-1])
    assert [p.z_overdispersed for p in plain.positions] == pytest.approx(
        [p.z_overdispersed for p in turned.positions[::-1]]
    )


@pytest.mark.parametrize(
    ("x", "n", "status"),
    [
        ([], [], "no_clients"),
        ([0], [0], "no_clients"),
        ([0, 0], [9, 9], "no_variation"),
        ([9, 9], [9, 9], "no_variation"),
        ([4], [9], "one_provider"),
        ([4, 0], [9, 0], "one_provider"),
        ([4, 5, 0], [9, 9, 0], "ok"),
    ],
)
def test_data_without_a_funnel_have_a_status(x, n, status):
    found = funnel(x, n)
    assert found.status == status
    assert len(found.positions) == len(n)
    if status != "ok":
        assert all(p.verdict is Verdict.TOO_FEW and p.limits is None for p in found.positions)
    for position in found.positions:
        assert (position.share is None) == (position.of == 0)
