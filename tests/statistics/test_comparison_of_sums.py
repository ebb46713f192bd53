"""A comparison from sums is that from rows."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from same_comparison import check_same, said_by_both

from evalplat.errors import InputRejected, Message
from evalplat.statistics.cases import select_cases
from evalplat.statistics.comparison import compare
from evalplat.statistics.comparison_of_sums import Flow, compare_sums
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.results import Exclusion
from evalplat.statistics.sums import collect_sums
from evalplat.statistics.unknown_columns import describe_columns
from evalplat.vocabulary import Direction

OPTIONS = {"instrument": "i", "scale": "s", "direction": Direction.LOWER_BETTER}


def sum_up(frame, covariates, parts=1, reference=None):
    """Sums and flow of a table's complete cases over these covariates, added up from parts."""
    cases = select_cases(frame, covariates)
    columns = {"baseline": cases.baseline, "end": cases.end}
    for name, values in cases.covariates.items():
        if name != "baseline":
            columns |= describe_columns(name, np.asarray(values))
    about = dict.fromkeys(("baseline", "end", "age"), 40.0) if reference is None else reference
    total = None
    for part in np.array_split(np.arange(len(cases.end)), parts):
        sums = collect_sums(
            cases.group[part],
            cases.providers,
            {name: values[part] for name, values in columns.items()},
            about,
        )
        total = sums if total is None else total + sums
    started = dict(zip(cases.providers, cases.n_started.tolist(), strict=True))
    return total, Flow(started, cases.exclusions)


def both(frame, adjust, *, covariates=None, disclosure=None, parts=1, reference=None):
    rows = compare(frame, adjust=adjust, disclosure=disclosure, **OPTIONS)
    sums, flow = sum_up(frame, covariates or adjust, parts, reference)
    added = compare_sums(
        sums, flow, adjust=adjust, disclosure=disclosure, unit=rows.unit, **OPTIONS
    )
    return said_by_both(rows), added


@pytest.mark.parametrize("adjust", [("baseline", "iq", "ses"), ("baseline",), ("ses",), ()])
def test_the_schools_have_every_figure_from_sums(bdf, adjust):
    check_same(*both(bdf, adjust, covariates=("baseline", "iq", "ses"), parts=7))


@pytest.mark.parametrize("disclosure", [None, DisclosureRule()])
@pytest.mark.parametrize(
    "adjust", [("baseline", "age", "sex"), ("sex",), ("baseline", "sex", "town")]
)
def test_categories_have_every_figure_from_sums_released_and_not(make_episodes, adjust, disclosure):
    frame = make_episodes(
        (3, 40, 55, 12, 8, 61, 4, 30, 33, 70), effects=(0, 4, -3, 0, 0, 5, 0, 1, 0, -6), seed=4
    )
    frame["town"] = np.array(["Turku", "Salo", "Loimaa", "Somero"])[np.arange(len(frame)) % 4]
    frame.loc[frame.index % 9 == 0, "end"] = np.nan
    rows, added = both(
        frame,
        adjust,
        covariates=("baseline", "age", "sex", "town"),
        disclosure=disclosure,
        parts=3,
    )
    check_same(rows, added)
    assert rows.status == "ok" and rows.card.cells == added.card.cells
    assert disclosure is not None or len(rows.card.cells) > 1


scores = st.integers(0, 48).map(float)
ages = st.one_of(st.integers(18, 80).map(float), st.just(math.nan))
sexes = st.sampled_from(["a", "b", "c", "", "unknown"])
rows_of = st.lists(
    st.tuples(st.integers(0, 5), scores, scores, ages, sexes),
    min_size=12,
    max_size=70,
)


@settings(max_examples=30, deadline=None)
@given(
    rows_of, st.sampled_from([("baseline",), ("baseline", "age", "sex"), ("sex",), ("age",), ()])
)
def test_any_cases_have_every_figure_from_sums(rows, adjust):
    group, x, y, age, sex = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {
            "provider": [f"P{k}" for k in group],
            "episode": range(len(rows)),
            "baseline": x,
            "end": y,
            "age": np.array(age, dtype=float),
            "sex": sex,
        }
    )
    one, two = both(frame, adjust, covariates=("baseline", "age", "sex"), parts=2)
    # Where hardly anything is left to estimate, both are right and neither is exact.
    assume(one.status != "ok" or one.sigma > 0.3)
    assume(one.card.fixed_effects.status == two.card.fixed_effects.status)
    check_same(one, two, tolerance=1e-9)


def test_reference_values_make_no_difference(make_episodes):
    frame = make_episodes((30, 40, 50), effects=(3, 0, -2))
    for reference in ({}, {"baseline": 50.0, "end": 50.0, "age": 49.0}, {"end": -200.0}):
        check_same(*both(frame, ("baseline", "age"), reference=reference))


def test_poor_sums_have_the_status_that_poor_rows_have():
    noise = np.random.default_rng(0).normal(size=(2, 40))
    two = ["a"] * 20 + ["b"] * 20
    cases = {
        "no_pairs": (two, [np.nan] * 40, [np.nan] * 40),
        "no_variation": (two, [5.0] * 40, [5.0] * 40),
        "one_provider": (["a"] * 40, *noise),
        "too_few_pairs": (["a"], [1.0], [2.0]),
        "ok": (two, [5.0] * 40, [1.0] * 20 + [2.0] * 20),
    }
    for status, (provider, baseline, end) in cases.items():
        frame = pd.DataFrame(
            {"provider": provider, "episode": range(len(end)), "baseline": baseline, "end": end}
        )
        for adjust in (("baseline",), ()):
            one, other = both(frame, adjust, reference={})
            assert (one.status, other.status) == (status, status)
            check_same(one, other)


