"""Names of columns: plain letters, digits and underscores, at most 64 bytes, unique without regard to capitals.

So the same name serves CSV, XLSX, SPSS and R. A name is made from what the column is alone, whatever rows there are and
in whatever order: only names that are too long, or the same as another's, carry a mark of what they stand for.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

LONGEST = 64
MARK = 8
RESERVED = frozenset(
    ["all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"]
)
"""Words that SPSS keeps for itself."""

_OTHER = re.compile(r"[^A-Za-z0-9]+")


def slug(text: str) -> str:
    """A text as a part of a name: ä becomes a, and what is no letter or digit an underscore."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _OTHER.sub("_", plain).strip("_")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a name is made of: parts that are read, and what the column is, which no other column is."""

    parts: tuple[str, ...]
    identity: tuple[str, ...]


def give_names(wanted: Sequence[Wanted]) -> tuple[str, ...]:
    """A name for each, in their order."""
    plain = [_join(one.parts) for one in wanted]
    taken = Counter(name.lower() for name in plain)
    names = [
        _mark(name, one.identity) if taken[name.lower()] > 1 or len(name) > LONGEST else name
        for name, one in zip(plain, wanted, strict=True)
    ]
    if len({name.lower() for name in names}) < len(names):
        raise ValueError("two columns are the same")
    return tuple(names)


def _join(path: Sequence[str]) -> str:
    name = "_".join(part for part in (slug(part) for part in path) if part)
    if not name or not name[0].isalpha():
        name = f"x_{name}" if name else "x"
    return f"{name}_" if name.lower() in RESERVED else name


def _mark(name: str, identity: Sequence[str]) -> str:
    """A name cut to what SPSS takes, with eight signs that come from what the column is."""
    mark = sha256("\0".join(identity).encode()).hexdigest()[:MARK]
    return f"{name[: LONGEST - MARK - 1].rstrip('_')}_{mark}"
