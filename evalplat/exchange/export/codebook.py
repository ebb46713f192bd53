"""The codebook: what every column of an export is, what may stand in it, and what its codes mean."""

from collections.abc import Iterable, Iterator
from typing import Literal

from evalplat.errors import Message
from evalplat.exchange.export.columns import Cell, Column, Sheetful, Value
from evalplat.exchange.export.records import Missing
from evalplat.exchange.export.words import MISSINGS
from evalplat.language import say

Codes = Literal["words", "numbers"]
"""How missing answers and categories stand in the file: as words, or as the numbers that SPSS takes."""

KINDS: dict[str, Message] = {
    "whole": Message("Whole number"),
    "number": Message("Number"),
    "day": Message("Day, as 2026-11-24"),
    "text": Message("Text"),
    "category": Message("One of the words listed"),
}
HEADS: dict[str, Message] = {
    "name": Message("Column"),
    "label": Message("What it holds"),
    "kind": Message("Kind"),
    "values": Message("Values and what they mean"),
    "range": Message("Range"),
    "missing": Message("What stands in place of a value"),
    "instrument": Message("Instrument"),
    "versions": Message("Versions of the instrument"),
    "point": Message("Measurement point"),
    "rule": Message("How the score is made"),
}
EMPTY = Message("empty")
APOSTROPHE = Message(
    "An apostrophe stands in front of a text that a spreadsheet program could run as a formula."
)


def make_codebook(columns: Iterable[Column], language: str, codes: Codes) -> Sheetful:
    """A table with one row for each column of an export, in the language that was asked for."""
    heads = tuple(Column(say(head, language), "", "text") for head in HEADS.values())
    return Sheetful("codebook", heads, _list_rows(columns, language, codes))


def _list_rows(columns: Iterable[Column], language: str, codes: Codes) -> Iterator[list[Cell]]:
    for column in columns:
        yield [
            column.name,
            column.label,
            say(
                KINDS["whole" if codes == "numbers" and _is_coded(column) else column.kind],
                language,
            ),
            "; ".join(_tell_value(*pair) for pair in list_codes(column, codes)),
            _tell_range(column),
            _tell_missing(column, language, codes),
            column.instrument,
            ", ".join(column.versions),
            column.point,
            column.rule,
        ]
    if codes == "words":
        yield ["", say(APOSTROPHE, language), *([""] * (len(HEADS) - 2))]


def _is_coded(column: Column) -> bool:
    return column.kind == "category"


def list_codes(column: Column, codes: Codes) -> list[tuple[int | str, Value]]:
    """What stands in the file for each value; in SPSS categories are numbered in the order of their words."""
    if codes == "numbers" and _is_coded(column):
        return [(number, value) for number, value in enumerate(column.values, start=1)]
    return [(value.value, value) for value in column.values]


def _tell_value(code: int | str, value: Value) -> str:
    words = value.label or (str(value.value) if code != value.value else "")
    return f"{code} = {words}" if words else str(code)


def _tell_range(column: Column) -> str:
    low, high = column.low, column.high
    if low is None:
        return ""
    return f"{low:g}–" if high is None else f"{low:g}–{high:g}"


def _tell_missing(column: Column, language: str, codes: Codes) -> str:
    numbers = code_missing(column)
    said = []
    for reason in column.missing:
        code: int | str = reason.value
        if codes == "numbers" and column.kind != "text":
            code = numbers[reason]
        elif reason is Missing.NOT_ASKED:
            code = say(EMPTY, language)
        said.append(f"{code} = {say(MISSINGS[reason], language)}")
    return "; ".join(said)


_ORDER = {reason: number for number, reason in enumerate(Missing, start=1)}


def code_missing(column: Column) -> dict[Missing, int]:
    """The number of each reason in SPSS: -91 and down, or further down where the column's own values reach there."""
    base, low = 90, column.low if column.low is not None else 0.0
    while low <= -base:
        base = base * 10 + 90
    return {reason: -(base + number) for reason, number in _ORDER.items()}
