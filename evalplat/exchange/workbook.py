"""XLSX files, read row by row, with limits that stop a decompression bomb before it is unpacked."""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import repeat
from typing import Any, BinaryIO

from evalplat.errors import FileRejected, Message
from evalplat.exchange.delimited import Record, too_many_columns
from evalplat.exchange.faults import FaultList
from evalplat.exchange.limits import Limits

MAX_RATIO = 200
RATIO_COUNTS_FROM = 64 * 1024 * 1024
MAX_PARTS = 5_000
LAST_ROW = 1_048_576
EMPTY_ROWS = 20
"""So many times the rows that are read at most may stand in a sheet, empty ones and all."""
SHEETS = "xl/worksheets/"
TEXTS = "xl/sharedStrings.xml"
BIG_PARTS = (SHEETS, TEXTS, "xl/media/", "xl/drawings/", "xl/charts/", "xl/embeddings/")
"""Parts that are read piece by piece, or not at all."""
CHUNK = 1024 * 1024
LONGEST_TAG = 64 * 1024

NO_RESULT = Message(
    "the formula has no stored result; open the file in a spreadsheet program and save it, or paste values"
)
_TAG = re.compile(
    rb"<(?:\w+:)?(?:(?P<formula>f)[\s/>]|mergeCell\s[^>]*?\bref=[\"'](?P<merged>[A-Z0-9:$]{1,30})[\"']"
    rb"|row\s[^>]*?\bhidden=[\"'](?P<hidden>1|true)[\"'])"
)

_ROW_OR_CELL = re.compile(rb"<(?:\w+:)?(row|c)[\s/>]")


@dataclass
class Book:
    """One sheet of a workbook. `merged`: the last row and the place of merged cells."""

    records: Iterator[Record] = field(default_factory=lambda: iter(()))
    merged: list[tuple[int, str]] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    formulas: bool = False
    hidden_rows: int = 0


@contextmanager
def open_workbook(
    name: str, stream: BinaryIO, head: bytes, limits: Limits, sheet: str = ""
) -> Iterator[Book]:
    """The rows of the first visible sheet, or of the one named, as (row number, texts). Raises FileRejected."""
    _check_container(name, stream, head, limits)
    with ExitStack() as books:
        found = Book()
        chosen = _open_sheet(name, stream, books, sheet, found.notes, stored=True)
        _scan(name, stream, getattr(chosen, "_worksheet_path", ""), found)
        rows = _open_rows(chosen, books)
        written: Iterator[tuple[Any, ...]] = repeat(())
        if found.formulas:
            # A formula that was never computed has no stored value and would look like an empty cell.
            again = _open_sheet(name, stream, books, sheet, [], stored=False)
            written = _open_rows(again, books)
        if found.hidden_rows:
            found.notes.append(
                Message(
                    "Hidden rows are read like all others (%(count)d). Delete them if they do not belong.",
                    count=found.hidden_rows,
                )
            )
        found.records = _read_sheet(name, rows, written, limits)
        yield found


def _open_sheet(
    name: str,
    stream: BinaryIO,
    books: ExitStack,
    wanted: str,
    notes: list[Message],
    *,
    stored: bool,
) -> Any:
    """The sheet to read: with the stored values, or with the formulas as written."""
    import openpyxl

    with warnings.catch_warnings():
        # openpyxl warns about styles and extensions it drops; they have no bearing on the values.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(
                stream, read_only=True, data_only=stored, keep_links=False
            )
        except Exception as error:
            raise _unreadable(name) from error
    books.callback(book.close)
    if not book.worksheets:
        raise FileRejected(Message("%(file)s has no sheet with cells.", file=name))
    if wanted:
        return _find_named(name, book, wanted)
    # What the sender sees first is meant; a hidden sheet holds lists and notes of the program that made the file.
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if len(shown) > 1:
        others = ", ".join(str(sheet.title)[:60] for sheet in shown[1:6])
        notes.append(
            Message(
                "The sheet “%(sheet)s” is read, and no other: %(others)s.",
                sheet=str(shown[0].title)[:60],
                others=others,
            )
        )
    return (shown or book.worksheets)[0]


def _find_named(name: str, book: Any, wanted: str) -> Any:
    for sheet in book.worksheets:
        if sheet.title.strip().casefold() == wanted.strip().casefold():
            return sheet
    known = ", ".join(str(sheet.title)[:60] for sheet in book.worksheets[:10])
    raise FileRejected(
        Message(
            "%(file)s has no sheet named %(sheet)s. It has %(known)s.",
            file=name,
            sheet=wanted[:60],
            known=known,
        )
    )


def _open_rows(sheet: Any, books: ExitStack) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    # Rows that were not read to the end would keep the file open.
    books.callback(rows.close)
    return iter(rows)


