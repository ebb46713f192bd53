"""Reading what a form carried: dates as people here write them, whole numbers, faults with the field's name."""

import re
import secrets
from datetime import date

from evalplat.errors import Fault, Message

FINNISH = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def read_date(text: str, where: str, faults: list[Fault], *, optional: bool = False) -> date | None:
    """A date written 24.11.2026 or 2026-11-24; a fault where it is neither, or missing without being optional."""
    text = text.strip()
    if not text and optional:
        return None
    try:
        if found := FINNISH.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    if not text:
        faults.append(Fault(where, Message("A date is missing. Write it like 24.11.2026.")))
    else:
        faults.append(
            Fault(
                where,
                Message("%(value)s is not a date. Write it like 24.11.2026.", value=text[:40]),
            )
        )
    return None


def read_whole(text: str, where: str, faults: list[Fault], *, low: int, high: int) -> int | None:
    """A whole number from `low` to `high`; a fault where it is anything else."""
    text = text.strip().replace("−", "-")
    if re.fullmatch(r"[+-]?\d{1,6}", text, re.ASCII) and low <= int(text) <= high:
        return int(text)
    if not text:
        missing = Message("Write a whole number from %(low)s to %(high)s.", low=low, high=high)
        faults.append(Fault(where, missing))
        return None
    faults.append(
        Fault(
            where,
            Message(
                "Choose a whole number from %(low)s to %(high)s; %(value)s is not one.",
                low=low,
                high=high,
                value=f"“{text[:40]}”",
            ),
        )
    )
    return None


def read_page(text: str) -> int:
    """The number of a page in an address; the first one for everything that is none."""
    return min(int(text), 10_000) if re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII) else 1


def new_key() -> str:
    """A key that makes sending the same form twice harmless."""
    return secrets.token_urlsafe(16)


def kept_key(text: str) -> str:
    """The key a form brought back; a new one where it brought none of ours."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]{16,64}", text) else new_key()
