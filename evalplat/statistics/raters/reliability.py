"""How reliable a scale is in one's own data: alpha, omega, items, floor and ceiling, test and retest, SEM and SDC.

Formula: of k items with covariances C over the sheets that answer all of them, Cronbach's alpha =
k / (k - 1) (1 - trace(C) / sum(C)), with Feldt's interval 1 - (1 - alpha) F(0.975 and 0.025; n - 1, (n - 1)(k - 1));
omega total from one factor (see `factor`). SEM = SD of the score times sqrt(1 - alpha). Of test and retest, ICC(A,1)
and, with the mean squares of occasions J and rest E, SEM = sqrt(E + (J - E) / n), which counts a shift between the
occasions as error. SDC = 1.959964 sqrt(2) SEM. Neither takes the place of a definition's published figures.

Items must count as the scale counts them, reversed ones turned. Sheets with a gap are left out of alpha (pairwise
covariances can give a matrix that no data have, and an n that is nobody's); items that never vary are left out and
named.

Reference: Feldt, Woodruff and Salih 1987; McDonald 1999; de Vet et al. 2006. Checked against pingouin.cronbach_alpha on
whole sheets, R's psych::alpha on `attitude`, and by hand. (pingouin 0.7 keeps the count before gaps are dropped in its
interval, and rounds it to three decimals.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats
from evalplat.statistics.raters.agreement import measure_intraclass, split_variance
from evalplat.statistics.raters.factor import FactorFit, fit_one_factor
from evalplat.statistics.raters.limits_of_agreement import (
    Coefficient,
    LimitsOfAgreement,
    find_spread,
    find_unit,
    limit_agreement,
)

Flags = NDArray[np.bool_]

FEWEST = 3
"""With fewer whole sheets there is no alpha, and with fewer pairs no test and retest."""


@dataclass(frozen=True, slots=True)
class ItemReliability:
    """One item. n_applicable: sheets that it applies to; n_missing: those of them without an answer.

    mean, sd, rest_correlation (with the sum of the other items) and alpha_without are over whole sheets; loading is the
    correlation with the common factor. `varies` is False for an item that was left out.
    """

    code: str
    n_applicable: int | None
    n_missing: int | None
    mean: float | None = None
    sd: float | None = None
    rest_correlation: float | None = None
    alpha_without: float | None = None
    loading: float | None = None
    varies: bool = True


@dataclass(frozen=True, slots=True)
class ScaleReliability:
    """One scale, scored in one way. A None does not exist, and `status` or `omega_status` says why.

    n_sheets: sheets that are scored in this way; n_scored: with a score; n_complete: with every item. n_floor,
    n_ceiling: scored sheets at the lowest and the highest possible score. correlation: mean, lowest and highest of the
    correlations between items. sem, sdc: from alpha and the SD of the scores, in the score's own units.
    status: "ok", "no_sheets", "too_few_sheets", "one_item", "no_variation" (fewer than two items vary), "not_summed"
    (the score is no sum or mean of its items), "negative_alpha" (items go against one another; no SEM); when released
    also "withheld" (too few even for the count) and "counts_only".
    omega_status: "ok", "not_computed" (no alpha either) or what `FactorFit.status` says.
    """

    n_sheets: int | None
    n_scored: int | None = 0
    n_complete: int | None = 0
    n_floor: int | None = 0
    n_ceiling: int | None = 0
    items: tuple[ItemReliability, ...] = ()
    alpha: Coefficient | None = None
    omega: float | None = None
    correlation: Coefficient | None = None
    mean: float | None = None
    sd: float | None = None
    sem: float | None = None
    sdc: float | None = None
    unit: float | None = None
    status: str = "no_sheets"
    omega_status: str = "not_computed"
    released: bool = False


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """One way of scoring one scale, with what its definition says: figures of other people, never replaced by ours."""

    instrument: str
    scale: str
    variant: str
    found: ScaleReliability
    published_sd: float | None = None
    published_reliability: float | None = None
    published_reliability_type: str = ""
    published_sdc: float | None = None


@dataclass(frozen=True, slots=True)
class Retest:
    """The same scale twice, with nothing between that should change it.

    status: "ok", "no_pairs", "too_few_pairs", "no_variation" (all clients the same); when released also "withheld" and
    "counts_only".
    """

    n: int | None
    icc: Coefficient | None = None
    limits: LimitsOfAgreement | None = None
    sem: float | None = None
    sdc: float | None = None
    unit: float | None = None
    status: str = "no_pairs"


def measure_reliability(
    values: Floats,
    codes: Sequence[str],
    scores: Floats,
    *,
    minimum: float,
    maximum: float,
    applicable: Flags | None = None,
    summed: bool = True,
) -> ScaleReliability:
    """The reliability of one scale from an n x k table of items as they count (nan: no answer) and n scores.

    applicable: false where an item does not apply to a sheet; True for all without it. summed: whether the score is a
    sum or mean of the items, without which alpha and omega mean nothing.
    """
    if len(values) == 0:
        return ScaleReliability(0)
    answered = np.isfinite(values)
    applies = np.ones(values.shape, bool) if applicable is None else applicable
    whole = values[answered.all(axis=1)]
    known = scores[np.isfinite(scores)]
    varies = np.array([bool(find_spread(column)) for column in whole.T], bool)
    status = _find_status(whole, varies, summed)
    computed = status == "ok"
    covariance = np.cov(whole[:, varies].T) if computed else np.zeros((0, 0))
    alpha = _find_alpha(covariance, len(whole)) if computed else None
    fit = fit_one_factor(covariance) if computed else FactorFit(status="not_computed")
    if alpha is not None and alpha.value < 0:
        status = "negative_alpha"
    sd = find_spread(known)
    sem = None
    if alpha is not None and alpha.value >= 0 and sd is not None:
        sem = sd * float(np.sqrt(1 - alpha.value))
    return ScaleReliability(
        n_sheets=len(values),
        n_scored=len(known),
        n_complete=len(whole),
        n_floor=int(np.sum(known <= minimum)),
        n_ceiling=int(np.sum(known >= maximum)),
        items=_describe_items(codes, whole, varies, covariance, fit, applies, answered),
        alpha=alpha,
        omega=fit.omega,
        correlation=_span_correlations(covariance) if computed else None,
        mean=float(known.mean()) if len(known) else None,
        sd=sd,
        sem=sem,
        sdc=None if sem is None else detect_change(sem),
        unit=find_unit(known),
        status=status,
        omega_status=fit.status,
    )


def measure_retest(first: Floats, second: Floats) -> Retest:
    """Test and retest of one scale; pairs with a missing score (nan) are left out."""
    both = np.isfinite(first) & np.isfinite(second)
    x, y = first[both], second[both]
    limits = limit_agreement(x, y)
    if len(x) < FEWEST:
        return Retest(len(x), limits=limits, status="too_few_pairs" if len(x) else "no_pairs")
    table = np.column_stack([x, y])
    squares = split_variance(table)
    sem = float(np.sqrt(squares.rest + (squares.raters - squares.rest) / squares.n))
    main = next((one for one in measure_intraclass(table) if one.form == "ICC(A,1)"), None)
    return Retest(
        n=len(x),
        icc=None if main is None else Coefficient(main.value, main.low, main.high),
        limits=limits,
        sem=sem,
        sdc=detect_change(sem),
        unit=find_unit(np.concatenate([x, y])),
        status="ok" if squares.clients > 0 else "no_variation",
    )


def detect_change(sem: float) -> float:
    """The smallest change of one client that is larger than error alone gives: 1.959964 sqrt(2) SEM."""
    return Q95 * float(np.sqrt(2)) * sem


def interval_alpha(alpha: float, n: int, k: int) -> tuple[float, float]:
    """Feldt's 95 % interval of an alpha of k items over n whole sheets."""
    from scipy.special import fdtri

    df1, df2 = n - 1, (n - 1) * (k - 1)
    high, low = (float(fdtri(df1, df2, level)) for level in (0.025, 0.975))
    return 1 - (1 - alpha) * low, 1 - (1 - alpha) * high


