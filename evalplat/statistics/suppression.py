"""Which counts of a list may be shown, so that neither they nor their total tell a small count.

Counts under the threshold are withheld (primary), the others rounded. A reader may add up: the total less the visible
counts, each known to its rounding, bounds what is withheld. Where that bound is narrower than what "withheld" says by
itself, that is 0 … threshold - 1, the smallest visible count is withheld too (complementary), until it is not.

Whether the bound is too narrow is decided from what is published alone, never from the exact counts, so that the
decision itself tells nothing. Reference: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4; Kenthapadi,
Mishra and Nissim 2005 for deciding from published figures. Checked against every table that could have been published.
"""

from collections.abc import Sequence
from typing import Protocol


class CountRule(Protocol):
    """The thresholds that counts are released by; `DisclosureRule` has them."""

    @property
    def hide_below(self) -> int:
        """Counts under this are withheld."""

    @property
    def round_to(self) -> int:
        """Published counts are multiples of this."""

    def hides(self, count: int) -> bool:
        """Whether a count is too small to be shown."""

    def round(self, count: int) -> int:
        """A count as it is published."""


def withhold(
    counts: Sequence[int], rule: CountRule, *, total_is_shown: bool = True
) -> tuple[int | None, ...]:
    """Each count rounded, or None where it is withheld.

    total_is_shown: whether the rounded sum stands beside them; it may only where it is not small itself
    (`rule.hides`).
    """
    hidden = {place for place, count in enumerate(counts) if rule.hides(count)}
    if total_is_shown and hidden:
        total = rule.round(sum(counts))
        while len(hidden) < len(counts):
            visible = [rule.round(n) for place, n in enumerate(counts) if place not in hidden]
            if _keeps_secret(total, visible, len(hidden), rule):
                break
            hidden.add(
                min(
                    set(range(len(counts))) - hidden,
                    key=lambda place: (rule.round(counts[place]), place),
                )
            )
    return tuple(
        None if place in hidden else rule.round(count) for place, count in enumerate(counts)
    )


def may_show_share(numerator: int, denominator: int, rule: CountRule) -> bool:
    """Whether a share may be shown: numerator, denominator and the rest are none of them small."""
    return not (
        rule.hides(numerator) or rule.hides(denominator) or rule.hides(denominator - numerator)
    )


def find_span(shown: int, rule: CountRule) -> tuple[int, int]:
    """The least and the greatest count that is published as `shown`."""
    reach = rule.round_to
    fits = [
        count
        for count in range(max(shown - reach, rule.hide_below), shown + reach + 1)
        if rule.round(count) == shown
    ]
    return fits[0], fits[-1]


def _keeps_secret(total: int, visible: Sequence[int], hidden: int, rule: CountRule) -> bool:
    """Whether each of `hidden` counts could be any under the threshold, for all that total and visible ones tell."""
    most = rule.hide_below - 1
    spans = [find_span(shown, rule) for shown in visible]
    low, high = find_span(total, rule)
    least_left = low - sum(span[1] for span in spans)
    most_left = high - sum(span[0] for span in spans)
    return most_left >= most and least_left <= most * (hidden - 1)
