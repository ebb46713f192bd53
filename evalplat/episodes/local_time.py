"""The day in Finland: instants are kept in UTC, and days are counted by the clock on the wall."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/Helsinki")


def local_day(at: datetime) -> date:
    """The day in Finland at an instant."""
    return at.astimezone(HOME).date()
