"""Reading a table of episodes for commands on files: one row per episode and scale, every fault listed."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalplat.errors import FileRejected, Message
from evalplat.exchange.faults import FaultList
from evalplat.exchange.tables import Table, open_table, parse_number

if TYPE_CHECKING:
    import pandas as pd

TEXTS = ("provider", "episode", "instrument", "scale")
SCORES = ("baseline", "end")
ALL_PROVIDERS = "*"
MOST_REMEMBERED = 100_000
LARGEST = 1e15
"""Beyond it a figure is no score but a slip, and its square could leave the range of numbers."""

SMALLEST = 1e-50
"""Nearer to 0 than this a figure is 0, because its powers would leave the range of numbers."""

ScaleKey = tuple[str, str]

_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_FINNISH_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


class _Numbers:
    """Turns cells into numbers; scores repeat, so that each text is read once."""

    def __init__(self) -> None:
        self._known: dict[str, float | None] = {"": float("nan")}

    def read(self, text: str) -> float | None:
        """The number, nan for an empty cell, None for text and for what no score can be."""
        if text in self._known:
            return self._known[text]
        try:
            value: float | None = parse_number(text)
        except ValueError:
            value = None
        if value is not None and abs(value) > LARGEST:
            value = None
        elif value is not None and abs(value) < SMALLEST:
            value = 0.0
        if len(self._known) < MOST_REMEMBERED:
            self._known[text] = value
        return value


def read_episode_table(
    path: Path,
    *,
    only: ScaleKey | None = None,
    covariates: Sequence[str] = (),
    numbers: Sequence[str] = (),
    dates: Sequence[str] = (),
) -> "pd.DataFrame":
    """The rows of a CSV or XLSX file; the index holds the row numbers that a spreadsheet shows.

    Columns `provider, episode, instrument, scale, baseline, end`, the covariates, and more columns of numbers
    (`follow_up`, `voucher_eur`) and of days (`opened_on`: 2026-11-24 or 24.11.2026, as a `date`); an empty number is
    NaN, an empty day None. `only` keeps the rows of one instrument and scale. A covariate is numeric when all its
    cells are numbers, and a category when most are not; numbers with a few texts among them are a fault of those cells.
    Raises FileRejected with all faults.
    """
    import pandas as pd

    from evalplat.statistics.cases import find_repeated_episodes

    figures = tuple(dict.fromkeys((*SCORES, *numbers)))
    days = tuple(name for name in dict.fromkeys(dates) if name not in (*TEXTS, *figures))
    taken = (*TEXTS, *figures, *days)
    names = [name for name in dict.fromkeys(covariates) if name not in taken]
    faults = FaultList()
    scales: dict[ScaleKey, None] = {}
    with open_table(path) as table:
        found = _Columns(_find_columns(table, (*taken, *names)), figures, (*days, *names))
        where = (table.columns.index("instrument"), table.columns.index("scale"))
        for row, cells in table.rows(faults):
            key = (cells[where[0]], cells[where[1]])
            scales[key] = None
            if only is None or key == only:
                found.take(row, cells, faults)
    rows, columns = found.rows, found.columns
    if not faults:
        _check_content(path, rows, only, scales)
    _check_providers(columns["provider"], rows, faults)
    for name in names:
        columns[name] = _read_covariate(name, columns[name], rows, found.numbers, faults)
    for name in days:
        columns[name] = _read_days(name, columns[name], rows, faults)
    frame = pd.DataFrame(columns, index=rows)
    for name in days:
        frame[name] = pd.Series(columns[name], index=rows, dtype=object)
    faults.extend(find_repeated_episodes(frame, TEXTS))
    if faults:
        raise FileRejected(
            Message(
                "%(file)s cannot be used: %(count)d faults.", file=path.name, count=faults.count
            ),
            faults.listed(),
        )
    return frame


class _Columns:
    """The cells of the rows taken so far, by column: keys as text, figures as numbers, the rest as it stands."""

    def __init__(
        self, place: dict[str, int], figures: Sequence[str], others: Sequence[str]
    ) -> None:
        self.numbers = _Numbers()
        self.rows: list[int] = []
        self.columns: dict[str, list[Any]] = {name: [] for name in (*TEXTS, *figures, *others)}
        self._texts, self._figures, self._others = (
            [(name, place[name], self.columns[name]) for name in names]
            for names in (TEXTS, figures, others)
        )

    def take(self, row: int, cells: list[str], faults: FaultList) -> None:
        """Keep a row, and note an empty key or a figure that is no number."""
        self.rows.append(row)
        for name, index, column in self._texts:
            column.append(cells[index])
            if not cells[index]:
                faults.add(f"row {row}, {name}", Message("the cell is empty; fill it in"))
        for name, index, column in self._figures:
            value = self.numbers.read(cells[index])
            if value is None:
                faults.add(f"row {row}, {name}", _not_a_number(cells[index]))
            column.append(value)
        for _, index, column in self._others:
            column.append(cells[index])


def _find_columns(table: Table, wanted: Sequence[str]) -> dict[str, int]:
    faults = FaultList()
    place = {name: index for index, name in enumerate(table.columns)}
    known = ", ".join(table.columns[:40])
    for name in wanted:
        if name not in place:
            faults.add(
                f"column {name}",
                Message("the column is missing; the file has the columns %(known)s", known=known),
            )
    if faults:
        raise FileRejected(
            Message("%(file)s lacks columns that are needed.", file=table.name), faults.listed()
        )
    return place


def _check_content(
    path: Path, rows: list[int], only: ScaleKey | None, scales: dict[ScaleKey, None]
) -> None:
    if not scales:
        raise FileRejected(
            Message(
                "%(file)s has a header but no rows: there is nothing to compute.", file=path.name
            )
        )
    if rows:
        return
    raise FileRejected(
        Message(
            "%(file)s has no row of the scale %(scale)s. It has: %(known)s.",
            file=path.name,
            scale="/".join(only or ()),
            known=", ".join("/".join(key) for key in list(scales)[:40]),
        )
    )


def _check_providers(providers: list[str], rows: list[int], faults: FaultList) -> None:
    for row, provider in zip(rows, providers, strict=True):
        if provider == ALL_PROVIDERS:
            faults.add(
                f"row {row}, provider",
                Message("'*' stands for all providers together; give the provider another name"),
            )


def _read_covariate(
    name: str, cells: list[str], rows: list[int], numbers: _Numbers, faults: FaultList
) -> list[Any]:
    values = [numbers.read(cell) for cell in cells]
    texts = sum(value is None for value in values)
    filled = sum(cell != "" for cell in cells)
    if texts and texts * 2 >= filled:
        return cells
    if texts:
        for row, cell, value in zip(rows, cells, values, strict=True):
            if value is None:
                faults.add(f"row {row}, {name}", _not_a_number(cell))
    return values


def _read_days(
    name: str, cells: list[str], rows: list[int], faults: FaultList
) -> list[date | None]:
    days = []
    for row, cell in zip(rows, cells, strict=True):
        day = _parse_day(cell)
        if day is None and cell:
            faults.add(
                f"row {row}, {name}",
                Message(
                    "%(value)s is not a day; give one such as 2026-11-24 or 24.11.2026, or leave the cell empty",
                    value=repr(cell[:80]),
                ),
            )
        days.append(day)
    return days


def _parse_day(text: str) -> date | None:
    """The day that a cell names, with or without a time after it; None for any other text."""
    if found := _ISO_DAY.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _FINNISH_DAY.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _not_a_number(cell: str) -> Message:
    try:
        parse_number(cell)
    except ValueError:
        return Message(
            "%(value)s is not a number; give a number such as 12 or 12,5, or leave the cell empty",
            value=repr(cell[:80]),
        )
    return Message(
        "%(value)s is too large; give a number from −1e15 to 1e15, or leave the cell empty",
        value=repr(cell[:80]),
    )
