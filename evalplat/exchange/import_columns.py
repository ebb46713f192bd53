"""Which column of a file of sheets holds what: fields by their names in three languages, answers by code or label."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from evalplat.errors import Message
from evalplat.exchange.export.names import slug
from evalplat.exchange.faults import FaultList
from evalplat.exchange.import_table import ImportTable
from evalplat.exchange.import_words import HEADERS, first_name, fold, fold_words, index_words
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument

_FIELDS = index_words(HEADERS)
WHO = ("voucher", "episode", "client")
"""Fields that say whose sheet it is, the surest first."""

READ_OVER = ("faults",)
NEAR = 0.85
SHOWN = 12


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Where each field stands, and where each instrument's answers: code -> place, counted from 0.

    `readable`: every field is there that no row can do without. `unread` are the columns that mean nothing here.
    """

    fields: Mapping[str, int]
    answers: Mapping[str, Mapping[str, int]]
    readable: bool = True
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Names:
    """How an instrument's answers may be named in a header."""

    codes: Mapping[str, str]
    labels: Mapping[str, str]

    def find(self, header: str) -> str | None:
        """The code that a header stands for: the code itself, a label of ours, or the code with words after it."""
        return (
            self.codes.get(fold(header))
            or self.labels.get(fold_words(header))
            or self.codes.get(fold(header.split()[0].rstrip(":.)")))
        )


@lru_cache(maxsize=128)
def name_answers(definition: Instrument) -> _Names:
    """The names of an instrument's items and conditions; what could stand for two of them stands for none."""
    codes: dict[str, set[str]] = {}
    labels: dict[str, set[str]] = {}
    for code in (*(i.code for i in definition.items), *(c.code for c in definition.conditions)):
        codes.setdefault(fold(code), set()).add(code)
        for texts in definition.texts.values():
            text = texts.items.get(code) or texts.conditions.get(code)
            if text is not None:
                labels.setdefault(fold_words(text.label), set()).add(code)
    return _Names(_single(_plain_names(codes)) | _single(codes), _single(labels))


def _plain_names(codes: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Codes as programs write them that know no points in a name, such as REDCap: d1_1 for D1.1."""
    found: dict[str, set[str]] = {}
    for same in codes.values():
        for code in same:
            found.setdefault(fold(slug(code)), set()).add(code)
    return {name: same for name, same in found.items() if name not in codes}


def _single(found: Mapping[str, set[str]]) -> dict[str, str]:
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def versions_of(catalogue: Catalogue, keys: Sequence[str]) -> dict[str, tuple[Instrument, ...]]:
    """Every version of these instruments, the latest last: an episode keeps the version that it was planned with."""
    found: dict[str, tuple[Instrument, ...]] = dict.fromkeys(keys, ())
    for definition in catalogue.list():
        if definition.key in found and not definition.is_open:
            found[definition.key] = (*found[definition.key], definition)
    return found


def find_field(table: ImportTable, field: str) -> int | None:
    """Where a field stands; the first column where two are named so."""
    return next((n for n, c in enumerate(table.columns) if _FIELDS.get(fold(c)) == field), None)


def plan_columns(
    table: ImportTable,
    versions: Mapping[str, Sequence[Instrument]],
    faults: FaultList,
    *,
    chosen: bool,
) -> ColumnPlan:
    """Find every column's meaning. Faults: columns that are missing, stand twice or are nearly the code of an item."""
    fields: dict[str, int] = {}
    answers: dict[str, dict[str, int]] = {key: {} for key in versions}
    unread: list[str] = []
    for place, column in enumerate(table.columns):
        field = _FIELDS.get(fold(column))
        meant = {} if field else _find_codes(column, versions)
        earlier = fields.get(field) if field else None
        for key, code in meant.items():
            if answers[key].setdefault(code, place) != place:
                earlier = answers[key][code]
        if field and field not in READ_OVER:
            fields.setdefault(field, place)
        if earlier is not None:
            _note_double(table, place, earlier, faults)
        elif not field and not meant:
            near = _find_near(column, versions)
            if near:
                told = Message(
                    "there is no such item; did you mean %(near)s? Rename the column or delete it",
                    near=near,
                )
                faults.add_cell(table.header_row, place + 1, told, name=column, value=column)
            else:
                unread.append(column)
    wanted = _list_wanted(fields, chosen=chosen)
    for field in wanted:
        names = " / ".join(first_name(HEADERS, field, code) for code in ("en", "fi", "sv"))
        told = Message("the column is missing; add it. It may be called %(names)s", names=names)
        if field == "instrument":
            told = Message(
                "the column is missing; add it (it may be called %(names)s), or choose the instrument "
                "for the whole file and check it again",
                names=names,
            )
        faults.add(f"column {first_name(HEADERS, field, 'en')}", told)
    _note_lacking(table, answers, versions, faults)
    return ColumnPlan(fields, answers, not wanted, tuple(unread))


def _find_codes(column: str, versions: Mapping[str, Sequence[Instrument]]) -> dict[str, str]:
    """What a column stands for, by instrument."""
    found: dict[str, str] = {}
    for key, definitions in versions.items():
        for definition in reversed(definitions):
            code = name_answers(definition).find(column)
            if code and key not in found:
                found[key] = code
    return found


def _note_double(table: ImportTable, place: int, earlier: int, faults: FaultList) -> None:
    told = Message(
        "this says the same as the column %(first)s; keep one of them", first=table.columns[earlier]
    )
    column = table.columns[place]
    faults.add_cell(table.header_row, place + 1, told, name=column, value=column)


def _find_near(column: str, versions: Mapping[str, Sequence[Instrument]]) -> str:
    """A code that the column's name nearly is, or whose pattern it has: `S13` of a form that ends with S12."""
    name = fold(column)
    for definitions in versions.values():
        codes = name_answers(definitions[-1]).codes if definitions else {}
        found = difflib.get_close_matches(name, codes, n=1, cutoff=NEAR)
        shapes = {_shape(code) for code in codes} - {""}
        if not found and _shape(name) in shapes:
            found = difflib.get_close_matches(name, codes, n=1, cutoff=0)
        if found:
            return codes[found[0]]
    return ""


def _shape(code: str) -> str:
    """A code without its numbers; empty where it has none."""
    shape = re.sub(r"\d+", "#", code)
    return shape if "#" in shape and len(shape) > 1 else ""


def _list_wanted(fields: Mapping[str, int], *, chosen: bool) -> list[str]:
    """The fields without which no row can be read."""
    wanted = [] if any(field in fields for field in WHO) else ["voucher"]
    needed = ("point", "measured_on") if chosen else ("instrument", "point", "measured_on")
    return wanted + [field for field in needed if field not in fields]


def _note_lacking(
    table: ImportTable,
    answers: Mapping[str, Mapping[str, int]],
    versions: Mapping[str, Sequence[Instrument]],
    faults: FaultList,
) -> None:
    for key, definitions in versions.items():
        lacking = _list_lacking(definitions[-1], answers[key]) if definitions else []
        if not lacking:
            continue
        shown = ", ".join(lacking[:SHOWN]) + (" …" if len(lacking) > SHOWN else "")
        told = Message(
            "columns of %(instrument)s are missing: %(codes)s. Add them, empty if need be",
            instrument=key,
            codes=shown,
        )
        faults.add(f"row {table.header_row}", told)


def _list_lacking(definition: Instrument, found: Mapping[str, int]) -> list[str]:
    """Items and conditions without a column; free text may be left out."""
    wanted = [item.code for item in definition.items if item.kind != "text"]
    wanted += [condition.code for condition in definition.conditions]
    return [code for code in wanted if code not in found]
