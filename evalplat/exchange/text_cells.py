"""Cells of a workbook that hold text and nothing else, whatever the text begins with."""

import re
from io import BytesIO
from typing import Any

from evalplat.exchange.tables import safe_cell

MOST_CHARACTERS = 32_767
"""What a cell of XLSX holds at most."""

_NOT_HELD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def clean_text(text: str) -> str:
    """A text without the signs that no workbook can hold, and no longer than a cell."""
    return _NOT_HELD.sub("", text)[:MOST_CHARACTERS]


def as_text(cell: Any, text: str) -> Any:
    """Put a text into a cell as text."""
    cell.value = clean_text(safe_cell(clean_text(text)))
    # openpyxl takes "=1" for a formula and "#REF!" for an error.
    cell.data_type = "s"
    return cell


def sheet_title(text: str) -> str:
    """A text as the name of a sheet, without the signs that are not allowed there."""
    return re.sub(r"[\[\]:*?/\\]", " ", text)[:31] or "1"


def save_book(book: Any) -> bytes:
    """A workbook as a file's content."""
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()
