"""From when on words of clients may be read, so that nobody is known by the quarter in which they wrote.

A provider's quarters are put together, from the first one on, until at least 10 gave feedback and at least 5 of them
wrote: such a block is complete, and all its texts may be read at once. What comes after the last complete block waits:
who reads before and after a quarter ends finds the words of a whole block, never those of the one client who answered.
A complete block never changes, because feedback of a quarter that is over is not added to.

The thresholds stand in `DisclosureRule` (`estimates_from` and `hide_below`).
"""

from collections.abc import Iterable

from evalplat.statistics.disclosure import DisclosureRule


def find_blocks(sheets: Iterable[tuple[int, bool]], rule: DisclosureRule) -> tuple[int, ...]:
    """The last quarter of each complete block, in order; sheets: (quarter, whether there is a text) of a provider."""
    quarters: dict[int, list[int]] = {}
    for quarter, wrote in sheets:
        counts = quarters.setdefault(quarter, [0, 0])
        counts[0] += 1
        counts[1] += wrote
    ends, given, written = [], 0, 0
    for quarter in sorted(quarters):
        given, written = given + quarters[quarter][0], written + quarters[quarter][1]
        if given >= rule.estimates_from and written >= rule.hide_below:
            ends.append(quarter)
            given = written = 0
    return tuple(ends)


def block_of(quarter: int, ends: Iterable[int]) -> int | None:
    """The block that a quarter is in, as its last quarter; None where it is not complete yet."""
    return next((end for end in sorted(ends) if quarter <= end), None)
