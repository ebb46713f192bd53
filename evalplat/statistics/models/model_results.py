"""The three models of a comparison side by side, and what checks them: the figures of its model card.

A None does not exist for these data, or was withheld by the release function; `status` of a part says which of its
figures exist. Coefficients and slopes are in the scale's own direction.
"""

from dataclasses import dataclass

from evalplat.statistics.models.meta import RandomEffectsSummary
from evalplat.statistics.models.regression_to_mean import Population


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient of a model, with its standard error."""

    name: str
    estimate: float | None
    se: float | None


@dataclass(frozen=True, slots=True)
class CaseMixFigures:
    """Model A, indirect standardisation: ordinary least squares over all clients, without providers."""

    coefficients: tuple[Coefficient, ...]
    r_squared: float | None
    df: int | None


@dataclass(frozen=True, slots=True)
class FixedEffectsFigures:
    """Model B, providers as fixed effects. status: as in `fixed_effects.FixedEffects`, or "one_provider"."""

    status: str
    slopes: tuple[Coefficient, ...] = ()
    sigma: float | None = None
    df: int | None = None
    r_squared: float | None = None
    f: float | None = None
    f_df: int | None = None
    f_p: float | None = None


@dataclass(frozen=True, slots=True)
class RandomInterceptFigures:
    """Model C, a random intercept per provider. status: "ok", or the fit's problem (see `RandomIntercept`)."""

    status: str
    coefficients: tuple[Coefficient, ...] = ()


@dataclass(frozen=True, slots=True)
class MundlakFigures:
    """Mundlak's check of the baseline. status: as in `mundlak.MundlakCheck`.

    term: how far the baseline's slope between providers differs from that within them; shift: what one SD between
    providers' mean baselines means in points. differs: whether the slopes differ meaningfully, by the module's rule.
    """

    status: str
    term: float | None = None
    se: float | None = None
    p: float | None = None
    shift: float | None = None
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How well the case-mix model fits. From sums alone, without rows, the shares and the residuals' shape are None.

    skewness, kurtosis (excess): of the residuals, 0 for a normal distribution. outliers: share of clients further than
    three sigma from what was expected (0.3 % of a normal distribution). floor, ceiling: share of clients with the
    lowest or highest score that occurs, at baseline and at the end. oldham: correlation of change with the average of
    both scores. regression: expected change by regression to the mean alone, where the population is known.
    """

    skewness: float | None = None
    kurtosis: float | None = None
    outliers: float | None = None
    floor_baseline: float | None = None
    ceiling_baseline: float | None = None
    floor_end: float | None = None
    ceiling_end: float | None = None
    oldham: float | None = None
    regression: float | None = None


@dataclass(frozen=True, slots=True)
class MissingCovariate:
    """A covariate that is not known of `count` clients of the model, who are in it nevertheless.

    count: None where it is withheld. treatment: "own_level" (a category's level of its own) or "mean_and_indicator"
    (a number at the mean of the others, with a coefficient for its not being known).
    """

    name: str
    count: int | None
    treatment: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Models, checks and their summary. preferred: which model's provider figures to go by.

    preferred is "random_intercept", or "fixed_effects" where there are too few providers for a variance between them,
    or where that variance is 0. knots: of the baseline's spline; empty where the baseline enters linearly. population:
    what regression to the mean is expected from. cells: how few clients each category has; never published. missing:
    covariates that are not known of everybody.
    """

    case_mix: CaseMixFigures
    fixed_effects: FixedEffectsFigures
    random_intercept: RandomInterceptFigures
    mundlak: MundlakFigures
    diagnostics: Diagnostics
    summary: RandomEffectsSummary | None
    preferred: str
    knots: tuple[float, ...] = ()
    population: Population | None = None
    cells: tuple[tuple[str, int], ...] = ()
    missing: tuple[MissingCovariate, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderEffect:
    """One provider in model B, each figure with its 95 % t interval.

    adjusted_mean: of the end score (of the change, without the baseline in the model), at the covariates' overall mean.
    deviation: from the case-weighted mean of all providers, with its t and p values.
    """

    adjusted_mean: float | None
    adjusted_mean_se: float | None
    adjusted_mean_low: float | None
    adjusted_mean_high: float | None
    deviation: float | None
    deviation_se: float | None
    deviation_low: float | None
    deviation_high: float | None
    t: float | None
    p: float | None
    p_bh: float | None
