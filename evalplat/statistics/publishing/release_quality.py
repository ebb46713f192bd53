"""Counts about the quality of data as they may be published: how many sheets, and how many of them call for a look.

Each count is released by itself and there is no total, so that nothing can be subtracted: it is withheld where it is
small, or where the sheets that are left would be few; what is shown is rounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from evalplat.statistics.publishing.suppression import CountRule, may_show_share


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One provider's counts; None is withheld.

    to_look_at: how many of these sheets have a sign; signs: by sign. waiting, overdue: measurements.
    """

    provider: str
    sheets: int | None
    to_look_at: int | None
    signs: Mapping[str, int | None]
    waiting: int | None = None
    overdue: int | None = None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One question of an instrument: how many it was put to, and the share in percent who left it without an answer."""

    instrument: str
    version: str
    item: str
    asked: int | None
    missing: int | None


def release_part(count: int, of: int, rule: CountRule) -> int | None:
    """A part of `of`, rounded; None where it, the whole or the rest is small."""
    return rule.round(count) if may_show_share(count, of, rule) else None


def release_whole(count: int, rule: CountRule) -> int | None:
    """A count, rounded; None where it is small."""
    return None if rule.hides(count) else rule.round(count)


def release_item(
    instrument: str, version: str, item: str, *, asked: int, missing: int, rule: CountRule
) -> ItemRow:
    """A question's counts; the share is counted from rounded counts, so that it tells no more than they do."""
    whole, part = release_whole(asked, rule), release_part(missing, asked, rule)
    share = round(100 * part / whole) if whole and part is not None else None
    return ItemRow(instrument, version, item, whole, share)
