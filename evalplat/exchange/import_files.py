"""Files that an import hands out: a template to fill in, and a sent file with what is wrong beside every row.

No cell of them runs as a formula: what comes from elsewhere is kept as text, with an apostrophe where it could be one.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from evalplat.errors import Fault, Message
from evalplat.exchange.faults import CellFault
from evalplat.exchange.import_table import ImportTable
from evalplat.exchange.import_words import (
    HEADERS,
    LANGUAGES,
    MODES,
    POINTS,
    RESPONDENTS,
    Words,
    first_name,
)
from evalplat.exchange.tables import safe_cell
from evalplat.exchange.text_cells import as_text, save_book, sheet_title
from evalplat.instruments.definition import Instrument
from evalplat.instruments.questions import Step, list_all_steps
from evalplat.language import say
from evalplat.vocabulary import MeasurementPoint, Respondent

FORMS = ("xlsx", "csv")
TEMPLATE_FIELDS = (
    "voucher",
    "instrument",
    "point",
    "measured_on",
    "respondent",
    "mode",
    "language",
    "present",
)
SPARE_ROWS = 200
LONGEST_LIST = 250
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,8})", re.ASCII)

Say = Callable[[Message], str]

FIELD_HELP = {
    "voucher": Message("The number of the client’s voucher. Do not write names."),
    "instrument": Message("What was filled in."),
    "point": Message("At which point it was measured."),
    "measured_on": Message("The day, like 24.11.2026."),
    "respondent": Message("Whose answers they are. May be empty."),
    "mode": Message("How the answers were given. May be empty."),
    "language": Message("The language of the form. May be empty."),
    "present": Message("Who was present, in a few words. May be empty."),
}
NOTHING_HELD = Message(
    "Leave an answer empty where it is missing. Write “declined” where the client did not want to answer."
)


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A measurement that a template is filled in with beforehand."""

    voucher: str
    point: MeasurementPoint
    respondent: Respondent


def write_template(
    definition: Instrument, rows: Sequence[TemplateRow], language: str, form: str
) -> bytes:
    """A file to fill in: one row a sheet. XLSX has a second sheet with every code and what may be written."""
    names = [first_name(HEADERS, field, language) for field in TEMPLATE_FIELDS]
    steps = list_all_steps(definition, language)
    header = [*names, *(step.code for step in steps)]
    filled = [
        [
            row.voucher,
            definition.key,
            first_name(POINTS, row.point, language),
            "",
            first_name(RESPONDENTS, row.respondent, language),
        ]
        for row in rows
    ]
    if form == "csv":
        return _write_csv([header, *(row + [""] * (len(header) - len(row)) for row in filled)])
    return _write_book(definition, header, filled, steps, language)


def write_annotated(table: ImportTable, faults: Iterable[Fault], language: str, form: str) -> bytes:
    """The rows of a file with a last column that says what is wrong with each; reading it again skips that column."""
    by_row: dict[int, list[Fault]] = {}
    first = table.rows[0][0] if table.rows else 0
    numbers = {number for number, _ in table.rows}
    for fault in faults:
        row = fault.row if isinstance(fault, CellFault) and fault.row in numbers else first
        by_row.setdefault(row, []).append(fault)
    kept = [n for n, name in enumerate(table.columns) if not _is_ours(name)]
    header = [*(table.columns[n] for n in kept), first_name(HEADERS, "faults", language)]
    rows = _annotate(table, by_row, kept, language)
    if form == "csv":
        return _write_csv([header, *(cells for cells, _ in rows)])
    return _write_marked(header, rows, kept)


def _is_ours(name: str) -> bool:
    known = {n for names in HEADERS["faults"].values() for n in names}
    return name.strip().casefold() in known


def _annotate(
    table: ImportTable, by_row: dict[int, list[Fault]], kept: Sequence[int], language: str
) -> Iterator[tuple[list[str], set[int]]]:
    """Each row with its faults as one cell, and the places of its faulty cells."""
    for number, cells in table.rows:
        faults = by_row.get(number, [])
        told = "; ".join(_tell(fault, language) for fault in faults)
        wrong = {
            fault.column - 1
            for fault in faults
            if isinstance(fault, CellFault) and fault.row == number and fault.column
        }
        row = [cells[n] if n < len(cells) else "" for n in kept]
        yield [*row, told], wrong


def _tell(fault: Fault, language: str) -> str:
    name = fault.name if isinstance(fault, CellFault) else fault.where
    text = say(fault.message, language)
    return f"{name}: {text}" if name else text


