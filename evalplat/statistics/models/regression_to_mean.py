"""How much of a change is to be expected by regression to the mean alone, without any service.

Formulas, with population mean mu, SD sigma (between and within persons together) and rho the test-retest reliability
(the share of sigma^2 that lies between persons; never the correlation of baseline and end):

- clients whose mean baseline is m, no cut-off: expected change = (1 - rho) (mu - m);
- clients taken only beyond a cut-off c: expected change = - (1 - rho) sigma phi(z) / (1 - Phi(z)) above it, with z =
  (c - mu) / sigma, and + (1 - rho) sigma phi(z) / (1 - Phi(z)) below it, with z = (mu - c) / sigma;
- Oldham's check: the correlation of change (y - x) with the average (x + y) / 2, which is 0 where baseline and end
  scatter alike, however much the change correlates with the baseline by regression to the mean. From sums of squares:
  (SS_y - SS_x) / sqrt(SS_{y-x} SS_{x+y}).

Reference: Barnett, van der Pols and Dobson 2005, Int J Epidemiol 34:215; Oldham 1962. Checked against numerical
integration of the truncated bivariate normal distribution, a simulation, and numpy's correlation of the rows.
"""

from dataclasses import dataclass
from math import erfc, exp, pi, sqrt

from evalplat.errors import Fault, InputRejected, Message


@dataclass(frozen=True, slots=True)
class Population:
    """What is known of the people whom the clients come from: mean score and test-retest reliability.

    Raises InputRejected for a reliability that is not between 0 and 1.
    """

    mean: float
    reliability: float

    def __post_init__(self) -> None:
        if not 0 <= self.reliability <= 1:
            raise InputRejected(
                Message("Regression to the mean cannot be expected."),
                [Fault("reliability", Message("it lies between 0 and 1"))],
            )

    def expect_change(self, mean_baseline: float) -> float:
        """The expected change of clients with this mean baseline, end minus baseline."""
        return (1 - self.reliability) * (self.mean - mean_baseline)

    def expect_beyond(self, cut_off: float, sd: float, *, above: bool) -> float | None:
        """The expected change of clients taken only above (or below) a cut-off; None where the SD is not positive.

        None also where so few of the population lie beyond the cut-off that the share is 0 to the computer.
        """
        if not sd > 0:
            return None
        z = (cut_off - self.mean) / sd * (1 if above else -1)
        beyond = erfc(z / sqrt(2)) / 2
        if beyond == 0:
            return None
        shift = (1 - self.reliability) * sd * exp(-z * z / 2) / sqrt(2 * pi) / beyond
        return -shift if above else shift


def check_oldham(ss_baseline: float, ss_end: float, ss_change: float) -> float | None:
    """Oldham's correlation of change with the average; None where change or average does not vary."""
    ss_sum = 2 * (ss_baseline + ss_end) - ss_change
    least = 1e-12 * (ss_baseline + ss_end)
    if ss_change <= least or ss_sum <= least:
        return None
    return max(-1.0, min(1.0, (ss_end - ss_baseline) / sqrt(ss_change * ss_sum)))
