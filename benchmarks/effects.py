"""All paired effect sizes of 2 million pairs in 5,000 groups, against pandas groupby with `pingouin.ttest`.

The fast way computes every figure of `evalplat effects` that has a formula, with its analytic intervals: mean change,
t, p, d_av with Bonett's interval, g_av, d_z, g_z, d_b, d_rm. The exact noncentral-t intervals are shown beside it and
are not in the ratio, because pingouin has none. The slow way is timed on a random tenth of the groups and multiplied.
"""

import time

import numpy as np

from benchmarks.ratio import Ratio, best_of
from evalplat.statistics.moments import collect_moments
from evalplat.statistics.paired_effects import measure_effects

PAIRS, GROUPS, SHARE, BOUND = 2_000_000, 5_000, 0.1, 100


def measure() -> list[Ratio]:
    """Time both ways in the same run, and check that they agree."""
    import pandas as pd
    import pingouin

    random = np.random.default_rng(20)
    group = random.integers(0, GROUPS, PAIRS)
    baseline = random.normal(50, 10, PAIRS)
    end = 20 + 0.7 * baseline + random.normal(0, 7, PAIRS)

    def fast(*, exact: bool = False):
        moments = collect_moments(group, baseline, end, GROUPS)
        return measure_effects(moments, exact_intervals=exact)

    effects, fast_time = best_of(3, fast)
    _, exact_time = best_of(1, lambda: fast(exact=True))
    frame = pd.DataFrame({"group": group, "baseline": baseline, "end": end})
    chosen = np.sort(random.choice(GROUPS, int(GROUPS * SHARE), replace=False))
    sample = frame[np.isin(group, chosen)]
    start = time.perf_counter()
    slow = {
        key: pingouin.ttest(part["end"], part["baseline"], paired=True)
        for key, part in sample.groupby("group")
    }
    slow_time = (time.perf_counter() - start) / SHARE
    t = np.array([slow[key]["T"].iloc[0] for key in chosen])
    np.testing.assert_allclose(effects.t[chosen], t, rtol=1e-9)
    note = (
        f"exact noncentral-t intervals too: {exact_time:.2f} s; slow way from {len(chosen)} groups"
    )
    return [Ratio("effects, 2 million pairs, 5,000 groups", fast_time, slow_time, BOUND, note)]
