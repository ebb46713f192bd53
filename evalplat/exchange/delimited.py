"""CSV from any spreadsheet program: which letters, which separator, and the rows one by one.

UTF-8 with or without a byte order mark, UTF-16 with one, Windows-1252; comma, semicolon or tab.
"""

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections import Counter
from collections.abc import Iterator
from io import TextIOWrapper
from typing import BinaryIO

from evalplat.errors import Fault, FileRejected, Message
from evalplat.exchange.limits import Limits

MAX_LINE_BYTES = 4 * 1024 * 1024
CHUNK = 1024 * 1024
DELIMITERS = ("\t", ";", ",")
SAMPLE_ROWS = 20
OTHER_KINDS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")

Record = tuple[int, list[str]]


def read_delimited(name: str, stream: BinaryIO, head: bytes, limits: Limits) -> Iterator[Record]:
    """The rows of a text table as (row number, texts). Raises FileRejected, also while rows are read."""
    encoding = _find_encoding(name, stream, head, limits)
    stream.seek(0)
    text = TextIOWrapper(stream, encoding=encoding, newline="", errors="replace")
    delimiter = _find_delimiter(text)
    text.detach()
    stream.seek(0)
    return _read_rows(name, stream, encoding, delimiter, limits)


def _find_encoding(name: str, stream: BinaryIO, head: bytes, limits: Limits) -> str:
    """Read the file through once: UTF-16 or UTF-8 if it is that, Windows-1252 otherwise; never what is not text."""
    if head.startswith(OTHER_KINDS):
        raise FileRejected(
            Message(
                "%(file)s is not a text file though its name says so. Save the table as CSV UTF-8, or give an XLSX "
                "file its right name.",
                file=name,
            )
        )
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and not head.startswith(b"\xff\xfe\0\0"):
        _check_utf16(name, stream, limits)
        return "utf-16"
    decoder = getincrementaldecoder("utf-8")()
    encoding, line, size = "utf-8-sig", 0, 0
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        _check_size(name, size, limits)
        breaks = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r") + 1
        line = len(chunk) - breaks if breaks else line + len(chunk)
        if b"\0" in chunk or line > MAX_LINE_BYTES:
            raise _no_text(name)
        if encoding != "cp1252":
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                encoding = "cp1252"
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        encoding = "cp1252"
    return encoding


def _check_utf16(name: str, stream: BinaryIO, limits: Limits) -> None:
    decoder = getincrementaldecoder("utf-16")()
    line, size = 0, 0
    stream.seek(0)
    try:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            _check_size(name, size, limits)
            text = decoder.decode(chunk)
            breaks = text.rfind("\n") + 1 or text.rfind("\r") + 1
            line = len(text) - breaks if breaks else line + len(text)
            if "\0" in text or line > MAX_LINE_BYTES:
                raise _no_text(name)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileRejected(
            Message(
                "%(file)s begins as UTF-16 text and does not go on as such. Save it as CSV UTF-8.",
                file=name,
            )
        ) from error


def _check_size(name: str, size: int, limits: Limits) -> None:
    if limits.text_bytes and size > limits.text_bytes:
        raise FileRejected(
            Message(
                "%(file)s is larger than %(most)d MiB. Split it into several files.",
                file=name,
                most=limits.text_bytes >> 20,
            )
        )


def _no_text(name: str) -> FileRejected:
    return FileRejected(
        Message(
            "%(file)s is not a text table (binary content or an endless line). Save it as CSV UTF-8.",
            file=name,
        )
    )


def _find_delimiter(stream: TextIOWrapper) -> str:
    """The separator that gives the most rows the same width, and of those the one with the most columns."""
    lines = [line for _, line in zip(range(SAMPLE_ROWS + 1), stream, strict=False)]
    first = lines[0].rstrip("\r\n").lower()
    if first in ("sep=;", "sep=,", "sep=\t"):
        return first[4:]
    cut = len(lines) > SAMPLE_ROWS
    best, best_rank = ";", (0.0, 1)
    for delimiter in DELIMITERS:
        widths = _find_widths(lines[:SAMPLE_ROWS], delimiter)
        if cut and len(widths) > 1:
            widths.pop()  # the sample may end within a quoted cell
        # Decimal commas of a table with one column are no separators; a title above a wider table is.
        least = 3 if widths[:1] == [1] and delimiter == "," else 2
        for width in {*widths[:1], *(usual for usual, _ in Counter(widths).most_common(1))}:
            rank = (widths.count(width) / len(widths), width)
            if width >= least and rank > best_rank:
                best, best_rank = delimiter, rank
    return best


def _find_widths(lines: list[str], delimiter: str) -> list[int]:
    """Cells of the first rows; those after a row that cannot be read say nothing about the separator."""
    widths = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            if any(row):
                widths.append(len(row))
    except csv.Error:
        return widths
    return widths


def _read_rows(
    name: str, stream: BinaryIO, encoding: str, delimiter: str, limits: Limits
) -> Iterator[Record]:
    text = TextIOWrapper(stream, encoding=encoding, newline="")
    number = 0
    try:
        for cells in csv.reader(text, delimiter=delimiter, strict=True):
            number += 1
            if number == 1 and len(cells) <= 2 and cells and cells[0].lower().startswith("sep="):
                continue
            if len(cells) > limits.columns:
                raise too_many_columns(name, number, len(cells), limits)
            yield number, cells
    except csv.Error as error:
        raise FileRejected(
            Message("%(file)s is not a whole CSV table.", file=name),
            [Fault(f"row {number + 1}", _explain(error))],
        ) from error
    except UnicodeDecodeError as error:
        raise FileRejected(
            Message(
                "%(file)s is neither UTF-8 nor Windows-1252 text. Save it as CSV UTF-8.", file=name
            ),
            [
                Fault(
                    f"row {number + 1}",
                    Message("cannot read byte %(byte)s", byte=hex(error.object[error.start])),
                )
            ],
        ) from error
    finally:
        if not stream.closed:
            text.detach()


def too_many_columns(name: str, row: int, found: int, limits: Limits) -> FileRejected:
    """A row wider than what is read."""
    told = Message(
        "%(found)d cells; at most %(most)d are read",
        found=found,
        most=limits.columns,
    )
    return FileRejected(
        Message("%(file)s has too many columns.", file=name), [Fault(f"row {row}", told)]
    )


def _explain(error: csv.Error) -> Message:
    if "field limit" in str(error):
        return Message(
            "a cell has more than %(most)d characters; shorten it, or close a quotation mark that stands open",
            most=csv.field_size_limit(),
        )
    return Message(
        "%(reason)s; check the quotation marks of this row and the rows before it",
        reason=str(error),
    )
