"""How wrong are complete cases where some never come back, and does weighting mend it?

Whole counties with the demo's missingness are drawn with the ends of the lost known. The error of a method is its mean
improvement less that of everybody who started, in the same county; the figure is the mean error over counties (bias),
overall, and for the providers the root mean square of their biases. Methods: complete cases; inverse probability
weighting (`weighting.weigh`); regression imputation (`imputation.impute_changes`).

Three worlds: nobody's loss depends on anything; the demo's, where it depends on how the client truly was at first (of
which the measured baseline tells only a part) and on the provider; and one where it also depends on how it went, which
no method can see in the data.

Required of weighting and imputation in the first two: at most 0.25 points of overall bias, 1/30 of the SD of change.
Reference: Little and Rubin 2002. Checked against a world with an error-free baseline, where both must be unbiased.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.missing.cohort import Cohort
from evalplat.statistics.missing.imputation import impute_changes
from evalplat.statistics.missing.weighting import weigh
from evalplat.statistics.moments import Floats
from evalplat.statistics.proof.simulated_county import DEMO_COUNTY, County, Drawn, draw_county
from evalplat.statistics.proof.simulation import Figure, Part, Tally, simulate

TOPIC = "attrition"
MOST_BIAS = 0.25
METHODS = ("complete cases", "weighting (IPW)", "regression imputation")
MENDING = METHODS[1:]
COUNTIES_PER_PART = 20
REPLICATIONS_PER_COUNTY = 5
SHOWN_FROM = 30
"""Biases of providers are told for those with so many episodes: the others are not shown either."""


def list_worlds() -> tuple[tuple[str, County], ...]:
    """What the loss depends on: nothing, the baseline and the provider, and also the outcome."""
    alike = tuple(replace(one, loss=0.0) for one in DEMO_COUNTY.providers)
    return (
        ("lost at random", replace(DEMO_COUNTY, providers=alike, loss_per_baseline_point=0.0)),
        ("lost as in the demo", DEMO_COUNTY),
        ("lost by how it went", replace(DEMO_COUNTY, loss_per_point_gained=-0.05)),
    )


def simulate_attrition(
    *, replications: int, seed: int, runner: Runner = IN_PROCESS
) -> tuple[Figure, ...]:
    """Bias of every method in every world, in points of improvement."""
    worlds = list_worlds()
    tallies = simulate(
        partial(find_errors, worlds),
        scenarios=len(worlds),
        replications=max(2, replications // REPLICATIONS_PER_COUNTY),
        per_part=COUNTIES_PER_PART,
        seed=seed,
        runner=runner,
    )
    figures: list[Figure] = []
    for place, ((name, county), tally) in enumerate(zip(worlds, tallies, strict=True)):
        for method in METHODS:
            required = MOST_BIAS if method in MENDING and place < 2 else None
            figures.append(_overall(method, name, tally, required))
        figures += [_providers(method, name, county, tally) for method in METHODS]
    return tuple(figures)


def _overall(method: str, world: str, tally: Tally, required: float | None) -> Figure:
    value, error, n = tally.figure(METHODS.index(method))
    return Figure(
        TOPIC,
        f"bias of {method}",
        world,
        value,
        error,
        n,
        least=None if required is None else -required,
        most=required,
    )


def _providers(method: str, world: str, county: County, tally: Tally) -> Figure:
    """Root mean square of the providers' biases, less what Monte Carlo error adds to it."""
    shown = [place for place, one in enumerate(county.providers) if one.episodes >= SHOWN_FROM]
    start = len(METHODS) + METHODS.index(method) * len(county.providers)
    places = [start + place for place in shown]
    square = float(np.mean(tally.mean[places] ** 2 - tally.error[places] ** 2))
    value = float(np.sqrt(max(square, 0.0)))
    error = float(np.sqrt(np.sum((tally.mean[places] * tally.error[places]) ** 2)))
    error = error / (len(places) * value) if value > 0 else float(np.mean(tally.error[places]))
    return Figure(
        TOPIC, f"providers' bias (RMS), {method}", world, value, error, int(tally.n[places].min())
    )


def find_errors(worlds: tuple[tuple[str, County], ...], part: Part) -> Floats:
    """Per county: each method's error overall, then each method's error for every provider (nan: no figure)."""
    county = worlds[part.scenario][1]
    rng = np.random.default_rng(part.seed)
    return np.array([_find_errors(draw_county(rng, county)) for _ in range(part.replications)])


def _find_errors(drawn: Drawn) -> Floats:
    cohort = to_cohort(drawn)
    gains = -cohort.change
    truth = np.append(np.mean(drawn.improvement), _mean_by(drawn, drawn.improvement, None))
    weighted = weigh(cohort)
    imputed = impute_changes(cohort)
    found = [
        np.append(np.nanmean(gains), _mean_by(drawn, gains, ~drawn.lost)),
        np.array([_turn(one.value) for one in (weighted.overall, *weighted.providers)]),
        np.array([_turn(one.value) for one in (imputed.overall, *imputed.providers)]),
    ]
    errors = [values - truth for values in found]
    return np.concatenate([[one[0] for one in errors], *(one[1:] for one in errors)])


def to_cohort(drawn: Drawn) -> Cohort:
    """What an analysis of attrition is given: the lost without an end."""
    size = len(drawn.names)
    return Cohort(
        providers=drawn.names,
        n_started=np.bincount(drawn.provider, minlength=size).astype(np.int64),
        group=drawn.provider,
        baseline=drawn.baseline,
        end=np.where(drawn.lost, np.nan, drawn.end),
        covariates={"age": drawn.age, "alone": drawn.alone},
    )


def _mean_by(drawn: Drawn, values: Floats, of: object) -> Floats:
    rows = slice(None) if of is None else np.flatnonzero(np.asarray(of))
    size = len(drawn.names)
    count = np.bincount(drawn.provider[rows], minlength=size)
    sums = np.bincount(drawn.provider[rows], weights=values[rows], minlength=size)
    means: Floats = np.divide(sums, count, out=np.full(size, np.nan), where=count > 0)
    return means


def _turn(change: float | None) -> float:
    """An improvement from a change of a score on which lower is better."""
    return np.nan if change is None else -change
