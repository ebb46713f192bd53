"""Whether two ratings of the same clients agree: the intraclass correlation, beside the limits of agreement.

Formula: of n clients and k raters, with the mean squares of clients (B), raters (J), rest (E) and all within clients
(W), the six intraclass correlations of Shrout and Fleiss in McGraw and Wong's names: ICC(1,1), ICC(A,1), ICC(C,1) for
one rating and ICC(1,k), ICC(A,k), ICC(C,k) for the mean of k. ICC(A,1) = (B - E) / (B + (k - 1) E + k (J - E) / n),
absolute agreement, is named where only one is: two people who rate the same client should give the same score. F tests
whether clients differ at all; of a bias between raters, which the limits of agreement show, it says nothing.

ICC, F, degrees of freedom and p are pingouin's. The intervals are computed here from the mean squares, because pingouin
0.7 rounds them to two decimals; it also averages, without a word, a client whom one rater rated twice, and divides by
zero where there is no rest, so that it is given whole, centred, varying ratings only.

Reference: Shrout and Fleiss 1979; McGraw and Wong 1996. Checked against the example of Shrout and Fleiss (six targets,
four judges), pingouin's intervals where it rounds them, and the analysis of variance written out slowly.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.moments import Floats
from evalplat.statistics.paired_effects import CONSTANT
from evalplat.statistics.raters.limits_of_agreement import (
    Coefficient,
    LimitsOfAgreement,
    correlate,
    find_spread,
    find_unit,
    limit_agreement,
    measure_concordance,
    standardise,
    weigh_kappa,
)

FORMS = ("ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)")
MAIN_FORM = "ICC(A,1)"
FEWEST = 3
"""With fewer pairs there is no correlation worth the name; pingouin refuses them too."""

MOST_CATEGORIES = 11
"""With more possible ratings than a 0 to 10 scale has, a rating is a figure and kappa is not computed."""


@dataclass(frozen=True, slots=True)
class Intraclass:
    """One form of the intraclass correlation; F, p and the interval are None where nothing but clients varies."""

    form: str
    value: float
    low: float | None = None
    high: float | None = None
    f: float | None = None
    df1: int | None = None
    df2: int | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two ratings of the same clients. `status` says why a figure is None.

    "ok"; "no_pairs"; "too_few_pairs" (one client or two); "constant_ratings" (nothing varies but, perhaps, the raters);
    "constant_difference" (every second rating differs from the first by the same); "one_constant_rater" (one of the two
    gave everybody the same); when released also "withheld" (too few even for the count) and "counts_only". n_same: how
    many pairs are equal; squares: of the analysis of variance; unit: the usual distance between neighbouring ratings, 1
    for whole points.
    """

    n: int | None
    n_same: int | None = 0
    mean_first: float | None = None
    mean_second: float | None = None
    sd_first: float | None = None
    sd_second: float | None = None
    correlation: Coefficient | None = None
    intraclass: tuple[Intraclass, ...] = ()
    concordance: Coefficient | None = None
    limits: LimitsOfAgreement | None = None
    kappa_linear: Coefficient | None = None
    kappa_quadratic: Coefficient | None = None
    squares: "MeanSquares | None" = None
    unit: float | None = None
    status: str = "no_pairs"
    released: bool = False

    @property
    def icc(self) -> Intraclass | None:
        """Absolute agreement of single ratings, ICC(A,1)."""
        return next((one for one in self.intraclass if one.form == MAIN_FORM), None)


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """Whose ratings of what were compared: first and second, each as instrument, scale and respondent, at one point.

    standardised: the two are different scales of one domain, so that each was counted in SDs from its own mean, turned
    so that more is better; then only correlation and limits mean something. n_first_only, n_second_only: clients whom
    one of the two rated; None was withheld.
    """

    first: tuple[str, str, str]
    second: tuple[str, str, str]
    point: str
    found: Agreement
    standardised: bool = False
    n_first_only: int | None = 0
    n_second_only: int | None = 0


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Two-way analysis of variance of n clients rated by k raters: mean squares of clients, raters, rest and within."""

    n: int
    k: int
    clients: float
    raters: float
    rest: float
    within: float


def compare_ratings(
    first: Floats, second: Floats, *, categories: Sequence[float] | None = None
) -> Agreement:
    """Agreement of two ratings; pairs with a missing one (nan) are left out.

    categories: the ratings that are possible, in order; kappa is computed for at most MOST_CATEGORIES of them. Raises
    InputRejected for ratings of unlike length, and for a rating that is none of the categories.
    """
    x, y = _take_pairs(first, second)
    if len(x) == 0:
        return Agreement(0)
    difference = y - x
    n_same = int(np.sum(difference == 0))
    limits = limit_agreement(x, y)
    means = (float(x.mean()), float(y.mean()))
    if len(x) < FEWEST:
        return Agreement(len(x), n_same, *means, limits=limits, status="too_few_pairs")
    kappas: tuple[Coefficient | None, Coefficient | None] = (None, None)
    if categories is not None and len(categories) <= MOST_CATEGORIES:
        table = _tabulate(x, y, categories)
        kappas = weigh_kappa(table, "linear"), weigh_kappa(table, "quadratic")
    return Agreement(
        n=len(x),
        n_same=n_same,
        mean_first=means[0],
        mean_second=means[1],
        sd_first=find_spread(x),
        sd_second=find_spread(y),
        correlation=correlate(x, y),
        intraclass=measure_intraclass(np.column_stack([x, y])),
        squares=split_variance(np.column_stack([x, y])),
        concordance=measure_concordance(x, y),
        limits=limits,
        kappa_linear=kappas[0],
        kappa_quadratic=kappas[1],
        status=_find_status(x, y),
        unit=find_unit(np.concatenate([x, y])),
    )


def list_categories(
    first: Floats, second: Floats, bounds: tuple[float, float] | None = None
) -> range | None:
    """The ratings that are possible, where ratings are whole numbers of few enough steps; None for all others.

    bounds: the lowest and highest possible rating; without them those that occur.
    """
    both = np.concatenate([first[np.isfinite(first)], second[np.isfinite(second)]])
    if not len(both) or np.any(both != np.round(both)):
        return None
    low, high = bounds or (float(both.min()), float(both.max()))
    if low != round(low) or high != round(high) or high - low >= MOST_CATEGORIES:
        return None
    return range(int(low), int(high) + 1)


def compare_standardised(first: Floats, second: Floats) -> Agreement:
    """Two different scales of one thing, each in SDs from its own mean: only correlation and limits of agreement.

    The mean difference is 0 by construction, and so is its slope on the mean: a bias between two scales cannot be seen.
    """
    x, y = _take_pairs(first, second)
    if len(x) < FEWEST:
        return Agreement(len(x), status="too_few_pairs" if len(x) else "no_pairs")
    correlation = correlate(x, y)
    if correlation is None:
        constant = not find_spread(x) and not find_spread(y)
        return Agreement(len(x), status="constant_ratings" if constant else "one_constant_rater")
    limits = limit_agreement(standardise(x), standardise(y))
    if limits is not None:
        limits = replace(limits, slope=None, slope_low=None, slope_high=None, slope_p=None)
    return Agreement(
        n=len(x),
        n_same=None,
        mean_first=0.0,
        mean_second=0.0,
        sd_first=1.0,
        sd_second=1.0,
        correlation=correlation,
        limits=limits,
        status="ok" if limits is not None and limits.sd else "constant_difference",
    )


def measure_intraclass(ratings: Floats) -> tuple[Intraclass, ...]:
    """The six intraclass correlations of an n x k table without gaps; none for too few clients, or if nothing varies.

    Where all that varies is the client, each is 1; where raters differ by a constant besides, only the consistent ones
    are, and the others are left out. Neither has an interval.
    """
    if min(ratings.shape) < 2 or len(ratings) < FEWEST:
        return ()
    squares = split_variance(ratings)
    if squares.rest == 0:
        if squares.clients == 0:
            return ()
        return tuple(
            Intraclass(form, 1.0) for form in FORMS if squares.raters == 0 or "C" in form[4]
        )
    found = _ask_pingouin(ratings)
    spans = find_intervals(squares, found[MAIN_FORM].value)
    return tuple(
        replace(one, low=spans[form][0], high=spans[form][1]) if form in spans else one
        for form, one in found.items()
        if np.isfinite(one.value)
    )


def split_variance(ratings: Floats) -> MeanSquares:
    """The mean squares of an n x k table; exactly 0 where only the rounding of the ratings is left."""
    n, k = ratings.shape
    grand = ratings.mean()
    by_client, by_rater = ratings.mean(axis=1), ratings.mean(axis=0)
    rest = ratings - by_client[:, None] - by_rater[None, :] + grand
    least = n * k * (CONSTANT * float(np.abs(ratings).max())) ** 2

    def square(total: float, df: int) -> float:
        return 0.0 if total <= least else total / df

    between = k * float(np.sum((by_client - grand) ** 2))
    raters = n * float(np.sum((by_rater - grand) ** 2))
    left = float(np.sum(rest**2))
    return MeanSquares(
        n,
        k,
        square(between, n - 1),
        square(raters, k - 1),
        square(left, (n - 1) * (k - 1)),
        square(raters + left, n * (k - 1)),
    )


def _ask_pingouin(ratings: Floats) -> dict[str, Intraclass]:
    """The six forms without intervals. Shifting and stretching change none of them, but save digits."""
    import pandas as pd
    import pingouin

    n, k = ratings.shape
    centred = ratings - ratings.mean()
    centred = centred / np.abs(centred).max()
    frame = pd.DataFrame(
        {
            "client": np.repeat(np.arange(n), k),
            "rater": np.tile(np.arange(k), n),
            "rating": centred.ravel(),
        }
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # pingouin 0.7 calls pandas in a way that pandas 3 warns of.
        warnings.simplefilter("ignore")
        table = pingouin.intraclass_corr(
            data=frame, targets="client", raters="rater", ratings="rating"
        )
    return {
        str(row.Type): Intraclass(
            str(row.Type),
            float(row.ICC),
            f=float(row.F),
            df1=int(row.df1),
            df2=int(row.df2),
            p=float(row.pval),
        )
        for row in table.itertuples()
    }


def find_intervals(squares: MeanSquares, agreement: float) -> dict[str, tuple[float, float]]:
    """95 % intervals of the six forms, as far as they exist (McGraw and Wong 1996, tables 7 and 8).

    squares: with a rest; agreement: the value of ICC(A,1).
    """
    from scipy.special import fdtri

    n, k = squares.n, squares.k
    df1, df_rest = n - 1, (n - 1) * (k - 1)

    def span(ratio: float, df2: float) -> tuple[float, float]:
        low = ratio / float(fdtri(df1, df2, 0.975))
        return low, ratio * float(fdtri(df2, df1, 0.975))

    one_way = span(squares.clients / squares.within, n * (k - 1))
    two_way = span(squares.clients / squares.rest, df_rest)
    own = k * agreement * squares.raters / squares.rest
    others = n * (1 + (k - 1) * agreement) - k * agreement
    f_low, f_high = span(1.0, df_rest * (own + others) ** 2 / (df1 * own**2 + others**2))
    weight = (k * n - k - n) * squares.rest + k * squares.raters
    absolute = tuple(
        n * (f * squares.clients - squares.rest) / (weight + n * f * squares.clients)
        for f in (f_low, f_high)
    )
    single = {
        "ICC(1,1)": tuple((ratio - 1) / (ratio + k - 1) for ratio in one_way),
        "ICC(A,1)": absolute,
        "ICC(C,1)": tuple((ratio - 1) / (ratio + k - 1) for ratio in two_way),
    }
    return {
        **{form: (low, high) for form, (low, high) in single.items()},
        **{
            form.replace(",1)", ",k)"): (_lengthen(low, k), _lengthen(high, k))
            for form, (low, high) in single.items()
            if 1 + (k - 1) * low > 0
        },
    }


def _lengthen(value: float, k: int) -> float:
    """Spearman and Brown: from one rating to the mean of k."""
    return k * value / (1 + (k - 1) * value)


def _take_pairs(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        message = Message("There are %(first)d first and %(second)d second ratings; give as many of both.",
                          first=x.size, second=y.size)  # fmt: skip
        raise InputRejected(Message("Agreement cannot be computed."), [Fault("second", message)])
    both = np.isfinite(x) & np.isfinite(y)
    return x[both], y[both]


def _tabulate(first: Floats, second: Floats, categories: Sequence[float]) -> Floats:
    known = np.asarray(categories, dtype=float)
    faults = [
        Fault(name, Message("%(value)s is none of the possible ratings.", value=f"{value:g}"))
        for name, ratings in (("first", first), ("second", second))
        for value in np.unique(ratings[~np.isin(ratings, known)])[:20]
    ]
    if faults:
        raise InputRejected(Message("Agreement cannot be computed."), faults)
    table = np.zeros((len(known), len(known)))
    np.add.at(table, (np.searchsorted(known, first), np.searchsorted(known, second)), 1)
    return table


def _find_status(first: Floats, second: Floats) -> str:
    sd_first, sd_second = find_spread(first), find_spread(second)
    if not sd_first and not sd_second:
        return "constant_ratings"
    if not find_spread(second - first):
        return "constant_difference"
    return "one_constant_rater" if not sd_first or not sd_second else "ok"
