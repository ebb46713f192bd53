"""Net benefit: what a provider's improvements are worth at a price per point, less what its clients cost.

Formula: NB_i = lambda E_i - C_i in euros, E_i the client's improvement and lambda the worth of a point; then the same
comparison as for scores (case-mix, random intercept, funnel) on NB. It is linear, so it stands where a ratio does not:
at an effect of zero or below. C_i is the client's cost plus what the mean cost of all the provider's starters exceeds
that of its measured clients by: so the costs of those not measured count, and they are taken to have fared as the
measured ones. Acceptability: the share of chance in which a provider's net benefit, adjusted, exceeds the region's,
Phi(lambda dE - dC over its standard error) with the joint residual moments of effect and cost; over-dispersion is not
in it.

Reference: Stinnett and Mullahy 1998, Med Decis Making 18:S68; Hoch, Briggs and Willan 2002, Health Econ 11:415 (net
benefit regression); van Hout et al. 1994, Health Econ 3:309 (acceptability); Heitjan 2000, Health Econ 9:327 (Fieller's
limits are the prices at which the net benefit stops to differ from zero). Checked against these limits, against the
comparison of scores (lambda = 1, no costs) and of costs (lambda = 0), and a bootstrap of the acceptability.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import select_cases
from evalplat.statistics.comparison import compare
from evalplat.statistics.moments import Floats
from evalplat.statistics.money.costs import (
    EUROS,
    PLACE,
    find_groups,
    find_places,
    leave_out_unpriced,
    read_resources,
    with_places,
)
from evalplat.statistics.results import ProviderComparison
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SCORES = ("baseline", "end")
LARGEST = 1e12
WORTHS = tuple(float(step * 10**power) for power in range(7) for step in (1, 2, 5))
"""Worths of a point in euros that pages offer: few and round, as a price is a matter of policy, not of digits."""


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """The comparison of net benefits at one worth of a point; its changes are euros per client, more is better.

    acceptability: by provider, in the comparison's order; None where there is no estimate.
    """

    worth: float
    comparison: ProviderComparison
    acceptability: tuple[float | None, ...]


def measure_net_benefit(
    frame: "pd.DataFrame",
    worths: Sequence[float],
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjust: Sequence[str] = ("baseline",),
) -> tuple[NetBenefit, ...]:
    """The comparison of net benefits for each worth of a point in euros, exact; `value.measure_value` releases it.

    frame: as for `costs.measure_costs`. Raises InputRejected for a worth below 0 or not finite, or a wrong frame.
    """
    _check_worths(worths)
    frame = leave_out_unpriced(frame)
    euros = _spread_over_measured(frame, adjust)
    baseline, end = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in SCORES)
    gain = direction.sign * (end - baseline)
    found = []
    for worth in worths:
        # The change of a row is its net benefit, so that covariates, baseline included, work as for scores.
        priced = frame.assign(end=baseline + (worth * gain - euros))
        comparison = compare(
            priced,
            instrument=instrument,
            scale=scale,
            direction=Direction.HIGHER_BETTER,
            adjust=adjust,
            disclosure=None,
        )
        found.append(NetBenefit(float(worth), comparison, find_acceptability(comparison)))
    return tuple(found)


def find_acceptability(comparison: ProviderComparison) -> tuple[float | None, ...]:
    """By provider, the share of chance in which its net benefit exceeds the region's."""
    from scipy.special import ndtr

    return tuple(None if row.z is None else float(ndtr(row.z)) for row in comparison.rows)


def suggest_worths(euros_per_point: float | None) -> tuple[float, ...]:
    """Worths of a point to look at: 0, and from `WORTHS` those around what a point costs now."""
    if euros_per_point is None or not euros_per_point > 0:
        return (0.0,)
    near = min(range(len(WORTHS)), key=lambda k: abs(np.log(WORTHS[k] / euros_per_point)))
    return (0.0, *WORTHS[max(near - 2, 0) : near + 3])


def _check_worths(worths: Sequence[float]) -> None:
    faults = [
        Fault("worth", Message("%(value)s; give euros per point, 0 or more", value=worth))
        for worth in worths
        if not 0 <= worth < LARGEST
    ]
    if faults:
        raise InputRejected(Message("Net benefit cannot be computed at this price."), faults)


def _spread_over_measured(frame: "pd.DataFrame", adjust: Sequence[str]) -> Floats:
    """Euros, with the costs of those not measured spread over their provider's measured clients.

    The mean over a provider's measured clients is then its mean over all starters, and their spread is their own.
    """
    euros = read_resources(frame)[EUROS]
    known = np.isfinite(euros)
    cases = select_cases(with_places(frame), (*adjust, PLACE))
    used = np.zeros(len(frame), dtype=bool)
    used[find_places(cases)] = True
    group = find_groups(frame, cases)

    def mean(rows: "NDArray[np.bool_]") -> Floats:
        count = np.bincount(group[rows], minlength=len(cases.providers))
        total = np.bincount(group[rows], weights=euros[rows], minlength=len(cases.providers))
        return np.asarray(total / np.maximum(count, 1))

    return euros + (mean(known) - mean(used))[group]