def _check_container(name: str, stream: BinaryIO, head: bytes, limits: Limits) -> None:
    """Refuse what is not an XLSX file or unpacks too large."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRejected(
            Message(
                "%(file)s is protected by a password or is an old XLS file. Save it as an unprotected XLSX.",
                file=name,
            )
        )
    size = stream.seek(0, 2)
    try:
        with zipfile.ZipFile(stream) as container:
            _check_size(name, size, container.infolist(), limits)
            if limits.rows:
                _check_emptiness(name, container, limits)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError) as error:
        raise FileRejected(
            Message(
                "%(file)s is not an XLSX file though its name says so. Save the table as XLSX, "
                "or name a CSV file .csv.",
                file=name,
            )
        ) from error


def _check_size(name: str, packed: int, parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    if not any(part.filename.startswith("xl/") for part in parts):
        raise _unreadable(name)
    unpacked = sum(part.file_size for part in parts)
    bomb = unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed
    too_large = packed > limits.workbook_bytes or unpacked > limits.unpacked_bytes
    whole = [part.file_size for part in parts if not part.filename.startswith(BIG_PARTS)]
    too_large = too_large or max(whole, default=0) > limits.part_bytes
    if too_large or len(parts) > MAX_PARTS or bomb:
        raise FileRejected(
            Message(
                "%(file)s is too large: %(packed)d MiB, %(unpacked)d MiB unpacked. Give big tables as CSV.",
                file=name,
                packed=packed >> 20,
                unpacked=unpacked >> 20,
            )
        )


def _scan(name: str, stream: BinaryIO, path: str, found: Book) -> None:
    """Look through a sheet's part for what reading its cells does not tell: formulas, merged cells, hidden rows."""
    try:
        with zipfile.ZipFile(stream) as container, container.open(path.lstrip("/")) as part:
            tail = b""
            while chunk := part.read(CHUNK):
                chunk = tail + chunk
                end = chunk.rfind(b">") + 1
                tail = chunk[end:][-LONGEST_TAG:]
                for tag in _TAG.finditer(chunk, 0, end):
                    _note(tag, found)
    except Exception as error:
        raise _unreadable(name) from error


def _note(tag: re.Match[bytes], found: Book) -> None:
    if tag["formula"]:
        found.formulas = True
    elif tag["hidden"]:
        found.hidden_rows += 1
    elif len(found.merged) < MAX_PARTS:
        place = tag["merged"].decode("ascii").replace("$", "")
        last = re.sub(r"\D", "", place.rpartition(":")[2])
        found.merged.append((int(last or "0"), place))


def _read_sheet(
    name: str, rows: Iterator[tuple[Any, ...]], written: Iterator[tuple[Any, ...]], limits: Limits
) -> Iterator[Record]:
    width = read = 0
    uncomputed = FaultList()
    try:
        for number, (values, formulas) in enumerate(zip(rows, written, strict=False), start=1):
            read += len(values)
            if number > LAST_ROW or (limits.rows and _is_mostly_empty(number, read, limits)):
                raise _too_wide(name)
            known = uncomputed.count
            for column, (value, formula) in enumerate(zip(values, formulas, strict=False), start=1):
                if value is None and formula is not None:
                    uncomputed.add_cell(number, column, NO_RESULT)
            if number > 1 and uncomputed.count > known:
                continue
            if len(values) > limits.columns:
                values = _drop_empty_end(values)
            if len(values) > limits.columns:
                raise too_many_columns(name, number, len(values), limits)
            cells = [_write_value(value) for value in values]
            # A sheet stores no cells after a row's last filled one, so a short row is not a broken row here.
            width = max(width, len(cells))
            cells.extend("" for _ in range(width - len(cells)))
            yield number, cells
        if uncomputed:
            raise FileRejected(
                Message("%(file)s has a formula without a stored result.", file=name),
                uncomputed.listed(),
            )
    except FileRejected:
        raise
    except Exception as error:
        raise _unreadable(name) from error


def _check_emptiness(name: str, container: zipfile.ZipFile, limits: Limits) -> None:
    """Refuse what would keep a reader busy with nothing: empty rows and cells by the million, in a few kilobytes."""
    for path in container.namelist():
        if not path.startswith(SHEETS):
            continue
        rows = cells = 0
        tail = b""
        with container.open(path) as part:
            while chunk := part.read(CHUNK):
                chunk = tail + chunk
                end = chunk.rfind(b">") + 1
                tail = chunk[end:][-LONGEST_TAG:]
                for kind in _ROW_OR_CELL.findall(chunk, 0, end):
                    rows += kind == b"row"
                    cells += kind == b"c"
                if _is_mostly_empty(rows, cells, limits):
                    raise _too_wide(name)


def _is_mostly_empty(rows: int, cells: int, limits: Limits) -> bool:
    """Whether more was read than full rows could be: empty rows take time too, and a few bytes hold a million."""
    return rows > EMPTY_ROWS * limits.rows or cells > 2 * limits.rows * limits.columns


def _too_wide(name: str) -> FileRejected:
    told = Message(
        "The sheet of %(file)s has too many cells, most of them empty. Delete the empty rows and columns that carry "
        "a format, or save the table as CSV.",
        file=name,
    )
    return FileRejected(told)


def _drop_empty_end(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row without the cells after its last filled one."""
    last = next((n for n in range(len(values), 0, -1) if values[n - 1] is not None), 0)
    return values[:last]


def _write_value(value: object) -> str:
    """A stored value as the text a person would have typed: 3.0 is `3`, a date is `2026-11-24`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _unreadable(name: str) -> FileRejected:
    return FileRejected(
        Message(
            "%(file)s cannot be read as an XLSX table. Open it in a spreadsheet program and save it "
            "again as XLSX or CSV.",
            file=name,
        )
    )
