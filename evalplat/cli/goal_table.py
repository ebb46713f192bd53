"""Reading a table of rated goals: one row per goal, every fault listed."""

from pathlib import Path
from typing import TYPE_CHECKING

from evalplat.cli.episode_table import ALL_PROVIDERS
from evalplat.errors import FileRejected, Message
from evalplat.exchange.faults import FaultList
from evalplat.exchange.tables import Table, open_table, parse_number
from evalplat.scoring.goals import GREATEST_WEIGHT, LEAST_WEIGHT

if TYPE_CHECKING:
    import pandas as pd

TEXTS = ("provider", "episode", "goal")
LEVELS = (-2, 2)


def read_goal_table(path: Path) -> "pd.DataFrame":
    """The goals of a CSV or XLSX file; the index holds the row numbers that a spreadsheet shows.

    Columns `provider, episode, goal, level` and optionally `weight`, which is 1 where the cell is empty or the column
    missing; an empty level is a goal that was not rated. Raises FileRejected with every fault.
    """
    import pandas as pd

    faults = FaultList()
    rows: list[int] = []
    columns: dict[str, list[object]] = {name: [] for name in (*TEXTS, "level", "weight")}
    seen: dict[tuple[str, ...], int] = {}
    with open_table(path) as table:
        place = _find_columns(table)
        for row, cells in table.rows(faults):
            texts = tuple(cells[place[name]] for name in TEXTS)
            _check_texts(texts, row, seen, faults)
            rows.append(row)
            for name, text in zip(TEXTS, texts, strict=True):
                columns[name].append(text)
            columns["level"].append(_read_level(cells[place["level"]], row, faults))
            weight = cells[place["weight"]] if "weight" in place else ""
            columns["weight"].append(_read_weight(weight, row, faults))
    if not rows and not faults:
        faults.add("", Message("the file has a header but no rows: there is nothing to compute"))
    if faults:
        raise FileRejected(
            Message(
                "%(file)s cannot be used: %(count)d faults.", file=path.name, count=faults.count
            ),
            faults.listed(),
        )
    frame = pd.DataFrame(columns, index=rows)
    return frame.astype({"level": float, "weight": float})


def _find_columns(table: Table) -> dict[str, int]:
    place = {name: index for index, name in enumerate(table.columns)}
    faults = FaultList()
    for name in (*TEXTS, "level"):
        if name not in place:
            faults.add(
                f"column {name}",
                Message(
                    "the column is missing; the file has the columns %(known)s",
                    known=", ".join(table.columns[:40]),
                ),
            )
    if faults:
        raise FileRejected(
            Message("%(file)s lacks columns that are needed.", file=table.name), faults.listed()
        )
    return place


def _check_texts(
    texts: tuple[str, ...], row: int, seen: dict[tuple[str, ...], int], faults: FaultList
) -> None:
    for name, text in zip(TEXTS, texts, strict=True):
        if not text:
            faults.add(f"row {row}, {name}", Message("the cell is empty; fill it in"))
    if texts[0] == ALL_PROVIDERS:
        faults.add(
            f"row {row}, provider",
            Message("'*' stands for all providers together; give the provider another name"),
        )
    earlier = seen.setdefault(texts, row)
    if earlier != row:
        faults.add(
            f"row {row}, goal",
            Message(
                "the goal of row %(row)d stands here again; keep its latest rating", row=earlier
            ),
        )


def _read_level(text: str, row: int, faults: FaultList) -> float:
    if not text:
        return float("nan")
    value = _read_number(text)
    if value is None or value != round(value) or not LEVELS[0] <= value <= LEVELS[1]:
        faults.add(
            f"row {row}, level",
            Message(
                "%(value)s; give a whole number from −2 to 2, or leave the cell empty",
                value=repr(text[:80]),
            ),
        )
        return float("nan")
    return value


def _read_weight(text: str, row: int, faults: FaultList) -> float:
    if not text:
        return 1.0
    value = _read_number(text)
    if value is None or not LEAST_WEIGHT <= value <= GREATEST_WEIGHT:
        faults.add(
            f"row {row}, weight",
            Message("%(value)s; give a number above 0, such as 1 or 6", value=repr(text[:80])),
        )
        return 1.0
    return value


def _read_number(text: str) -> float | None:
    try:
        return float(parse_number(text))
    except ValueError:
        return None
