"""The moving average and its limits: published examples, the sum written out, run lengths, laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import InputRejected
from evalplat.statistics.over_time.ewma import Signal, smooth

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4: weight 0.3, target 50, s = 2.0539, width 3.
NIST = (
    52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6,
    52.1,
)  # fmt: skip
NIST_EWMA = (
    50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38, 49.92,
    50.73, 51.23, 51.94, 51.99,
)  # fmt: skip

# Montgomery, Introduction to Statistical Quality Control, 9.2: weight 0.1, width 2.7, target 10, sigma 1.
MONTGOMERY = (
    9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62,
    10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
)  # fmt: skip


def test_the_nist_handbook_s_example_comes_out():
    found = smooth(NIST, [2.0539] * len(NIST), 50.0, weight=0.3, width=3.0)
    for smoothed, expected in zip(found, NIST_EWMA, strict=True):
        assert smoothed.value == pytest.approx(expected, abs=0.0051)
        assert smoothed.signal is Signal.NONE
    assert found[-1].high == pytest.approx(52.5884, abs=0.003)
    assert found[-1].low == pytest.approx(47.4115, abs=0.003)


def test_montgomery_s_example_comes_out():
    found = smooth(MONTGOMERY, [1.0] * 30, 10.0, weight=0.1, width=2.7)
    values = [found[k].value for k in (0, 1, 27, 28, 29)]
    assert values == pytest.approx([9.945, 9.7495, 10.5731, 10.6468, 10.6341], abs=1e-4)
    assert (found[0].low, found[0].high) == pytest.approx((9.73, 10.27))
    assert found[29].high == pytest.approx(10.62, abs=0.005)
    assert [s.signal for s in found] == [Signal.NONE] * 28 + [Signal.HIGHER] * 2


def test_three_quarters_by_hand():
    """Target 4; figures 6, none, 1 with errors 1, none, 2; weight 0.2.

    0.2*6 + 0.8*4 = 4.4, variance 0.04; then the same; then 0.2*1 + 0.8*4.4 = 3.72, variance 0.16 + 0.64*0.04 = 0.1856.
    """
    first, second, third = smooth([6.0, None, 1.0], [1.0, None, 2.0], 4.0)
    assert (first.value, first.high) == pytest.approx((4.4, 4.6))
    assert second == first
    assert (third.value, third.low) == pytest.approx((3.72, 4 - 3 * 0.1856**0.5))


@given(
    st.lists(
        st.tuples(st.floats(-100, 100), st.floats(0.1, 50)) | st.none(), min_size=1, max_size=20
    ),
    st.floats(0.05, 1.0),
)
def test_it_is_the_weighted_sum_of_all_figures_so_far(parts, weight):
    figures = [None if part is None else part[0] for part in parts]
    errors = [None if part is None else part[1] for part in parts]
    found = smooth(figures, errors, 7.0, weight=weight)
    for place, smoothed in enumerate(found):
        known = [part for part in parts[: place + 1] if part is not None]
        if not known:
            assert smoothed is None
            continue
        weights = [weight * (1 - weight) ** age for age in range(len(known))][::-1]
        level = sum(w * y for w, (y, _) in zip(weights, known, strict=True))
        level += (1 - weight) ** len(known) * 7.0
        variance = sum((w * s) ** 2 for w, (_, s) in zip(weights, known, strict=True))
        assert smoothed.value == pytest.approx(level, rel=1e-9, abs=1e-9)
        assert smoothed.high - 7.0 == pytest.approx(3 * variance**0.5, rel=1e-9)


def measure_run_length(weight, width, shift, *, runs=1500, longest=4000, seed=4):
    """Mean number of times until the first signal, many series at once."""
    random = np.random.default_rng(seed)
    level, variance = np.zeros(runs), 0.0
    first = np.full(runs, longest)
    for time in range(1, longest + 1):
        level = weight * random.normal(shift, 1.0, runs) + (1 - weight) * level
        variance = weight**2 + (1 - weight) ** 2 * variance
        beyond = (np.abs(level) > width * variance**0.5) & (first == longest)
        first[beyond] = time
        if (first < longest).all():
            break
    return first.mean()


@pytest.mark.parametrize(
    ("width", "shift", "published"), [(2.962, 0.0, 500), (2.962, 1.0, 10.5), (2.962, 2.0, 3.7)]
)
def test_run_lengths_are_those_of_lucas_and_saccucci(width, shift, published):
    """Their limits are the final ones; ours widen in the first times, so that a shift is found a little earlier."""
    found = measure_run_length(0.2, width, shift)
    assert 0.85 * published - 1 < found < 1.08 * published


def test_the_quick_simulation_is_the_module_s_own_average():
    random = np.random.default_rng(1)
    figures = random.normal(0.0, 1.0, 50)
    found = smooth(figures.tolist(), [1.0] * 50, 0.0)
    level, variance = 0.0, 0.0
    for smoothed, figure in zip(found, figures, strict=True):
        level = 0.2 * figure + 0.8 * level
        variance = 0.04 + 0.64 * variance
        assert smoothed.value == pytest.approx(level) and smoothed.high == pytest.approx(
            3 * variance**0.5
        )


def test_wrong_settings_are_refused_together():
    with pytest.raises(InputRejected) as rejected:
        smooth([1.0, 2.0], [-1.0], 0.0, weight=0.0, width=-1.0)
    assert [fault.where for fault in rejected.value.faults] == [
        "errors",
        "weight",
        "width",
        "errors, place 0",
    ]


def test_nothing_at_all_and_figures_without_error_are_fine():
    assert smooth([], [], 0.0) == ()
    assert smooth([None], [None], 0.0) == (None,)
    assert smooth([1.0], [0.0], 0.0)[0].signal is Signal.HIGHER
    assert smooth([0.0], [0.0], 0.0)[0].signal is Signal.NONE
