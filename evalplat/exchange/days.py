"""Days as files write them: 24.11.2026, 2026-11-24, with a time after them, or as a spreadsheet program counts them."""

import re
from datetime import date, timedelta

_FINNISH = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_TIME = re.compile(r"(?:T|\s+(?:klo\s+)?)\d{1,2}[.:]\d{2}(?:[.:]\d{2}(?:[.,]\d{1,6})?)?$", re.ASCII)
_COUNTED = re.compile(r"(\d{5})(?:[.,]\d+)?", re.ASCII)
FIRST_DAY = date(1899, 12, 30)
"""Day 0 of spreadsheet programs, as far as days after February 1900 go."""

EARLIEST, LATEST = 36_526, 73_050
"""2000 to 2099: a number outside is no day that anybody was measured on."""


def read_day(text: str) -> date | None:
    """The day of a cell, without its time of day; None where it is no day of the calendar."""
    plain = _TIME.sub("", text.strip())
    try:
        if found := _FINNISH.fullmatch(plain):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _ISO.fullmatch(plain):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    counted = _COUNTED.fullmatch(plain)
    if counted and EARLIEST <= int(counted[1]) <= LATEST:
        return FIRST_DAY + timedelta(days=int(counted[1]))
    return None
