"""What the mean change could be whatever the lost have reached, and what a difference among like clients could be.

Manski's bounds: every lost client's end is put at the scale's lowest, then at its highest possible score:
[sum of measured changes + sum over the lost (lowest - baseline)] / n … the same with the highest. They assume nothing.

Lee's bounds for a provider against the rest: with follow-up rates q1 > q0 the share p = (q1 - q0) / q1 of the better
followed group is trimmed away from its top, then from its bottom; a client at the edge counts in part. The difference
of means after each trimming bounds the difference among clients who would have been followed at either, provided that
the better followed group would also follow whom the other follows (monotone selection).

Reference: Manski 1990, Am Econ Rev 80:319; Lee 2009, Rev Econ Stud 76:1071. Checked against examples worked by hand and
against trimming whole clients where p n is a whole number.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.missing.cohort import Cohort
from evalplat.statistics.moments import Floats


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest value that is possible; None with a status that says why.

    status: "ok", "no_range" (the scale's possible scores are unknown), "nobody", "nobody_followed" or "no_others".
    """

    low: float | None = None
    high: float | None = None
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class TrimmedDifference:
    """Lee's bounds of a provider's mean change less that of all others, and the share trimmed away.

    trimmed: positive where the provider is the better followed one, negative where the others are.
    """

    bounds: Bounds
    trimmed: float | None = None


def bound_by_range(
    cohort: Cohort, lowest: float | None, highest: float | None
) -> tuple[Bounds, tuple[Bounds, ...]]:
    """Manski's bounds over all clients and per provider. Raises InputRejected for scores outside the range."""
    if lowest is None or highest is None:
        unknown = Bounds(status="no_range")
        return unknown, (unknown,) * len(cohort.providers)
    _check_range(cohort, lowest, highest)
    followed = cohort.followed
    worst = np.where(followed, cohort.end, lowest) - cohort.baseline
    best = np.where(followed, cohort.end, highest) - cohort.baseline
    low, high, n = cohort.sum_by_provider(worst), cohort.sum_by_provider(best), cohort.n
    own = tuple(
        Bounds(float(low[k] / n[k]), float(high[k] / n[k])) if n[k] else Bounds(status="nobody")
        for k in range(len(n))
    )
    if not len(followed):
        return Bounds(status="nobody"), own
    return Bounds(float(np.mean(worst)), float(np.mean(best))), own


def _check_range(cohort: Cohort, lowest: float, highest: float) -> None:
    scores = np.concatenate([cohort.baseline, cohort.end[cohort.followed]])
    faults = []
    if not lowest < highest:
        faults.append(
            Fault("lowest", Message("%(low)s is not under %(high)s", low=lowest, high=highest))
        )
    elif len(scores) and (scores.min() < lowest or scores.max() > highest):
        faults.append(
            Fault(
                "range",
                Message(
                    "scores go from %(least)s to %(most)s, beyond the possible %(low)s to %(high)s",
                    least=float(scores.min()),
                    most=float(scores.max()),
                    low=lowest,
                    high=highest,
                ),
            )
        )
    if faults:
        raise InputRejected(Message("The range of possible scores cannot be right."), faults)


def trim_differences(cohort: Cohort) -> tuple[TrimmedDifference, ...]:
    """Lee's bounds of every provider against all others together, in the cohort's order."""
    followed = cohort.followed
    change, group = cohort.change[followed], cohort.group[followed]
    order = np.argsort(change, kind="stable")
    change, group = change[order], group[order]
    n, kept = cohort.n, cohort.n_followed
    found = []
    for place in range(len(n)):
        own = group == place
        others, others_kept = int(n.sum() - n[place]), int(kept.sum() - kept[place])
        if not kept[place]:
            found.append(TrimmedDifference(Bounds(status="nobody_followed")))
        elif not others_kept:
            found.append(TrimmedDifference(Bounds(status="no_others")))
        else:
            found.append(
                _trim(change[own], change[~own], kept[place] / n[place], others_kept / others)
            )
    return tuple(found)


def _trim(own: Floats, others: Floats, rate: float, other_rate: float) -> TrimmedDifference:
    """Both arrays sorted."""
    if rate >= other_rate:
        share = float((rate - other_rate) / rate)
        low, high = trimmed_means(own, share)
        middle = float(np.mean(others))
        return TrimmedDifference(Bounds(low - middle, high - middle), share)
    share = float((other_rate - rate) / other_rate)
    low, high = trimmed_means(others, share)
    middle = float(np.mean(own))
    return TrimmedDifference(Bounds(middle - high, middle - low), -share)


def trimmed_means(ordered: Floats, share: float) -> tuple[float, float]:
    """The means of sorted values without the top `share` of them, and without the bottom; an edge counts in part."""
    n = len(ordered)
    kept = n * (1 - share)
    weights = np.clip(kept - np.arange(n), 0.0, 1.0)
    return float(weights @ ordered / kept), float(weights[::-1] @ ordered / kept)
