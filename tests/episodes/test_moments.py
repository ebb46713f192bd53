"""Sums over pairs: they add up, can be taken back, and a period falls into whole months and the rest."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evalplat.episodes.moments import (
    NOTHING,
    NUMBERS,
    CellSums,
    describe_client,
    make_case,
    month_of,
    sum_cells,
)
from evalplat.episodes.periods import split_period

values = st.floats(-100, 100).map(lambda value: round(value, 3))
cases = st.lists(
    st.builds(
        lambda sex, home, age, x, y: make_case(
            describe_client(age, 2500.5, {"sex": sex, "home": home}), x, y
        ),
        st.sampled_from(["female", "male", "other"]),
        st.sampled_from(["alone", "shared"]),
        st.integers(18, 90),
        values,
        values,
    ),
    max_size=8,
)
LEVELS = ("home=alone", "home=shared", "sex=female", "sex=male", "sex=other")
ALL = (*NUMBERS, *LEVELS)


def add(some, sign=1, to=NOTHING):
    return to.add([(case, sign) for case in some])


def whole(cell):
    return sum_cells([(0, *cell.pack())], 1, ALL)


def by_hand(some):
    """The slow way: a full matrix of every pair's products."""
    matrix = np.zeros((len(ALL) + 1, len(ALL) + 1))
    for case in some:
        full = dict(zip(case.columns, case.values[1:], strict=True))
        vector = np.array([1.0, *(full.get(name, 0.0) for name in ALL)])
        matrix += np.outer(vector, vector)
    return matrix


def assert_is(cell, some):
    n, sums, products = whole(cell)
    expected = by_hand(some)
    assert n[0] == len(some)
    np.testing.assert_allclose(sums[0], expected[0, 1:], atol=1e-9)
    np.testing.assert_allclose(products[0], expected[1:, 1:], rtol=1e-12, atol=1e-9)


@given(cases, cases)
def test_cells_hold_every_sum_and_product_and_give_back_what_is_taken(some, more):
    both = add(more, to=add(some))
    assert_is(both, [*some, *more])
    left = add(more, -1, both)
    assert_is(left, some)
    assert left.columns == add(some).columns
    assert CellSums.unpack(*left.pack()).columns == left.columns


@given(cases, cases)
def test_cells_of_different_columns_add_up_by_group(some, more):
    n, sums, products = sum_cells(
        [(1, *add(some).pack()), (0, *add(more).pack()), (1, *add(more).pack())], 2, ALL
    )
    for group, own in ((0, more), (1, [*some, *more])):
        expected = by_hand(own)
        assert n[group] == len(own)
        np.testing.assert_allclose(sums[group], expected[0, 1:], atol=1e-9)
        np.testing.assert_allclose(products[group], expected[1:, 1:], rtol=1e-12, atol=1e-9)


@given(cases)
def test_only_the_columns_asked_for_are_added_up(some):
    wanted = ("end", "sex=male", "nobody=knows")
    n, sums, products = sum_cells([(0, *add(some).pack())], 1, wanted)
    expected = by_hand(some)
    place = [ALL.index("end") + 1, ALL.index("sex=male") + 1]
    np.testing.assert_allclose(sums[0, :2], expected[0, place], atol=1e-9)
    np.testing.assert_allclose(products[0, :2, :2], expected[np.ix_(place, place)], atol=1e-9)
    assert not products[0, 2].any()
    assert n == len(some)


def test_no_cell_is_no_sum():
    n, sums, products = sum_cells([], 2, ALL)
    assert (n.shape, sums.shape, products.shape) == ((2,), (2, 9), (2, 9, 9))
    assert not products.any()


days = st.none() | st.dates(date(2023, 11, 1), date(2025, 2, 28))


@given(days, days)
def test_every_day_of_a_period_is_in_a_whole_month_or_among_the_rest_once(start, until):
    if start is not None and until is not None and until < start:
        start, until = until, start
    period = split_period(start, until)
    for n in range(0, 600, 3):
        day = date(2023, 9, 15) + timedelta(days=n)
        inside = (start is None or start <= day) and (until is None or day <= until)
        low, high = period.months or (1, 0)
        places = [low <= month_of(day) <= high]
        places += [(a is None or a <= day) and (b is None or day <= b) for a, b in period.days]
        assert sum(places) == inside
    assert len(period.days) <= 2
    for a, b in period.days:
        assert a is not None and b is not None and month_of(a) == month_of(b)


def test_a_whole_month_and_an_open_period_leave_no_days():
    assert split_period(date(2024, 2, 1), date(2024, 2, 29)).months == (202402, 202402)
    assert split_period(None, None).days == ()
    assert split_period(date(2024, 12, 31), date(2025, 1, 1)).months is None
    assert split_period(date.min, date.max).days == ()
