"""A client of whom a covariate is not known stays in the comparison, and counts as what is known of the others lets."""

import math

import numpy as np
import pytest
from same_comparison import check_same, said_by_both

from evalplat.statistics.cases import MissingCovariates, select_cases
from evalplat.statistics.comparison import compare
from evalplat.statistics.comparison_of_sums import Flow, compare_sums
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.sums import PairSums, collect_sums
from evalplat.statistics.unknown_columns import describe_columns
from evalplat.vocabulary import Direction

ADJUST = ("baseline", "age", "sex")
COMPLETE = MissingCovariates.COMPLETE


@pytest.fixture
def frame(make_episodes):
    """Two hundred clients; the age is not known of 23, the sex of 17."""
    made = make_episodes((60, 40, 55, 45), effects=(2, 0, -3, 1), seed=6, missing=0.05)
    random = np.random.default_rng(2)
    made["sex"] = made["sex"].astype(object)
    made.loc[random.choice(200, 23, replace=False), "age"] = np.nan
    made.loc[random.choice(200, 17, replace=False), "sex"] = None
    return made


def run(frame, adjust=ADJUST, disclosure=None, **rest):
    return compare(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.LOWER_BETTER,
        adjust=adjust,
        disclosure=disclosure,
        **rest,
    )


def add_up(frame, adjust, parts=((0, 50.0), (1, 40.0))):
    """Sums of two parts of the clients, about references of their own."""
    cases, total = select_cases(frame, adjust), None
    for part, reference in parts:
        rows = np.flatnonzero(np.arange(len(cases.end)) % 2 == part)
        columns = {"baseline": cases.baseline[rows], "end": cases.end[rows]}
        for name in set(adjust) - {"baseline"}:
            columns |= describe_columns(name, np.asarray(cases.covariates[name][rows]))
        about = dict.fromkeys(("baseline", "end", "age"), reference)
        sums = collect_sums(cases.group[rows], cases.providers, columns, about)
        total = sums if total is None else total + sums
    started = dict(zip(cases.providers, cases.n_started.tolist(), strict=True))
    return total, Flow(started, cases.exclusions)


def by_hand(frame):
    """Least squares on columns that were made one by one: age at its mean and flagged, three sexes."""
    pairs = frame[frame["end"].notna()]
    known = pairs["age"].notna()
    columns = (
        np.ones(len(pairs)),
        pairs["baseline"],
        pairs["age"].fillna(pairs["age"].mean()),
        ~known,
        pairs["sex"] == "woman",
        pairs["sex"].isna(),
    )
    design = np.column_stack([np.asarray(column, dtype=float) for column in columns])
    slopes = np.linalg.lstsq(design, pairs["end"].to_numpy(), rcond=None)[0]
    residual = pairs["end"] - design @ slopes
    return slopes, residual.groupby(pairs["provider"]).mean()


def test_the_model_is_least_squares_with_a_term_for_not_being_known(frame):
    found = run(frame)
    slopes, difference = by_hand(frame)
    names = ["intercept", "baseline", "age", "age=unknown", "sex=woman", "sex=unknown"]
    assert [name for name, _ in found.coefficients] == names
    assert [value for _, value in found.coefficients] == pytest.approx(slopes, rel=1e-9)
    assert [row.observed_minus_expected for row in found.rows] == pytest.approx(
        difference.to_list(), abs=1e-9
    )
    assert found.n_pairs == frame["end"].notna().sum() and found.adjusted_for == ADJUST


@pytest.mark.parametrize("disclosure", [None, DisclosureRule()])
@pytest.mark.parametrize("adjust", [ADJUST, ("age",), ("baseline", "sex")])
def test_sums_of_two_parts_give_what_rows_give(frame, adjust, disclosure):
    rows = run(frame, adjust, disclosure)
    sums, flow = add_up(frame, adjust)
    added = compare_sums(
        sums,
        flow,
        instrument="i",
        scale="s",
        direction=Direction.LOWER_BETTER,
        adjust=adjust,
        disclosure=disclosure,
        unit=rows.unit,
    )
    check_same(said_by_both(rows), added)
    assert rows.card.cells == added.card.cells and rows.card.missing == added.card.missing != ()


