"""Euros (or days) per unit of effect at one provider: a ratio of two means, with an interval that respects both.

Formula: mean(cost) / mean(effect) = sum over all starters / sum over all starters. The means may rest on different
clients (costs are known of all starters, effects only of those measured twice): with n_c, n_e and n_b clients behind
the cost, the effect and both, v_c = s_c^2 / n_c, v_e = s_e^2 / n_e and c = r s_c s_e n_b / (n_c n_e), r the correlation
over clients with both; interval by Fieller with Student's t and min(n_c, n_e) - 1 degrees of freedom.
What is assumed about clients without an effect is said by the effects that are handed in: left out (nan), they fared
as the others on average; 0, they did not change.

Reference: Briggs and Fenn 1998, Health Econ 7:723; Fieller 1954, JRSS B 16:175. Checked against R's intervals of cost
per unit of gain on MASS/anorexia, and by simulation and bootstrap.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.moments import Floats
from evalplat.statistics.money.fieller import Ratio, fieller


@dataclass(frozen=True, slots=True)
class Joint:
    """Means and spread of cost and effect of one provider's clients, each over those of whom it is known.

    n_both: clients of whom both are known; correlation: over these, 0 where it does not exist. A mean is None where
    nothing is known, an SD where fewer than two clients are.
    """

    n_cost: int
    n_effect: int
    n_both: int
    mean_cost: float | None
    mean_effect: float | None
    sd_cost: float | None
    sd_effect: float | None
    correlation: float

    @property
    def ratio(self) -> Ratio:
        """Cost per unit of effect. status: "ok", or why there is no figure to show.

        "too_few": fewer than two clients; "not_estimable": the effect cannot be told from zero; "worse": the effect is
        clearly below zero, so that less cost per unit would not be better.
        """
        if self.sd_cost is None or self.sd_effect is None:
            return Ratio(None, None, None, "too_few")
        cost, effect = self.mean_cost or 0.0, self.mean_effect or 0.0
        shared = self.n_both / (self.n_cost * self.n_effect) ** 0.5
        error_cost = self.sd_cost / self.n_cost**0.5
        error_effect = self.sd_effect / self.n_effect**0.5
        found = fieller(
            cost,
            effect,
            error_cost**2,
            error_effect**2,
            self.correlation * shared * error_cost * error_effect,
            df=min(self.n_cost, self.n_effect) - 1,
        )
        if found.status != "ok":
            return Ratio(None, None, None, found.status)
        return Ratio(None, None, None, "worse") if effect < 0 else found

    @property
    def cost_interval(self) -> tuple[float | None, float | None]:
        """Student's 95 % interval of the mean cost; cut at 0, below which no cost can be."""
        from scipy.special import stdtrit

        if self.mean_cost is None or self.sd_cost is None:
            return None, None
        reach = float(stdtrit(self.n_cost - 1, 0.975)) * self.sd_cost / self.n_cost**0.5
        return max(self.mean_cost - reach, 0.0), self.mean_cost + reach


def measure_joint(cost: Floats, effect: Floats) -> Joint:
    """The means, SDs and correlation of two columns of the same clients; nan is unknown."""
    has_cost, has_effect = np.isfinite(cost), np.isfinite(effect)
    both = has_cost & has_effect
    costs, effects = cost[has_cost], effect[has_effect]
    return Joint(
        n_cost=len(costs),
        n_effect=len(effects),
        n_both=int(both.sum()),
        mean_cost=float(costs.mean()) if len(costs) else None,
        mean_effect=float(effects.mean()) if len(effects) else None,
        sd_cost=_spread(costs),
        sd_effect=_spread(effects),
        correlation=_correlate(cost[both], effect[both]),
    )


def _spread(values: Floats) -> float | None:
    """The SD; exactly 0 where all values are the same, None for fewer than two."""
    if len(values) < 2:
        return None
    return 0.0 if np.ptp(values) == 0 else float(values.std(ddof=1))


def _correlate(first: Floats, second: Floats) -> float:
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    a, b = first - first.mean(), second - second.mean()
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return float(np.clip((a @ b) / ((a @ a) * (b @ b)) ** 0.5, -1.0, 1.0))


def find_unit(values: Floats) -> float | None:
    """The middle one of the distances between neighbouring values; None where all are the same."""
    gaps = np.diff(np.unique(values[np.isfinite(values)]))
    return float(np.median(gaps)) if len(gaps) else None
