"""Matched-pairs rank-biserial correlation, for all groups at once: Wilcoxon's signed ranks as an effect size.

Formula: (W+ - W-) / (W+ + W-) of the signed ranks (see `wilcoxon`). Its 95 % interval is the bootstrap's (BCa); from
more than 200 changes the large-sample one, r +- 1.959964 * 4 s / sqrt(m), with s the SD over the m changes other than
zero of the share of changes whose sum with it is above 0 (a sum of 0 counts half), because r is a mean over all pairs.

Reference: Kerby 2014; Hoeffding 1948 for the large sample. Checked against R's wilcox.test (V) and pingouin.wilcoxon
(RBC); the large-sample interval against the bootstrap's, and both by how often they cover.
"""

import numpy as np

from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.bootstrap import BootstrapInterval, bootstrap
from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.wilcoxon import rank_changes

LEAST_RESAMPLED = 6
"""Fewer changed scores have too few different resamples for an interval of 95 %: none is given."""

MOST_RESAMPLED = 200


def correlate_ranks(group: Integers, change: Floats, groups: int) -> Floats:
    """Rank-biserial correlation per group; nan for a group without a change other than zero."""
    return rank_changes(group, change, groups).rank_biserial


def correlate_ranks_of_samples(samples: Floats) -> Floats:
    """Rank-biserial correlation of each row of changes; nan for a row without a change other than zero."""
    rows, size = samples.shape
    return correlate_ranks(np.repeat(np.arange(rows), size), samples.ravel(), rows)


def bound_rank_biserial(
    change: Floats, *, seed: int, resamples: int = 2000, runner: Runner = IN_PROCESS
) -> BootstrapInterval:
    """The correlation of one group's changes with its bootstrap (BCa) interval."""
    return bootstrap(
        correlate_ranks_of_samples, change, seed=seed, resamples=resamples, runner=runner
    )


def bound_groups(
    group: Integers, change: Floats, groups: int, *, seed: int = 0
) -> tuple[Floats, Floats]:
    """Both ends of the interval per group; nan where there is none. Each group's rests on its own changes alone."""
    low, high = np.full(groups, np.nan), np.full(groups, np.nan)
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group, minlength=groups)
    for place, own in enumerate(np.split(change[order], np.cumsum(sizes)[:-1])):
        if np.count_nonzero(own) < LEAST_RESAMPLED:
            continue
        if len(own) > MOST_RESAMPLED:
            low[place], high[place] = _bound_large(own)
            continue
        found = bound_rank_biserial(own, seed=seed)
        if found.low is not None and found.high is not None:
            low[place], high[place] = found.low, found.high
    return low, high


def _bound_large(change: Floats) -> tuple[float, float]:
    moved = np.sort(change[change != 0])
    m = len(moved)
    if m < 2:
        return np.nan, np.nan
    above = m - np.searchsorted(moved, -moved, side="right")
    level = m - above - np.searchsorted(moved, -moved, side="left")
    spread = float(np.std((above + level / 2) / m, ddof=1))
    if spread == 0:
        return np.nan, np.nan
    whole = float(correlate_ranks(np.zeros(m, dtype=np.int64), moved, 1)[0])
    reach = Q95 * 4 * spread / float(np.sqrt(m))
    return max(whole - reach, -1.0), min(whole + reach, 1.0)