def _write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Semicolons and a byte order mark: what Finnish and Swedish spreadsheet programs open with a double click."""
    stream = StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig", "replace")


def _write_marked(
    header: Sequence[str], rows: Iterable[tuple[list[str], set[int]]], kept: Sequence[int]
) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill

    book = Workbook(write_only=True)
    book.properties.creator = "evalplat"
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    bold, wrong_fill = Font(bold=True), PatternFill("solid", fgColor="FFF4E0")

    def make(text: str) -> Any:
        if _PLAIN_NUMBER.fullmatch(text):
            return WriteOnlyCell(sheet, int(text))
        return as_text(WriteOnlyCell(sheet), text)

    heads = [as_text(WriteOnlyCell(sheet), text) for text in header]
    for cell in heads:
        cell.font = bold
    sheet.append(heads)
    for cells, wrong in rows:
        made = [make(text) for text in cells]
        for place, number in enumerate(kept):
            if number in wrong:
                made[place].fill = wrong_fill
        if cells[-1]:
            made[-1].fill = wrong_fill
        sheet.append(made)
    return save_book(book)


def _write_book(
    definition: Instrument,
    header: Sequence[str],
    filled: Sequence[Sequence[str]],
    steps: Sequence[Step],
    language: str,
) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.properties.creator = "evalplat"
    sheet = book.active
    sheet.title = sheet_title(say(Message("Answers"), language))
    sheet.freeze_panes = "B2"
    bold, tint = Font(bold=True), PatternFill("solid", fgColor="E6F0F4")
    for place, name in enumerate(header, start=1):
        cell = as_text(sheet.cell(1, place), name)
        cell.font, cell.fill = bold, tint
        sheet.column_dimensions[get_column_letter(place)].width = max(8, min(26, len(name) + 4))
    last = len(filled) + SPARE_ROWS + 1
    for number in range(2, last + 1):
        # A number like 3-2026 would otherwise be taken for a date while it is typed.
        sheet.cell(number, 1).number_format = "@"
        sheet.cell(number, 4).number_format = "d.m.yyyy"
    for number, row in enumerate(filled, start=2):
        for place, text in enumerate(row, start=1):
            if text:
                as_text(sheet.cell(number, place), text)
    _add_lists(sheet, definition, header, steps, language, last)
    _add_codes(book, header, steps, language)
    return save_book(book)


def _add_lists(
    sheet: Any,
    definition: Instrument,
    header: Sequence[str],
    steps: Sequence[Step],
    language: str,
    last: int,
) -> None:
    """What may be chosen in a column, as a list that warns and does not forbid."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    words: list[Sequence[str]] = [[] for _ in TEMPLATE_FIELDS]
    words[1] = [definition.key]
    words[2] = _names(POINTS, list(POINTS), language)
    words[4] = _names(RESPONDENTS, definition.respondents, language)
    words[5] = _names(MODES, definition.modes, language)
    words[6] = _names(LANGUAGES, tuple(definition.texts), language)
    words += [[option.value for option in step.options] for step in steps]
    made: dict[str, Any] = {}
    for place, (_, allowed) in enumerate(zip(header, words, strict=True), start=1):
        text = ",".join(allowed)
        if not text or len(text) > LONGEST_LIST or '"' in text:
            continue
        if text not in made:
            made[text] = DataValidation(
                type="list", formula1=f'"{text}"', allow_blank=True, errorStyle="warning",
                showErrorMessage=True,
            )  # fmt: skip
            sheet.add_data_validation(made[text])
        letter = get_column_letter(place)
        made[text].add(f"{letter}2:{letter}{last}")


def _names(words: Words, values: Sequence[str], language: str) -> list[str]:
    return [first_name(words, value, language) for value in values if value in words]


def _add_codes(book: Any, header: Sequence[str], steps: Sequence[Step], language: str) -> None:
    """The second sheet: every column, what it asks, and what may be written there."""
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(sheet_title(say(Message("Codes"), language)))
    heads = (Message("Column"), Message("What it asks"), Message("What may be written"))
    lines = [[say(head, language) for head in heads]]
    allowed = {
        "point": _names(POINTS, list(POINTS), language),
        "respondent": _names(RESPONDENTS, list(RESPONDENTS), language),
        "mode": _names(MODES, list(MODES), language),
        "language": _names(LANGUAGES, list(LANGUAGES), language),
    }
    for name, field in zip(header, TEMPLATE_FIELDS, strict=False):
        lines.append([name, say(FIELD_HELP[field], language), ", ".join(allowed.get(field, []))])
    lines += [[step.code, step.label, describe_options(step)] for step in steps]
    lines.append(["", say(NOTHING_HELD, language), ""])
    for number, line in enumerate(lines, start=1):
        for place, text in enumerate(line, start=1):
            cell = as_text(sheet.cell(number, place), text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 1:
                cell.font = Font(bold=True)
    for letter, width in zip("ABC", (26, 60, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"


def describe_options(step: Step) -> str:
    """What may be written for a question: each value with its words."""
    if step.ends != ("", "") and step.options:
        return f"{step.options[0].value}–{step.options[-1].value} ({' … '.join(filter(None, step.ends))})"
    return "; ".join(
        option.value if option.value == option.label else f"{option.value} = {option.label}"
        for option in step.options
    )
