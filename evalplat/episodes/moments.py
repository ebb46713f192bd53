"""Sums over pairs, centred on a fixed reference, that can be added and taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Moments:
    """n and sums of x, y, x², y², xy over pairs (earlier x, later y), both minus a reference."""

    n: int = 0
    sum_x: float = 0.0
    sum_y: float = 0.0
    sum_xx: float = 0.0
    sum_yy: float = 0.0
    sum_xy: float = 0.0

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            self.n + other.n,
            self.sum_x + other.sum_x,
            self.sum_y + other.sum_y,
            self.sum_xx + other.sum_xx,
            self.sum_yy + other.sum_yy,
            self.sum_xy + other.sum_xy,
        )

    def __neg__(self) -> "Moments":
        return Moments(-self.n, -self.sum_x, -self.sum_y, -self.sum_xx, -self.sum_yy, -self.sum_xy)


def moments_of(pairs: Iterable[tuple[float, float]], reference: float) -> Moments:
    """The moments of (earlier, later) pairs."""
    total = Moments()
    for first, later in pairs:
        x, y = first - reference, later - reference
        total += Moments(1, x, y, x * x, y * y, x * y)
    return total


def month_of(day: date) -> int:
    """The month as the moments are kept by: 202611 for November 2026."""
    return day.year * 100 + day.month
