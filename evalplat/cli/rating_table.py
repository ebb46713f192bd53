"""Reading a table of two ratings per client for `analyse agreement`; every fault listed."""

from dataclasses import dataclass, field
from pathlib import Path

from evalplat.cli.episode_table import LARGEST, ScaleKey
from evalplat.errors import FileRejected, Message
from evalplat.exchange.faults import FaultList
from evalplat.exchange.tables import Table, open_table, parse_number

RATINGS = ("first", "second")
KEYS = ("instrument", "scale")


@dataclass(slots=True)
class Ratings:
    """The two ratings of each client on one scale; None is missing."""

    first: list[float | None] = field(default_factory=list)
    second: list[float | None] = field(default_factory=list)


def read_ratings(path: Path, *, only: ScaleKey | None = None) -> dict[ScaleKey, Ratings]:
    """The ratings by (instrument, scale), in order of first appearance; ("", "") where the file names no scale.

    Columns `first, second`, optionally `instrument, scale` (both or neither) and `episode`. Raises FileRejected with
    every fault: missing columns, texts among the numbers, an episode that stands twice with one scale, no row.
    """
    faults = FaultList()
    found: dict[ScaleKey, Ratings] = {}
    seen: dict[tuple[ScaleKey, str], int] = {}
    with open_table(path) as table:
        place = _find_columns(table, needs_scale=only is not None)
        for row, cells in table.rows(faults):
            key = ("", "")
            if "scale" in place:
                key = (cells[place["instrument"]], cells[place["scale"]])
            if only is not None and key != only:
                continue
            if "episode" in place:
                _check_episode(seen, key, cells[place["episode"]], row, faults)
            ratings = found.setdefault(key, Ratings())
            for name, column in (("first", ratings.first), ("second", ratings.second)):
                column.append(_read(cells[place[name]], f"row {row}, {name}", faults))
    if not found and not faults:
        faults.add("", Message("there is no row to compare; check the file and --scale"))
    if faults:
        raise FileRejected(
            Message(
                "%(file)s cannot be used: %(count)d faults.", file=path.name, count=faults.count
            ),
            faults.listed(),
        )
    return found


def _find_columns(table: Table, *, needs_scale: bool) -> dict[str, int]:
    place = {name: index for index, name in enumerate(table.columns)}
    both = needs_scale or any(name in place for name in KEYS)
    faults = FaultList()
    for name in (*RATINGS, *(KEYS if both else ())):
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


def _check_episode(
    seen: dict[tuple[ScaleKey, str], int],
    key: ScaleKey,
    episode: str,
    row: int,
    faults: FaultList,
) -> None:
    if not episode:
        faults.add(f"row {row}, episode", Message("the cell is empty; fill it in"))
        return
    earlier = seen.setdefault((key, episode), row)
    if earlier != row:
        faults.add(
            f"row {row}, episode",
            Message(
                "the episode of row %(row)d stands here again; keep one row for each", row=earlier
            ),
        )


def _read(text: str, where: str, faults: FaultList) -> float | None:
    if not text:
        return None
    try:
        value = parse_number(text)
    except ValueError:
        value = None
    if value is None or abs(value) > LARGEST:
        faults.add(
            where,
            Message(
                "%(value)s is not a number; give a number such as 12 or 12,5, or leave the cell empty",
                value=repr(text[:80]),
            ),
        )
        return None
    return value
