"""Does the funnel cry wolf, and does it see the wolf? False alarms under the null with over-dispersion, and power.

False alarms: J providers of 10 to 400 pairs (evenly on a logarithmic scale), true effects N(0, tau^2) that belong to
the ordinary spread, estimates N(effect, sigma^2 / n) about their weighted mean; spread and limits as for verdicts
(`robust_spread`). tau is given through the rankability tau^2 / (tau^2 + median s^2) that it amounts to. The figure is
the share of providers beyond the 99.8 % limits; nominally 0.2 %, required at most 0.4 %. The over-dispersed limits of
the reference (`funnel`) stand beside them without a requirement.

Power: whole counties with the demo's three different providers through `comparison.compare`, the verdicts counted; once
with the demo's own sizes, once with every different provider at 60 pairs. Required: each found in at least 80 %.

Reference: Spiegelhalter 2005, Stat Med 24:1185. Checked against the nominal 0.2 % with the true tau in place of the
estimated one.
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.comparison import compare
from evalplat.statistics.funnel import Q998, measure_overdispersion
from evalplat.statistics.models.robust_spread import measure_verdict_spread
from evalplat.statistics.moments import Floats
from evalplat.statistics.proof.simulated_county import (
    DEMO_COUNTY,
    County,
    SimulatedProvider,
    draw_county,
)
from evalplat.statistics.proof.simulation import Figure, Part, Tally, simulate
from evalplat.statistics.verdicts import VerdictRule
from evalplat.vocabulary import Direction, Verdict

FALSE_ALARMS, POWER = "false alarms", "power"
REFERENCE = "Spiegelhalter's limits, for reference"
MOST_FALSE = 0.004
LEAST_POWER = 0.8
COUNTS = (10, 20, 40, 60)
RANKABILITIES = (0.0, 0.3, 0.5, 0.8)
SMALLEST, LARGEST = 10.0, 400.0
SIGMA = 11.0
JUDGED_FROM = VerdictRule().verdict_from
PER_PART = 500
COUNTIES_PER_PART = 20
REPLICATIONS_PER_COUNTY = 10
"""Whole counties take a hundred times as long, and power needs no more than a thousand of them."""


@dataclass(frozen=True, slots=True)
class Null:
    """Providers that differ by their ordinary spread alone."""

    providers: int
    rankability: float

    @property
    def se(self) -> Floats:
        """Standard errors of the providers' adjusted gains."""
        steps = np.linspace(np.log(SMALLEST), np.log(LARGEST), self.providers)
        return np.asarray(SIGMA / np.sqrt(np.rint(np.exp(steps))))

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Which of the providers have pairs enough for a verdict."""
        return np.asarray(self.se <= SIGMA / np.sqrt(JUDGED_FROM))

    @property
    def tau(self) -> float:
        """The spread of true effects."""
        odds = self.rankability / (1 - self.rankability)
        return float(np.sqrt(odds) * np.median(self.se))


def simulate_false_alarms(
    *, replications: int, seed: int, runner: Runner = IN_PROCESS
) -> tuple[Figure, ...]:
    """Share of ordinary providers beyond the 99.8 % limits that verdicts go by, and beyond the reference's."""
    nulls = [Null(*setting) for setting in product(COUNTS, RANKABILITIES)]
    tallies = simulate(
        partial(raise_alarms, nulls),
        scenarios=len(nulls),
        replications=replications,
        per_part=PER_PART,
        seed=seed,
        runner=runner,
    )
    figures = []
    for null, tally in zip(nulls, tallies, strict=True):
        setting = f"{null.providers} providers, rankability {null.rankability:.1f}"
        figures += [
            Figure(
                FALSE_ALARMS,
                "all providers",
                setting,
                *tally.figure(0, trials=null.providers),
                most=MOST_FALSE,
            ),
            Figure(
                FALSE_ALARMS,
                f"with {JUDGED_FROM} pairs or more",
                setting,
                *tally.figure(1, trials=int(null.judged.sum())),
                most=MOST_FALSE,
            ),
            _compare_tau(null, tally, 2, "tau² found", setting),
            Figure(
                FALSE_ALARMS,
                f"{REFERENCE}: all providers",
                setting,
                *tally.figure(3, trials=null.providers),
            ),
            _compare_tau(null, tally, 4, f"{REFERENCE}: tau² found", setting),
        ]
    return tuple(figures)


