"""How long something is kept: spans of years, months or days, counted by the calendar."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_SPAN = re.compile(r"([1-9]\d{0,3}) (day|month|year)s?")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as a law or an archive plan says it: 30 years, 3 months, 90 days."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


def read_span(text: str) -> Span | None:
    """A span as it is written in a file, `30 years`; None for anything else."""
    found = _SPAN.fullmatch(text.strip())
    return Span(int(found[1]), found[2]) if found else None


def add_months(day: date, count: int) -> date:
    """The same day of another month; the month's last day where it has no such day."""
    month = day.year * 12 + day.month - 1 + count
    if not 12 <= month < 12 * 10_000:
        return date.min if count < 0 else date.max
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def day_before(day: date, span: Span) -> date:
    """The day that lies a span before another: what ended on it or earlier has been kept long enough."""
    if span.unit == "day":
        return day - min(timedelta(days=span.count), day - date.min)
    return add_months(day, -span.count * (12 if span.unit == "year" else 1))
