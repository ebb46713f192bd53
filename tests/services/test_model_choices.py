"""A bent line of the baseline and a chosen population: what is refused, and that a choice gives nobody away."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evalplat.instruments.catalogue import load_catalogue
from evalplat.services.model_choices import FIXED, ModelChoice, expect_from, list_faults, make_rule
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.models.regression_to_mean import Population
from evalplat.vocabulary import Direction


@pytest.fixture(scope="module")
def scale():
    return load_catalogue().get("whodas-2.0-12").scale("sum_simple")


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(7)
    baseline = random.integers(5, 45, 300)
    return pd.DataFrame(
        {
            "provider": np.repeat([f"P{number}" for number in range(6)], 50),
            "episode": [str(number) for number in range(300)],
            "baseline": baseline.astype(float),
            "end": np.clip(baseline - random.integers(-4, 9, 300), 0, 48).astype(float),
        }
    )


def make(frame, population, **options):
    return compare(
        frame, instrument="whodas-2.0-12", scale="sum_simple", direction=Direction.LOWER_BETTER,
        disclosure=DisclosureRule(), population=population, **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "adjust", "where"),
    [
        (ModelChoice("cubes"), ("baseline",), ["spline"]),
        (ModelChoice("range"), ("age",), ["spline"]),
        (ModelChoice("", Population(480, 0.8)), ("baseline",), ["population_mean"]),
        (ModelChoice("range", Population(21.5, 0.8)), ("baseline",), []),
        (ModelChoice(), (), []),
    ],
)
def test_what_cannot_be_chosen_is_named(scale, choice, adjust, where):
    assert [fault.where for fault in list_faults(choice, scale, adjust)] == where


def test_a_bent_line_has_knots_within_the_scale(scale, frame):
    assert make_rule(ModelChoice(), scale) is None
    for name in ("range", "quantiles"):
        rule = make_rule(ModelChoice(name), scale)
        knots = make(frame, None, spline=rule).card.knots
        assert len(knots) == 4
        assert scale.minimum < knots[0] < knots[-1] < scale.maximum


def test_a_chosen_population_lets_expect_what_it_does_by_itself(frame):
    people = Population(20.0, 0.8)
    turned, usual = expect_from(people, make(frame, FIXED)), make(frame, people)
    assert turned.card.population == people
    assert turned.card.diagnostics.regression == pytest.approx(
        usual.card.diagnostics.regression, abs=0.2
    )
    for mine, other in zip(turned.rows, usual.rows, strict=True):
        assert mine.regression == pytest.approx(other.regression, abs=1e-9)
        assert replace(mine, regression=None) == replace(other, regression=None)


def test_trying_one_population_after_another_tells_no_more_than_the_first(frame):
    released = make(frame, FIXED)
    starts = {
        round(mean - expect_from(Population(mean, 0.0), released).card.diagnostics.regression, 9)
        for mean in np.linspace(0, 48, 200)
    }
    assert len(starts) == 1
    exact = frame["baseline"].mean()
    assert abs(starts.pop() - exact) > 1e-9
