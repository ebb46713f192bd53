"""Where a list goes on: the last row's day and id in twenty letters that say nothing to a reader.

Any twenty letters are a place in the list, so that no cursor can be wrong; it reaches nothing beyond the account's own
rows, because it is only compared with.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date

FORM = "[A-Za-z0-9_-]{20}"
_DAY_BYTES = 3


def write_cursor(after: tuple[date, str]) -> str:
    """The place after a row."""
    day, public_id = after
    content = day.toordinal().to_bytes(_DAY_BYTES, "big") + urlsafe_b64decode(public_id)
    return urlsafe_b64encode(content).decode("ascii")


def read_cursor(text: str) -> tuple[date, str]:
    """The place that a cursor names; beyond all days is the end."""
    content = urlsafe_b64decode(text)
    ordinal = int.from_bytes(content[:_DAY_BYTES], "big")
    day = date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))
    return day, urlsafe_b64encode(content[_DAY_BYTES:]).decode("ascii")
