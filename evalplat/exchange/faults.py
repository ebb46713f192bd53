"""Collecting what is wrong with a file without letting a hostile file fill the memory."""

from collections.abc import Iterable
from dataclasses import dataclass

from evalplat.errors import Fault, Message

SHOWN = 50
LETTERS = 26


def column_letter(number: int) -> str:
    """What a spreadsheet program calls a column: 1 is A, 27 is AA; empty for 0."""
    letters = ""
    while number > 0:
        number, place = divmod(number - 1, LETTERS)
        letters = chr(ord("A") + place) + letters
    return letters


@dataclass(frozen=True, slots=True)
class CellFault(Fault):
    """A fault of one cell, or of a whole row where `column` is 0, so that it can be shown beside the cell."""

    row: int = 0
    column: int = 0
    name: str = ""
    value: str = ""

    @property
    def letter(self) -> str:
        """The column as a spreadsheet program names it."""
        return column_letter(self.column)


class FaultList:
    """The first faults of a file, and how many there are in all."""

    __slots__ = ("count", "most", "shown")

    def __init__(self, most: int = SHOWN) -> None:
        self.most = most
        self.shown: list[Fault] = []
        self.count = 0

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, where: str, message: Message) -> None:
        """Note one fault; beyond the first `most` only their number is kept."""
        self.extend([Fault(where, message)])

    def add_row(self, row: int, message: Message) -> None:
        """Note a fault of a whole row."""
        self.extend([CellFault(f"row {row}", message, row=row)])

    def add_cell(
        self, row: int, column: int, message: Message, *, name: str = "", value: str = ""
    ) -> None:
        """Note a fault of one cell; `column` counts from 1."""
        where = f"row {row}, column {name or column}"
        self.extend([CellFault(where, message, row=row, column=column, name=name, value=value)])

    def extend(self, faults: Iterable[Fault]) -> None:
        """Note several faults, in order."""
        for fault in faults:
            self.count += 1
            if len(self.shown) < self.most:
                self.shown.append(fault)

    def listed(self) -> list[Fault]:
        """What to show: the first faults, then how many more."""
        if self.count == len(self.shown):
            return list(self.shown)
        more = self.count - len(self.shown)
        return [*self.shown, Fault("", Message("and %(count)d more faults", count=more))]
