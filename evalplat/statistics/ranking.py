"""How far a ranking of providers can be trusted, and expected ranks that carry the uncertainty.

Formula: rankability = tau2 / (tau2 + median(sigma2 / n_j)); expected rank ER_j = 1 + sum over k != j of
Phi((u_j - u_k) / sqrt(v_j + v_k)); PCER = 100 (ER - 0.5) / J. Higher is better: u must be turned beforehand.

Reference: van Dishoeck et al. 2011, Stat Med 30:14; Lingsma et al. 2010. Checked against merTools::expectedRank.
"""

import numpy as np

from evalplat.statistics.moments import Floats

BLOCK = 512


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
