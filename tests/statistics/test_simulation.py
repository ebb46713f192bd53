"""Simulations add up right, whoever computes them, and draw from the county that the demo is made of."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from evalplat.demo import truth
from evalplat.errors import InputRejected
from evalplat.parallel import IN_PROCESS, open_runner
from evalplat.statistics.proof.simulate_funnel import Null, raise_alarms
from evalplat.statistics.proof.simulated_county import (
    DEMO_COUNTY,
    County,
    SimulatedProvider,
    draw_county,
)
from evalplat.statistics.proof.simulation import Figure, simulate

SEED = 11


def draw_two(part):
    """Normal values shifted by the scenario, and 0 or 1 with gaps."""
    rng = np.random.default_rng(part.seed)
    values = part.scenario + rng.normal(size=part.replications)
    holds = (rng.random(part.replications) < 0.9).astype(float)
    holds[values < part.scenario - 1] = np.nan
    return np.column_stack([values, holds])


def run(draw=draw_two, **changes):
    return simulate(
        draw,
        **{"scenarios": 2, "replications": 130, "per_part": 50, "seed": SEED, "runner": IN_PROCESS}
        | changes,
    )


def test_tallies_are_the_means_and_errors_of_all_replications_together():
    kept = []

    def remember(part):
        kept.append((part.scenario, draw_two(part)))
        return kept[-1][1]

    for scenario, tally in enumerate(run(remember)):
        values = np.concatenate([found for place, found in kept if place == scenario])
        assert len(values) == 130
        assert tally.n.tolist() == [130, np.isfinite(values[:, 1]).sum()]
        np.testing.assert_allclose(tally.mean, np.nanmean(values, axis=0), rtol=1e-12)
        np.testing.assert_allclose(
            tally.error, stats.sem(values, axis=0, nan_policy="omit"), rtol=1e-12
        )


def test_the_same_seed_gives_the_same_figures_in_two_processes():
    draw = partial(raise_alarms, [Null(20, 0.5), Null(40, 0.0)])
    here = run(draw)
    with open_runner(workers=2) as runner:
        there = run(draw, runner=runner)
    for one, other in zip(here, there, strict=True):
        assert one.mean.tolist() == other.mean.tolist()
        assert one.error.tolist() == other.error.tolist()
    assert run(draw, seed=SEED + 1)[0].mean.tolist() != here[0].mean.tolist()


def test_a_share_of_all_replications_still_has_an_error():
    tally = run(lambda part: np.ones((part.replications, 1)))[0]
    value, error, n = tally.figure(0, trials=1)
    assert (value, n) == (1.0, 130)
    assert error > 0
    assert tally.figure(0)[1] == 0


def test_a_figure_that_never_exists_is_none():
    tally = run(lambda part: np.full((part.replications, 1), np.nan))[0]
    assert tally.figure(0) == (None, None, 0)


def test_one_replication_is_refused():
    with pytest.raises(InputRejected):
        run(replications=1)


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [
        (0.95, 0.01, "holds"),
        (0.93, 0.0, "holds"),
        (0.92, 0.01, "within error"),
        (0.98, 0.004, "within error"),
        (0.92, 0.003, "fails"),
        (0.98, 0.003, "fails"),
        (None, None, "fails"),
    ],
)
def test_a_requirement_fails_only_beyond_three_errors(value, error, verdict):
    figure = Figure("coverage", "x", "n = 10", value, error, 100, least=0.93, most=0.97)
    assert figure.verdict == verdict


def test_a_figure_without_a_requirement_is_only_shown():
    assert Figure("power", "x", "y", 0.1, 0.01, 100).verdict == "–"


def test_the_county_is_the_demos():
    county = DEMO_COUNTY
    assert [(p.episodes, p.effect, p.case_mix, p.loss) for p in county.providers] == [
        (p.episodes, p.effect, p.case_mix, p.loss) for p in truth.PROVIDERS
    ]
    assert {
        name: getattr(county, name)
        for name in (
            "mean_baseline", "sd_baseline", "mean_improvement", "sd_improvement",
            "improvement_per_baseline_point", "alone_effect", "age_effect_per_decade",
            "loss_intercept", "loss_per_baseline_point",
        )
    } == {
        "mean_baseline": truth.MEAN_BASELINE,
        "sd_baseline": truth.SD_BASELINE,
        "mean_improvement": truth.MEAN_IMPROVEMENT,
        "sd_improvement": truth.SD_IMPROVEMENT,
        "improvement_per_baseline_point": truth.IMPROVEMENT_PER_BASELINE_POINT,
        "alone_effect": truth.LIVES_ALONE_EFFECT,
        "age_effect_per_decade": truth.AGE_EFFECT_PER_DECADE,
        "loss_intercept": truth.LOSS_INTERCEPT,
        "loss_per_baseline_point": truth.LOSS_PER_BASELINE_POINT,
    }  # fmt: skip


def test_clients_are_as_the_model_says():
    providers = (
        SimulatedProvider(20_000, effect=5.0, loss=None),
        SimulatedProvider(20_000, case_mix=-4.0),
    )
    drawn = draw_county(np.random.default_rng(1), County(providers))
    first = drawn.provider == 0
    assert drawn.baseline[first].mean() == pytest.approx(46, abs=0.5)
    assert drawn.baseline[first].std() == pytest.approx(np.hypot(13, 5.8), abs=0.4)
    assert drawn.improvement[first].mean() == pytest.approx(7 + 5 - 2 * 0.55, abs=0.5)
    assert drawn.baseline[~first].mean() == pytest.approx(42, abs=0.5)
    assert drawn.improvement[~first].mean() == pytest.approx(7 - 4 * 0.22 - 2 * 0.55, abs=0.5)
    assert not drawn.lost[first].any()
    assert drawn.lost[~first].mean() == pytest.approx(1 / (1 + np.exp(0.7 + 0.12)), abs=0.02)
    assert np.all((drawn.end >= 0) & (drawn.end <= 100) & (drawn.end == np.rint(drawn.end)))


def test_a_frame_knows_no_end_of_the_lost():
    drawn = draw_county(np.random.default_rng(2))
    frame = drawn.to_frame()
    assert frame["end"].isna().tolist() == drawn.lost.tolist()
    assert frame["episode"].is_unique
    assert frame["provider"].nunique() == len(DEMO_COUNTY.providers)


def test_the_spread_of_effects_is_drawn_anew_for_each_county():
    alike = County(tuple(SimulatedProvider(2) for _ in range(4000)), spread=2.0)
    rng = np.random.default_rng(3)
    one, other = draw_county(rng, alike).effect, draw_county(rng, alike).effect
    assert one.std() == pytest.approx(2.0, abs=0.1)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