def _find_status(whole: Floats, varies: Flags, summed: bool) -> str:
    if not summed:
        return "not_summed"
    if whole.shape[1] < 2:
        return "one_item"
    if len(whole) < FEWEST:
        return "too_few_sheets"
    return "ok" if varies.sum() >= 2 else "no_variation"


def _alpha_of(covariance: Floats) -> float | None:
    """Alpha of a covariance matrix; None for one item, and where the items cancel one another out."""
    k, total = len(covariance), float(covariance.sum())
    if k < 2 or total <= 1e-12 * float(np.abs(covariance).sum()):
        return None
    return k / (k - 1) * (1 - float(np.trace(covariance)) / total)


def _find_alpha(covariance: Floats, n: int) -> Coefficient | None:
    alpha = _alpha_of(covariance)
    return None if alpha is None else Coefficient(alpha, *interval_alpha(alpha, n, len(covariance)))


def _span_correlations(covariance: Floats) -> Coefficient:
    sd = np.sqrt(np.diag(covariance))
    among = (covariance / np.outer(sd, sd))[np.triu_indices(len(covariance), k=1)]
    return Coefficient(float(among.mean()), float(among.min()), float(among.max()))


def _describe_items(
    codes: Sequence[str],
    whole: Floats,
    varies: Flags,
    covariance: Floats,
    fit: FactorFit,
    applies: Flags,
    answered: Flags,
) -> tuple[ItemReliability, ...]:
    place = {column: order for order, column in enumerate(np.flatnonzero(varies).tolist())}
    described = []
    for column, code in enumerate(codes):
        kept: dict[str, float | None] = {}
        if len(whole):
            kept["mean"] = float(whole[:, column].mean())
            kept["sd"] = find_spread(whole[:, column])
        if len(covariance) and column in place:
            order = place[column]
            rest = np.delete(np.delete(covariance, order, 0), order, 1)
            shared = float(np.delete(covariance[order], order).sum())
            variance, own = float(rest.sum()), float(covariance[order, order])
            if variance > 1e-12 * float(np.abs(rest).sum()):
                kept["rest_correlation"] = shared / float(np.sqrt(variance * own))
            kept["alpha_without"] = _alpha_of(rest)
            if fit.loadings:
                kept["loading"] = fit.loadings[order] / float(np.sqrt(own))
        described.append(
            ItemReliability(
                code,
                int(applies[:, column].sum()),
                int(np.sum(applies[:, column] & ~answered[:, column])),
                **kept,
                varies=bool(varies[column]) if len(whole) >= 2 else True,
            )
        )
    return tuple(described)
