"""A fair comparison of providers on one scale: case-mix, random intercept, funnel, ranks, verdicts, release.

Composed of the modules beside this one, each with its formula, source and check. `gain`, `expected`, `adjusted_gain`,
`target`, `z`, `blup` and the limits of a row are in the scale's own direction (end minus baseline); `verdict`,
`expected_rank`, `pcer` and the curves in `limits` are turned so that higher is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evalplat.errors import Message
from evalplat.statistics.case_mix import CaseMix, code_covariates, fit_case_mix, make_design
from evalplat.statistics.cases import Cases, select_cases
from evalplat.statistics.disclosure import DisclosureRule, release
from evalplat.statistics.funnel import (
    Q95,
    Q998,
    Overdispersion,
    choose_sizes,
    draw_limits,
    measure_overdispersion,
)
from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.random_intercept import (
    RandomIntercept,
    collect_group_sums,
    fit_random_intercept,
)
from evalplat.statistics.ranking import expected_ranks, measure_rankability, to_percentile
from evalplat.statistics.results import FunnelLimit, Provenance, ProviderComparison, ProviderRow
from evalplat.statistics.verdicts import VerdictRule, correct_p_values, find_p_values, judge
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd

STABLE_FUNNEL = 20
STABLE_INTERCEPT = 8


def compare(
    frame: "pd.DataFrame",
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjust: Sequence[str] = ("baseline",),
    disclosure: DisclosureRule | None,
    provenance: Provenance | None = None,
    verdicts: VerdictRule | None = None,
) -> ProviderComparison:
    """Compare providers on one scale.

    frame: one row per started episode with columns `provider, episode, baseline, end` and the covariates; a missing
    measurement is NaN. Complete cases over baseline, end and covariates are used; every other episode is counted under
    its reason. adjust: covariates of the case-mix model; numeric columns enter linearly, others as categories with the
    first level in sorted order as reference; constant or collinear ones are dropped with a warning. With `baseline`
    among them the end score is modelled, without it the change. disclosure: None gives the whole table.

    Raises InputRejected when the frame is wrong. Too little data is a `status`, never an error.
    """
    cases = select_cases(frame, adjust)
    whole = _Comparison(cases, tuple(dict.fromkeys(adjust)), direction.sign, verdicts)
    result = replace(
        whole.result(), instrument=instrument, scale=scale, direction=direction, provenance=provenance
    )
    return result if disclosure is None else release(result, disclosure)


@dataclass(frozen=True, slots=True)
class _Provider:
    """Estimates of the providers with at least one pair, one array element each."""

    place: Integers
    n: Floats
    gain: Floats
    expected: Floats
    difference: Floats
    adjusted: Floats
