"""Reliable change of one client or many: Jacobson and Truax's index, cut-offs and exclusive categories.

Formula: S_E = sd sqrt(1 - reliability); S_diff = sqrt(2) S_E; RCI = change / S_diff; a change is reliable when
|RCI| > 1.959964. The smallest detectable change is SDC = 1.959964 S_diff; a published SDC may stand in for sd and
reliability. Both come from the instrument's registry, never from the provider's own clients. Cut-offs with M, s of the
clinical (c) and the functional (f) population, dir = +1 when higher is better: a = M_c + dir 2 s_c;
b = M_f - dir 2 s_f; c = (s_c M_f + s_f M_c) / (s_c + s_f).

Reference: Jacobson and Truax 1991, J Consult Clin Psychol 59:12. Checked against its worked example.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.funnel import Q95
from evalplat.vocabulary import Direction


class ChangeStatus(StrEnum):
    """Exclusive categories of a client's change. `RECOVERED` and `HARMED` need a cut-off.

    recovered: reliably improved from the clinical side of the cut-off to beyond it; harmed: reliably deteriorated from
    beyond it to the clinical side.
    """

    RECOVERED = "recovered"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"
    HARMED = "harmed"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """Change of one client (plain values) or many (arrays of the same length).

    status: ChangeStatus, or an array of its values; improvement: the change turned so that more is better; index: the
    RCI in the same turn; None where sd and reliability are unknown; sdc: smallest detectable change or None;
    important: whether the improvement reaches the MIC, None where no MIC is known. A MIC below the SDC is mostly noise:
    show `important` only beside `sdc`.
    """

    status: Any
    improvement: Any
    index: Any
    sdc: float | None
    important: Any


def find_sdc(sd: float | None, reliability: float | None) -> float | None:
    """Smallest detectable change at 95 %: 1.959964 sqrt(2) sd sqrt(1 - reliability)."""
    if sd is None or reliability is None:
        return None
    faults = []
    if not sd > 0:
        faults.append(Fault("sd", Message("%(value)s; it must be greater than 0", value=sd)))
    if not 0 <= reliability < 1:
        faults.append(
            Fault(
                "reliability", Message("%(value)s; it must be from 0 to under 1", value=reliability)
            )
        )
    if faults:
        raise InputRejected(
            Message("Reliable change cannot be computed with these figures."), faults
        )
    return float(Q95 * np.sqrt(2 * (1 - reliability)) * sd)


def find_cut_off(
    method: str,
    *,
    direction: Direction,
    clinical: tuple[float, float] | None = None,
    functional: tuple[float, float] | None = None,
) -> float:
    """Jacobson and Truax's cut-off `a`, `b` or `c` from (mean, sd) of the populations it needs."""
    sign = direction.sign
    if method == "a" and clinical:
        return clinical[0] + sign * 2 * clinical[1]
    if method == "b" and functional:
        return functional[0] - sign * 2 * functional[1]
    if method == "c" and clinical and functional:
        weighted = clinical[1] * functional[0] + functional[1] * clinical[0]
        return weighted / (clinical[1] + functional[1])
    raise InputRejected(
        Message(
            "Cut-off %(method)s cannot be computed: a needs the clinical population, b the functional, c both.",
            method=method,
        )
    )


def classify_change(
    baseline: ArrayLike | None,
    end: ArrayLike | None,
    *,
    direction: Direction,
    sd: float | None,
    reliability: float | None,
    mic: float | None = None,
    sdc: float | None = None,
    cut_off: float | None = None,
) -> ReliableChange:
    """Classify changes from baseline to end, numbers or arrays; a missing score is None or nan.

    Not assessable: a missing score, or neither sd and reliability nor an SDC known. An SDC is used only where sd or
    reliability is unknown. cut_off: beyond it (strictly, in the better direction) a score is functional.
    """
    single = np.ndim(baseline if baseline is not None else np.nan) == 0 and (
        np.ndim(end if end is not None else np.nan) == 0
    )
    x, y = np.atleast_1d(_to_floats(baseline)), np.atleast_1d(_to_floats(end))
    improvement = direction.sign * (y - x)
    computed = find_sdc(sd, reliability)
    threshold = computed if computed is not None else sdc
    status = sort_changes(x, y, improvement, threshold, cut_off, direction.sign)
    index = None if computed is None else improvement * (Q95 / computed)
    important = None if mic is None else improvement >= mic
    if not single:
        return ReliableChange(status, improvement, index, threshold, important)
    known = bool(np.isfinite(improvement[0]))
    return ReliableChange(
        status=ChangeStatus(status[0]),
        improvement=float(improvement[0]) if known else None,
        index=float(index[0]) if index is not None and known else None,
        sdc=threshold,
        important=bool(important[0]) if important is not None and known else None,
    )


def _to_floats(value: ArrayLike | None) -> NDArray[np.float64]:
    return np.asarray(np.nan if value is None else value, dtype=float)


def sort_changes(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    improvement: NDArray[np.float64],
    threshold: float | None,
    cut_off: float | None,
    sign: int,
) -> NDArray[Any]:
    """The category of each change: `improvement` (or an index of it) beyond `threshold` on either side is reliable."""
    status = np.full(improvement.shape, ChangeStatus.NOT_ASSESSABLE.value, dtype="<U14")
    if threshold is None:
        return status
    status[np.isfinite(improvement)] = ChangeStatus.UNCHANGED.value
    better, worse = improvement > threshold, improvement < -threshold
    status[better] = ChangeStatus.IMPROVED.value
    status[worse] = ChangeStatus.DETERIORATED.value
    if cut_off is not None:
        functional_before, functional_after = sign * (x - cut_off) > 0, sign * (y - cut_off) > 0
        status[better & ~functional_before & functional_after] = ChangeStatus.RECOVERED.value
        status[worse & functional_before & ~functional_after] = ChangeStatus.HARMED.value
    return status
