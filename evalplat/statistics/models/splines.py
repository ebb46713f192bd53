"""Natural cubic spline of the baseline, so that a scale's floor and ceiling do not bend the case-mix model.

Formula, with knots t_1 < … < t_k and (u)+ = max(u, 0): beside x itself the k - 2 columns

    [(x - t_j)+^3 - (x - t_{k-1})+^3 (t_k - t_j) / (t_k - t_{k-1})
                  + (x - t_k)+^3 (t_{k-1} - t_j) / (t_k - t_{k-1})] / (t_k - t_1)^2,   j = 1 … k - 2,

which are 0 below t_1 and straight lines above t_k. Knots stand at fixed shares of the baseline's distribution or of
the scale's possible range: 0.1, 0.5, 0.9 for three, 0.05, 0.35, 0.65, 0.95 for four, 0.05, 0.275, 0.5, 0.725, 0.95
for five.

Reference: Harrell 2015, Regression Modeling Strategies, 2.4.5. Checked against scipy's natural CubicSpline, which the
columns reproduce exactly, and against ordinary least squares on patsy's natural spline with the same knots.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.errors import InputRejected, Message
from evalplat.statistics.moments import Floats

SHARES = {
    3: (0.1, 0.5, 0.9),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
}
FEWEST = 3


@dataclass(frozen=True, slots=True)
class SplineRule:
    """How many knots, and where: `low` and `high` are the scale's possible range, None takes the quantiles."""

    knots: int = 4
    low: float | None = None
    high: float | None = None

    def place(self, values: Floats) -> tuple[float, ...]:
        """The knots for these values: fewer where quantiles coincide, none where less than three are apart.

        Raises InputRejected for a number of knots other than 3, 4 and 5, or a range that is empty or known by half.
        """
        if self.knots not in SHARES:
            raise InputRejected(
                Message("A spline has 3, 4 or 5 knots, not %(found)d.", found=self.knots)
            )
        shares = np.array(SHARES[self.knots])
        if self.low is not None or self.high is not None:
            if self.low is None or self.high is None or not self.low < self.high:
                raise InputRejected(Message("The scale's range needs a low end below a high end."))
            return tuple(float(knot) for knot in self.low + shares * (self.high - self.low))
        if not len(values):
            return ()
        knots = np.unique(np.quantile(values, shares))
        least = 1e-9 * float(np.ptp(values))
        apart = knots[np.append(True, np.diff(knots) > least)]
        return tuple(float(knot) for knot in apart) if len(apart) >= FEWEST else ()


def bend(values: Floats, knots: tuple[float, ...]) -> list[Floats]:
    """The spline's columns beside the values themselves; none for less than three knots."""
    if len(knots) < FEWEST:
        return []
    last, before = knots[-1], knots[-2]

    def cube(knot: float) -> Floats:
        return np.asarray(np.maximum(values - knot, 0.0) ** 3)

    return [
        (
            cube(knot)
            - cube(before) * (last - knot) / (last - before)
            + cube(last) * (before - knot) / (last - before)
        )
        / (last - knots[0]) ** 2
        for knot in knots[:-2]
    ]


def name_bends(name: str, count: int) -> list[str]:
    """The names of the columns that `bend` gives of one covariate."""
    return [f"{name}_bend_{place}" for place in range(1, count + 1)]