def _compare_tau(null: Null, tally: Tally, place: int, name: str, setting: str) -> Figure:
    """How much of the true spread the estimate finds, which explains the alarms."""
    mean, error, n = tally.figure(place)
    if null.tau == 0 or mean is None or error is None:
        return Figure(FALSE_ALARMS, name, setting, mean, error, n)
    true = null.tau**2
    return Figure(FALSE_ALARMS, f"{name}, of the true one", setting, mean / true, error / true, n)


def raise_alarms(nulls: list[Null], part: Part) -> Floats:
    """Per county: share of all providers beyond the limits, of those with a verdict, and the tau2 found.

    Then share and tau2 by the reference's limits.
    """
    null = nulls[part.scenario]
    rng = np.random.default_rng(part.seed)
    se = null.se
    shape = (part.replications, null.providers)
    gains = null.tau * rng.normal(size=shape) + se * rng.normal(size=shape)
    gains -= np.average(gains, axis=1, weights=se**-2)[:, None]
    found = []
    for difference in gains:
        spread = measure_verdict_spread(difference, se)
        beyond = np.abs(difference) > spread.q998 * np.sqrt(se**2 + spread.tau2)
        tau2 = measure_overdispersion(difference / se, se).tau2
        far = np.abs(difference) > Q998 * np.sqrt(se**2 + tau2)
        found.append((beyond.mean(), beyond[null.judged].mean(), spread.tau2, far.mean(), tau2))
    return np.array(found)


def list_counties(pairs: int = 60) -> tuple[tuple[str, County], ...]:
    """The demo county, and the same with every different provider at exactly so many pairs."""
    exact = tuple(
        replace(one, episodes=pairs, loss=None) if one.effect else one
        for one in DEMO_COUNTY.providers
    )
    return (
        ("the demo's sizes", DEMO_COUNTY),
        (f"{pairs} pairs each", replace(DEMO_COUNTY, providers=exact)),
        (
            f"{pairs} pairs each, others spread by 1 point",
            replace(DEMO_COUNTY, providers=exact, spread=1.0),
        ),
    )


def simulate_power(
    *, replications: int, seed: int, runner: Runner = IN_PROCESS
) -> tuple[Figure, ...]:
    """How often each of the demo's three different providers is found, and how often another is taken for one."""
    settings = list_counties()
    tallies = simulate(
        partial(find_different, settings),
        scenarios=len(settings),
        replications=max(2, replications // REPLICATIONS_PER_COUNTY),
        per_part=COUNTIES_PER_PART,
        seed=seed,
        runner=runner,
    )
    figures = []
    for (name, county), tally in zip(settings, tallies, strict=True):
        different = _find_different(county.providers)
        required = None if county.spread else LEAST_POWER
        figures += [
            Figure(
                POWER,
                f"found: true effect {county.providers[provider].effect:+g}".replace("-", "−"),
                name,
                *tally.figure(place, trials=1),
                least=required,
            )
            for place, provider in enumerate(different)
        ]
        figures.append(
            Figure(
                POWER,
                "false alarms beside them",
                name,
                *tally.figure(len(different), trials=_count_judged(county)),
                most=MOST_FALSE,
            )
        )
    return tuple(figures)


def _count_judged(county: County) -> int:
    """About how many ordinary providers have pairs enough for a verdict."""
    return sum(not one.effect and one.episodes >= 2 * JUDGED_FROM for one in county.providers)


def _find_different(providers: tuple[SimulatedProvider, ...]) -> list[int]:
    return [place for place, one in enumerate(providers) if one.effect]


def find_different(settings: tuple[tuple[str, County], ...], part: Part) -> Floats:
    """Per county: whether each different provider gets its verdict, and the share of others judged that get one."""
    county = settings[part.scenario][1]
    rng = np.random.default_rng(part.seed)
    return np.array([_judge_county(rng, county) for _ in range(part.replications)])


def _judge_county(rng: np.random.Generator, county: County) -> list[float]:
    result = compare(
        draw_county(rng, county).to_frame(),
        instrument="simulated",
        scale="score",
        direction=Direction.LOWER_BETTER,
        adjust=("baseline", "age", "alone"),
        disclosure=None,
    )
    found: list[float] = []
    others: list[bool] = []
    for row, provider in zip(result.rows, county.providers, strict=True):
        if provider.effect:
            right = Verdict.ABOVE if provider.effect > 0 else Verdict.BELOW
            found.append(float(row.verdict is right))
        elif row.verdict is not Verdict.TOO_FEW:
            others.append(row.verdict is not Verdict.AS_EXPECTED)
    return [*found, float(np.mean(others)) if others else np.nan]
