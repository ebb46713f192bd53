"""When a provider is called above or below what its case-mix lets expect, and when nothing is said.

Rule: a verdict needs at least 30 pairs, or a reliability of at least 0.7 with at least 10 pairs. It is `above` or
`below` when the adjusted mean change lies beyond the 99.8 % limits of `robust_spread`, turned so that above is better;
otherwise `as_expected`. p values are those of the reference: two-sided from the over-dispersed z of `funnel`, corrected
over the providers of one scale by Benjamini and Hochberg (1995; equals R's p.adjust).
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.moments import Floats
from evalplat.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class VerdictRule:
    """Thresholds of the tiers: below `estimates_from` no estimate is shown, below `verdict_from` no verdict."""

    estimates_from: int = 10
    verdict_from: int = 30
    reliability_from: float = 0.7


def find_p_values(z: Floats) -> Floats:
    """Two-sided p values of standard normal z scores."""
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(z)))


def correct_p_values(p: Floats) -> Floats:
    """Benjamini-Hochberg adjusted p values."""
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p)) if len(p) else p


def judge(
    z: float | None,
    n: int,
    reliability: float | None,
    sign: int,
    rule: VerdictRule,
    *,
    limit: float,
) -> Verdict:
    """The verdict on one provider from its z in the scale's own direction; `limit` is the greatest ordinary |z|."""
    reliable = (
        n >= rule.estimates_from
        and reliability is not None
        and reliability >= rule.reliability_from
    )
    if z is None or not (n >= rule.verdict_from or reliable):
        return Verdict.TOO_FEW
    return place(z, sign, limit)


def place(z: float, sign: int, limit: float) -> Verdict:
    """Where a provider with pairs enough stands."""
    if abs(z) <= limit:
        return Verdict.AS_EXPECTED
    return Verdict.ABOVE if z * sign > 0 else Verdict.BELOW
