"""Reading one TOML table key by key: every key has a type and bounds, every fault is kept, unknown keys are faults."""

import difflib
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from evalplat.errors import Fault, Message

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,31}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
VARIANT = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
KEY = re.compile(r"[a-z0-9]+(?:[.\-][a-z0-9]+)*")
VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LARGEST = 1_000_000_000
MAX_ENTRIES = 500
MAX_TEXT = 4_000


def show(value: object) -> str:
    """A faulty value as it may stand in an error: short, on one line, never a traceback."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) > 10**18:
        return "a number with too many digits"
    if isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= 80 else f"{text[:77]}…"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "a table"
    return f"a {type(value).__name__}"


def is_number(value: object) -> bool:
    """A finite number within bounds; true and false are no numbers."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= LARGEST
        and math.isfinite(value)
    )


def is_whole(value: object) -> bool:
    """A whole number within bounds, written as one."""
    return is_number(value) and isinstance(value, int)


class Faults:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []

    def add(self, path: str, message: Message) -> None:
        """Note a fault at a key path."""
        self.found.append(Fault(f"{self.file}: {path}" if path else self.file, message))

    def __len__(self) -> int:
        return len(self.found)


class Keys:
    """One table of a definition. Getters give the value, or a harmless stand-in after noting a fault."""

    def __init__(self, data: dict[str, Any], path: str, faults: Faults) -> None:
        self.data = data
        self.path = path
        self.faults = faults
        self._known: set[str] = set()

    def at(self, key: str) -> str:
        """The key path of a key of this table."""
        shown = key if re.fullmatch(r"[A-Za-z0-9_\-]{1,60}", key) else show(key)
        return f"{self.path}.{shown}" if self.path else shown

    def wrong(self, key: str, allowed: str) -> None:
        """Note that the value of a key is not what is allowed."""
        self.faults.add(
            self.at(key),
            Message(
                "%(value)s is not allowed here; give %(allowed)s",
                value=show(self.data[key]),
                allowed=allowed,
            ),
        )

    def has(self, key: str) -> bool:
        """Whether the key is there (and it counts as known)."""
        self._known.add(key)
        return key in self.data

    def _get(
        self, key: str, good: Callable[[Any], bool], allowed: str, fallback: Any, required: bool
    ) -> Any:
        if not self.has(key):
            if required:
                self.faults.add(
                    self.at(key),
                    Message("the key is missing; give %(allowed)s", allowed=allowed),
                )
            return fallback
        value = self.data[key]
        if good(value):
            return value
        self.wrong(key, allowed)
        return fallback

    def text(self, key: str, *, required: bool = False, most: int = MAX_TEXT) -> str:
        """A text that is not blank, and that is safe to print."""
        value: str = self._get(
            key,
            lambda v: (
                isinstance(v, str) and bool(v.strip()) and len(v) <= most and not CONTROL.search(v)
            ),
            f"a text of 1 to {most} characters, without control characters",
            "",
            required,
        )
        return value.strip()

    def word(
        self, key: str, pattern: re.Pattern[str], example: str, *, required: bool = False
    ) -> str:
        """A text that fits a pattern wholly."""
        value: str = self._get(
            key,
            lambda v: isinstance(v, str) and len(v) <= 64 and bool(pattern.fullmatch(v)),
            f"a name such as {example!r}",
            "",
            required,
        )
        return value

    def choice(
        self, key: str, allowed: Iterable[str], fallback: str = "", *, required: bool = False
    ) -> Any:
        """One of some words."""
        words = list(allowed)
        return self._get(
            key,
            lambda v: isinstance(v, str) and v in words,
            f"one of {', '.join(words)}",
            fallback,
            required,
        )

    def flag(self, key: str, fallback: bool = False) -> bool:
        """true or false."""
        value: bool = self._get(
            key, lambda v: isinstance(v, bool), "true or false", fallback, False
        )
        return value

    def whole(
        self, key: str, low: int, high: int, fallback: int = 0, *, required: bool = False
    ) -> int:
        """A whole number within bounds."""
        value: int = self._get(
            key,
            lambda v: is_whole(v) and low <= v <= high,
            f"a whole number from {low} to {high}",
            fallback,
            required,
        )
        return value

    def number(
        self,
        key: str,
        low: float = -LARGEST,
        high: float = LARGEST,
        *,
        above: float | None = None,
        required: bool = False,
    ) -> float | None:
        """A finite number within bounds, or above a bound; None when it is not there."""
        limits = f"from {low:g} to {high:g}"
        if above is not None:
            limits = f"above {above:g}" + ("" if high == LARGEST else f" and at most {high:g}")
        value = self._get(
            key,
            lambda v: is_number(v) and low <= v <= high and (above is None or v > above),
            f"a number {limits}",
            None,
            required,
        )
        return None if value is None else float(value)

    def span(self, key: str, *, required: bool = False) -> tuple[float, float] | None:
        """Two numbers, the lower first."""
        value = self._get(
            key,
            lambda v: (
                isinstance(v, list)
                and len(v) == 2
                and is_number(v[0])
                and is_number(v[1])
                and v[0] < v[1]
            ),
            "two numbers, the lower first, such as [0, 100]",
            None,
            required,
        )
        return None if value is None else (float(value[0]), float(value[1]))

    def numbers(self, key: str, *, required: bool = False) -> tuple[float, ...]:
        """A list of numbers."""
        value = self._get(
            key,
            lambda v: isinstance(v, list) and 0 < len(v) <= MAX_ENTRIES and all(map(is_number, v)),
            "a list of numbers",
            [],
            required,
        )
        return tuple(float(entry) for entry in value)

    def words(
        self,
        key: str,
        pattern: re.Pattern[str],
        example: str,
        *,
        required: bool = False,
        allowed: Iterable[str] | None = None,
    ) -> tuple[str, ...]:
        """A list of different words, each fitting a pattern or one of those allowed."""
        known = None if allowed is None else list(allowed)
        wanted = (
            f"a list of words such as {example!r}"
            if known is None
            else (f"a list of one or more of {', '.join(known)}")
        )

        def fits(entry: Any) -> bool:
            return (
                isinstance(entry, str)
                and len(entry) <= 64
                and bool(pattern.fullmatch(entry))
                and (known is None or entry in known)
            )

        value = self._get(
            key,
            lambda v: isinstance(v, list) and 0 < len(v) <= MAX_ENTRIES,
            f"{wanted}, each once",
            [],
            required,
        )
        good: list[str] = []
        for number, entry in enumerate(value, start=1):
            if fits(entry) and entry not in good:
                good.append(entry)
            else:
                self.faults.add(
                    f"{self.at(key)}[{number}]",
                    Message(
                        "%(value)s is not allowed here; give %(allowed)s",
                        value=show(entry),
                        allowed=f"{wanted}, each once",
                    ),
                )
        return tuple(good)

    def table(self, key: str, *, required: bool = False) -> "Keys | None":
        """A table inside this one."""
        value = self._get(key, lambda v: isinstance(v, dict), "a table", None, required)
        return None if value is None else Keys(value, self.at(key), self.faults)

    def tables(self, key: str, *, required: bool = False, most: int = MAX_ENTRIES) -> list["Keys"]:
        """A list of tables, as `[[key]]` writes it."""
        value = self._get(
            key,
            lambda v: (
                isinstance(v, list) and len(v) <= most and all(isinstance(e, dict) for e in v)
            ),
            f"a list of at most {most} tables ([[{key}]])",
            [],
            required,
        )
        return [
            Keys(entry, f"{self.at(key)}[{number}]", self.faults)
            for number, entry in enumerate(value, start=1)
        ]

    def close(self) -> None:
        """Report every key that nobody asked for, with the nearest known one."""
        for key in self.data:
            if key in self._known:
                continue
            near = difflib.get_close_matches(key[:60], self._known, n=1)
            known = near[0] if near else ", ".join(sorted(self._known))
            self.faults.add(
                self.at(key),
                Message(
                    "there is no such key here; did you mean %(known)s? Correct or delete it",
                    known=known,
                )
                if near
                else Message(
                    "there is no such key here; allowed are %(known)s. Correct or delete it",
                    known=known,
                ),
            )
