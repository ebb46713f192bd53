"""Days of service: from the opening of an episode to its closing."""

from datetime import date
from typing import TYPE_CHECKING

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import limit_faults

if TYPE_CHECKING:
    import pandas as pd


def add_days(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with `days` from `opened_on` and `closed_on`; nan while an episode is open or a day is not known.

    Raises InputRejected for episodes that close before they open.
    """
    days: list[float] = []
    faults = []
    for row, opened, closed in zip(
        frame.index, frame["opened_on"], frame["closed_on"], strict=True
    ):
        if not (_is_day(opened) and _is_day(closed)):
            days.append(float("nan"))
            continue
        days.append(float((closed - opened).days))
        if days[-1] < 0:
            faults.append(
                Fault(
                    f"row {row}, closed_on",
                    Message("%(closed)s is before %(opened)s", closed=closed, opened=opened),
                )
            )
    if faults:
        raise InputRejected(
            Message("Some episodes close before they open; %(count)d faults.", count=len(faults)),
            limit_faults(faults),
        )
    return frame.assign(days=days)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and value == value
