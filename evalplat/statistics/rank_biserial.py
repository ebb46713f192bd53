"""Matched-pairs rank-biserial correlation, for all groups at once: Wilcoxon's signed ranks as an effect size.

Formula: (W+ - W-) / (W+ + W-) of the signed ranks (see `wilcoxon`).

Reference: Kerby 2014. Checked against R's wilcox.test (V) and pingouin.wilcoxon (RBC).
"""

import numpy as np

from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.bootstrap import BootstrapInterval, bootstrap
from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.wilcoxon import rank_changes


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
