"""Simulation as proof: many made-up data sets, what was found in them, and whether that meets what is required.

Formula: a figure is the mean of its values over replications, with the Monte Carlo standard error s / sqrt(R); for a
share it is at least that of independent trials at (x + 2) / (n + 4), so that a share of 0 or 1 has one too (Agresti and
Coull). A requirement fails when the figure lies outside it by more than three errors.

Reference: Morris, White and Crowther 2019, Stat Med 38:2074. Checked against scipy's mean and standard error.
Replications are dealt out in parts of fixed size, each with its own child of the seed: the same figures in one process,
in several, and on a cluster.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from evalplat.errors import InputRejected, Message
from evalplat.parallel import Runner
from evalplat.statistics.moments import Floats

ERRORS_ALLOWED = 3.0

HOLDS, WITHIN_ERROR, FAILS, SHOWN = "holds", "within error", "fails", "–"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside what is required of it: at least `least`, at most `most`; neither is for information.

    error: Monte Carlo standard error. replications: how many data sets it rests on. note: what a reader must know, such
    as why nothing is required.
    """

    topic: str
    name: str
    setting: str
    value: float | None
    error: float | None
    replications: int
    least: float | None = None
    most: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """holds, within error (outside by no more than chance explains), fails, or – without a requirement."""
        if self.least is None and self.most is None:
            return SHOWN
        if self.value is None or self.error is None:
            return FAILS
        below = 0.0 if self.least is None else max(0.0, self.least - self.value)
        above = 0.0 if self.most is None else max(0.0, self.value - self.most)
        outside = max(below, above)
        if outside == 0:
            return HOLDS
        return WITHIN_ERROR if outside <= ERRORS_ALLOWED * self.error else FAILS


@dataclass(frozen=True, slots=True)
class Part:
    """Some replications of one scenario, with their own seed."""

    scenario: int
    replications: int
    seed: np.random.SeedSequence


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts, means and standard errors of a scenario's figures, one element each; nan values are not counted."""

    n: Floats
    mean: Floats
    error: Floats

    def figure(self, place: int, *, trials: int = 0) -> tuple[float | None, float | None, int]:
        """Value, error and replications of the figure at `place`.

        trials: where each value is a share of so many trials (1: it is 0 or 1). The error is then at least that of as
        many independent trials, because a few shares that happen to be alike say nothing of their spread.
        """
        n, value, error = int(self.n[place]), float(self.mean[place]), float(self.error[place])
        if n < 2:
            return None, None, n
        if trials:
            of = n * trials
            middle = (value * of + 2) / (of + 4)
            error = max(error, float(np.sqrt(middle * (1 - middle) / (of + 4))))
        return value, error, n


def simulate(
    draw: Callable[[Part], Floats],
    *,
    scenarios: int,
    replications: int,
    per_part: int,
    seed: int,
    runner: Runner,
) -> list[Tally]:
    """One tally per scenario. `draw` gives (replications, figures) for a part, nan where a figure does not exist."""
    if replications < 2:
        raise InputRejected(
            Message("%(count)d replications say nothing; give 2 or more.", count=replications)
        )
    sizes = [min(per_part, replications - start) for start in range(0, replications, per_part)]
    seeds = np.random.SeedSequence(seed).spawn(scenarios * len(sizes))
    parts = [
        Part(place // len(sizes), sizes[place % len(sizes)], child)
        for place, child in enumerate(seeds)
    ]
    sums = runner.map(partial(_add_up, draw), parts)
    return [
        _tally([found for part, found in zip(parts, sums, strict=True) if part.scenario == k])
        for k in range(scenarios)
    ]


Sums = tuple[Floats, Floats, Floats]


def _add_up(draw: Callable[[Part], Floats], part: Part) -> Sums:
    """Counts, means and centred squares: all that has to travel back."""
    values = draw(part)
    known = np.isfinite(values)
    n = known.sum(axis=0).astype(float)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(n, 1)
    squares = (np.where(known, values - mean, 0.0) ** 2).sum(axis=0)
    return n, mean, squares


def _tally(parts: Sequence[Sums]) -> Tally:
    n, mean, squares = parts[0]
    for more_n, more_mean, more_squares in parts[1:]:
        whole = np.maximum(n + more_n, 1)
        step = more_mean - mean
        mean = mean + step * more_n / whole
        squares = squares + more_squares + step**2 * n * more_n / whole
        n = n + more_n
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(squares / (n - 1) / n)
    return Tally(n, mean, error)
