"""Five ways to tell whether a client's change is more than measurement error, side by side.

Formula, with baseline x, end y, reliability r, SD s and mean m of the norm or the region at baseline, all turned so
that more is better, S_E = s sqrt(1 - r), and beyond which absolute value a change is reliable:

- JT (Jacobson and Truax 1991), the default: (y - x) / (sqrt(2) S_E); 1.959964;
- GLN (Gulliksen, Lord and Novick, after Hsu 1989): (y - m - r (x - m)) / (s sqrt(1 - r^2)); 1.959964. It takes out
  regression to the mean, and is the sensitivity analysis beside JT;
- EN (Edwards and Nunnally, after Speer 1992): (y - [r (x - m) + m]) / S_E; 1.959964;
- NK (Nunnally and Kotsch 1983): the same numerator / sqrt(r^2 s^2 (1 - r) + s^2 (1 - r_end)); 1.959964;
- HA (Hageman and Arrindell 1999): [(y - x) r_dd + (m_end - m) (1 - r_dd)] / (sqrt(r_dd) sqrt(2) S_E), with
  r_dd = (s^2 r_1 + s_end^2 r_2 - 2 s s_end r_xy) / (s^2 + s_end^2 - 2 s s_end r_xy), r_k = (s_k^2 - S_E^2) / s_k^2 and
  r_xy the correlation of baseline and end; 1.644854.

s, r and all other parameters come from the instrument's registry or the whole region, never from one provider's own
clients. A parameter that is not known makes every change not assessable, and `missing` names it. Two further indices
(Hsu, Lin and Lord; hierarchical linear models) measure clients against the mean change of their own sample, which
would hide what a provider achieves: they are left out.

Checked against Jacobson and Truax's worked example, against figures worked out by hand, and against the definitions
written out client by client.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.change import ChangeStatus, find_sdc, sort_changes
from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats
from evalplat.vocabulary import Direction

Q90 = 1.6448536269514722


class ChangeMethod(StrEnum):
    """A way to tell reliable change; the module's text has their formulas."""

    JT = "JT"
    GLN = "GLN"
    EN = "EN"
    NK = "NK"
    HA = "HA"


NEEDS: dict[ChangeMethod, tuple[str, ...]] = {
    ChangeMethod.JT: ("sd", "reliability"),
    ChangeMethod.GLN: ("sd", "reliability", "mean"),
    ChangeMethod.EN: ("sd", "reliability", "mean"),
    ChangeMethod.NK: ("sd", "reliability", "mean", "reliability_end"),
    ChangeMethod.HA: ("sd", "reliability", "mean", "sd_end", "mean_end", "correlation"),
}


@dataclass(frozen=True, slots=True)
class ChangeParameters:
    """What is known of a scale's measurement error and of its population. None is not known.

    sd, mean: of the norm or the region at baseline; sd_end, mean_end at the end; reliability: test-retest preferred,
    internal consistency allowed; reliability_end: at the end; correlation: of baseline and end. sdc: published smallest
    detectable change, which stands in for sd and reliability with JT. mic: minimal important change. cut_off: beyond it
    a score is functional. source: where the figures come from.
    """

    sd: float | None = None
    reliability: float | None = None
    mean: float | None = None
    sd_end: float | None = None
    mean_end: float | None = None
    reliability_end: float | None = None
    correlation: float | None = None
    sdc: float | None = None
    mic: float | None = None
    cut_off: float | None = None
    source: str = ""

    @property
    def smallest_detectable(self) -> float | None:
        """The smallest detectable change: computed where sd and reliability are known, else the published one."""
        computed = find_sdc(self.sd, self.reliability)
        return computed if computed is not None else self.sdc

    def missing(self, method: ChangeMethod) -> tuple[str, ...]:
        """The parameters that `method` needs and that are not known."""
        if method is ChangeMethod.JT and self.sdc is not None:
            return ()
        return tuple(name for name in NEEDS[method] if getattr(self, name) is None)


@dataclass(frozen=True, slots=True)
class ChangeVerdicts:
    """Each client's change under one method. Arrays have one element per client.

    status: ChangeStatus values; index: turned so that more is better, nan where a score is missing, None where it
    cannot be had; critical: the absolute value beyond which an index is reliable; sdc: smallest detectable change;
    important: whether the improvement reaches the MIC, None where no MIC or no SDC is known; missing: parameters that
    would be needed; warnings: what a reader must know.
    """

    method: ChangeMethod
    status: NDArray[Any]
    improvement: Floats
    index: Floats | None
    critical: float
    sdc: float | None
    important: NDArray[np.bool_] | None
    missing: tuple[str, ...]
    warnings: tuple[Message, ...]


def judge_changes(
    baseline: ArrayLike,
    end: ArrayLike,
    *,
    direction: Direction,
    parameters: ChangeParameters,
    method: ChangeMethod = ChangeMethod.JT,
) -> ChangeVerdicts:
    """Each client's change under `method`; a missing score is nan. Raises InputRejected for impossible parameters."""
    check_parameters(parameters)
    x, y = np.asarray(baseline, dtype=float), np.asarray(end, dtype=float)
    improvement = direction.sign * (y - x)
    sdc = parameters.smallest_detectable
    missing = parameters.missing(method)
    critical = Q90 if method is ChangeMethod.HA else Q95
    index: Floats | None = None
    if not missing:
        index = _find_index(x, y, direction.sign, parameters, method)
        if index is None:
            missing = ("reliability_of_change",)
    status = np.full(improvement.shape, ChangeStatus.NOT_ASSESSABLE.value, dtype="<U14")
    if index is not None:
        status = sort_changes(x, y, index, critical, parameters.cut_off, direction.sign)
    knows_both = parameters.mic is not None and sdc is not None
    return ChangeVerdicts(
        method=method,
        status=status,
        improvement=improvement,
        index=index,
        critical=critical,
        sdc=sdc,
        important=improvement >= parameters.mic if knows_both else None,
        missing=missing,
        warnings=tuple(warn_of_importance(parameters.mic, sdc)),
    )


