"""An export as an SPSS file: labels of variables and values, reasons for missing answers as user-missing codes.

SPSS has limits, counted in bytes: names of 64, labels of variables of 256, labels of values of 120, texts of 32,767,
notes of 80 a line. What is longer is cut between two letters and ends with …; the codebook has it whole.
"""

import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from evalplat.errors import Message
from evalplat.exchange.export.codebook import code_missing, list_codes
from evalplat.exchange.export.columns import Cell, Column, Sheetful
from evalplat.exchange.export.csv_file import SHOWN_EVERY
from evalplat.exchange.export.records import Missing
from evalplat.exchange.export.words import MISSINGS
from evalplat.language import say

if TYPE_CHECKING:
    import pandas as pd

LONGEST_LABEL, LONGEST_VALUE_LABEL, LONGEST_TEXT, LONGEST_NOTE = 256, 120, 32_767, 80
EPOCH = date(1582, 10, 14)
SECONDS = 86_400
FORMATS = {"whole": "F11.0", "category": "F4.0", "day": "SDATE10"}
Advance = Callable[[int], None]


def write_spss(
    table: Sheetful, stream: IO[bytes], language: str, advance: Advance = lambda _count: None
) -> int:
    """Write a table and give the number of its rows. SPSS files are written whole, so all rows are held."""
    import pyreadstat

    frame, count = _make_frame(table, advance)
    columns = table.columns
    with tempfile.TemporaryDirectory(prefix="evalplat-") as folder:
        # The library writes to a path only. The folder is readable by its owner alone and goes away at once.
        path = Path(folder) / "export.sav"
        pyreadstat.write_sav(
            frame,
            str(path),
            file_label="evalplat",
            note=_notes(language),
            column_labels={c.name: cut(c.label, LONGEST_LABEL) for c in columns},
            variable_value_labels=_value_labels(columns, language),
            missing_ranges=_missing_ranges(columns),
            variable_measure={c.name: c.measure for c in columns},
            variable_format={c.name: _format(c) for c in columns if c.kind != "text"},
            row_compress=True,
        )
        with path.open("rb") as written:
            while chunk := written.read(1024 * 1024):
                stream.write(chunk)
    return count


def cut(text: str, most: int) -> str:
    """A text of at most so many bytes, cut between two letters."""
    plain = text.replace("\0", "")
    if len(plain.encode("utf-8", "replace")) <= most:
        return plain
    kept = plain.encode("utf-8", "replace")[: most - len("…".encode())]
    return kept.decode("utf-8", "ignore").rstrip() + "…"


def _make_frame(table: Sheetful, advance: Advance) -> "tuple[pd.DataFrame, int]":
    import pandas as pd

    columns = table.columns
    makers = [_maker(column) for column in columns]
    held: list[list[Any]] = [[] for _ in columns]
    count = 0
    for row in table:
        for cells, make, cell in zip(held, makers, row, strict=True):
            cells.append(make(cell))
        count += 1
        if not count % SHOWN_EVERY:
            advance(count)
    kinds = {column.name: object if column.kind == "text" else float for column in columns}
    data = {
        column.name: pd.Series(cells, dtype=kinds[column.name])
        for column, cells in zip(columns, held, strict=True)
    }
    return pd.DataFrame(data, columns=[column.name for column in columns]), count


def _maker(column: Column) -> Callable[[Cell], Any]:
    """How a cell becomes what SPSS stores: numbers, seconds for days, texts as they are."""
    numbers = code_missing(column)
    asked = Missing.NOT_ASKED in column.missing
    nothing = float(numbers[Missing.NOT_ASKED]) if asked else float("nan")
    codes = (
        {value.value: float(code) for code, value in list_codes(column, "numbers")}
        if (column.kind == "category")
        else {}
    )

    def make_text(cell: Cell) -> str:
        if cell is None or cell is Missing.NOT_ASKED:
            return ""
        return cut(str(cell), LONGEST_TEXT)

    def make_day(cell: Cell) -> float:
        return (cell - EPOCH).days * float(SECONDS) if isinstance(cell, date) else float("nan")

    def make_number(cell: Cell) -> float:
        if cell is None:
            return nothing
        if isinstance(cell, Missing):
            return float(numbers[cell])
        if isinstance(cell, str):
            return codes[cell]
        return float(cell)  # type: ignore[arg-type]

    return {"text": make_text, "day": make_day}.get(column.kind, make_number)


def _value_labels(columns: Sequence[Column], language: str) -> dict[str, dict[float, str]]:
    """Labels of values and of the reasons for missing answers, by column."""
    found: dict[str, dict[float, str]] = {}
    for column in columns:
        if column.kind in ("text", "day"):
            continue
        labels = {
            float(code): cut(value.label or str(value.value), LONGEST_VALUE_LABEL)
            for code, value in list_codes(column, "numbers")
        }
        numbers = code_missing(column)
        for reason in column.missing:
            labels[float(numbers[reason])] = cut(
                say(MISSINGS[reason], language), LONGEST_VALUE_LABEL
            )
        if labels:
            found[column.name] = labels
    return found


def _missing_ranges(columns: Sequence[Column]) -> dict[str, Any]:
    """The user-missing codes as one range each, because SPSS takes three single ones at most."""
    found: dict[str, Any] = {}
    for column in columns:
        if column.missing and column.kind not in ("text", "day"):
            numbers = code_missing(column).values()
            found[column.name] = [{"lo": float(min(numbers)), "hi": float(max(numbers))}]
    return found


def _format(column: Column) -> str:
    return FORMATS.get(column.kind) or f"F12.{min(column.decimals, 6)}"


def _notes(language: str) -> list[str]:
    """What the file is, in lines that are short enough."""
    said = say(PRIVATE, language)
    lines, line = [], ""
    for word in said.split():
        if len(f"{line} {word}".encode()) > LONGEST_NOTE:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [cut(one, LONGEST_NOTE) for one in (*lines, line)]


PRIVATE = Message(
    "Answers and scores of clients. Keep this file as private as the clients’ own files, and delete it when it is no "
    "longer needed."
)
