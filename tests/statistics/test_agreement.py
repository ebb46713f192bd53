"""Two ratings of the same clients: the published examples, the slow way, and what does not exist."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalplat.errors import InputRejected
from evalplat.statistics.raters.agreement import (
    FORMS,
    Agreement,
    compare_ratings,
    measure_intraclass,
    split_variance,
)

SIX_TARGETS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
"""Shrout and Fleiss 1979, table 2: six targets, each rated by the same four judges."""

COUNT = np.arange(1.0, 6.0)


@pytest.mark.parametrize(
    ("form", "value", "low", "high"),
    [
        ("ICC(1,1)", 0.17, -0.13, 0.72),
        ("ICC(A,1)", 0.29, 0.02, 0.76),
        ("ICC(C,1)", 0.71, 0.34, 0.95),
        ("ICC(1,k)", 0.44, -0.88, 0.91),
        ("ICC(A,k)", 0.62, 0.07, 0.93),
        ("ICC(C,k)", 0.91, 0.68, 0.99),
    ],
)
def test_the_six_forms_are_those_of_shrout_and_fleiss(form, value, low, high):
    """Values: table 4 of the paper; intervals as R's psych::ICC prints them for the same data."""
    found = {one.form: one for one in measure_intraclass(SIX_TARGETS)}
    assert tuple(found) == FORMS
    one = found[form]
    assert (round(one.value, 2), round(one.low, 2), round(one.high, 2)) == (value, low, high)


def test_the_mean_squares_are_those_of_shrout_and_fleiss():
    squares = split_variance(SIX_TARGETS)
    found = [squares.clients, squares.within, squares.raters, squares.rest]
    assert [round(value, 2) for value in found] == [11.24, 6.26, 32.49, 1.02]


def test_f_is_of_clients_against_the_rest_whatever_the_bias():
    shifted = SIX_TARGETS + np.array([0, 50, -20, 3])
    before, after = measure_intraclass(SIX_TARGETS), measure_intraclass(shifted)
    assert [one.form for one in before][2] == "ICC(C,1)"
    for figure in ("f", "p", "value"):
        assert getattr(before[2], figure) == pytest.approx(getattr(after[2], figure), rel=1e-9)
    assert after[1].value < before[1].value


def test_intervals_are_pingouin_s_before_it_rounds_them():
    import pingouin

    random = np.random.default_rng(7)
    ratings = random.normal(0, 2, (40, 1)) + random.normal([0, 0.5, 1], 1, (40, 3))
    long = pd.DataFrame(
        {"t": np.repeat(np.arange(40), 3), "r": np.tile([0, 1, 2], 40), "s": ratings.ravel()}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = pingouin.intraclass_corr(long, targets="t", raters="r", ratings="s")
    for one, row in zip(measure_intraclass(ratings), table.itertuples(), strict=True):
        assert one.form == row.Type
        assert one.value == pytest.approx(row.ICC, rel=1e-12)
        assert [one.low, one.high] == pytest.approx(list(row.CI95), abs=0.0051)


def test_ratings_far_from_zero_keep_their_digits():
    far = measure_intraclass(SIX_TARGETS + 1e8)
    for one, near in zip(far, measure_intraclass(SIX_TARGETS), strict=True):
        assert one.value == pytest.approx(near.value, rel=1e-9)
        assert one.low == pytest.approx(near.low, rel=1e-6)


def slow_intraclass(x, y):
    """ICC(A,1) of two raters with nothing but loops."""
    n = len(x)
    grand = (sum(x) + sum(y)) / (2 * n)
    rows = [(a + b) / 2 for a, b in zip(x, y, strict=True)]
    columns = [sum(x) / n, sum(y) / n]
    clients = 2 * sum((m - grand) ** 2 for m in rows) / (n - 1)
    raters = n * sum((m - grand) ** 2 for m in columns)
    rest = sum(
        (value - row - column + grand) ** 2
        for row, pair in zip(rows, zip(x, y, strict=True), strict=True)
        for column, value in zip(columns, pair, strict=True)
    ) / (n - 1)
    return (clients - rest) / (clients + rest + 2 * (raters - rest) / n)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(4, 25).flatmap(
        lambda n: st.tuples(arrays(float, n, elements=st.integers(0, 10).map(float)),
                            arrays(float, n, elements=st.integers(0, 10).map(float)))
    )
)  # fmt: skip
def test_absolute_agreement_is_symmetric_turns_with_the_scale_and_equals_the_slow_way(pair):
    first, second = pair
    found = compare_ratings(first, second)
    back = compare_ratings(second, first)
    turned = compare_ratings(10 - first, 10 - second)
    assert found.limits.bias == pytest.approx(-back.limits.bias, abs=1e-12)
    assert found.status == back.status
    if found.icc is None:
        assert found.status in ("constant_ratings", "constant_difference")
        return
    assert found.icc.value <= 1 + 1e-12
    assert found.icc.value == pytest.approx(back.icc.value, abs=1e-9)
    assert found.icc.value == pytest.approx(turned.icc.value, abs=1e-9)
    assert found.icc.value == pytest.approx(slow_intraclass(list(first), list(second)), abs=1e-9)
    if found.icc.low is not None:
        assert found.icc.low <= found.icc.value + 1e-9
        assert found.icc.high >= found.icc.value - 1e-9


