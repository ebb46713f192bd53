"""Do the 95 % intervals hold the truth in 95 of 100 cases? Mean change, d_av, d_z, adjusted gain and shares.

Pairs are drawn from distributions whose truth is known exactly: a bivariate normal, a long-tailed one (standardised
gammas of shape 2, skewness 1.4), a scale of five levels and a score that piles up at its best end (both from a table of
joint probabilities). Adjusted gains come from whole made-up counties through `comparison.compare`; the truth of a
provider is the clients' overall mean improvement plus its own effect less the clients' mean of the effects. Coverage of
shares is not simulated but summed over all counts (binomial), and averaged over true shares from 10 to 90 %.

Required: 93 to 97 % at n = 10, 30 and 100, but for d_z where changes have a long tail: its interval is exact for normal
changes and knows nothing of their skewness. d_av is the headline effect, and holds there.

Reference: Bonett 2008 and Brown, Cai and DasGupta 2001 for what coverage to expect of d_av and of shares. Checked
against exact coverage where there is some (normal data: mean change, d_z).
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np

from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.comparison import compare
from evalplat.statistics.moments import Floats, collect_moments
from evalplat.statistics.paired_effects import measure_effects
from evalplat.statistics.proof.simulated_county import County, SimulatedProvider, draw_county
from evalplat.statistics.proof.simulation import Figure, Part, simulate
from evalplat.statistics.shares.proportions import find_wilson
from evalplat.vocabulary import Direction

TOPIC = "coverage"
LEAST, MOST = 0.93, 0.97
SIZES = (10, 30, 100)
PER_PART = 500
COUNTIES_PER_PART = 20
REPLICATIONS_PER_COUNTY = 10
"""A county holds many intervals, so a tenth of the replications is enough of them."""

PER_SIZE = 8
"""Providers of each size in a county."""

NAMES = ("mean change", "d_av (Bonett)", "d_z (noncentral t)")
D_Z = 2
LONG_TAIL = (
    "The interval of d_z assumes normal changes. Where they have a long tail, nothing is required of it, and it covers"
    " less than it says; d_av is the headline effect."
)
SHARES = np.linspace(0.1, 0.9, 801)


@dataclass(frozen=True, slots=True)
class PairedScores:
    """A distribution of (baseline, end): `values` with their probabilities, or linear in normals or gammas.

    mean, sd: of baseline and end; r: their correlation; all exact.
    """

    name: str
    mean: tuple[float, float]
    sd: tuple[float, float]
    r: float
    skewed: bool = False
    values: Floats | None = None
    cumulated: Floats | None = None

    @property
    def truth(self) -> tuple[float, float, float]:
        """Mean change, d_av and d_z."""
        change = self.mean[1] - self.mean[0]
        x, y = self.sd
        spread = np.sqrt(x**2 + y**2 - 2 * self.r * x * y)
        return change, change / float(np.sqrt((x**2 + y**2) / 2)), change / float(spread)

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
        """So many pairs."""
        if self.values is not None and self.cumulated is not None:
            place = np.searchsorted(self.cumulated, rng.random(size), side="right")
            x, y = self.values[np.minimum(place, len(self.values) - 1)].T
            return x, y
        if self.skewed:
            a, b = (rng.gamma(2.0, size=(2, size)) - 2) / np.sqrt(2)
        else:
            a, b = rng.normal(size=(2, size))
        x = self.mean[0] + self.sd[0] * a
        y = self.mean[1] + self.sd[1] * (self.r * a + np.sqrt(1 - self.r**2) * b)
        return x, y


def list_scores() -> tuple[PairedScores, ...]:
    """The distributions that intervals are tried on."""
    return (
        PairedScores("normal", (46.0, 39.0), (14.0, 15.0), 0.6),
        PairedScores("long tail", (46.0, 39.0), (14.0, 15.0), 0.6, skewed=True),
        _tabulate("five levels", 4, (1.4, 2.2), (1.1, 1.1), 0.5),
        _tabulate("many at the best score", 36, (9.0, 3.0), (8.0, 8.0), 0.6),
    )


def _tabulate(
    name: str, top: int, middle: tuple[float, float], spread: tuple[float, float], r: float
) -> PairedScores:
    """Whole scores 0 … top with the shape of a bivariate normal cut off at both ends."""
    grid = np.arange(top + 1.0)
    values = np.array(list(product(grid, grid)))
    a, b = ((values - np.array(middle)) / np.array(spread)).T
    weight = np.exp(-(a**2 + b**2 - 2 * r * a * b) / (2 * (1 - r**2)))
    p = weight / weight.sum()
    mean = p @ values
    centred = values - mean
    sd = np.sqrt(p @ centred**2)
    correlation = float(p @ (centred[:, 0] * centred[:, 1]) / (sd[0] * sd[1]))
    return PairedScores(
        name=name,
        mean=(float(mean[0]), float(mean[1])),
        sd=(float(sd[0]), float(sd[1])),
        r=correlation,
        values=values,
        cumulated=np.cumsum(p),
    )


def simulate_coverage(
    *, replications: int, seed: int, runner: Runner = IN_PROCESS
) -> tuple[Figure, ...]:
    """Coverage of every kind of interval at n = 10, 30 and 100."""
    return (
        *simulate_pairs(replications, seed, runner),
        *simulate_adjusted(max(2, replications // REPLICATIONS_PER_COUNTY), seed + 1, runner),
        *find_share_coverage(),
    )


def simulate_pairs(replications: int, seed: int, runner: Runner) -> list[Figure]:
    """Coverage of the paired effects' intervals on every distribution of scores."""
    settings = list(product(list_scores(), SIZES))
    tallies = simulate(
        partial(cover_pairs, settings),
        scenarios=len(settings),
        replications=replications,
        per_part=PER_PART,
        seed=seed,
        runner=runner,
    )
    figures = []
    for place, name in enumerate(NAMES):
        for (scores, n), tally in zip(settings, tallies, strict=True):
            found = tally.figure(place, trials=1)
            figure = Figure(TOPIC, name, f"{scores.name}, n = {n}", *found, least=LEAST, most=MOST)
            if place == D_Z and scores.skewed:
                figure = replace(figure, least=None, most=None, note=LONG_TAIL)
            figures.append(figure)
    return figures


