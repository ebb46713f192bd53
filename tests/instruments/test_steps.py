"""How far apart neighbouring scores lie, against scores of whole sheets drawn at random."""

import random
from dataclasses import replace

import numpy as np
import pytest

from evalplat.instruments.catalogue import load_catalogue
from evalplat.instruments.definition import Transform
from evalplat.instruments.steps import find_step
from evalplat.scoring.answers import check_answers
from evalplat.scoring.score import score

CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("instrument", "scale", "step"),
    [
        ("whodas-2.0-12", "sum_simple", 1),
        ("whodas-2.0-36", "cognition", 5),
        ("whodas-2.0-36", "total", 100 / 92),
        ("who-5", "total", 4),
        ("3x10d", "life", 1),
        ("worker-observation", "participation", 1),
        ("gas", "t", None),
    ],
)
def test_the_step_of_a_scale_follows_from_its_items(instrument, scale, step):
    definition = CATALOGUE.get(instrument)
    assert find_step(definition, definition.scale(scale)) == step


def draw_scores(definition, works, rng):
    raw = {item.code: rng.choice(item.values) for item in definition.items if item.options}
    raw |= {item.code: rng.randint(0, 10) for item in definition.items if item.number}
    raw |= {condition.code: int(works) for condition in definition.conditions}
    return {s.scale: s.value for s in score(definition, check_answers(definition, raw))}


@pytest.mark.parametrize("key", ["whodas-2.0-36", "whodas-2.0-12", "who-5", "3x10d"])
def test_scores_of_whole_sheets_lie_whole_steps_apart(key):
    definition, rng = CATALOGUE.get(key), random.Random(5)
    drawn = [draw_scores(definition, True, rng) for _ in range(300)]
    for scale in definition.scales:
        if len(scale.variants) > 1:
            continue
        values = np.unique([one[scale.key] for one in drawn if one[scale.key] is not None])
        steps = np.diff(values) / find_step(definition, scale)
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
        assert np.round(steps).min() == 1


def test_of_several_variants_the_widest_step_counts(load):
    definition = load()
    assert find_step(definition, definition.scale("total")) == 50


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"transform": Transform(multiply=-0.5, add=3)}, 0.5),
        ({"transform": Transform()}, 1),
        ({"transform": Transform(), "method": "mean"}, 1),
        ({"transform": Transform(), "method": "count_in"}, 1),
        ({"transform": Transform(lookup={0: 0, 1: 30, 2: 70, 3: 100})}, 30),
        ({"transform": Transform(), "method": "given"}, None),
    ],
)
def test_method_and_transform_decide_the_step(load, change, step):
    definition = load()
    assert find_step(definition, replace(definition.scale("total"), **change)) == step
