"""A column of an export: its name, what may stand in it and what that means, said once for every format."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from evalplat.exchange.export.records import Missing

Kind = Literal["whole", "number", "day", "text", "category"]
Measure = Literal["nominal", "ordinal", "scale"]
Cell = int | float | str | date | Missing | None
"""None: nothing was asked there, or there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value that may stand in a column, with its words; they are empty where the value says it itself."""

    value: int | str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    kind: `whole` and `number` are figures, `category` is one of the words in `values`. low, high: the possible range.
    missing: the reasons that may stand in place of a value. versions: those of the instrument that have it. rule: how
    a score is made. instrument, point: what it belongs to, empty for facts about the episode.
    """

    name: str
    label: str
    kind: Kind
    measure: Measure = "nominal"
    values: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    missing: tuple[Missing, ...] = ()
    decimals: int = 0
    instrument: str = ""
    versions: tuple[str, ...] = ()
    point: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Sheetful:
    """A table that is about to be written: its columns, and its rows once, in order."""

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[list[Cell]]

    def __iter__(self) -> Iterator[list[Cell]]:
        return iter(self.rows)
