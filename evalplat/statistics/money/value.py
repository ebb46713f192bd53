"""Value for money of providers on one scale: costs per effect, the comparison of effects, and net benefits, together.

Composed of `costs`, `comparison` and `net_benefit`, each with its formula, source and check; `release_value` makes of
their exact figures what may be published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalplat.statistics.cases import select_cases
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule, find_unpublishable
from evalplat.statistics.money.costs import (
    PER_POINT,
    ValueForMoney,
    find_groups,
    leave_out_unpriced,
    measure_costs,
)
from evalplat.statistics.money.net_benefit import NetBenefit, measure_net_benefit, suggest_worths
from evalplat.statistics.publishing.release_value import release_benefits, release_costs
from evalplat.statistics.results import Provenance, ProviderComparison
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ValueAnalysis:
    """Costs per effect, the comparison of improvements beneath them, and net benefits at some worths of a point."""

    costs: ValueForMoney
    improvement: ProviderComparison
    benefits: tuple[NetBenefit, ...]

    @property
    def released(self) -> bool:
        """Whether this may be published."""
        return self.costs.released


def measure_value(
    frame: "pd.DataFrame",
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjust: Sequence[str] = ("baseline",),
    sdc: float | None = None,
    worths: Sequence[float] | None = None,
    disclosure: DisclosureRule | None,
    provenance: Provenance | None = None,
) -> ValueAnalysis:
    """Everything about value for money on one scale. disclosure: None gives the exact figures.

    frame: see `costs.measure_costs`; episodes whose euros are not known enter no improvement either, so that costs and
    effects are those of the same clients. worths: euros that a point is worth; None takes a few around the present
    cost of a point.

    Raises InputRejected when frame or worths are wrong. Too little data is a `status`.
    """
    frame = leave_out_unpriced(frame)
    improvement = compare(
        frame, instrument=instrument, scale=scale, direction=direction, adjust=adjust,
        disclosure=disclosure, provenance=provenance,
    )  # fmt: skip
    kept = frame if disclosure is None else _without_unpublishable(frame, adjust, disclosure)
    costs = measure_costs(
        kept, instrument=instrument, scale=scale, direction=direction, adjust=adjust, sdc=sdc,
        provenance=provenance,
    )  # fmt: skip
    priced = costs.status != "no_costs"
    if disclosure is not None:
        costs = release_costs(costs, improvement, disclosure)
    if not priced:
        return ValueAnalysis(costs, improvement, ())
    if worths is None:
        worths = suggest_worths(_find_price(costs))
    benefits = measure_net_benefit(
        kept,
        worths if disclosure is None else (0.0, *worths),
        instrument=instrument,
        scale=scale,
        direction=direction,
        adjust=adjust,
    )
    if disclosure is not None:
        benefits = release_benefits(
            benefits[1:], benefits[0].comparison, costs, improvement, disclosure
        )
    return ValueAnalysis(costs, improvement, benefits)


def _find_price(costs: ValueForMoney) -> float | None:
    """What a point costs over all providers."""
    outlay = costs.total.euros
    return outlay.ratios[PER_POINT].ratio if outlay else None


def _without_unpublishable(
    frame: "pd.DataFrame", adjust: Sequence[str], rule: DisclosureRule
) -> "pd.DataFrame":
    """Without the rows of providers that totals or model figures would give away, as in the comparison."""
    cases = select_cases(frame, adjust)
    pairs = np.bincount(cases.group, minlength=len(cases.providers))
    places = find_unpublishable(pairs.tolist(), cases.n_started.tolist(), rule)
    return frame[~np.isin(find_groups(frame, cases), places)]