def test_a_constant_change_is_no_variation_from_sums_too():
    baseline = 0.1 * np.arange(40)
    frame = pd.DataFrame(
        {
            "provider": ["a", "b"] * 20,
            "episode": range(40),
            "baseline": baseline,
            "end": baseline + 0.3,
        }
    )
    for adjust in (("baseline",), ()):
        assert both(frame, adjust)[1].status == "no_variation"


def test_constant_and_collinear_covariates_are_left_out_with_the_same_warning(make_episodes):
    frame = make_episodes((30, 40))
    frame["twice"], frame["same"], frame["town"] = 2 * frame["age"] + 1, 3.0, "Turku"
    one, two = both(frame, ("baseline", "age", "twice", "same", "town"))
    assert one.adjusted_for == two.adjusted_for == ("baseline", "age")
    assert [str(w) for w in one.warnings] == [str(w) for w in two.warnings]


def test_a_thousand_providers_with_one_client_each_are_compared():
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "provider": [f"p{k:04d}" for k in range(1000)],
            "episode": range(1000),
            "baseline": random.integers(0, 40, 1000).astype(float),
            "end": random.integers(0, 40, 1000).astype(float),
        }
    )
    check_same(*both(frame, ("baseline",)))


def test_levels_that_nobody_has_do_not_matter_and_the_first_present_is_the_reference(
    make_episodes,
):
    frame = make_episodes((30, 40))
    sums, flow = sum_up(frame, ("baseline", "sex"))
    chosen = sums.choose(sums.providers)
    none = collect_sums(
        np.zeros(0, dtype=np.int64),
        ("P000",),
        {name: np.zeros(0) for name in (*sums.columns, "sex=a", "sex=unknown")},
        {},
    )
    found = compare_sums(
        chosen + none, flow, adjust=("baseline", "sex"), disclosure=None, **OPTIONS
    )
    assert [name for name, _ in found.coefficients] == ["intercept", "baseline", "sex=woman"]


def test_what_the_sums_lack_is_named(make_episodes):
    sums, flow = sum_up(make_episodes((30, 40)), ("baseline", "sex"))
    with pytest.raises(InputRejected) as raised:
        compare_sums(sums, flow, adjust=("age", "end", "sex"), disclosure=None, **OPTIONS)
    assert [fault.where for fault in raised.value.faults] == ["age", "end"]
    with pytest.raises(InputRejected, match="end"):
        lacking = sums.choose_columns(("baseline",))
        compare_sums(lacking, flow, disclosure=None, **OPTIONS)


def test_a_derivable_provider_cannot_be_taken_out_of_pooled_sums(make_episodes):
    sums, flow = sum_up(make_episodes((3, 40, 50)), ("baseline",))
    released = compare_sums(sums, flow, disclosure=DisclosureRule(), **OPTIONS)
    assert released.n_pairs == 90 and released.rows[0].withheld
    with pytest.raises(InputRejected, match="pooled"):
        compare_sums(sums.pool(), flow, disclosure=DisclosureRule(), **OPTIONS)


def test_chosen_providers_are_compared_as_their_rows_are(make_episodes):
    frame = make_episodes((30, 40, 50, 60), effects=(3, 0, -2, 1))
    sums, flow = sum_up(frame, ("baseline", "age"))
    some = ("P001", "P003")
    started = {name: flow.n_started[name] for name in some}
    found = compare_sums(
        sums.choose(some), Flow(started), adjust=("baseline", "age"), disclosure=None, **OPTIONS
    )
    rows = compare(
        frame[frame["provider"].isin(some)],
        adjust=("baseline", "age"),
        disclosure=None,
        **OPTIONS,
    )
    check_same(dataclasses.replace(said_by_both(rows), unit=None), found)


def test_a_provider_without_pairs_appears_from_the_flow_alone(make_episodes):
    sums, flow = sum_up(make_episodes((30, 40)), ("baseline",))
    more = flow + Flow({"P999": 7}, (Exclusion(Message("No end measurement"), 7),))
    found = compare_sums(sums, more, disclosure=None, **OPTIONS)
    assert (found.rows[-1].provider, found.rows[-1].n_started, found.rows[-1].n) == ("P999", 7, 0)
    assert found.n_started == 77 and found.exclusions[0].count == 7


def test_a_withheld_number_started_stays_withheld_and_hides_nothing_else(make_episodes):
    sums, flow = sum_up(make_episodes((30, 40)), ("baseline",))
    known = Flow({**flow.n_started, "P000": None}) + Flow({}, (Exclusion(Message("x"), None),))
    found = compare_sums(sums, known, disclosure=DisclosureRule(), **OPTIONS)
    assert found.n_started is None and found.n_pairs == 70
    assert (found.rows[0].n_started, found.rows[0].n, found.rows[0].withheld) == (None, 30, False)
    assert math.isfinite(found.rows[0].adjusted_gain)
