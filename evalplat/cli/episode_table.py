"""Reading a table of episodes for `effects` and `compare`: one row per episode and scale, every fault listed."""

from collections.abc import Sequence
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

ScaleKey = tuple[str, str]


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
        if len(self._known) < MOST_REMEMBERED:
            self._known[text] = value
        return value


def read_episode_table(
    path: Path, *, only: ScaleKey | None = None, covariates: Sequence[str] = ()
) -> "pd.DataFrame":
    """The rows of a CSV or XLSX file; the index holds the row numbers that a spreadsheet shows.

    Columns `provider, episode, instrument, scale, baseline, end` and the covariates; an empty score is NaN. `only`
    keeps the rows of one instrument and scale. A covariate is numeric when all its cells are numbers, and a category
    when most are not; numbers with a few texts among them are a fault of those cells. Raises FileRejected with all
    faults.
    """
    import pandas as pd

    from evalplat.statistics.cases import find_repeated_episodes

    names = [name for name in dict.fromkeys(covariates) if name not in (*TEXTS, *SCORES)]
    faults = FaultList()
    numbers = _Numbers()
    columns: dict[str, list[Any]] = {name: [] for name in (*TEXTS, *SCORES, *names)}
    rows: list[int] = []
    scales: dict[ScaleKey, None] = {}
    with open_table(path) as table:
        place = _find_columns(table, (*TEXTS, *SCORES, *names))
        texts = [(name, place[name], columns[name]) for name in TEXTS]
        scores = [(name, place[name], columns[name]) for name in SCORES]
        others = [(place[name], columns[name]) for name in names]
        for row, cells in table.rows(faults):
            key = (cells[place["instrument"]], cells[place["scale"]])
            scales[key] = None
            if only is not None and key != only:
                continue
            rows.append(row)
            for name, index, column in texts:
                column.append(cells[index])
                if not cells[index]:
                    faults.add(f"row {row}, {name}", Message("the cell is empty; fill it in"))
            for name, index, column in scores:
                value = numbers.read(cells[index])
                if value is None:
                    faults.add(f"row {row}, {name}", _not_a_number(cells[index]))
                column.append(value)
            for index, column in others:
                column.append(cells[index])
    if not faults:
        _check_content(path, rows, only, scales)
    _check_providers(columns["provider"], rows, faults)
    for name in names:
        columns[name] = _read_covariate(name, columns[name], rows, numbers, faults)
    frame = pd.DataFrame(columns, index=rows)
    faults.extend(find_repeated_episodes(frame, TEXTS))
    if faults:
        raise FileRejected(
            Message(
                "%(file)s cannot be used: %(count)d faults.", file=path.name, count=faults.count
            ),
            faults.listed(),
        )
    return frame


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
