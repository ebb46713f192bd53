"""Funnel of shares: exact binomial limits, and limits with over-dispersion on the arcsine scale; verdicts as for means.

Formula, with x_j of n_j clients and the common share theta = sum x / sum n:

- exact: for a level p, r = the least count with F(r) >= p under Binomial(n, theta), alpha = (F(r) - p) / (F(r) -
  F(r - 1)), limit (r - alpha) / n, at p = 0.025, 0.975 and 0.001, 0.999: the binomial quantile, interpolated;
- arcsine: y_j = arcsin(sqrt(x_j / n_j)), s_j = 1 / (2 sqrt(n_j)), z_j = (y_j - arcsin(sqrt(theta))) / s_j.
  Over-dispersion phi and tau^2 from the winsorised z as for means; z_overdispersed = z_j s_j / sqrt(s_j^2 + tau^2) and
  its p value are the reference's;
- limits with over-dispersion, and the verdict: sin^2(arcsin(sqrt(theta)) +- t sqrt(s_j^2 + tau_v^2)), turned back from
  the arcsine within 0 and 1, with t and tau_v^2 as for means (`robust_spread`).

A verdict needs what it needs for means (see `verdicts`), with reliability tau_v^2 / (tau_v^2 + s_j^2). With fewer than
20 providers the spread is uncertain, and a warning says so.

Reference: Spiegelhalter 2005, Stat Med 24:1185, appendix A.1; Spiegelhalter et al. 2012. Checked against the binomial
distribution written out, the arcsine formulas one provider at a time, and by simulation of how often limits are crossed
by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalplat.errors import Message
from evalplat.statistics.funnel import measure_overdispersion
from evalplat.statistics.models.robust_spread import measure_verdict_spread
from evalplat.statistics.moments import Floats
from evalplat.statistics.results import VerdictSpread
from evalplat.statistics.verdicts import VerdictRule, correct_p_values, find_p_values, judge
from evalplat.vocabulary import Verdict

LEVELS95 = (0.025, 0.975)
LEVELS998 = (0.001, 0.999)
ENOUGH_PROVIDERS = 20


@dataclass(frozen=True, slots=True)
class ShareLimits:
    """Limits at one number of clients: exact, and with over-dispersion."""

    n: float
    exact95: tuple[float, float]
    exact998: tuple[float, float]
    overdispersed95: tuple[float, float]
    overdispersed998: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SharePosition:
    """One provider's place in the funnel. z turned so that more is better; None where there are no clients."""

    provider: str
    count: int | None
    of: int | None
    share: float | None
    z: float | None = None
    z_overdispersed: float | None = None
    p: float | None = None
    p_bh: float | None = None
    reliability: float | None = None
    limits: ShareLimits | None = None
    verdict: Verdict = Verdict.TOO_FEW
    z_verdict: float | None = None


@dataclass(frozen=True, slots=True)
class ShareFunnel:
    """Providers' shares against their numbers of clients.

    target: the common share; phi, tau2: over-dispersion on the arcsine scale by the reference; spread: what verdicts
    and limits go by. status: "ok", "no_clients", "no_variation" (nobody at all, or everybody), "one_provider".
    """

    key: str
    positions: tuple[SharePosition, ...]
    target: float | None
    phi: float | None
    tau2: float | None
    status: str
    warnings: tuple[Message, ...] = ()
    spread: VerdictSpread | None = None


def measure_share_funnel(
    key: str,
    providers: Sequence[str],
    counts: Floats,
    of: Floats,
    *,
    sign: int = 1,
    verdicts: VerdictRule | None = None,
) -> ShareFunnel:
    """Where each provider's share stands. sign: -1 where a smaller share is better, such as of the deteriorated."""
    known = of > 0
    plain = tuple(
        SharePosition(name, int(x), int(n), x / n if n else None)
        for name, x, n in zip(providers, counts, of, strict=True)
    )
    if not known.any():
        return ShareFunnel(key, plain, None, None, None, "no_clients")
    target = float(counts.sum() / of.sum())
    if target in (0.0, 1.0):
        return ShareFunnel(key, plain, target, None, None, "no_variation")
    if known.sum() == 1:
        return ShareFunnel(key, plain, target, None, None, "one_provider")
    s = 1 / (2 * np.sqrt(of[known]))
    centre = float(np.arcsin(np.sqrt(target)))
    z = (np.arcsin(np.sqrt(counts[known] / of[known])) - centre) / s
    over = measure_overdispersion(z, s)
    wide = z * s / np.sqrt(s**2 + over.tau2)
    spread = measure_verdict_spread(z * s, s)
    fair = z * s / np.sqrt(s**2 + spread.tau2)
    p = find_p_values(wide)
    p_bh = correct_p_values(p)
    reliability = spread.tau2 / (spread.tau2 + s**2)
    rule = verdicts or VerdictRule()
    placed = list(plain)
    for rank, place in enumerate(np.flatnonzero(known)):
        position = plain[place]
        placed[place] = SharePosition(
            position.provider,
            position.count,
            position.of,
            position.share,
            z=sign * float(z[rank]),
            z_overdispersed=sign * float(wide[rank]),
            p=float(p[rank]),
            p_bh=float(p_bh[rank]),
            reliability=float(reliability[rank]),
            limits=find_limits(float(of[place]), target, spread),
            verdict=judge(
                float(fair[rank]),
                int(of[place]),
                float(reliability[rank]),
                sign,
                rule,
                limit=spread.q998,
            ),
            z_verdict=sign * float(fair[rank]),
        )
    return ShareFunnel(
        key, tuple(placed), target, over.phi, over.tau2, "ok", _warn(int(known.sum())), spread
    )


def find_limits(n: float, target: float, spread: VerdictSpread) -> ShareLimits:
    """Exact and over-dispersed limits for a provider of n clients. n is a whole number for the exact ones."""
    return ShareLimits(
        n=n,
        exact95=_pair(n, target, LEVELS95),
        exact998=_pair(n, target, LEVELS998),
        overdispersed95=_spread(n, target, spread.tau2, spread.q95),
        overdispersed998=_spread(n, target, spread.tau2, spread.q998),
    )


def find_exact_limit(n: float, target: float, level: float) -> float:
    """The interpolated quantile of Binomial(n, target) as a share of n, from 0 to 1."""
    from scipy.special import bdtr

    size = round(n)
    low, high = -1, size
    while high - low > 1:  # F(low) < level <= F(high)
        middle = (low + high) // 2
        if bdtr(middle, size, target) >= level:
            high = middle
        else:
            low = middle
    reached = float(bdtr(high, size, target))
    before = float(bdtr(high - 1, size, target)) if high else 0.0
    beyond = (reached - level) / (reached - before)
    return min(max((high - beyond) / size, 0.0), 1.0)


def _pair(n: float, target: float, levels: tuple[float, float]) -> tuple[float, float]:
    low, high = (find_exact_limit(n, target, level) for level in levels)
    return low, high


def _spread(n: float, target: float, tau2: float, quantile: float) -> tuple[float, float]:
    centre = np.arcsin(np.sqrt(target))
    reach = quantile * np.sqrt(1 / (4 * n) + tau2)
    low, high = np.sin(np.clip([centre - reach, centre + reach], 0, np.pi / 2)) ** 2
    return float(low), float(high)


def _warn(providers: int) -> tuple[Message, ...]:
    if providers >= ENOUGH_PROVIDERS:
        return ()
    return (
        Message(
            "With %(count)d providers it is uncertain how much they differ beyond chance, and so are the limits.",
            count=providers,
        ),
    )
