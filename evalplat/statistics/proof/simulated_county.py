"""A county to simulate: providers that differ in size, clients, loss and, where it is wanted, in effect.

Model, in points of a score from 0 to 100 on which lower is better: true baseline N(mean + case_mix, sd) within 8 … 92;
improvement = mean + effect + slope (baseline - mean baseline) + what living alone and age do + N(0, sd); a measured
score is the true one plus N(0, sd_measurement), rounded to whole points within 0 … 100; the end is lost with chance
logistic(intercept + loss + slope (true baseline - mean baseline)). The numbers are those of the demo county, whose
providers and effects are written down in `evalplat.demo.truth`; a test holds the two together.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evalplat.statistics.moments import Floats, Integers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class SimulatedProvider:
    """episodes: how many start. effect: true improvement beyond others'. case_mix: shift of the clients' baseline.

    loss: shift of the log-odds that the end is lost; None where nobody is.
    """

    episodes: int
    effect: float = 0.0
    case_mix: float = 0.0
    loss: float | None = 0.0


DEMO_PROVIDERS = tuple(
    SimulatedProvider(*row)
    for row in (
        (300, 11.0, 5.0, -0.2), (245, 0.0, 7.0, 0.1), (200, 0.0, -3.0, 0.0), (172, -11.0, -5.0, -0.3),
        (150, 0.0, 2.0, 0.4), (132, 11.0, -2.0, -0.2), (118, 0.0, -6.0, -0.3), (104, 0.0, 4.0, 0.5),
        (92, 0.0, -4.0, 0.0), (82, 0.0, 1.0, 0.2), (72, 0.0, 3.0, 0.0), (63, 0.0, 0.0, -0.4),
        (55, 0.0, -2.0, 0.3), (47, 0.0, 6.0, 0.2), (41, 0.0, -3.0, -0.1), (35, 0.0, 2.0, 0.0),
        (29, 0.0, -1.0, 0.1), (24, 0.0, 4.0, 0.0), (20, 0.0, 0.0, 0.3), (16, 0.0, -5.0, 0.0),
        (12, 0.0, 3.0, 0.0), (9, 0.0, 1.0, 0.0), (6, 0.0, 0.0, 0.0), (3, 0.0, 2.0, 0.0),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class County:
    """The constants of the model. spread: SD of true effects beyond those written down, drawn anew for each county.

    loss_per_point_gained: where the end is lost because of how it went (missing not at random), log-odds per point.
    skewed: improvements with a long tail (gamma of shape 2) instead of normal ones.
    """

    providers: tuple[SimulatedProvider, ...] = DEMO_PROVIDERS
    mean_baseline: float = 46.0
    sd_baseline: float = 13.0
    mean_improvement: float = 7.0
    sd_improvement: float = 6.5
    improvement_per_baseline_point: float = 0.22
    alone_effect: float = -2.0
    age_effect_per_decade: float = -0.8
    loss_intercept: float = -0.7
    loss_per_baseline_point: float = 0.03
    loss_per_point_gained: float = 0.0
    sd_measurement: float = 5.8
    spread: float = 0.0
    skewed: bool = False


DEMO_COUNTY = County()


@dataclass(frozen=True, slots=True)
class Drawn:
    """One made-up county: an element per started episode in each array. `end` is also known for the lost.

    effect: true effect per provider. expected: true mean improvement per provider of the county's average client.
    """

    provider: Integers
    baseline: Floats
    end: Floats
    lost: NDArray[np.bool_]
    age: Floats
    alone: Floats
    effect: Floats
    names: tuple[str, ...] = field(default=())

    @property
    def improvement(self) -> Floats:
        """Measured improvement of everybody, the lost included."""
        return self.baseline - self.end

    def to_frame(self) -> "pd.DataFrame":
        """What a county would know: one row per started episode, the lost without an end."""
        import pandas as pd

        return pd.DataFrame(
            {
                "provider": np.array(self.names)[self.provider],
                "episode": np.arange(len(self.provider)).astype(str),
                "baseline": self.baseline,
                "end": np.where(self.lost, np.nan, self.end),
                "age": self.age,
                "alone": self.alone,
            }
        )


def draw_county(rng: np.random.Generator, county: County = DEMO_COUNTY) -> Drawn:
    """One county's episodes."""
    sizes = [one.episodes for one in county.providers]
    provider = np.repeat(np.arange(len(sizes)), sizes)
    n = len(provider)
    effect = np.array([one.effect for one in county.providers])
    effect = effect + rng.normal(0, 1, len(sizes)) * county.spread
    case_mix = np.array([one.case_mix for one in county.providers])
    baseline = rng.normal(county.mean_baseline, county.sd_baseline, n) + case_mix[provider]
    baseline = np.clip(baseline, 8, 92)
    age = np.clip(np.trunc(rng.normal(39, 14, n)), 18, 79)
    alone = (rng.random(n) < 0.55).astype(float)
    noise = (rng.gamma(2.0, size=n) - 2) / np.sqrt(2) if county.skewed else rng.normal(size=n)
    improvement = (
        county.mean_improvement
        + effect[provider]
        + county.improvement_per_baseline_point * (baseline - county.mean_baseline)
        + county.alone_effect * alone
        + county.age_effect_per_decade * (age - 40) / 10
        + county.sd_improvement * noise
    )
    return Drawn(
        provider=provider,
        baseline=_measure(rng, baseline, county),
        end=_measure(rng, baseline - improvement, county),
        lost=_lose(rng, county, provider, baseline, improvement),
        age=age,
        alone=alone,
        effect=effect,
        names=tuple(f"P{place:03d}" for place in range(len(sizes))),
    )


def _measure(rng: np.random.Generator, score: Floats, county: County) -> Floats:
    seen = score + county.sd_measurement * rng.normal(size=len(score))
    return np.clip(np.rint(seen), 0, 100)


def _lose(
    rng: np.random.Generator,
    county: County,
    provider: Integers,
    baseline: Floats,
    improvement: Floats,
) -> NDArray[np.bool_]:
    own = np.array([-np.inf if one.loss is None else one.loss for one in county.providers])
    logit = (
        county.loss_intercept
        + own[provider]
        + county.loss_per_baseline_point * (baseline - county.mean_baseline)
        + county.loss_per_point_gained * (improvement - county.mean_improvement)
    )
    with np.errstate(over="ignore"):
        return rng.random(len(provider)) < 1 / (1 + np.exp(-logit))
