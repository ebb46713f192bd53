"""A whole table of answer sheets, held for an import: its cells as they came, and the faults of the file itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalplat.errors import Fault, FileRejected, Message
from evalplat.exchange.faults import CellFault, FaultList
from evalplat.exchange.import_words import HEADERS, fold, index_words
from evalplat.exchange.tables import Table

MOST_FAULTS = 2_000
MOST_SHARED = 20_000
SHORT = 12
SHOWN_EVERY = 500
_NAMES = index_words(HEADERS)


@dataclass(frozen=True, slots=True)
class ImportTable:
    """What a file says, row by row. `faults` are those of the file itself; `fault_count` counts those beyond too."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    header_row: int = 1
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    notes: tuple[Message, ...] = ()

    def is_whole(self, cells: Sequence[str]) -> bool:
        """Whether a row has as many cells as the header."""
        return len(cells) == len(self.columns)


def looks_like_header(cells: Sequence[str]) -> bool:
    """Whether a row names two columns that every file of sheets has."""
    return len({_NAMES[fold(cell)] for cell in cells if fold(cell) in _NAMES}) >= 2


def read_import_table(
    table: Table, advance: Callable[[int], None] = lambda _number: None
) -> ImportTable:
    """Read an open table to its end. Raises FileRejected where it has no rows."""
    faults = FaultList(MOST_FAULTS)
    shared: dict[str, str] = {}
    rows = []
    for count, (number, cells) in enumerate(table.rows(faults, ragged=True), start=1):
        rows.append((number, tuple(_share(cells, shared))))
        if not count % SHOWN_EVERY:
            advance(count)
    if not rows and not faults:
        raise FileRejected(Message("%(file)s has a header but no rows below it.", file=table.name))
    return ImportTable(
        name=table.name,
        columns=table.columns,
        rows=tuple(rows),
        header_row=table.header_row,
        faults=tuple(faults.shown),
        fault_count=faults.count,
        notes=table.notes,
    )


def _share(cells: Sequence[str], shared: dict[str, str]) -> Iterator[str]:
    """The cells, with equal short ones as one object: a table of answers is full of them."""
    for cell in cells:
        if len(cell) > SHORT:
            yield cell
        elif len(shared) < MOST_SHARED:
            yield shared.setdefault(cell, cell)
        else:
            yield shared.get(cell, cell)


def pack_table(table: ImportTable) -> dict[str, Any]:
    """A table as plain values that JSON keeps."""
    return {
        "name": table.name,
        "columns": list(table.columns),
        "rows": [[number, list(cells)] for number, cells in table.rows],
        "header_row": table.header_row,
        "faults": [_pack_fault(fault) for fault in table.faults],
        "fault_count": table.fault_count,
        "notes": [_pack_message(note) for note in table.notes],
    }


def unpack_table(packed: Mapping[str, Any]) -> ImportTable:
    """The table that `pack_table` packed; for values that nobody else can have made."""
    return ImportTable(
        name=packed["name"],
        columns=tuple(packed["columns"]),
        rows=tuple((number, tuple(cells)) for number, cells in packed["rows"]),
        header_row=packed["header_row"],
        faults=tuple(_unpack_fault(fault) for fault in packed["faults"]),
        fault_count=packed["fault_count"],
        notes=tuple(_unpack_message(note) for note in packed["notes"]),
    )


def _pack_message(message: Message) -> list[Any]:
    return [message.template, dict(message.values)]


def _unpack_message(packed: Sequence[Any]) -> Message:
    return Message(packed[0], **packed[1])


def _pack_fault(fault: Fault) -> list[Any]:
    place = (
        [fault.row, fault.column, fault.name, fault.value] if isinstance(fault, CellFault) else []
    )
    return [fault.where, _pack_message(fault.message), *place]


def _unpack_fault(packed: Sequence[Any]) -> Fault:
    where, message, *place = packed
    if not place:
        return Fault(where, _unpack_message(message))
    row, column, name, value = place
    return CellFault(
        where, _unpack_message(message), row=row, column=column, name=name, value=value
    )
