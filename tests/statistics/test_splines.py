"""The spline's columns are those of every natural cubic spline with the same knots."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicSpline

from evalplat.errors import InputRejected
from evalplat.statistics.comparison import compare
from evalplat.statistics.models.splines import SplineRule, bend, name_bends
from evalplat.vocabulary import Direction


@pytest.mark.parametrize("count", [3, 4, 5])
def test_any_natural_cubic_spline_is_a_line_plus_the_columns(count):
    random = np.random.default_rng(count)
    knots = tuple(np.sort(random.uniform(0, 30, count)))
    natural = CubicSpline(knots, random.normal(size=count), bc_type="natural")
    x = np.linspace(knots[0], knots[-1], 200)
    columns = np.column_stack([np.ones(200), x, *bend(x, knots)])
    assert columns.shape[1] == count
    found, *_ = np.linalg.lstsq(columns, natural(x), rcond=None)
    np.testing.assert_allclose(columns @ found, natural(x), atol=1e-9)


def test_the_columns_are_flat_below_the_first_knot_and_straight_above_the_last():
    knots = (2.0, 5.0, 7.0, 11.0)
    below, above = np.linspace(-5, 2, 9), np.linspace(11, 30, 9)
    for column in bend(below, knots):
        assert not column.any()
    for column in bend(above, knots):
        np.testing.assert_allclose(np.diff(column, 2), 0, atol=1e-9)


def test_a_spline_fits_as_patsy_s_does(make_episodes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import statsmodels.formula.api as smf
    frame = make_episodes((30, 45, 20), effects=(2, 0, -3), seed=2)
    frame["end"] = (frame["end"] - frame["baseline"] ** 2 / 80).round(1)
    rule = SplineRule(4)
    knots = rule.place(frame["baseline"].to_numpy())
    inner, ends = list(knots[1:-1]), (knots[0], knots[-1])
    slow = smf.ols(
        f"end ~ 0 + cr(baseline, knots={inner}, lower_bound={ends[0]}, upper_bound={ends[1]}) + age",
        frame[frame["baseline"].between(*ends)],
    ).fit()
    kept = frame[frame["baseline"].between(*ends)]
    columns = bend(kept["baseline"].to_numpy(), knots)
    own = np.column_stack([np.ones(len(kept)), kept["baseline"], *columns, kept["age"]])
    found, *_ = np.linalg.lstsq(own, kept["end"].to_numpy(), rcond=None)
    np.testing.assert_allclose(own @ found, slow.fittedvalues, atol=1e-7)


def test_a_comparison_with_a_spline_keeps_the_baseline_and_adds_its_bends(make_episodes):
    frame = make_episodes((60, 80, 70), effects=(2, 0, -3), seed=2)
    frame["end"] = np.minimum(frame["end"], 55.0)

    def run(**options):
        return compare(
            frame,
            instrument="i",
            scale="s",
            direction=Direction.HIGHER_BETTER,
            adjust=("baseline", "age"),
            disclosure=None,
            **options,
        )

    bent, straight = run(spline=SplineRule(4)), run()
    names = [name for name, _ in bent.coefficients]
    assert names == ["intercept", "baseline", *name_bends("baseline", 2), "age"]
    assert bent.adjusted_for == ("baseline", "age") and len(bent.card.knots) == 4
    assert bent.sigma < straight.sigma
    columns = bend(frame["baseline"].to_numpy(), bent.card.knots)
    x = np.column_stack([np.ones(len(frame)), frame["baseline"], *columns, frame["age"]])
    slow, *_ = np.linalg.lstsq(x, frame["end"].to_numpy(), rcond=None)
    assert [b for _, b in bent.coefficients] == pytest.approx(list(slow), rel=1e-6)


def test_a_straight_truth_gives_bends_that_mean_nothing(make_episodes):
    frame = make_episodes((400, 400))
    frame["end"] = 3 + 0.5 * frame["baseline"] + np.where(frame.index % 2, 1.0, -1.0)
    result = compare(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        disclosure=None,
        spline=SplineRule(5),
    )
    bends = [c for c in result.card.case_mix.coefficients if "bend" in c.name]
    assert len(bends) == 3 and all(abs(c.estimate) < 4 * c.se for c in bends)


def test_knots_stand_at_quantiles_or_at_shares_of_the_range():
    values = np.arange(101.0)
    assert SplineRule(3).place(values) == (10, 50, 90)
    assert SplineRule(4).place(values) == (5, 35, 65, 95)
    assert SplineRule(5, 0, 200).place(values) == pytest.approx((10, 55, 100, 145, 190))


def test_values_that_stand_at_few_points_give_fewer_knots_or_none():
    assert SplineRule(5).place(np.repeat([0.0, 1.0, 2.0], 10)) == (0, 1, 2)
    assert SplineRule(4).place(np.repeat([0.0, 1.0], 10)) == ()
    assert SplineRule(4).place(np.zeros(0)) == ()
    assert bend(np.arange(3.0), ()) == []


@pytest.mark.parametrize("rule", [SplineRule(2), SplineRule(9), SplineRule(4, 3, 3)])
def test_an_impossible_spline_is_refused(rule):
    with pytest.raises(InputRejected):
        rule.place(np.arange(10.0))
    with pytest.raises(InputRejected):
        SplineRule(4, low=1).place(np.arange(10.0))


def test_a_baseline_of_two_values_enters_straight_with_a_warning():
    frame = pd.DataFrame(
        {
            "provider": np.repeat(["a", "b"], 20),
            "episode": range(40),
            "baseline": np.tile([0.0, 1.0], 20),
            "end": np.random.default_rng(1).normal(size=40),
        }
    )
    result = compare(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        disclosure=None,
        spline=SplineRule(4),
    )
    assert [name for name, _ in result.coefficients] == ["intercept", "baseline"]
    assert any("too few different values" in str(warning) for warning in result.warnings)
