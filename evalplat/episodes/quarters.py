"""Quarters as whole numbers that sort: 20264 is the last quarter of 2026."""

from datetime import date, timedelta


def quarter_of(day: date) -> int:
    """The quarter that a day is in."""
    return day.year * 10 + (day.month + 2) // 3


def quarter_before(quarter: int) -> int:
    """The quarter before."""
    return quarter - 1 if quarter % 10 > 1 else quarter - 7


def year_of(quarter: int) -> int:
    """The year that a quarter is in."""
    return quarter // 10


def days_of_quarter(quarter: int) -> tuple[date, date]:
    """The first and the last day of a quarter."""
    year, number = divmod(quarter, 10)
    after = date(year + number // 4, number % 4 * 3 + 1, 1)
    return date(year, number * 3 - 2, 1), after - timedelta(days=1)
