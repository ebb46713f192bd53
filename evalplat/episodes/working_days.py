"""Days that are promised to clients: so many working days ahead, where a working day is one from Monday to Friday."""

from datetime import date, timedelta

SATURDAY = 5


def add_working_days(day: date, count: int) -> date:
    """The working day that comes `count` working days after a day; the day itself does not count."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day
