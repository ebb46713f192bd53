"""Which counts of a list may be shown, so that neither they nor their total tell a small count.

Counts under the threshold t are withheld (primary), the others rounded. A reader may subtract the visible counts from
the total, so other counts are withheld with the small ones (complementary): at least one, and so many that all withheld
ones together have at least t times (complementary ones + 1). Where that cannot be had, the total is withheld.

Then each small count may be any from 0 to t - 1, and the complementary ones make up for it: also to a reader who knows
this rule, and also where rounding happens to tell the sum of the withheld counts exactly. To keep it so, complementary
counts are chosen by their place in the list, never by their size, which would tell something of it; and whether they
are needed does not depend on what rounding leaves, because then withholding would tell that it left little.

Reference: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4; Wong et al. 2007 on reading a rule
backwards. Checked against every list that could have been published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ReleasedCounts:
    """Counts and their total as they may be published; None is withheld."""

    counts: tuple[int | None, ...]
    total: int | None


def withhold(
    counts: Sequence[int],
    rule: CountRule,
    *,
    total_is_shown: bool = True,
    order: Sequence[int] | None = None,
) -> tuple[int | None, ...]:
    """Each count rounded, or None where it is withheld.

    total_is_shown: whether a total stands beside them; it may only be the one of `withhold_with_total`. order: see
    there.
    """
    if total_is_shown:
        return withhold_with_total(counts, rule, order=order).counts
    return tuple(None if rule.hides(count) else rule.round(count) for count in counts)


def withhold_with_total(
    counts: Sequence[int], rule: CountRule, *, order: Sequence[int] | None = None
) -> ReleasedCounts:
    """Each count rounded, or None where it is withheld, and the same of their total.

    order: all places, those first that can best be spared; it must not depend on the counts. By default the last is
    spared first.
    """
    small = [place for place, count in enumerate(counts) if rule.hides(count)]
    spare = [place for place in (order or range(len(counts))[::-1]) if place not in small]
    more = choose_complementary(
        [counts[place] for place in small], [counts[place] for place in spare], rule
    )
    hidden = {*small, *spare[: len(spare) if more is None else more]}
    shows_total = more is not None and not rule.hides(sum(counts))
    return ReleasedCounts(
        tuple(None if place in hidden else rule.round(count) for place, count in enumerate(counts)),
        rule.round(sum(counts)) if shows_total else None,
    )


def choose_complementary(
    small: Sequence[int], spare: Sequence[int], rule: CountRule, *, already: int = 0
) -> int | None:
    """How many of `spare`, from its start, are withheld beside `small`; None where all of them are not enough.

    already: how many of the counts in `small` are not small, but withheld for another total's sake.
    """
    if not small:
        return 0
    together = sum(small)
    for more in range(len(spare) + 1):
        complementary = already + more
        enough = together >= rule.hide_below * (complementary + 1)
        if complementary and enough and len(small) + more > 1:
            return more
        if more < len(spare):
            together += spare[more]
    return None


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
