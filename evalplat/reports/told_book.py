"""Tables, or those of a told report, as a workbook: figures as numbers where they are plain ones, texts as texts."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from evalplat.language import get_translator
from evalplat.reports.tables import Table, harmless
from evalplat.reports.told import KeyFigures, Part, Prose, Report

EPOCH = datetime(2000, 1, 1)
"""The day that a workbook says it was made on: none of its own, so that the same report gives the same bytes."""

MOST_CHARACTERS = 32_767
_NOT_HELD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPACES = "\u00a0\u202f "
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def read_figure(text: str, language: str) -> tuple[float, str] | None:
    """A plain figure in the reader's format as a number with the format that shows it so again; else None."""
    point = "." if language == "en" else ","
    group = "," if language == "en" else _SPACES
    # A minus sign of words, a plus sign, groups of three, decimals, and a percent sign.
    shape = (
        rf"(?P<sign>[+−-]?)(?P<whole>\d{{1,3}}(?:[{group}]\d{{3}})+|\d+)"
        rf"(?:{re.escape(point)}(?P<part>\d+))?(?P<percent>\s?%)?"
    )
    found = re.fullmatch(shape, text.strip())
    if found is None:
        return None
    whole = re.sub(r"\D", "", found["whole"])
    part = found["part"] or ""
    value = float(f"{whole}.{part}" if part else whole)
    if found["sign"] in ("−", "-"):
        value = -value
    shown = "#,##0" + (f".{'0' * len(part)}" if part else "")
    if found["percent"]:
        return round(value / 100, len(part) + 4), f"{shown}%" if language == "en" else f"{shown} %"
    if found["sign"] == "+":
        shown = f"+{shown};−{shown};{shown}"
    return value, shown


def write_book(report: Report) -> bytes:
    """The report's tables as XLSX, the same bytes for the same report."""
    book = _begin(report.title, report.language)
    names: set[str] = set()
    _fill_front(book.create_sheet(_name_sheet(_front(report.language), names)), report)
    for heading, table in report.tables():
        sheet = book.create_sheet(_name_sheet(heading, names))
        _fill(sheet, heading, table, report.language)
    return _finish(book)


def write_tables(title: str, tables: Sequence[Table], language: str) -> bytes:
    """Some tables as XLSX, each on a sheet that is named by its caption; the same bytes for the same tables."""
    book, names = _begin(title, language), set[str]()
    for table in tables:
        _fill(book.create_sheet(_name_sheet(table.caption, names)), table.caption, table, language)
    return _finish(book)


def _begin(title: str, language: str) -> Any:
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator = "evalplat"
    book.properties.title = _clean(title)
    book.properties.language = language
    book.properties.created = EPOCH
    book.remove(book.worksheets[0])
    return book


def _finish(book: Any) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return _pack_again(stream.getvalue())


def _front(language: str) -> str:
    _ = get_translator(language)
    return _("Contents")


def _fill_front(sheet: Any, report: Report) -> None:
    """What the report is about, its key figures and its words; the tables stand on the sheets behind it."""
    sheet.column_dimensions["A"].width = 90
    sheet.column_dimensions["B"].width = 24
    _put(sheet, 1, 1, report.title, bold=True, size=16)
    row = 2
    for line in (*report.lines, report.foot):
        _put(sheet, row, 1, line)
        row += 1
    for part in (Part("", report.lead), *report.parts):
        row = _fill_part(sheet, row + 1, part, report.language)


def _fill_part(sheet: Any, row: int, part: Part, language: str) -> int:
    if part.heading:
        _put(sheet, row, 1, part.heading, bold=True, size=14 if part.level == 1 else 11)
        row += 1
    for block in part.blocks:
        if isinstance(block, Prose):
            _put(sheet, row, 1, block.text, wrap=True)
            row += 1
        elif isinstance(block, KeyFigures):
            for value, name in block.figures:
                _put(sheet, row, 1, name)
                _put_figure(sheet, row, 2, value, language)
                row += 1
    return row


def _fill(sheet: Any, heading: str, table: Table, language: str) -> None:
    from openpyxl.utils import get_column_letter

    _put(sheet, 1, 1, heading, bold=True, size=14)
    if table.caption != heading:
        _put(sheet, 2, 1, table.caption)
    head = 4
    for column, text in enumerate(table.headers, start=1):
        _put(sheet, head, column, text, bold=True, wrap=True)
        width = max([len(text) / 2, *(len(line[column - 1]) for line in table.rows)], default=8)
        sheet.column_dimensions[get_column_letter(column)].width = min(max(10, width + 2), 44)
    sheet.freeze_panes = f"B{head + 1}"
    row = head
    for cells in (*table.rows, *([table.total] if table.total else [])):
        row += 1
        last = bool(table.total) and cells is table.total
        for column, (text, number) in enumerate(zip(cells, table.numeric, strict=True), start=1):
            if number:
                _put_figure(sheet, row, column, text, language, bold=last)
            else:
                _put(sheet, row, column, text, bold=last)
    for note in table.notes:
        row += 1
        _put(sheet, row + 1, 1, note)


def _put_figure(
    sheet: Any, row: int, column: int, text: str, language: str, *, bold: bool = False
) -> None:
    from openpyxl.styles import Alignment, Font

    found = read_figure(text, language)
    if found is None:
        _put(sheet, row, column, text, bold=bold)
        sheet.cell(row, column).alignment = Alignment(horizontal="right")
        return
    cell = sheet.cell(row, column, found[0])
    cell.number_format = found[1]
    if bold:
        cell.font = Font(bold=True)


def _put(
    sheet: Any, row: int, column: int, text: str, *, bold: bool = False, size: int = 11, wrap: bool = False
) -> None:  # fmt: skip
    """Text as text, whatever it begins with."""
    from openpyxl.styles import Alignment, Font

    cell = sheet.cell(row, column)
    # A difference such as +4.2 (0.1 … 8.3) is no formula, and needs no apostrophe where the cell's type says text.
    cell.value = _clean(harmless(text) if not re.match(r"[+−-]\d", text) else text)
    cell.data_type = "s"
    if bold or size != 11:
        cell.font = Font(bold=bold, size=size)
    if wrap:
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _clean(text: str) -> str:
    return _NOT_HELD.sub("", text)[:MOST_CHARACTERS]


def _name_sheet(heading: str, taken: set[str]) -> str:
    """A heading as a sheet's name: allowed signs, at most 31 of them, and used by no other sheet."""
    wanted = re.sub(r"[\[\]:*?/\\']", " ", _clean(heading)).strip() or "1"
    for number in range(1, len(taken) + 2):
        ending = f" {number}" if number > 1 else ""
        name = f"{wanted[: 31 - len(ending)].rstrip()}{ending}"
        if name.casefold() not in taken:
            break
    taken.add(name.casefold())
    return name


def _pack_again(content: bytes) -> bytes:
    """The workbook without the clock in it: openpyxl stamps each part and the file with the time of writing."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(
                    rb"\g<1>" + f"{EPOCH:%Y-%m-%dT%H:%M:%SZ}".encode() + rb"\2", part
                )
            entry = zipfile.ZipInfo(name, EPOCH.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return stream.getvalue()
