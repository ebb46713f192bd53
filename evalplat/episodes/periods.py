"""A period by whole months, which sums are kept for, and what is left of it at its ends."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from evalplat.episodes.moments import month_of

FIRST_MONTH, LAST_MONTH = 0, 999_999
"""Ends of a period that is open on one side."""

Days = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months from the first to the last, both included (None for none), and the days that are in no whole one."""

    months: tuple[int, int] | None
    days: tuple[Days, ...]


def split_period(start: date | None, until: date | None) -> Period:
    """Split the days from `start` until `until`, both included; None is open. `start` is not after `until`."""
    begins_whole = start is None or start.day == 1
    ends_whole = until is None or until.day == monthrange(until.year, until.month)[1]
    if (
        start is not None
        and until is not None
        and month_of(start) == month_of(until)
        and not (begins_whole and ends_whole)
    ):
        return Period(None, ((start, until),))
    days: list[Days] = []
    first, last = FIRST_MONTH, LAST_MONTH
    if start is not None:
        first = month_of(start)
        if not begins_whole:
            days.append((start, start.replace(day=monthrange(start.year, start.month)[1])))
            first = _next(first)
    if until is not None:
        last = month_of(until)
        if not ends_whole:
            days.append((until.replace(day=1), until))
            last = _before(last)
    return Period((first, last) if first <= last else None, tuple(days))


def first_of_month(day: date) -> date:
    """The first day of the month that a day is in."""
    return day.replace(day=1)


def last_of_month(day: date) -> date:
    """The last day of the month that a day is in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _next(month: int) -> int:
    return month + 1 if month % 100 < 12 else month + 89


def _before(month: int) -> int:
    return month - 1 if month % 100 > 1 else month - 89
