"""An export as XLSX: the rows on one sheet, the codebook on another; text is text, whatever it begins with."""

from collections.abc import Callable
from typing import IO, Any

from evalplat.errors import FileRejected, Message
from evalplat.exchange.export.codebook import make_codebook
from evalplat.exchange.export.columns import Cell, Sheetful
from evalplat.exchange.export.csv_file import SHOWN_EVERY, tell_text
from evalplat.exchange.export.records import Missing
from evalplat.exchange.text_cells import as_text, clean_text, sheet_title
from evalplat.language import say

MOST_ROWS = 1_048_575
MOST_COLUMNS = 16_384
TAKEN_FOR_MORE = ("=", "#")
"""What the library takes for a formula or an error where it is not told otherwise."""
ROWS, CODEBOOK = Message("Answers"), Message("Codebook")
Advance = Callable[[int], None]


def write_workbook(
    table: Sheetful, stream: IO[bytes], language: str, advance: Advance = lambda _count: None
) -> int:
    """Write a table with its codebook and give the number of its rows; raises FileRejected where it is too large."""
    from openpyxl import Workbook

    if len(table.columns) > MOST_COLUMNS:
        raise FileRejected(
            Message(
                "An Excel file holds at most %(most)d columns. Choose fewer instruments, the long form or CSV.",
                most=MOST_COLUMNS,
            )
        )
    book = Workbook(write_only=True)
    book.properties.creator = "evalplat"
    try:
        count = _fill(book, table, say(ROWS, language), advance)
        codebook = make_codebook(table.columns, language, "words")
        _fill(book, codebook, say(CODEBOOK, language), lambda _count: None, wide=True)
        book.save(stream)
    except BaseException:
        _throw_away(book)
        raise
    return count


def _throw_away(book: Any) -> None:
    """Delete the rows that the library keeps in temporary files until a workbook is saved."""
    for sheet in book.worksheets:
        if not sheet.closed:
            sheet.close()
        sheet._writer.cleanup()


def _fill(book: Any, table: Sheetful, title: str, advance: Advance, *, wide: bool = False) -> int:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(sheet_title(title))
    sheet.freeze_panes = "A2"
    for place, column in enumerate(table.columns, start=1):
        width = 40 if wide and place in (2, 4, 6, 10) else max(10, min(34, len(column.name) + 2))
        sheet.column_dimensions[get_column_letter(place)].width = width
    bold = Font(bold=True)
    heads = [as_text(WriteOnlyCell(sheet), column.name) for column in table.columns]
    for head in heads:
        head.font = bold
    sheet.append(heads)
    free = [column.kind == "text" for column in table.columns]
    count = 0
    for row in table:
        count += 1
        if count > MOST_ROWS:
            raise FileRejected(
                Message(
                    "An Excel file holds at most %(most)d rows. Choose a shorter period, the wide form or CSV.",
                    most=MOST_ROWS,
                )
            )
        sheet.append([_make(sheet, cell, own) for cell, own in zip(row, free, strict=True)])
        if not count % SHOWN_EVERY:
            advance(count)
    return count


def _make(sheet: Any, cell: Cell, free: bool) -> Any:
    """A cell as the library takes it; days get their format from it, and most texts need no cell of their own."""
    if cell is None or cell is Missing.NOT_ASKED:
        return None
    if not isinstance(cell, str):
        return cell
    if isinstance(cell, Missing) or not free:
        return str(cell)
    text = tell_text(clean_text(cell))
    if text.startswith(TAKEN_FOR_MORE):
        from openpyxl.cell import WriteOnlyCell

        return as_text(WriteOnlyCell(sheet), text)
    return text
