"""How far a ranking of providers can be trusted, and expected ranks that carry the uncertainty.

Formula: rankability = tau2 / (tau2 + median(sigma2 / n_j)); expected rank ER_j = 1 + sum over k != j of
Phi((u_j - u_k) / sqrt(v_j + v_k)); PCER = 100 (ER - 0.5) / J. Higher is better: u must be turned beforehand.

The interval of a rank: its 2.5 % and 97.5 % quantiles over draws of every provider from N(u_j, v_j).

Reference: van Dishoeck et al. 2011, Stat Med 30:14; Lingsma et al. 2010; Goldstein and Spiegelhalter 1996 for rank
intervals. Checked against merTools::expectedRank, and the intervals against the exact distribution of the ranks.
"""

import numpy as np

from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.moments import Floats, Integers

BLOCK = 512
DRAWS = 10_000
PARTS = 8


def measure_rankability(tau2: float, sigma2: float, n: Floats) -> float | None:
    """Share of the variance between providers that is not chance; under 0.5 poor, over 0.75 good."""
    noise = float(np.median(sigma2 / n))
    return tau2 / (tau2 + noise) if tau2 + noise > 0 else None


def expected_ranks(u: Floats, v: Floats) -> Floats:
    """Expected ranks 1 … J, greater u = greater rank; where nothing tells two providers apart they share evenly."""
    from scipy.special import ndtr

    ranks = np.empty(len(u))
    for start in range(0, len(u), BLOCK):
        part = slice(start, start + BLOCK)
        distance = u[part, None] - u[None, :]
        spread = np.sqrt(v[part, None] + v[None, :])
        spread[distance == 0] = np.inf
        with np.errstate(divide="ignore"):
            z = distance / spread
        ranks[part] = 1 + ndtr(z).sum(axis=1) - 0.5
    return ranks


def to_percentile(ranks: Floats) -> Floats:
    """Percentile of the expected rank (PCER), 0 … 100."""
    return 100 * (ranks - 0.5) / len(ranks)


def rank_intervals(
    u: Floats, v: Floats, *, seed: int, draws: int = DRAWS, runner: Runner = IN_PROCESS
) -> tuple[Integers, Integers]:
    """The lowest and the highest rank that each of J providers plausibly has, 95 %; greater u = greater rank.

    Where nothing is drawn (v = 0 for all, such as tau2 = 0) the ranks are those of u, and equals share their range.
    """
    if not (v > 0).any():
        ordered = np.sort(u)
        low = np.searchsorted(ordered, u, side="left") + 1
        return low, np.searchsorted(ordered, u, side="right")
    sizes = [draws // PARTS + (part < draws % PARTS) for part in range(PARTS)]
    children = np.random.SeedSequence(seed).spawn(PARTS)
    parts = [(u, np.sqrt(v), size, child) for size, child in zip(sizes, children, strict=True)]
    ranks = np.concatenate(runner.map(_draw_ranks, parts))
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0, method="closest_observation")
    return low.astype(np.int64), high.astype(np.int64)


def _draw_ranks(part: tuple[Floats, Floats, int, np.random.SeedSequence]) -> Integers:
    """One row of ranks per draw."""
    u, sd, size, seed = part
    drawn = u + sd * np.random.default_rng(seed).standard_normal((size, len(u)))
    ranks = np.empty(drawn.shape, dtype=np.int64)
    order = np.argsort(drawn, axis=1)
    np.put_along_axis(ranks, order, np.arange(1, len(u) + 1)[None, :], axis=1)
    return ranks
