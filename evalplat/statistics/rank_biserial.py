"""Matched-pairs rank-biserial correlation, for all groups at once: Wilcoxon's signed ranks as an effect size.

Formula: zero changes are left out; |d| is ranked within the group, ties get the mean rank; W+ and W- are the sums of
the ranks of positive and negative changes; the correlation is (W+ - W-) / (W+ + W-).

Reference: Kerby 2014. Checked against R's wilcox.test (V) and pingouin.wilcoxon (RBC). Ranks need the rows themselves:
this is the one figure that cannot be had from moments. Changes are tied when they are equal as numbers, as in R.
"""

import numpy as np

from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.bootstrap import BootstrapInterval, bootstrap
from evalplat.statistics.moments import Floats, Integers


def correlate_ranks(group: Integers, change: Floats, groups: int) -> Floats:
    """Rank-biserial correlation per group; nan for a group without a change other than zero."""
    moved = change != 0
    group, change = group[moved], change[moved]
    size = np.abs(change)
    order = np.lexsort((size, group))
    group, size, sign = group[order], size[order], np.sign(change[order])
    count = len(group)
    place = np.arange(count)
    first_of_group = np.r_[True, group[1:] != group[:-1]] if count else np.zeros(0, dtype=bool)
    first_of_tie = first_of_group.copy()
    first_of_tie[1:] |= size[1:] != size[:-1]
    tie = np.cumsum(first_of_tie) - 1
    starts = np.flatnonzero(first_of_tie)
    ends = np.r_[starts[1:], count] - 1 if count else starts
    group_start = np.maximum.accumulate(np.where(first_of_group, place, 0))
    rank = (starts + ends)[tie] / 2 - group_start + 1
    signed = np.bincount(group, weights=rank * sign, minlength=groups)
    total = np.bincount(group, weights=rank, minlength=groups)
    correlation: Floats = np.divide(signed, total, out=np.full(groups, np.nan), where=total > 0)
    return correlation


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
