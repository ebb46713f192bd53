"""Points times years: how much better for how long, the area under a client's scores over time.

Formula: sum over neighbouring measurements of (u_t + u_t+1) / 2 times the years between them. With utilities that
people's preferences gave (15D, EQ-5D) this would be quality-adjusted life years; no scale here has such values, so it
is points times years whatever the scale, and never called anything else.

Reference: Matthews et al. 1990, BMJ 300:230 (area under the curve as a summary measure). Checked by hand.
"""

from collections.abc import Sequence

import numpy as np

from evalplat.errors import InputRejected, Message
from evalplat.statistics.moments import Floats

DAYS_PER_YEAR = 365.25
POINTS_YEARS = Message("points × years")


def measure_points_years(scores: Sequence[Floats], years: Sequence[Floats]) -> Floats:
    """Each client's area; nan where a score or a time is missing.

    scores, years: one column per measurement point, in order of time; years since any common day. Raises InputRejected
    for fewer than two measurements, or for one that stands before the one it should follow.
    """
    if len(scores) != len(years) or len(scores) < 2:
        raise InputRejected(
            Message("Points times years need two or more measurements, each with its time.")
        )
    area = np.zeros(len(scores[0]))
    for place in range(len(scores) - 1):
        length = np.asarray(years[place + 1] - years[place], dtype=float)
        if np.any(length < 0):
            raise InputRejected(Message("A measurement stands before the one it should follow."))
        area = area + (scores[place] + scores[place + 1]) / 2 * length
    return area
