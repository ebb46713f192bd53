"""Random-intercept REML with BLUPs, ten scales of 200,000 rows, against statsmodels' MixedLM on one of them.

Time per scale, from rows to tau2, sigma2 and every BLUP. MixedLM's lbfgs may stop at zero provider variance without
saying so, so it runs with Powell's method, which finds the optimum; both answers must agree.
"""

import time
import warnings

import numpy as np

from benchmarks.ratio import Ratio, best_of
from evalplat.statistics.models.random_intercept import collect_group_sums, fit_random_intercept

SCALES, ROWS, PROVIDERS, BOUND = 10, 200_000, 500, 15


def measure() -> list[Ratio]:
    """Time both ways in the same run, and check that they agree."""
    import statsmodels.api as sm

    random = np.random.default_rng(21)
    group = random.integers(0, PROVIDERS, ROWS)
    scales = []
    for _ in range(SCALES):
        design = np.column_stack([np.ones(ROWS), random.normal(50, 10, (ROWS, 2))])
        own = random.normal(0, 2, PROVIDERS)
        scales.append((design, design @ [10, 0.6, 0.1] + own[group] + random.normal(0, 7, ROWS)))

    def fast():
        return [
            fit_random_intercept(collect_group_sums(group, design, response, PROVIDERS))
            for design, response in scales
        ]

    fits, fast_time = best_of(2, fast)
    design, response = scales[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        slow = sm.MixedLM(response, design, groups=group).fit(reml=True, method="powell")
        blups = slow.random_effects
        slow_time = time.perf_counter() - start
    np.testing.assert_allclose(fits[0].tau2, slow.cov_re[0, 0], rtol=1e-2)
    assert len(blups) == PROVIDERS
    note = f"all {SCALES} scales: {fast_time:.2f} s"
    return [Ratio("REML per scale of 200,000 rows", fast_time / SCALES, slow_time, BOUND, note)]