def cover_pairs(settings: list[tuple[PairedScores, int]], part: Part) -> Floats:
    """Whether each interval holds its truth: (replications, 3), nan where an interval does not exist."""
    scores, n = settings[part.scenario]
    rng = np.random.default_rng(part.seed)
    x, y = scores.draw(rng, part.replications * n)
    group = np.repeat(np.arange(part.replications), n)
    found = measure_effects(collect_moments(group, x, y, part.replications))
    change, d_av, d_z = scores.truth
    intervals = (
        (found.mean_change_low, change, found.mean_change_high),
        (found.d_av_low, d_av, found.d_av_high),
        (found.d_z_low, d_z, found.d_z_high),
    )
    return np.column_stack(
        [
            np.where(np.isnan(low), np.nan, (low <= truth) & (truth <= high))
            for low, truth, high in intervals
        ]
    )


def list_counties() -> tuple[tuple[str, County], ...]:
    """Counties with eight providers of each size, in which nobody is lost."""

    def make(*case_mix: float) -> tuple[SimulatedProvider, ...]:
        return tuple(
            SimulatedProvider(episodes=n, case_mix=shift, loss=None)
            for n in SIZES
            for shift in case_mix
        )

    alike = make(*(0.0,) * PER_SIZE)
    return (
        ("providers alike", County(alike)),
        ("providers differ", County(alike, spread=2.0)),
        ("providers differ, long tail", County(alike, spread=2.0, skewed=True)),
        ("clients differ by provider", County(make(-6, -4, -2, -1, 1, 2, 4, 6), spread=2.0)),
    )


def simulate_adjusted(counties: int, seed: int, runner: Runner) -> list[Figure]:
    """Coverage of the adjusted gain's interval in whole counties."""
    settings = list_counties()
    tallies = simulate(
        partial(cover_adjusted, settings),
        scenarios=len(settings),
        replications=counties,
        per_part=COUNTIES_PER_PART,
        seed=seed,
        runner=runner,
    )
    return [
        Figure(
            TOPIC,
            "adjusted gain",
            f"{name}, n = {n}",
            *tally.figure(place, trials=PER_SIZE),
            least=LEAST,
            most=MOST,
        )
        for (name, _), tally in zip(settings, tallies, strict=True)
        for place, n in enumerate(SIZES)
    ]


def cover_adjusted(settings: tuple[tuple[str, County], ...], part: Part) -> Floats:
    """The share of providers of each size whose interval holds their truth: (counties, sizes)."""
    county = settings[part.scenario][1]
    rng = np.random.default_rng(part.seed)
    return np.array([_cover_county(rng, county) for _ in range(part.replications)])


def _cover_county(rng: np.random.Generator, county: County) -> list[float]:
    drawn = draw_county(rng, county)
    result = compare(
        drawn.to_frame(),
        instrument="simulated",
        scale="score",
        direction=Direction.LOWER_BETTER,
        adjust=("baseline", "age", "alone"),
        disclosure=None,
    )
    overall = float(np.mean(drawn.improvement))
    truth = overall + drawn.effect - float(np.mean(drawn.effect[drawn.provider]))
    holds = [
        (row.n, row.low is not None and row.high is not None and row.low <= true <= row.high)
        for row, true in zip(result.improvements, truth, strict=True)
    ]
    return [float(np.mean([held for n, held in holds if n == size])) for size in SIZES]


def find_share_coverage() -> list[Figure]:
    """Exact coverage of Wilson's interval: its mean over true shares from 10 to 90 %, and its worst and best."""
    from scipy.stats import binom

    figures = []
    for n in SIZES:
        x = np.arange(n + 1)
        low, high = find_wilson(x, n)
        held = (low[:, None] <= SHARES) & (high[:, None] >= SHARES)
        coverage = np.sum(held * binom.pmf(x[:, None], n, SHARES), axis=0)
        setting = f"true shares 10 … 90 %, n = {n}"
        figures += [
            Figure(
                TOPIC,
                "share (Wilson), on average",
                setting,
                float(np.mean(coverage)),
                0.0,
                0,
                least=LEAST,
                most=MOST,
            ),
            Figure(TOPIC, "share (Wilson), worst", setting, float(np.min(coverage)), 0.0, 0),
            Figure(TOPIC, "share (Wilson), best", setting, float(np.max(coverage)), 0.0, 0),
        ]
    return figures
