"""The rows of a file of sheets: whose, of what, when and by whom, checked cell by cell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from evalplat.errors import AnswersRejected, Message
from evalplat.exchange.days import read_day
from evalplat.exchange.faults import FaultList
from evalplat.exchange.import_answers import answer_reader, read_text
from evalplat.exchange.import_columns import WHO, ColumnPlan, find_field, plan_columns, versions_of
from evalplat.exchange.import_table import ImportTable
from evalplat.exchange.import_words import (
    LANGUAGES,
    MODES,
    POINTS,
    RESPONDENTS,
    Words,
    fold,
    index_words,
    list_allowed,
)
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.instruments.scale_words import OPEN
from evalplat.scoring.answers import AnswerSheet, check_answers
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent

CHOICES: Mapping[str, Words] = {
    "point": POINTS,
    "respondent": RESPONDENTS,
    "mode": MODES,
    "language": LANGUAGES,
}
_INDEX = {field: index_words(words) for field, words in CHOICES.items()}
SHEETS = ("scored", "external")
"""Kinds of instruments that a row can be a sheet of: answers, or the scores that an owner has given."""

LONGEST_PRESENT = 200
LONGEST_ID = 60
NO_DAY = Message("this is not a day; write it like 24.11.2026 or 2026-11-24")
NEEDED = Message("the cell is empty; fill it in")
NO_SHEET = Message(
    "%(instrument)s is not filled in as a sheet: goals are agreed and rated on the episode’s own pages"
)
OUTSIDE = Message(
    "%(instrument)s is not filled in as a sheet, so it cannot be brought in from here"
)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row. What the file does not say is empty or None; `cells` are as they came."""

    number: int
    cells: tuple[str, ...]
    who: str
    who_field: str
    instrument: str
    point: MeasurementPoint
    measured_on: date
    respondent: Respondent | None = None
    mode: Mode | None = None
    language: str = ""
    present: str = ""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row whose head has a fault; whose episode it names is still looked up, so that every fault is said at once."""

    number: int
    cells: tuple[str, ...]
    who: str
    who_field: str


class RowReader:
    """Reads the rows of a table, and notes every fault that needs no database to be seen."""

    def __init__(
        self, table: ImportTable, catalogue: Catalogue, chosen: str, faults: FaultList
    ) -> None:
        self.table, self.faults, self.chosen = table, faults, chosen
        self.kinds = {definition.key: definition.kind for definition in catalogue.list()}
        self.open = {definition.key for definition in catalogue.latest() if definition.is_open}
        self._names = name_instruments(catalogue)
        self._column = find_field(table, "instrument")
        self.versions = versions_of(catalogue, self._list_keys())
        self.broken: list[BrokenRow] = []
        self.waiting = 0
        """Rows that nobody has filled in yet: no day and no answer."""
        self.plan: ColumnPlan = plan_columns(table, self.versions, faults, chosen=bool(chosen))

        places = {place for answers in self.plan.answers.values() for place in answers.values()}
        if "measured_on" in self.plan.fields:
            places.add(self.plan.fields["measured_on"])
        self._filled_in = sorted(places)

    def _list_keys(self) -> list[str]:
        """The instruments that the table speaks of, as far as they are filled in as sheets."""
        if self._column is None:
            named = [self.chosen]
        else:
            cells = {c[self._column] for _, c in self.table.rows if len(c) > self._column}
            named = [self._names.get(fold(cell), "") if cell else self.chosen for cell in cells]
        return sorted({key for key in named if self.kinds.get(key) in SHEETS})

    def rows(self) -> Iterator[ImportRow]:
        """Every row whose head is right; the others are noted with all that is wrong with them."""
        if not self.plan.readable:
            return
        for number, cells in self.table.rows:
            if not self.table.is_whole(cells):
                continue  # noted when the file was read
            if not any(cells[place] for place in self._filled_in):
                self.waiting += 1
                continue
            row = self._read(number, cells)
            if row is not None:
                yield row

    def _read(self, number: int, cells: tuple[str, ...]) -> ImportRow | None:
        known = self.faults.count
        who, who_field = self._read_who(number, cells)
        instrument = self._read_instrument(number, cells)
        point = self._choose(number, cells, "point", needed=True)
        respondent = self._choose(number, cells, "respondent")
        mode = self._choose(number, cells, "mode")
        language = self._choose(number, cells, "language")
        present = read_text(self._cell(cells, "present"))
        if len(present) > LONGEST_PRESENT:
            self._fault(
                number, cells, "present",
                Message("a text of at most %(most)d characters is kept here", most=LONGEST_PRESENT),
            )  # fmt: skip
        measured_on = self._read_day(number, cells)
        if self.faults.count > known or measured_on is None:
            if who:
                self.broken.append(BrokenRow(number, cells, who, who_field))
            if self.versions.get(instrument):
                self.read_answers(number, cells, self.versions[instrument][-1])
            return None
        return ImportRow(
            number=number,
            cells=cells,
            who=who,
            who_field=who_field,
            instrument=instrument,
            point=MeasurementPoint(point),
            measured_on=measured_on,
            respondent=Respondent(respondent) if respondent else None,
            mode=Mode(mode) if mode else None,
            language=language,
            present=present,
        )

    def read_answers(
        self, number: int, cells: tuple[str, ...], definition: Instrument
    ) -> AnswerSheet | None:
        """The checked answers of a row; None after noting every faulty cell."""
        places = self.plan.answers.get(definition.key, {})
        reader = answer_reader(definition)
        raw = {code: reader.read(code, cells[place]) for code, place in places.items()}
        raw = {code: value for code, value in raw.items() if value}
        if not places:
            return None  # The header says already that the columns are missing.
        if not raw:
            told = Message("no question is answered; fill the row in or delete it")
            self.fault_at(number, cells, None, told)
            return None
        try:
            return check_answers(definition, raw)
        except AnswersRejected as error:
            for fault in error.faults:
                self.fault_at(number, cells, places.get(fault.where), fault.message)
        return None

    def _read_who(self, number: int, cells: tuple[str, ...]) -> tuple[str, str]:
        """What the row names its episode by: the voucher's number, else the episode's or the client's id."""
        for field in WHO:
            cell = self._cell(cells, field)
            if cell and len(cell) <= LONGEST_ID:
                return cell, field
        first = next((field for field in WHO if field in self.plan.fields), "voucher")
        self._fault(number, cells, first, NEEDED)
        return "", first

    def _read_instrument(self, number: int, cells: tuple[str, ...]) -> str:
        cell = self._cell(cells, "instrument")
        key = self._names.get(fold(cell), "") if cell else self.chosen
        if not key:
            known = ", ".join(key for key, kind in self.kinds.items() if kind in SHEETS)
            told = Message("there is no such instrument; give one of %(known)s", known=known)
            self._fault(number, cells, "instrument", told if cell else NEEDED)
        elif self.kinds.get(key) not in SHEETS:
            template = NO_SHEET if self.kinds.get(key) == "goals" else OUTSIDE
            self._fault(number, cells, "instrument", Message(template.template, instrument=key))
        elif key in self.open:
            self._fault(number, cells, "instrument", Message(OPEN.template, instrument=key))
        return key

    def _choose(
        self, number: int, cells: tuple[str, ...], field: str, *, needed: bool = False
    ) -> str:
        cell = self._cell(cells, field)
        found = _INDEX[field].get(fold(cell), "") if cell else ""
        if cell and not found:
            allowed = list_allowed(CHOICES[field])
            told = Message("this word is not known here; give one of %(allowed)s", allowed=allowed)
            self._fault(number, cells, field, told)
        elif needed and not cell:
            self._fault(number, cells, field, NEEDED)
        return found

    def _read_day(self, number: int, cells: tuple[str, ...]) -> date | None:
        cell = self._cell(cells, "measured_on")
        day = read_day(cell)
        if day is None:
            self._fault(number, cells, "measured_on", NO_DAY if cell else NEEDED)
        return day

    def _cell(self, cells: tuple[str, ...], field: str) -> str:
        place = self.plan.fields.get(field)
        return "" if place is None else cells[place]

    def _fault(self, number: int, cells: tuple[str, ...], field: str, message: Message) -> None:
        self.fault_at(number, cells, self.plan.fields.get(field), message)

    def fault_at(
        self, number: int, cells: tuple[str, ...], place: int | None, message: Message
    ) -> None:
        """Note a fault of the cell at a place; of the whole row where there is no such column."""
        if place is None:
            self.faults.add_row(number, message)
            return
        column, value = self.table.columns[place], cells[place][:80]
        self.faults.add_cell(number, place + 1, message, name=column, value=value)


def name_instruments(catalogue: Catalogue) -> dict[str, str]:
    """The key that each name of an instrument stands for: its key, and its titles in every wording."""
    found: dict[str, set[str]] = {}
    for definition in catalogue.list():
        for name in (definition.key, *_titles(definition)):
            found.setdefault(fold(name), set()).add(definition.key)
    return {name: next(iter(keys)) for name, keys in found.items() if len(keys) == 1}


def _titles(definition: Instrument) -> Iterator[str]:
    for texts in definition.texts.values():
        yield texts.title
        yield texts.short_title
