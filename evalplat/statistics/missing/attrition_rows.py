"""A provider's row of an analysis of attrition: its counts, and the verdict with the shift of the lost that turns it.

The release function makes the same rows from published counts. Checked through both.
"""

from dataclasses import replace

from evalplat.statistics.missing.attrition_results import AttritionRow
from evalplat.statistics.missing.followed_versus_lost import flag
from evalplat.statistics.missing.tipping import find_verdict_tipping
from evalplat.statistics.results import ProviderComparison, ProviderRow
from evalplat.statistics.shares.proportions import measure_share


def count_row(
    provider: str, n: int, followed: int, region_lost: float | None = None
) -> AttritionRow:
    """Counts, the share followed with its interval, and the flags that follow from them."""
    share = measure_share(followed, n)
    return AttritionRow(
        provider=provider,
        n=n,
        n_followed=followed,
        n_lost=n - followed,
        followed_share=share.share,
        followed_low=share.low,
        followed_high=share.high,
        flags=flag(n - followed, n, region_lost),
    )


def judge_row(
    row: AttritionRow, judged: ProviderRow, comparison: ProviderComparison
) -> AttritionRow:
    """The row with the verdict of the comparison and the shift of its lost that would turn it."""
    share = (row.n_lost or 0) / row.n if row.n else 0.0
    limit = None
    if judged.se is not None and comparison.verdict_spread is not None:
        limit = comparison.verdict_spread.q998 * comparison.verdict_spread.reach(judged.se)
    difference = judged.observed_minus_expected
    turned = None if difference is None else comparison.direction.sign * difference
    turning = find_verdict_tipping(turned, limit, share, judged.verdict)
    return replace(row, verdict=judged.verdict, turning=turning)
