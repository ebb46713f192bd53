"""Do the lost differ from the followed from the start, and do providers differ in whom they follow up?

Formula: standardised mean difference, lost less followed, over sqrt((s_f^2 + s_l^2) / 2); of a category's level with
p (1 - p) in place of s^2. Pearson's chi-square over the providers' counts of followed and lost, J - 1 degrees of
freedom; where an expected count is under 5, its p value from tables drawn at random with the same margins (seeded,
(1 + tables at least as large) / (1 + tables)).

Reference: Austin 2009, Stat Med 28:3083; Hope 1968 for drawn tables. Checked against scipy's chi2_contingency and
Fisher's exact test.
"""

from dataclasses import replace

import numpy as np

from evalplat.statistics.missing.attrition_results import APART, MANY_LOST, Contrast, RateTest
from evalplat.statistics.missing.cohort import Booleans, Cohort
from evalplat.statistics.moments import Floats, Integers

EXPECTED = 5.0
TABLES = 9_999
CELLS_AT_ONCE = 2_000_000
SLACK = 1e-9


def contrast_lost(cohort: Cohort) -> tuple[Contrast, ...]:
    """Baseline and every covariate: numbers as means, categories level by level, '(missing)' as a level."""
    followed = cohort.followed
    found = [_contrast_numbers("baseline", cohort.baseline, followed)]
    for name, values in cohort.covariates.items():
        if values.dtype.kind == "f":
            found.append(_contrast_numbers(name, values, followed))
            continue
        texts = np.where(values == "", "(missing)", values).astype(str)
        for level in sorted(set(texts.tolist())):
            has = texts == level
            found.append(_contrast_level(name, level, has, followed))
    return tuple(found)


def _contrast_numbers(name: str, values: Floats, followed: Booleans) -> Contrast:
    known = ~np.isnan(values)
    kept, lost = values[known & followed], values[known & ~followed]
    row = Contrast(name, None, len(kept), len(lost))
    if len(kept) < 2 or len(lost) < 2:
        return replace(row, status="too_few")
    spread, lost_spread = float(np.std(kept, ddof=1)), float(np.std(lost, ddof=1))
    mean, lost_mean = float(np.mean(kept)), float(np.mean(lost))
    smd = standardise(mean, lost_mean, spread**2, lost_spread**2)
    return replace(
        row,
        followed=mean,
        lost=lost_mean,
        sd_followed=spread,
        sd_lost=lost_spread,
        smd=smd,
        status="ok" if smd is not None else "no_variation",
    )


def _contrast_level(name: str, level: str, has: Booleans, followed: Booleans) -> Contrast:
    kept, lost = int(followed.sum()), int(np.sum(~followed))
    row = Contrast(name, level, int(np.sum(has & followed)), int(np.sum(has & ~followed)))
    if not kept or not lost:
        return replace(row, status="too_few")
    share, lost_share = (row.n_followed or 0) / kept, (row.n_lost or 0) / lost
    smd = standardise(share, lost_share, share * (1 - share), lost_share * (1 - lost_share))
    status = "ok" if smd is not None else "no_variation"
    return replace(row, followed=share, lost=lost_share, smd=smd, status=status)


def standardise(
    followed: float, lost: float, variance: float, lost_variance: float
) -> float | None:
    """The standardised difference, lost less followed; None where nothing varies."""
    spread = float(np.sqrt((variance + lost_variance) / 2))
    size = max(abs(followed), abs(lost))
    return (lost - followed) / spread if spread > 1e-12 * size else None


def compare_rates(n: Integers, followed: Integers, *, seed: int = 0) -> RateTest:
    """The test of equal follow-up over providers with `n` clients of whom `followed` were measured again."""
    from scipy.special import chdtrc

    used = n > 0
    n, followed = n[used], followed[used]
    status = (
        "one_provider"
        if len(n) < 2
        else "nobody_lost"
        if followed.sum() == n.sum()
        else "nobody_followed"
        if not followed.any()
        else "ok"
    )
    if status != "ok":
        return RateTest(status=status)
    rate = followed.sum() / n.sum()
    found = float(_chi_square(followed, n, rate))
    df = len(n) - 1
    if float(n.min()) * min(rate, 1 - rate) >= EXPECTED:
        return RateTest(found, df, float(chdtrc(df, found)))
    p = _permute(n, int(followed.sum()), rate, found, seed)
    return RateTest(found, df, p, method="permutation")


def _chi_square(followed: Integers, n: Integers, rate: float) -> Floats:
    return np.asarray(np.sum((followed - n * rate) ** 2 / n, axis=-1) / (rate * (1 - rate)))


def _permute(n: Integers, total: int, rate: float, found: float, seed: int) -> float:
    random = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // len(n))
    as_large = done = 0
    while done < TABLES:
        size = min(at_once, TABLES - done)
        drawn = random.multivariate_hypergeometric(n, total, size=size, method="marginals")
        as_large += int(np.sum(_chi_square(drawn, n, rate) >= found * (1 - SLACK)))
        done += size
    return (1 + as_large) / (1 + TABLES)


def flag(lost: int | None, n: int | None, region_lost: float | None) -> tuple[str, ...]:
    """Which of the warnings a provider gets: more than 30 % lost, more than 10 points from the region."""
    if not n or lost is None:
        return ()
    share = lost / n
    flags = ["many_lost"] if share > MANY_LOST + SLACK else []
    if region_lost is not None and abs(share - region_lost) > APART + SLACK:
        flags.append("apart")
    return tuple(flags)
