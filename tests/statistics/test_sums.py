"""Sums per provider add up, however the cases are split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import InputRejected
from evalplat.statistics.sums import PairSums, collect_sums, find_levels

scores = st.integers(-400, 400).map(lambda k: k / 4)
cases = st.lists(st.tuples(st.integers(0, 3), scores, scores, st.booleans()), max_size=40)
NAMES = ("a", "b", "c", "d")


def collect(rows, providers=NAMES, reference=(0.0, 0.0)) -> PairSums:
    group = np.array([row[0] for row in rows], dtype=np.int64)
    own = {name: place for place, name in enumerate(providers)}
    codes = np.array([own[NAMES[k]] for k in group], dtype=np.int64)
    sex = np.array([row[3] for row in rows], dtype=bool)
    columns = {
        "baseline": np.array([row[1] for row in rows]),
        "end": np.array([row[2] for row in rows]),
        "sex=female": sex.astype(float),
        "sex=male": (~sex).astype(float),
    }
    return collect_sums(codes, providers, columns, {"baseline": reference[0], "end": reference[1]})


def check_same(found, expected) -> None:
    assert (found.providers, found.columns) == (expected.providers, expected.columns)
    for name in ("reference", "n", "sums", "products"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=1e-12, atol=1e-8, err_msg=name
        )


@given(cases, st.integers(0, 40))
def test_the_sums_of_two_parts_add_up_to_those_of_the_whole(rows, cut):
    check_same(collect(rows[:cut]) + collect(rows[cut:]), collect(rows))
    pooled = collect(rows[:cut]).pool() + collect(rows[cut:]).pool()
    check_same(pooled, collect(rows).pool())


@given(cases, st.integers(0, 40), scores, scores)
def test_parts_about_another_reference_and_in_another_order_add_up_all_the_same(rows, cut, x, y):
    other = collect(rows[cut:], NAMES[::-1], (x, y))
    check_same(collect(rows[:cut]) + other, collect(rows))
    check_same(collect(rows[:cut]).pool() + other.pool(), collect(rows).pool())


def test_the_sums_are_what_a_loop_over_the_cases_finds():
    random = np.random.default_rng(1)
    codes, x, y = random.integers(0, 2, 9), random.normal(size=9), random.normal(size=9)
    found = collect_sums(codes, ("a", "b"), {"baseline": x, "end": y}, {"baseline": 0.5})
    for place in (0, 1):
        kept = [k for k in range(9) if codes[k] == place]
        assert found.n[place] == len(kept)
        assert found.sums[place][0] == pytest.approx(sum(x[k] - 0.5 for k in kept))
        assert found.products[place][0, 1] == pytest.approx(sum((x[k] - 0.5) * y[k] for k in kept))


def test_a_level_that_nobody_has_in_one_part_is_zero_there():
    codes, ones = np.zeros(3, dtype=np.int64), np.ones(3)
    few = collect_sums(codes, ("a",), {"end": 2 * ones, "sex=female": ones}, {})
    more = collect_sums(codes, ("b",), {"end": ones, "sex=female": 0 * ones, "sex=male": ones}, {})
    both = few + more
    assert both.columns == ("end", "sex=female", "sex=male")
    assert both.sums.tolist() == [[6, 3, 0], [3, 0, 3]]
    assert find_levels(both.columns, "sex") == ("sex=female", "sex=male")


def test_a_number_that_one_part_lacks_is_named():
    codes, ones = np.zeros(3, dtype=np.int64), np.ones(3)
    few = collect_sums(codes, ("a",), {"end": ones}, {})
    more = collect_sums(codes, ("a",), {"end": ones, "age": ones, "sex=male": ones}, {})
    for first, second in ((few, more), (more, few), (few.pool(), more.pool())):
        with pytest.raises(InputRejected) as raised:
            first + second
        assert [fault.where for fault in raised.value.faults] == ["age", "sex=male"]


def test_an_empty_part_fits_everything():
    nobody = collect_sums(np.zeros(0, dtype=np.int64), (), {}, {})
    some = collect([(0, 1.0, 2.0, True)])
    check_same(some + nobody, some)
    assert (nobody + some).providers == NAMES


def test_chosen_providers_and_columns_stand_in_the_order_asked_for():
    sums = collect([(0, 1.0, 2.0, True), (2, 5.0, 7.0, False)])
    chosen = sums.choose(("c", "x", "a")).choose_columns(("end", "baseline"))
    assert chosen.n.tolist() == [1, 0, 1]
    assert chosen.sums.tolist() == [[7, 5], [0, 0], [2, 1]]
    assert chosen.products[0].tolist() == [[49, 35], [35, 25]]
    with pytest.raises(InputRejected, match="age"):
        sums.choose_columns(("age",))


def test_missing_and_infinite_values_are_refused_by_column():
    with pytest.raises(InputRejected) as raised:
        collect_sums(
            np.zeros(2, dtype=np.int64),
            ("a",),
            {"end": np.array([1.0, np.nan]), "age": np.array([1.0, np.inf])},
            {},
        )
    assert [fault.where for fault in raised.value.faults] == ["end", "age"]
