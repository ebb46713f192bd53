"""Tables as people send them: CSV from any spreadsheet program, or XLSX, read row by row in bounded memory.

Row numbers are those a spreadsheet shows: the header is row 1, and empty rows count though they are skipped.
"""

import csv
from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from evalplat.errors import Fault, FileRejected, Message
from evalplat.exchange.faults import FaultList
from evalplat.scoring.numbers import parse_number

__all__ = ["Table", "open_table", "parse_number", "safe_cell"]

MAX_COLUMNS = 2_000
MAX_LINE_BYTES = 4 * 1024 * 1024
CHUNK = 1024 * 1024
DELIMITERS = ("\t", ";", ",")
SAMPLE_ROWS = 20
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")

Record = tuple[int, list[str]]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> str:
    """A value as text that no spreadsheet program runs as a formula: a risky text gets an apostrophe in front.

    A plain number such as `-5` cannot do harm and stays as it is.
    """
    text = "" if value is None else str(value)
    if not text.startswith(_FORMULA_STARTS) and not text.lstrip().startswith(_FORMULA_STARTS):
        return text
    try:
        parse_number(text)
    except ValueError:
        return f"'{text}"
    return text if text == text.strip() else f"'{text}"


class Table:
    """An open table: its column names, and its rows once, in order."""

    def __init__(
        self,
        name: str,
        records: Iterator[Record],
        read_share: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.name = name
        self.read_share = read_share
        """How much of the file is read, 0 to 1; None where that is not known."""
        self._records = records
        self.columns = _check_header(name, next(records, (1, [])))

    def rows(self, faults: FaultList | None = None) -> Iterator[Record]:
        """Row number and cells (stripped, '' = empty, as many as columns); empty rows are skipped.

        Rows of another length than the header are left out. They are noted in `faults`, with whatever else is wrong
        with the file; without `faults`, FileRejected names them all at the end.
        """
        found = FaultList() if faults is None else faults
        width = len(self.columns)
        try:
            for number, cells in self._records:
                row = [cell.strip() for cell in cells]
                if len(row) != width:
                    if not any(row):
                        continue
                    if len(row) < width or any(row[width:]):
                        found.add(f"row {number}", _ragged(row, width))
                        continue
                    del row[width:]
                elif not any(row):
                    continue
                yield number, row
        except FileRejected as error:
            found.extend(error.faults or [Fault("", error.message)])
            if faults is None:
                raise FileRejected(error.message, found.listed()) from error
        if found and faults is None:
            raise FileRejected(
                Message("%(file)s has rows that do not fit its header.", file=self.name),
                found.listed(),
            )


@contextmanager
def open_table(path: Path | str) -> Iterator[Table]:
    """Open a CSV or XLSX file as a `Table`.

    CSV: UTF-8 (with or without a byte order mark) or Windows-1252, separated by comma, semicolon or tab, which is
    found out from the first rows. XLSX: the first visible sheet, stored values. Raises FileRejected.
    """
    path = Path(path)
    head = _read_head(path)
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm"):
        from evalplat.exchange.workbook import open_workbook

        with open_workbook(path, head) as records:
            yield Table(path.name, records)
    elif suffix in TEXT_SUFFIXES:
        encoding = _find_encoding(path, head)
        size = path.stat().st_size
        with path.open("rb") as raw, TextIOWrapper(raw, encoding=encoding, newline="") as stream:
            records = _read_text(path.name, stream, _find_delimiter(path, encoding))
            yield Table(path.name, records, lambda: raw.tell() / size)
    else:
        raise FileRejected(
            Message(
                "%(file)s cannot be read: its name must end in .csv or .xlsx. Save the table as CSV UTF-8 or as XLSX.",
                file=path.name,
            )
        )


def _read_head(path: Path) -> bytes:
    try:
        if not path.exists():
            raise FileRejected(
                Message("There is no file %(file)s. Check the name and the folder.", file=str(path))
            )
        if not path.is_file():
            raise FileRejected(
                Message("%(file)s is not a file. Name one CSV or XLSX file.", file=str(path))
            )
        with path.open("rb") as stream:
            head = stream.read(8)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileRejected(
            Message("%(file)s cannot be opened: %(reason)s.", file=str(path), reason=reason)
        ) from error
    if not head.removeprefix(BOM_UTF8).strip():
        raise FileRejected(
            Message("%(file)s is empty. It needs a header row with column names.", file=path.name)
        )
    return head


def _find_encoding(path: Path, head: bytes) -> str:
    """Read the file through once: UTF-8 if it is that, Windows-1252 otherwise; never something that is not text."""
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")):
        raise FileRejected(
            Message(
                "%(file)s is not a text file though its name says so. Save the table as CSV UTF-8, or give an XLSX "
                "file its right name.",
                file=path.name,
            )
        )
    decoder = getincrementaldecoder("utf-8")()
    encoding, line = "utf-8-sig", 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            breaks = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r") + 1
            line = len(chunk) - breaks if breaks else line + len(chunk)
            if b"\0" in chunk or line > MAX_LINE_BYTES:
                raise FileRejected(
                    Message(
                        "%(file)s is not a text table (binary content or an endless line). Save it as CSV UTF-8.",
                        file=path.name,
                    )
                )
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


def _find_delimiter(path: Path, encoding: str) -> str:
    """The separator that makes the first rows agree with the header in the most columns."""
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        lines = [line for _, line in zip(range(SAMPLE_ROWS), stream, strict=False)]
    first = lines[0].rstrip("\r\n").lower()
    if first in ("sep=;", "sep=,", "sep=\t"):
        return first[4:]
    best, best_rank = ";", (False, 1)
    for delimiter in DELIMITERS:
        widths = _find_widths(lines, delimiter)
        rank = (len(set(widths)) == 1, widths[0] if widths else 0)
        if rank[1] > 1 and rank > best_rank:
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


def _read_text(name: str, stream: Iterator[str], delimiter: str) -> Iterator[Record]:
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if number == 1 and len(cells) <= 2 and cells and cells[0].lower().startswith("sep="):
                continue
            if len(cells) > MAX_COLUMNS:
                raise FileRejected(
                    Message("%(file)s has too many columns.", file=name),
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


def _check_header(name: str, record: Record) -> tuple[str, ...]:
    number, cells = record
    header = [cell.strip() for cell in cells]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise FileRejected(
            Message("%(file)s has no header: its first row must hold the column names.", file=name)
        )
    faults = FaultList()
    first_seen: dict[str, int] = {}
    for index, column in enumerate(header, start=1):
        where = f"row {number}, column {index}"
        if not column:
            faults.add(where, Message("the column has no name; name it or delete it"))
        elif column in first_seen:
            faults.add(
                where,
                Message(
                    "the name %(name)s is already used by column %(first)d; each name may stand once",
                    name=repr(column[:80]),
                    first=first_seen[column],
                ),
            )
        else:
            first_seen[column] = index
    if faults:
        raise FileRejected(
            Message("The header of %(file)s cannot be used.", file=name), faults.listed()
        )
    return tuple(header)


def _ragged(row: list[str], width: int) -> Message:
    if len(row) < width:
        return Message(
            "%(found)d cells where the header has %(wanted)d; fill the row up or delete it",
            found=len(row),
            wanted=width,
        )
    return Message(
        "%(found)d cells where the header has %(wanted)d; if the file uses decimal commas, separate its columns with "
        "semicolons",
        found=len(row),
        wanted=width,
    )
