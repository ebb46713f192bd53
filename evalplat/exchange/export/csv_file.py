"""An export as CSV: UTF-8 with a byte order mark, no cell that a spreadsheet program would run."""

import csv
from collections.abc import Callable
from datetime import date
from io import TextIOWrapper
from typing import IO

from evalplat.exchange.export.columns import Cell, Sheetful
from evalplat.exchange.export.records import Missing
from evalplat.exchange.tables import safe_cell

SEPARATORS = {"semicolon": ";", "comma": ",", "tab": "\t"}
DEFAULT = {"fi": "semicolon", "sv": "semicolon"}
"""What a double click opens rightly where the decimal mark is a comma; elsewhere a comma separates."""

MISSING_WORDS = frozenset(reason.value for reason in Missing)
Advance = Callable[[int], None]
SHOWN_EVERY = 500


def write_csv(
    table: Sheetful,
    stream: IO[bytes],
    language: str,
    separator: str = "",
    advance: Advance = lambda _count: None,
) -> int:
    """Write a table and give the number of its rows. The decimal mark is a comma beside semicolons.

    Semicolons for Finnish and Swedish, commas for English, unless `separator` (of `SEPARATORS`) says otherwise.
    """
    sign = SEPARATORS[separator or DEFAULT.get(language.partition("-")[0], "comma")]
    text = TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
    text.write("\ufeff")
    writer = csv.writer(text, delimiter=sign, lineterminator="\r\n")
    writer.writerow([safe_cell(column.name) for column in table.columns])
    free = [column.kind == "text" for column in table.columns]
    comma = sign == ";"
    count = 0
    for row in table:
        writer.writerow([_tell(cell, own, comma) for cell, own in zip(row, free, strict=True)])
        count += 1
        if not count % SHOWN_EVERY:
            advance(count)
    text.flush()
    text.detach()
    return count


def _tell(cell: Cell, free: bool, comma: bool) -> str | int:
    """A cell as it stands in the file. In free text, what reads like a reason or a formula gets an apostrophe."""
    if cell is None or cell is Missing.NOT_ASKED:
        return ""
    if isinstance(cell, str):
        if isinstance(cell, Missing) or not free:
            return str(cell)
        return tell_text(cell)
    if isinstance(cell, float):
        return tell_number(cell).replace(".", ",") if comma else tell_number(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def tell_text(text: str) -> str:
    """Free text that can be taken neither for a formula nor for a reason why nothing was said."""
    return f"'{text}" if text in MISSING_WORDS else safe_cell(text)


def tell_number(value: float) -> str:
    """A number with all its digits, without a point where it is whole."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
