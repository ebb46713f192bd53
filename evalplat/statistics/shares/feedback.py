"""Feedback of many clients per provider: the net promoter score with its interval, and means of agreement.

Formula: each answer to the recommendation counts 100 (a promoter), 0 or -100 (a detractor); the net promoter score
(NPS) is their mean, in points from -100 to 100. Its interval is the adjusted Wald one: three answers are added, of
which three quarters of one promote and as much detract, and with n' = n + 3 and the shares p and d of both

    nps' = 100 (p - d),  se = 100 sqrt((p + d - (p - d)^2) / n'),  nps' +- 1.959964 se, kept within -100 … 100.

So it has a width also where everybody answers alike. Other scales are plain means of those who answered.

Reference: Rocks 2016, Am Stat 70:365 (adjusted Wald, 3 and 3/4). Checked against the same formula worked out from
counts, in the tests, and against the coverage of drawn answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalplat.instruments.definition import GroupSummary, Scale
from evalplat.statistics.funnel import Q95

FULL = 100.0
ADDED, ADDED_EACH_END = 3.0, 0.75
TOTAL = ""


@dataclass(frozen=True, slots=True)
class FeedbackFigure:
    """One scale of one provider. `value` is the NPS or the mean; only the NPS has limits. None is withheld or unknown.

    n: how many answered. sd: of the answers, as the NPS counts them where it is one. ends: the least and the greatest
    figure that there can be.
    """

    scale: str
    n: int | None
    value: float | None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    is_nps: bool = False
    ends: tuple[float, float] = (-FULL, FULL)

    @property
    def unit(self) -> float:
        """How far two neighbouring answers lie apart."""
        return FULL if self.is_nps else 1.0


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """One provider's feedback, or that of all together. sheets: how many gave any; texts: how many wrote a text."""

    provider: str
    sheets: int | None
    texts: int | None
    figures: tuple[FeedbackFigure, ...]
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class Feedback:
    """Feedback per provider and of all together. whole: whether the total is of all providers, or of some."""

    rows: tuple[FeedbackRow, ...]
    total: FeedbackRow
    whole: bool = True
    released: bool = False


def measure_feedback(frame: pd.DataFrame, scales: Sequence[Scale]) -> Feedback:
    """The feedback of a frame with the columns provider, wrote (a text), and one per scale (nan without an answer)."""
    rows = [_measure(str(name), part, scales) for name, part in frame.groupby("provider")]
    return Feedback(tuple(rows), measure_together(frame, scales))


def measure_together(frame: pd.DataFrame, scales: Sequence[Scale]) -> FeedbackRow:
    """The feedback on all providers of a frame together."""
    return _measure(TOTAL, frame, scales)


def count_nps(answers: Sequence[float], summary: GroupSummary) -> np.ndarray:
    """Each answer as the NPS counts it: 100, 0 or -100."""
    given = np.asarray(answers, dtype=float)
    promote, detract = given >= summary.promoters_from, given <= summary.detractors_to
    return np.asarray(FULL * (promote.astype(float) - detract.astype(float)))


def bound_nps(nps: float, sd: float, n: int) -> tuple[float, float]:
    """The interval of an NPS from its value, the standard deviation (over n) of what its answers count, and n."""
    spread = min((sd / FULL) ** 2 + (nps / FULL) ** 2, 1.0)
    both = (n * spread + 2 * ADDED_EACH_END) / (n + ADDED)
    middle = n * (nps / FULL) / (n + ADDED)
    se = float(np.sqrt(max(both - middle**2, 0.0) / (n + ADDED)))
    low, high = middle - Q95 * se, middle + Q95 * se
    return FULL * max(low, -1.0), FULL * min(high, 1.0)


def _measure(name: str, part: pd.DataFrame, scales: Sequence[Scale]) -> FeedbackRow:
    figures = tuple(
        _figure(scale, part[scale.key].dropna().to_numpy(dtype=float)) for scale in scales
    )
    return FeedbackRow(name, len(part), int(part["wrote"].sum()), figures)


def _figure(scale: Scale, answers: np.ndarray) -> FeedbackFigure:
    is_nps = scale.group_summary.method == "nps"
    counted = count_nps(answers.tolist(), scale.group_summary) if is_nps else answers
    ends = (-FULL, FULL) if is_nps else (scale.minimum, scale.maximum)
    n = len(counted)
    if n == 0:
        return FeedbackFigure(scale.key, 0, None, is_nps=is_nps, ends=ends)
    value, sd = float(counted.mean()), float(counted.std())
    low, high = bound_nps(value, sd, n) if is_nps else (None, None)
    return FeedbackFigure(scale.key, n, value, sd, low, high, is_nps, ends)
