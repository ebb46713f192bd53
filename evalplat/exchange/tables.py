"""Tables as people send them: CSV from any spreadsheet program, or XLSX, read row by row in bounded memory.

Row numbers are those a spreadsheet shows: empty rows count though they are skipped.
"""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from evalplat.errors import Fault, FileRejected, Message
from evalplat.exchange.delimited import Record, read_delimited
from evalplat.exchange.faults import FaultList, column_letter
from evalplat.exchange.limits import WIDE, Limits
from evalplat.scoring.numbers import parse_number

__all__ = ["Table", "open_stream", "open_table", "parse_number", "safe_cell"]

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES = (".xlsx", ".xlsm")
ROWS_ABOVE = 20
"""How far down a header may stand, under a title and empty rows."""

IsHeader = Callable[[Sequence[str]], bool]

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
    """An open table: its column names, and its rows once, in order.

    `header_row` is the row that holds the names. `notes` say what the reader should know about how it was read.
    """

    def __init__(
        self,
        name: str,
        records: Iterator[Record],
        read_share: Callable[[], float | None] = lambda: None,
        *,
        limits: Limits = WIDE,
        is_header: IsHeader | None = None,
        merged: Sequence[tuple[int, str]] = (),
        notes: Sequence[Message] = (),
    ) -> None:
        self.name = name
        self.read_share = read_share
        """How much of the file is read, 0 to 1; None where that is not known."""
        self.notes = tuple(notes)
        self._limits = limits
        first, self._records = _find_header(records, is_header)
        self.header_row = first[0]
        self.columns = _check_header(name, first)
        _check_merged(name, [place for row, place in merged if row >= self.header_row])

    def rows(self, faults: FaultList | None = None, *, ragged: bool = False) -> Iterator[Record]:
        """Row number and cells (stripped, '' = empty, as many as columns); empty rows are skipped.

        Rows of another length than the header are left out, or with `ragged` given as they are. They are noted in
        `faults`, with whatever else is wrong with the file; without `faults`, FileRejected names them all at the end.
        """
        found = FaultList() if faults is None else faults
        try:
            yield from self._read(found, ragged)
        except FileRejected as error:
            found.extend(error.faults or [Fault("", error.message)])
            if faults is None:
                raise FileRejected(error.message, found.listed()) from error
        if found and faults is None:
            raise FileRejected(
                Message("%(file)s has rows that do not fit its header.", file=self.name),
                found.listed(),
            )

    def _read(self, found: FaultList, ragged: bool) -> Iterator[Record]:
        width, count = len(self.columns), 0
        for number, cells in self._records:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            count += 1
            if self._limits.rows and count > self._limits.rows:
                raise _too_many_rows(self.name, number, self._limits.rows)
            if len(row) > width and not any(row[width:]):
                del row[width:]
            if len(row) != width:
                found.add_row(number, _ragged(row, width))
                if not ragged:
                    continue
            if self._limits.cell_characters:
                self._check_cells(number, row, found)
            yield number, row

    def _check_cells(self, number: int, row: list[str], found: FaultList) -> None:
        """Cut cells that are longer than what is read, and say so."""
        most = self._limits.cell_characters
        for index, cell in enumerate(row):
            if len(cell) > most:
                told = Message("a cell has more than %(most)d characters; shorten it", most=most)
                found.add_cell(number, index + 1, told, value=cell[:80])
                row[index] = cell[:most]


@contextmanager
def open_table(
    path: Path | str,
    *,
    limits: Limits = WIDE,
    sheet: str = "",
    is_header: IsHeader | None = None,
) -> Iterator[Table]:
    """Open a CSV or XLSX file as a `Table`; see `open_stream`. Raises FileRejected."""
    path = Path(path)
    _check_path(path)
    with (
        path.open("rb") as stream,
        open_stream(path.name, stream, limits=limits, sheet=sheet, is_header=is_header) as table,
    ):
        yield table