def figures(found: Agreement):
    return (found.n, found.status, found.icc and found.icc.value, found.correlation)


def test_nobody_one_and_two_clients_have_a_status_and_no_coefficient():
    nothing = np.array([])
    assert compare_ratings(nothing, nothing) == Agreement(0)
    for n in (1, 2):
        found = compare_ratings(COUNT[:n], COUNT[:n] + 2)
        assert figures(found) == (n, "too_few_pairs", None, None)
        assert found.limits.bias == 2


def test_pairs_with_a_missing_rating_are_left_out():
    first = np.array([1, 2, np.nan, 4, 5, 6.0])
    second = np.array([1, np.nan, 3, 4, 6, 6.0])
    assert compare_ratings(first, second) == compare_ratings(
        first[[0, 3, 4, 5]], second[[0, 3, 4, 5]]
    )


def test_equal_ratings_agree_wholly_and_have_no_interval():
    found = compare_ratings(COUNT, COUNT)
    assert (found.status, found.n_same) == ("constant_difference", 5)
    assert [(one.value, one.low, one.f) for one in found.intraclass] == [(1.0, None, None)] * 6
    assert (found.concordance.value, found.limits.sd) == (1.0, 0.0)


def test_a_constant_difference_is_consistent_but_no_agreement():
    found = compare_ratings(COUNT, COUNT + 0.1)
    assert found.status == "constant_difference"
    assert [(one.form, one.value) for one in found.intraclass] == [("ICC(C,1)", 1), ("ICC(C,k)", 1)]
    assert found.icc is None
    assert found.concordance.value < 1


def test_ratings_that_never_vary_have_no_coefficient():
    same = compare_ratings(np.full(9, 3.0), np.full(9, 3.0), categories=range(5))
    assert figures(same) == (9, "constant_ratings", None, None)
    assert (same.n_same, same.concordance, same.kappa_linear) == (9, None, None)
    one = compare_ratings(COUNT, np.full(5, 3.0))
    assert one.status == "one_constant_rater"
    assert one.correlation is None
    assert one.icc.value == pytest.approx(0, abs=1e-12)


def test_complete_opposition_has_no_figure_that_is_not_finite():
    found = compare_ratings(COUNT, 6 - COUNT)
    assert found.icc.value < 0
    assert [one.form for one in found.intraclass if one.form == "ICC(1,k)"] == []
    for one in found.intraclass:
        kept = [one.value, *(v for v in (one.low, one.high, one.f, one.p) if v is not None)]
        assert np.all(np.isfinite(kept))


def test_vast_ratings_are_no_trouble():
    found = compare_ratings(COUNT * 1e14, COUNT[::-1] * 1e14 + 3e13)
    assert np.isfinite(found.icc.value)


def test_ratings_of_unlike_length_and_unknown_categories_are_refused_with_every_fault():
    with pytest.raises(InputRejected, match="give as many of both"):
        compare_ratings(COUNT, COUNT[:3])
    with pytest.raises(InputRejected) as caught:
        compare_ratings(COUNT, COUNT + 3, categories=(1, 2, 3, 4, 5))
    assert [str(fault) for fault in caught.value.faults] == [
        f"second: {value} is none of the possible ratings." for value in (6, 7, 8)
    ]


def test_kappa_is_left_out_where_there_are_too_many_categories():
    assert compare_ratings(COUNT, COUNT + 1, categories=range(101)).kappa_linear is None
    assert compare_ratings(COUNT, COUNT[::-1], categories=range(7)).kappa_linear is not None
