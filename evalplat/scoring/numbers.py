"""A number as people write it."""

import re

_NUMBER = re.compile(
    r"[+-]?(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)?(?:[.,]\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII
)
_PLAIN = str.maketrans({" ": None, "\u00a0": None, "\u202f": None, ",": "."})
_LONGEST = 64


def parse_number(text: str) -> float:
    """A number as a Finn, a Swede or a program writes it: `3,5`, `−2`, `1 234,5`, `1e-3`.

    A single comma is a decimal mark. Raises ValueError for anything else, nan and infinity included.
    """
    plain = text.strip().replace("\u2212", "-")
    if (
        len(plain) > _LONGEST
        or not _NUMBER.fullmatch(plain)
        or not any(c.isdigit() for c in plain.lower().partition("e")[0])
    ):
        raise ValueError(text)
    value = float(plain.translate(_PLAIN))
    if value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return value
