"""How much worse than expected the lost would have to have fared before the answer turns.

Formula: every lost client's imputed change is shifted by delta; with the share q of the lost the mean becomes
m + q delta, its variance v + 2 delta c + delta^2 q (1 - q) / n with c the covariance of the mean's influence values
with being lost, and z the interval's half over the root of v. The sign of the mean turns at delta = -m / q; the
interval reaches zero where (m + q delta)^2 = z^2 (variance at delta). For a provider, its own lost are shifted and all
others stay: observed minus expected becomes D + q delta, and the verdict turns where that crosses the verdicts' 99.8 %
limit; limits and the county's average are kept where they are.

Reference: Carpenter and Kenward 2013, ch. 10; Yan, Lee and Li 2009 for tipping points. Checked against shifting every
lost client and computing again.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.missing.cohort import Cohort
from evalplat.statistics.missing.imputation import Imputation
from evalplat.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class Tipping:
    """Shifts of the lost, in the scale's own direction, at which the mean change turns its sign and loses certainty.

    zero: the mean becomes 0. uncertain: the nearest shift at which the 95 % interval reaches 0; None where it does
    already, or no shift brings it there. status: "ok", "nobody_lost", "uncertain_already" or why there is no estimate.
    """

    zero: float | None = None
    uncertain: float | None = None
    share_lost: float | None = None
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class VerdictTipping:
    """The shift of a provider's lost, as improvement, at which its verdict turns, and what it turns to.

    status: "ok", "nobody_lost", "too_few" (no verdict) or "no_limits".
    """

    shift: float | None = None
    becomes: Verdict | None = None
    status: str = "ok"


def find_tipping(cohort: Cohort, imputation: Imputation) -> Tipping:
    """The tipping points of the overall mean change."""
    overall = imputation.overall
    if overall.value is None:
        return Tipping(status=overall.status)
    represented = ~np.isnan(imputation.imputed)
    lost = ~cohort.followed[represented]
    n, share = len(lost), float(np.mean(lost))
    if not lost.any():
        return Tipping(share_lost=0.0, status="nobody_lost")
    zero = -overall.value / share
    if overall.se is None:
        return Tipping(zero, None, share, status=overall.status)
    own = (lost - share) / n
    influence = imputation.influence[represented]
    covariance = float(influence @ own)
    reach = (overall.high or 0.0) - overall.value
    if abs(overall.value) <= reach:
        return Tipping(zero, None, share, "uncertain_already")
    variance = float(influence @ influence)
    square = reach**2 / variance if variance else 0.0
    roots = _solve(
        share**2 - square * float(own @ own),
        2 * (overall.value * share - square * covariance),
        overall.value**2 - square * variance,
    )
    return Tipping(zero, min(roots, key=abs, default=None), share)


def _solve(a: float, b: float, c: float) -> list[float]:
    """The real roots of a x^2 + b x + c."""
    if a == 0:
        return [-c / b] if b else []
    under = b * b - 4 * a * c
    if under < 0:
        return []
    far = -(b + np.copysign(np.sqrt(under), b)) / 2
    return [float(far / a), *([float(c / far)] if far else [])]


def find_verdict_tipping(
    difference: float | None,
    limit: float | None,
    share_lost: float,
    verdict: Verdict,
) -> VerdictTipping:
    """The smallest shift of the provider's lost that turns its verdict.

    difference: observed minus expected, turned so that more is better; limit: how far the 99.8 % limits lie from 0.
    """
    if verdict is Verdict.TOO_FEW:
        return VerdictTipping(status="too_few")
    if share_lost <= 0:
        return VerdictTipping(status="nobody_lost")
    if difference is None or limit is None:
        return VerdictTipping(status="no_limits")
    up, down = limit - difference, -limit - difference
    if verdict is Verdict.ABOVE:
        return VerdictTipping(min(up, 0.0) / share_lost, Verdict.AS_EXPECTED)
    if verdict is Verdict.BELOW:
        return VerdictTipping(max(down, 0.0) / share_lost, Verdict.AS_EXPECTED)
    if abs(up) <= abs(down):
        return VerdictTipping(max(up, 0.0) / share_lost, Verdict.ABOVE)
    return VerdictTipping(min(down, 0.0) / share_lost, Verdict.BELOW)