@contextmanager
def open_stream(
    name: str,
    stream: BinaryIO,
    *,
    limits: Limits = WIDE,
    sheet: str = "",
    is_header: IsHeader | None = None,
) -> Iterator[Table]:
    """Open the content of a CSV or XLSX file, which its name tells apart, as a `Table`.

    CSV: UTF-8 (with or without a byte order mark), UTF-16 with one, or Windows-1252, separated by comma, semicolon or
    tab, which is found out from the first rows. XLSX: the first visible sheet or the one named, stored values. The
    header is the first row, or the first one near the top for which `is_header` holds. Raises FileRejected.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in (*BOOK_SUFFIXES, *TEXT_SUFFIXES):
        raise FileRejected(
            Message(
                "%(file)s cannot be read: its name must end in .csv or .xlsx. Save the table as CSV UTF-8 or as XLSX.",
                file=name,
            )
        )
    stream.seek(0)
    head = stream.read(8)
    if not head.removeprefix(BOM_UTF8).strip() or head in (BOM_UTF16_LE, BOM_UTF16_BE):
        raise FileRejected(
            Message("%(file)s is empty. It needs a header row with column names.", file=name)
        )
    if suffix in BOOK_SUFFIXES:
        from evalplat.exchange.workbook import open_workbook

        with open_workbook(name, stream, head, limits, sheet) as book:
            yield Table(
                name, book.records, limits=limits, is_header=is_header, merged=book.merged,
                notes=book.notes,
            )  # fmt: skip
        return
    size = stream.seek(0, 2)
    records = read_delimited(name, stream, head, limits)
    yield Table(
        name, records, lambda: stream.tell() / size, limits=limits, is_header=is_header
    )  # fmt: skip


def _check_path(path: Path) -> None:
    try:
        if not path.exists():
            raise FileRejected(
                Message("There is no file %(file)s. Check the name and the folder.", file=str(path))
            )
        if not path.is_file():
            raise FileRejected(
                Message("%(file)s is not a file. Name one CSV or XLSX file.", file=str(path))
            )
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileRejected(
            Message("%(file)s cannot be opened: %(reason)s.", file=str(path), reason=reason)
        ) from error


def _find_header(
    records: Iterator[Record], is_header: IsHeader | None
) -> tuple[Record, Iterator[Record]]:
    """The header and what comes after it. Where no row looks like one, the first that is not empty is taken for it."""
    first = next(records, (1, []))
    if is_header is None:
        return first, records
    seen = [first, *islice(records, ROWS_ABOVE)]
    filled = [place for place, (_, cells) in enumerate(seen) if any(c.strip() for c in cells)]
    place = next((p for p in filled if is_header(seen[p][1])), filled[0] if filled else 0)
    return seen[place], chain(seen[place + 1 :], records)


def _check_merged(name: str, places: Sequence[str]) -> None:
    if not places:
        return
    found = FaultList()
    for place in places:
        found.add(place, Message("these cells are merged; unmerge them, and fill in each of them"))
    raise FileRejected(
        Message(
            "%(file)s has merged cells: which row and column their value belongs to cannot be told.",
            file=name,
        ),
        found.listed(),
    )


def _too_many_rows(name: str, row: int, most: int) -> FileRejected:
    return FileRejected(
        Message(
            "%(file)s has more than %(most)d rows. Split it into several files.",
            file=name,
            most=most,
        ),
        [Fault(f"row {row}", Message("at most %(most)d rows are read at a time", most=most))],
    )


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
        if not column:
            told = Message("the column has no name; name it or delete it")
            faults.add_cell(number, index, told)
        elif column in first_seen:
            first = first_seen[column]
            told = Message(
                "the name %(name)s is already used by column %(first)s; each name may stand once",
                name=repr(column[:80]),
                first=f"{first} ({column_letter(first)})",
            )
            faults.add_cell(number, index, told, value=column[:80])
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
