"""Seeded bootstrap of any figure of cases: standard error, percentile interval and BCa interval, over parts.

Formula: B resamples of the n cases with replacement; percentile interval: the alpha/2 and 1 - alpha/2 quantiles of the
figure over the resamples; BCa: the quantiles Phi(z0 + (z0 + z) / (1 - a (z0 + z))) with z0 = Phi^-1(share of resamples
below the estimate, ties half) and a = sum u^3 / (6 (sum u^2)^1.5), u = mean of the leave-one-out figures minus each.

Reference: Efron 1987, JASA 82:171; Efron and Tibshirani 1993, chapters 13 and 14. Checked against scipy.stats.bootstrap
on the same resamples. scipy's own is not used, because it resamples in one process and one stream of random numbers:
here each part of 250 resamples has its own seed, so the interval does not depend on who computes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from evalplat.errors import InputRejected, Message
from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.moments import Floats

PER_PART = 250
CELLS_AT_ONCE = 2_000_000
MOST_WITHOUT_VALUE = 0.02

Statistic = Callable[[Floats], Floats]
"""Figures of many samples at once: (samples, n) or (samples, n, k) in, (samples,) out; nan where there is none."""


@dataclass(frozen=True, slots=True)
class BootstrapInterval:
    """A figure, its standard error and 95 % interval from resamples; None where they do not exist.

    status: "ok"; "too_few" (under two cases); "undefined" (the figure does not exist for these cases); "no_variation"
    (every resample gives the same figure, as with a perfect correlation: that says nothing of the uncertainty);
    "unstable" (too many resamples without a figure, or all on one side of the estimate).
    """

    estimate: float | None
    se: float | None
    low: float | None
    high: float | None
    resamples: int
    status: str = "ok"


def bootstrap(
    statistic: Statistic,
    cases: Floats,
    *,
    seed: int,
    resamples: int = 2000,
    method: str = "bca",
    confidence: float = 0.95,
    runner: Runner = IN_PROCESS,
) -> BootstrapInterval:
    """Interval of `statistic` over cases, which stand along the first axis: (n,) or (n, k).

    statistic: takes many samples at once (see `Statistic`), and stands at the top level of a module where the runner
    uses other processes; `one_by_one` makes one from a function of a single sample. method: "bca" or "percentile"; BCa
    needs the figure once more for every case left out, so choose "percentile" for tens of thousands of cases.
    """
    if method not in ("bca", "percentile") or resamples < 1 or not 0 < confidence < 1:
        raise InputRejected(
            Message(
                "A bootstrap needs the method bca or percentile, at least one resample and a confidence between 0 "
                "and 1."
            )
        )
    n = len(cases)
    if n < 2:
        return BootstrapInterval(None, None, None, None, 0, "too_few")
    estimate = float(statistic(cases[None])[0])
    if not np.isfinite(estimate):
        return BootstrapInterval(None, None, None, None, 0, "undefined")
    figures = _resample(statistic, cases, seed, resamples, runner)
    known = figures[np.isfinite(figures)]
    if len(known) < max(2, (1 - MOST_WITHOUT_VALUE) * resamples):
        return BootstrapInterval(estimate, None, None, None, resamples, "unstable")
    if np.ptp(known) <= 1e-12 * max(abs(estimate), 1e-300):
        return BootstrapInterval(estimate, None, None, None, resamples, "no_variation")
    tail = (1 - confidence) / 2
    levels: tuple[float, float] | None = (tail, 1 - tail)
    if method == "bca":
        left_out = _leave_out(statistic, cases, runner)
        levels = _correct_levels(estimate, known, left_out, tail)
    se = float(np.std(known, ddof=1))
    if levels is None:
        return BootstrapInterval(estimate, se, None, None, resamples, "unstable")
    low, high = np.quantile(known, levels)
    return BootstrapInterval(estimate, se, float(low), float(high), resamples)


def one_by_one(function: Callable[[Floats], float]) -> Statistic:
    """A `Statistic` from a function of a single sample."""
    return partial(_apply, function)


def _apply(function: Callable[[Floats], float], samples: Floats) -> Floats:
    return np.array([function(sample) for sample in samples], dtype=float)


def _resample(
    statistic: Statistic, cases: Floats, seed: int, resamples: int, runner: Runner
) -> Floats:
    counts = [min(PER_PART, resamples - start) for start in range(0, resamples, PER_PART)]
    seeds = np.random.SeedSequence(seed).spawn(len(counts))
    work = partial(_resample_part, statistic, cases)
    return np.concatenate(runner.map(work, list(zip(counts, seeds, strict=True))))


def _resample_part(
    statistic: Statistic, cases: Floats, part: tuple[int, np.random.SeedSequence]
) -> Floats:
    count, seed = part
    rng = np.random.default_rng(seed)
    n = len(cases)
    at_once = max(1, CELLS_AT_ONCE // cases.size)
    return np.concatenate(
        [
            statistic(cases[rng.integers(0, n, size=(min(at_once, count - start), n))])
            for start in range(0, count, at_once)
        ]
    )


def _leave_out(statistic: Statistic, cases: Floats, runner: Runner) -> Floats:
    """The figure without each case in turn."""
    blocks = [
        range(start, min(start + PER_PART, len(cases))) for start in range(0, len(cases), PER_PART)
    ]
    return np.concatenate(runner.map(partial(_leave_out_part, statistic, cases), blocks))


def _leave_out_part(statistic: Statistic, cases: Floats, block: range) -> Floats:
    at_once = max(1, CELLS_AT_ONCE // cases.size)
    others = np.arange(len(cases) - 1)
    figures = []
    for start in range(block.start, block.stop, at_once):
        left = np.arange(start, min(start + at_once, block.stop))
        figures.append(statistic(cases[others[None, :] + (others[None, :] >= left[:, None])]))
    return np.concatenate(figures)


def _correct_levels(
    estimate: float, figures: Floats, left_out: Floats, tail: float
) -> tuple[float, float] | None:
    """BCa's quantile levels; None where every resample lies on one side of the estimate, or they run away."""
    from scipy.special import ndtr, ndtri

    below = (np.mean(figures < estimate) + np.mean(figures <= estimate)) / 2
    if not 0 < below < 1 or not np.isfinite(left_out).all():
        return None
    bias = float(ndtri(below))
    u = np.mean(left_out) - left_out
    squares = float(np.sum(u**2))
    acceleration = float(np.sum(u**3)) / (6 * squares**1.5) if squares > 0 else 0.0
    levels = []
    for z in (float(ndtri(tail)), float(ndtri(1 - tail))):
        room = 1 - acceleration * (bias + z)
        if room <= 0:
            return None
        levels.append(float(ndtr(bias + (bias + z) / room)))
    return levels[0], levels[1]