def describe_population(baseline: ArrayLike, end: ArrayLike) -> dict[str, float | None]:
    """What a whole region's own scores tell of it: sd, mean, sd_end, mean_end and correlation; None with too few.

    The first two rest on all baselines, the others on the pairs. Never to be asked of one provider's clients.
    """
    x, y = np.asarray(baseline, dtype=float), np.asarray(end, dtype=float)
    known, pair = np.isfinite(x), np.isfinite(x) & np.isfinite(y)
    found: dict[str, float | None] = dict.fromkeys(
        ("sd", "mean", "sd_end", "mean_end", "correlation")
    )
    if known.sum() > 1 and np.ptp(x[known]) > 0:
        found["sd"], found["mean"] = float(np.std(x[known], ddof=1)), float(np.mean(x[known]))
    if pair.sum() > 2 and np.ptp(x[pair]) > 0 and np.ptp(y[pair]) > 0:
        found["sd_end"] = float(np.std(y[pair], ddof=1))
        found["mean_end"] = float(np.mean(y[pair]))
        found["correlation"] = float(np.clip(np.corrcoef(x[pair], y[pair])[0, 1], -1, 1))
    return found


def warn_of_importance(mic: float | None, sdc: float | None) -> Sequence[Message]:
    """That reaching the MIC may be measurement error, where it is smaller than the smallest detectable change."""
    if mic is None:
        return ()
    if sdc is None:
        return (
            Message(
                "It is not known how large a change measurement error alone can give, so it is not shown how many "
                "reached the important change of %(mic)s points.",
                mic=_shorten(mic),
            ),
        )
    if mic >= sdc:
        return ()
    return (
        Message(
            "The important change of %(mic)s points is smaller than what measurement error alone can give "
            "(%(sdc)s points): many who reach only the important change may not have changed at all.",
            mic=_shorten(mic),
            sdc=_shorten(sdc),
        ),
    )


def _shorten(points: float) -> float:
    """Three digits are enough to read."""
    return float(f"{points:.3g}")


def check_parameters(parameters: ChangeParameters) -> None:
    """Raise InputRejected with every parameter that cannot be."""
    faults = []
    for name in ("sd", "sd_end", "sdc", "mic"):
        value = getattr(parameters, name)
        if value is not None and not (np.isfinite(value) and value > 0):
            faults.append(Fault(name, Message("%(value)s; it must be greater than 0", value=value)))
    for name in ("reliability", "reliability_end"):
        value = getattr(parameters, name)
        if value is not None and not 0 <= value < 1:
            faults.append(
                Fault(name, Message("%(value)s; it must be from 0 to under 1", value=value))
            )
    for name in ("mean", "mean_end", "cut_off"):
        value = getattr(parameters, name)
        if value is not None and not np.isfinite(value):
            faults.append(Fault(name, Message("%(value)s; it must be a number", value=value)))
    if parameters.correlation is not None and not -1 <= parameters.correlation <= 1:
        faults.append(
            Fault(
                "correlation",
                Message("%(value)s; it must be from −1 to 1", value=parameters.correlation),
            )
        )
    if faults:
        raise InputRejected(
            Message("Reliable change cannot be computed with these figures."), faults
        )


def _find_index(
    x: Floats, y: Floats, sign: int, parameters: ChangeParameters, method: ChangeMethod
) -> Floats | None:
    if method is ChangeMethod.JT:
        return sign * (y - x) * (Q95 / (parameters.smallest_detectable or np.nan))
    s, r, m = (getattr(parameters, name) for name in ("sd", "reliability", "mean"))
    error = s * (1 - r) ** 0.5
    if method is ChangeMethod.HA:
        return _find_hageman_arrindell(x, y, sign, parameters, error)
    regressed = sign * (y - (r * (x - m) + m))
    if method is ChangeMethod.GLN:
        return np.asarray(regressed / (s * (1 - r**2) ** 0.5))
    if method is ChangeMethod.EN:
        return np.asarray(regressed / error)
    end = parameters.reliability_end or 0.0
    return np.asarray(regressed / (r**2 * s**2 * (1 - r) + s**2 * (1 - end)) ** 0.5)


def _find_hageman_arrindell(
    x: Floats, y: Floats, sign: int, parameters: ChangeParameters, error: float
) -> Floats | None:
    """HA's index; None where the reliability of the change is not above 0, so that no change could be told."""
    s, s_end = parameters.sd or np.nan, parameters.sd_end or np.nan
    shared = 2 * s * s_end * (parameters.correlation or 0.0)
    spread = s**2 + s_end**2 - shared
    own = (s**2 - error**2) + (s_end**2 - error**2)
    reliability = (own - shared) / spread if spread > 0 else 0.0
    if reliability <= 0:
        return None
    shift = (parameters.mean_end or 0.0) - (parameters.mean or 0.0)
    weighed = (y - x) * reliability + shift * (1 - reliability)
    return np.asarray(sign * weighed / (reliability**0.5 * 2**0.5 * error))
