"""How many started, were measured, completed the service and can be compared: always first, with its denominator.

Formula: counts of episodes per provider and of all together; each share is a count of its stated denominator, with
Wilson's interval (see `proportions`). The denominators are those who started (`starters`), those who completed the
service (`completers`) and those with both measurements (`pairs`).

Reference: CONSORT's flow of participants. Checked against counting with pandas, column by column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.shares.proportions import measure_share

if TYPE_CHECKING:
    import pandas as pd

Flags = NDArray[np.bool_]

STARTERS, COMPLETERS, PAIRS = "starters", "completers", "pairs"
STAGES: tuple[tuple[str, str, str], ...] = (
    ("baseline", "baseline", STARTERS),
    ("completed", "completed", STARTERS),
    ("end", "end", STARTERS),
    ("end_of_completers", "end", COMPLETERS),
    ("pairs", "pairs", STARTERS),
    ("follow_up", "follow_up", STARTERS),
    ("follow_up_of_pairs", "follow_up", PAIRS),
)
"""Key of a stage, what is counted, and of whom."""

COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Stage:
    """One count of the flow: `count` of `of`, who are the `denominator`.

    status: "ok"; "unknown" (the data do not say); "nobody" (a share of nothing). A released stage may be "few" (under
    five), "nearly_all" (all but fewer than five) or "withheld"; its count is then None.
    """

    key: str
    denominator: str
    count: int | None
    of: int | None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One provider's flow, or all together's; `started` is None where it is withheld."""

    provider: str
    started: int | None
    stages: tuple[Stage, ...]

    def stage(self, key: str) -> Stage:
        """The stage of this key."""
        return next(stage for stage in self.stages if stage.key == key)


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow of every provider, in order of name, and of all together."""

    rows: tuple[FlowRow, ...]
    total: FlowRow
    released: bool = False

    def knows(self, key: str) -> bool:
        """Whether the data say anything of this stage."""
        return self.total.stage(key).status != "unknown"


def measure_flow(frame: "pd.DataFrame") -> Flow:
    """The flow of the started episodes in `frame`, one row each.

    Columns: `provider`, `baseline`, `end` (NaN: no score); where there is `baseline_on` or `end_on`, a measurement is
    done when it has a day, whether or not it has a score; else when it has a score. Optional: `follow_up` (and
    `follow_up_on`), `closing_reason`. Without them those stages are unknown. A pair has both scores.
    """
    _check(frame)
    counted = _count_what(frame)
    names, codes = np.unique(
        np.asarray(frame["provider"].astype(str).str.strip(), dtype=str), return_inverse=True
    )
    rows = []
    for place, name in enumerate(names):
        own = codes == place
        rows.append(_make_row(str(name), own, counted))
    return Flow(tuple(rows), _make_row("*", np.ones(len(frame), dtype=bool), counted))


def make_stage(key: str, denominator: str, count: int, of: int) -> Stage:
    """A stage with its share; of nobody there is none."""
    found = measure_share(count, of)
    status = "ok" if of else "nobody"
    return Stage(key, denominator, count, of, found.share, found.low, found.high, status)


def _make_row(name: str, own: Flags, counted: dict[str, Flags | None]) -> FlowRow:
    members: dict[str, Flags | None] = {
        STARTERS: own,
        COMPLETERS: _both(own, counted["completed"]),
        PAIRS: _both(own, counted["pairs"]),
    }
    stages = []
    for key, what, denominator in STAGES:
        base, done = members[denominator], counted[what]
        if base is None or done is None:
            stages.append(Stage(key, denominator, None, None, status="unknown"))
        else:
            stages.append(make_stage(key, denominator, int(np.sum(base & done)), int(np.sum(base))))
    return FlowRow(name, int(np.sum(own)), tuple(stages))


def _both(own: Flags, other: Flags | None) -> Flags | None:
    return None if other is None else own & other


def _count_what(frame: "pd.DataFrame") -> dict[str, Flags | None]:
    scores = {name: _has_score(frame, name) for name in ("baseline", "end")}
    completed = None
    if "closing_reason" in frame.columns:
        completed = np.asarray(frame["closing_reason"] == COMPLETED, dtype=bool)
    return {
        "baseline": _is_done(frame, "baseline"),
        "end": _is_done(frame, "end"),
        "follow_up": _is_done(frame, "follow_up") if "follow_up" in frame.columns else None,
        "completed": completed,
        "pairs": scores["baseline"] & scores["end"],
    }


def _is_done(frame: "pd.DataFrame", point: str) -> Flags:
    if f"{point}_on" in frame.columns:
        return np.asarray(frame[f"{point}_on"].notna(), dtype=bool)
    return _has_score(frame, point)


def _has_score(frame: "pd.DataFrame", point: str) -> Flags:
    scores = frame[point].to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(np.isfinite(scores), dtype=bool)


def _check(frame: "pd.DataFrame", needed: Sequence[str] = ("provider", "baseline", "end")) -> None:
    faults = [
        Fault(name, Message("this column is missing; it is needed"))
        for name in needed
        if name not in frame.columns
    ]
    if faults:
        raise InputRejected(Message("The table of episodes lacks what is counted."), faults)
