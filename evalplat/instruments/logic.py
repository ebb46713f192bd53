"""When an item applies and which way of scoring is taken: tests of answers, closed under and, or and not."""

from dataclasses import dataclass
from typing import Literal

Operator = Literal["equals", "in", "less", "at_least", "answered"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A test of one item or condition field; unknown while the field is empty (except `answered`)."""

    field: str
    operator: Operator
    value: bool | int | float | str | tuple[bool | int | float | str, ...]


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is true, false when one is false, else unknown."""

    parts: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True when one part is true, false when every part is false, else unknown."""

    parts: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part; unknown stays unknown."""

    part: "Test"


Test = Comparison | All | Any | Not


def list_fields(test: Test) -> tuple[str, ...]:
    """The item codes and condition fields a test looks at."""
    if isinstance(test, Comparison):
        return (test.field,)
    if isinstance(test, Not):
        return list_fields(test.part)
    return tuple(name for part in test.parts for name in list_fields(part))
