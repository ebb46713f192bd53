"""XLSX files, read row by row, with limits that stop a decompression bomb before it is unpacked."""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time
from itertools import repeat
from pathlib import Path
from typing import Any

from evalplat.errors import Fault, FileRejected, Message
from evalplat.exchange.faults import FaultList

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_RATIO = 200
RATIO_COUNTS_FROM = 64 * 1024 * 1024
MAX_PARTS = 5_000
MAX_COLUMNS = 2_000

Record = tuple[int, list[str]]

NO_RESULT = Message(
    "the formula has no stored result; open the file in a spreadsheet program and save it, or paste values"
)


@contextmanager
def open_workbook(path: Path, head: bytes) -> Iterator[Iterator[Record]]:
    """The rows of the first visible sheet as (row number, texts). Raises FileRejected."""
    formulas = _check_container(path, head)
    with ExitStack() as books:
        rows = _open_rows(path, books, stored=True)
        # A formula that was never computed has no stored value and would look like an empty cell.
        written = _open_rows(path, books, stored=False) if formulas else repeat(())
        yield _read_sheet(path, rows, written)


def _open_rows(path: Path, books: ExitStack, *, stored: bool) -> Iterator[tuple[Any, ...]]:
    """Rows of the first visible sheet: the stored values, or the formulas as written."""
    import openpyxl

    with warnings.catch_warnings():
        # openpyxl warns about styles and extensions it drops; they have no bearing on the values.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=stored, keep_links=False)
        except Exception as error:
            raise _unreadable(path) from error
    books.callback(book.close)
    if not book.worksheets:
        raise FileRejected(Message("%(file)s has no sheet with cells.", file=path.name))
    # What the sender sees first is meant; a hidden sheet holds lists and notes of the program that made the file.
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    sheet = (shown or book.worksheets)[0]
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    # Rows that were not read to the end would keep the file open.
    books.callback(rows.close)
    return iter(rows)


def _check_container(path: Path, head: bytes) -> bool:
    """Refuse what is not an XLSX file or unpacks too large; gives whether a sheet has formulas."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRejected(
            Message(
                "%(file)s is protected by a password or is an old XLS file. Save it as an unprotected XLSX.",
                file=path.name,
            )
        )
    try:
        with zipfile.ZipFile(path) as container:
            parts = container.infolist()
            _check_size(path, parts)
            return any(_has_formula(container, part) for part in parts)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError) as error:
        raise FileRejected(
            Message(
                "%(file)s is not an XLSX file though its name says so. Save the table as XLSX, "
                "or name a CSV file .csv.",
                file=path.name,
            )
        ) from error


def _check_size(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    if not any(part.filename.startswith("xl/") for part in parts):
        raise _unreadable(path)
    unpacked = sum(part.file_size for part in parts)
    packed = path.stat().st_size
    bomb = unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed
    if packed > MAX_FILE_BYTES or unpacked > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS or bomb:
        raise FileRejected(
            Message(
                "%(file)s is too large: %(packed)d MiB, %(unpacked)d MiB unpacked. Give big tables as CSV.",
                file=path.name,
                packed=packed >> 20,
                unpacked=unpacked >> 20,
            )
        )


def _has_formula(container: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    if not part.filename.startswith("xl/worksheets/"):
        return False
    with container.open(part) as stream:
        tail = b""
        while chunk := stream.read(1 << 20):
            if b"<f>" in tail + chunk or b"<f " in tail + chunk:
                return True
            tail = chunk[-2:]
    return False


def _read_sheet(
    path: Path, rows: Iterator[tuple[Any, ...]], written: Iterator[tuple[Any, ...]]
) -> Iterator[Record]:
    width = 0
    uncomputed = FaultList()
    try:
        for number, (values, formulas) in enumerate(zip(rows, written, strict=False), start=1):
            known = uncomputed.count
            for column, (value, formula) in enumerate(zip(values, formulas, strict=False), start=1):
                if value is None and formula is not None:
                    uncomputed.add(f"row {number}, column {column}", NO_RESULT)
            if number > 1 and uncomputed.count > known:
                continue
            cells = [_write_value(value) for value in values]
            if len(cells) > MAX_COLUMNS:
                raise FileRejected(
                    Message("%(file)s has too many columns.", file=path.name),
                    [
                        Fault(
                            f"row {number}",
                            Message(
                                "%(found)d cells; at most %(most)d are read",
                                found=len(cells),
                                most=MAX_COLUMNS,
                            ),
                        )
                    ],
                )
            # A sheet stores no cells after a row's last filled one, so a short row is not a broken row here.
            width = width or len(cells)
            cells.extend("" for _ in range(width - len(cells)))
            yield number, cells
        if uncomputed:
            raise FileRejected(
                Message("%(file)s has a formula without a stored result.", file=path.name),
                uncomputed.listed(),
            )
    except FileRejected:
        raise
    except Exception as error:
        raise _unreadable(path) from error


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


def _unreadable(path: Path) -> FileRejected:
    return FileRejected(
        Message(
            "%(file)s cannot be read as an XLSX table. Open it in a spreadsheet program and save it "
            "again as XLSX or CSV.",
            file=path.name,
        )
    )
