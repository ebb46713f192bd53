"""Which episodes are too recent to have their later measurement: these clients are not lost.

Rule: the days from opening by which 95 % of the later measurements that exist had been made. Every episode opened fewer
days than that before the data end is set aside, measured or not, ended early or not: to set aside only those without a
measurement would count the early losses of recent months and forget the clients who are still being served.

Checked against a county in which nobody is lost and many are still being served.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from evalplat.errors import Message
from evalplat.statistics.results import Exclusion

if TYPE_CHECKING:
    import pandas as pd

LEAST = 20
SHARE = 95


def find_ripening(frame: "pd.DataFrame", point: str) -> int | None:
    """Days from `opened_on` by which 95 % of the measurements `<point>_on` were made; None with fewer than 20."""
    days = [
        (made - opened).days
        for opened, made in zip(frame["opened_on"], frame[f"{point}_on"], strict=True)
        if isinstance(opened, date) and isinstance(made, date) and made >= opened
    ]
    if len(days) < LEAST:
        return None
    return int(np.ceil(np.percentile(np.array(days), SHARE)))


def set_recent_aside(
    frame: "pd.DataFrame", point: str, data_end: date
) -> tuple["pd.DataFrame", Exclusion | None, int | None]:
    """The episodes old enough, how many were set aside, and the days that this took; dates as `find_ripening` reads."""
    days = find_ripening(frame, point)
    if days is None:
        return frame, None, None
    last = data_end - timedelta(days=days)
    ripe = np.array([not isinstance(day, date) or day <= last for day in frame["opened_on"]], bool)
    if ripe.all():
        return frame, None, days
    reason = Message(
        "Opened in the last %(days)d days, too recent for the later measurement", days=days
    )
    return frame[ripe], Exclusion(reason, int(np.sum(~ripe))), days
