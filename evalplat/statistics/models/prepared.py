"""What every model of a comparison is computed from, be it collected from rows or from sums.

A client's row is not needed any more: the providers' sums of an orthonormal basis of the covariates and of the
case-mix model's residual give all three models. See `comparison.prepare_cases` and `comparison_of_sums.prepare_sums`.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.models.case_mix import Units
from evalplat.statistics.models.model_results import Diagnostics, MissingCovariate
from evalplat.statistics.models.random_intercept import GroupSums
from evalplat.statistics.moments import Floats, Integers


@dataclass(frozen=True, slots=True)
class Prepared:
    """The fitted case-mix model as sums over the providers that have pairs.

    providers, n_started: every provider, in order of name. place: where those with pairs stand among them; all arrays
    below have one element per provider with pairs. sums: of [1, basis] and the residual. intercept, slopes: of [1,
    basis]. total_ss: the response's sum of squares about its mean. noise: a sigma up to this is none. models_change:
    whether the response is the change rather than the end score. diagnostics: what is known so far. cells: how few
    clients each category has (the reference one included), or a number's rarer value where it has only two. missing:
    what is not known of some clients.
    """

    providers: tuple[str, ...]
    n_started: tuple[int | None, ...]
    place: Integers
    baseline: Floats
    change: Floats
    mean_baseline: float
    mean_change: float
    units: Units
    intercept: float
    slopes: Floats
    sums: GroupSums
    total_ss: float
    noise: float
    models_change: bool
    diagnostics: Diagnostics
    knots: tuple[float, ...] = ()
    cells: tuple[tuple[str, int], ...] = ()
    missing: tuple[MissingCovariate, ...] = ()

    @property
    def n(self) -> Floats:
        """Pairs of the providers that have some."""
        return self.sums.n

    @property
    def pairs(self) -> int:
        """Pairs in all."""
        return round(float(self.n.sum()))

    @property
    def df(self) -> int:
        """Residual degrees of freedom of the case-mix model."""
        return self.pairs - 1 - len(self.units.names)

    @property
    def sigma(self) -> float | None:
        """The case-mix model's residual standard deviation; None without degrees of freedom."""
        return float(np.sqrt(self.sums.yy / self.df)) if self.df > 0 else None

    @property
    def fitted(self) -> Floats:
        """The providers' mean fitted response."""
        return self.intercept + (self.sums.x[:, 1:] / self.n[:, None]) @ self.slopes
