"""Exponentially weighted moving average with limits: has a level drifted away from its target over time?

Formula: w_t = weight y_t + (1 - weight) w_t-1 from w_0 = target; its variance with a standard error s_t of its own at
every time, v_t = weight^2 s_t^2 + (1 - weight)^2 v_t-1 from v_0 = 0; limits target +- width sqrt(v_t). A signal is a
w_t beyond its limits. At a time without a figure nothing is learnt: average and limits stay. Defaults: weight 0.2 and
width 3, with which a level that stays on target gives a false signal about once in 560 times.

Reference: Roberts 1959, Technometrics 1:239; Lucas and Saccucci 1990, Technometrics 32:1 (run lengths). Checked against
the worked examples of the NIST/SEMATECH e-Handbook (6.3.2.4) and of Montgomery (Introduction to Statistical Quality
Control, section 9.2), against the definition written out as a sum, and against Lucas and Saccucci's run lengths.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from evalplat.errors import Fault, InputRejected, Message

WEIGHT = 0.2
WIDTH = 3.0


class Signal(StrEnum):
    """Where a moving average stands against its limits."""

    NONE = "none"
    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Smoothed:
    """The moving average at one time, its limits, and whether it lies beyond them."""

    value: float
    low: float
    high: float
    signal: Signal


def smooth(
    figures: Sequence[float | None],
    errors: Sequence[float | None],
    target: float,
    *,
    weight: float = WEIGHT,
    width: float = WIDTH,
) -> tuple[Smoothed | None, ...]:
    """The moving average at every time; None until the first figure.

    figures, errors: one per time with its standard error, None where there is none. Raises InputRejected for a weight
    outside 0 to 1, a width or an error that is negative, or unequal lengths.
    """
    _check(figures, errors, weight, width)
    level, variance = target, 0.0
    found: list[Smoothed | None] = []
    for figure, error in zip(figures, errors, strict=True):
        if figure is None or error is None:
            found.append(found[-1] if found else None)
            continue
        level = weight * figure + (1 - weight) * level
        variance = (weight * error) ** 2 + (1 - weight) ** 2 * variance
        reach = width * variance**0.5
        signal = Signal.NONE
        if abs(level - target) > reach:
            signal = Signal.HIGHER if level > target else Signal.LOWER
        found.append(Smoothed(level, target - reach, target + reach, signal))
    return tuple(found)


def _check(
    figures: Sequence[float | None], errors: Sequence[float | None], weight: float, width: float
) -> None:
    faults = []
    if len(figures) != len(errors):
        faults.append(
            Fault(
                "errors",
                Message(
                    "%(found)d errors for %(wanted)d figures",
                    found=len(errors),
                    wanted=len(figures),
                ),
            )
        )
    if not 0 < weight <= 1:
        faults.append(Fault("weight", Message("%(value)s; above 0 and at most 1", value=weight)))
    if not width > 0:
        faults.append(Fault("width", Message("%(value)s; it must be above 0", value=width)))
    faults += [
        Fault(f"errors, place {place}", Message("%(value)s; 0 or more", value=error))
        for place, error in enumerate(errors)
        if error is not None and not error >= 0
    ]
    if faults:
        raise InputRejected(Message("The moving average cannot be computed."), faults)