def test_a_level_without_a_name_is_not_known_either(frame):
    sums, flow = add_up(frame, ADJUST)
    options = {"instrument": "i", "scale": "s", "direction": Direction.LOWER_BETTER}
    expected = compare_sums(sums, flow, adjust=ADJUST, disclosure=None, **options)
    columns = tuple("sex=" if name == "sex=unknown" else name for name in sums.columns)
    nameless = PairSums(sums.providers, columns, sums.reference, sums.n, sums.sums, sums.products)
    for parts in (nameless, nameless + sums.choose(())):
        check_same(expected, compare_sums(parts, flow, adjust=ADJUST, disclosure=None, **options))


def test_what_is_known_of_all_or_of_nobody_has_no_term(frame):
    whole = frame[frame["age"].notna() & frame["sex"].notna()]
    check_same(run(whole), run(whole, missing_covariates=COMPLETE))
    assert run(whole).card.missing == ()
    nobody = frame.assign(age=np.where(frame["end"].notna(), np.nan, 40.0))
    found = run(nobody, ("baseline", "age"))
    assert found.adjusted_for == ("baseline",) and found.card.missing == ()
    assert [str(w).split()[0] for w in found.warnings].count("age") == 1
    sums, flow = add_up(nobody, ("baseline", "age"))
    options = {"instrument": "i", "scale": "s", "direction": Direction.LOWER_BETTER}
    added = compare_sums(
        sums, flow, adjust=("baseline", "age"), disclosure=None, unit=found.unit, **options
    )
    check_same(said_by_both(found), added)


def test_complete_cases_are_those_of_whom_everything_is_known(frame):
    found = run(frame, missing_covariates=COMPLETE)
    whole = run(frame[frame["age"].notna() & frame["sex"].notna()])
    assert found.coefficients == whole.coefficients and found.card.missing == ()
    reasons = {str(item.reason): item.count for item in found.exclusions}
    assert reasons["Nothing known of a covariate: age"] > 15
    assert found.n_pairs + sum(reasons.values()) == len(frame)


def test_the_card_says_how_many_are_not_known_and_withholds_few(frame):
    exact = {item.name: item.count for item in run(frame).card.missing}
    pairs = frame[frame["end"].notna()]
    assert exact == {"age": pairs["age"].isna().sum(), "sex": pairs["sex"].isna().sum()}
    released = run(frame, disclosure=DisclosureRule())
    assert [item.count for item in released.card.missing] == [20, 15]
    frame["age"] = frame["age"].fillna(44)
    frame.loc[frame.index[:3], "age"] = np.nan
    few = run(frame, disclosure=DisclosureRule())
    assert [(item.name, item.count) for item in few.card.missing] == [("age", None), ("sex", 15)]
    names = [name for name, _ in few.coefficients]
    assert "age" in names and "age=unknown" not in names and "sex=unknown" in names


def test_a_slope_that_few_known_clients_determine_is_not_published(frame):
    pairs = frame.index[frame["end"].notna()]
    frame.loc[frame.index.difference(pairs[::25]), "age"] = np.nan
    found = run(frame, disclosure=DisclosureRule())
    names = [name for name, _ in found.coefficients]
    assert "age" not in names and "age=unknown" not in names and "intercept" not in names
    assert {item.name: item.count for item in found.card.missing}["age"] is not None
    frame.loc[frame.index.difference(pairs[::60]), "age"] = np.nan
    fewer = run(frame, disclosure=DisclosureRule())
    assert {item.name: item.count for item in fewer.card.missing}["age"] is None


def test_a_baseline_is_never_filled_in(frame):
    frame.loc[frame.index[:9], "baseline"] = np.nan
    found = run(frame)
    assert all(math.isfinite(row.gain) for row in found.rows)
    assert found.n_pairs == (frame["end"].notna() & frame["baseline"].notna()).sum()
    assert "baseline=unknown" not in dict(found.coefficients)
