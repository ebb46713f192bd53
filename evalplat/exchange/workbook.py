"""XLSX files, read row by row, with limits that stop a decompression bomb before it is unpacked."""

import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from evalplat.errors import Fault, FileRejected, Message

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_RATIO = 200
RATIO_COUNTS_FROM = 64 * 1024 * 1024
MAX_PARTS = 5_000
MAX_COLUMNS = 2_000

Record = tuple[int, list[str]]


@contextmanager
def open_workbook(path: Path, head: bytes) -> Iterator[Iterator[Record]]:
    """The rows of the first sheet as (row number, texts). Raises FileRejected."""
    _check_container(path, head)
    import openpyxl

    with warnings.catch_warnings():
        # openpyxl warns about styles and extensions it drops; they have no bearing on the values.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        except Exception as error:
            raise _unreadable(path) from error
    try:
        if not book.worksheets:
            raise FileRejected(Message("%(file)s has no sheet with cells.", file=path.name))
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        yield _read_sheet(path, sheet)
    finally:
        book.close()


def _check_container(path: Path, head: bytes) -> None:
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
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRejected(
            Message(
                "%(file)s is not an XLSX file though its name says so. Save the table as XLSX, "
                "or name a CSV file .csv.",
                file=path.name,
            )
        ) from error
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


def _read_sheet(path: Path, sheet: Any) -> Iterator[Record]:
    number, width = 0, 0
    try:
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = _write_row(values)
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
    except FileRejected:
        raise
    except Exception as error:
        raise _unreadable(path) from error


def _write_row(values: Iterable[object]) -> list[str]:
    return [_write_value(value) for value in values]


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
