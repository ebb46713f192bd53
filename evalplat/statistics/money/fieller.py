"""The interval of a ratio of two estimates: euros per point gained, the share of a gain that was kept.

Formula: a / b with variances v_a, v_b and covariance c of the two estimates; q the quantile of the level, of the normal
or, with degrees of freedom, of Student's t; A = b^2 - q^2 v_b, B = a b - q^2 c, D = a^2 - q^2 v_a; limits
(B -+ sqrt(B^2 - A D)) / A where A > 0. Where A <= 0 the denominator cannot be told from zero: the set of ratios that
fit the data is unbounded, and no interval is given.

Reference: Fieller 1954, JRSS B 16:175. Checked against the intervals of cost per unit of gain computed in R on
MASS/anorexia, and against the definition itself (a ratio lies inside exactly when a - ratio b is not significant).
"""

from dataclasses import dataclass
from math import isfinite, sqrt

from evalplat.errors import Fault, InputRejected, Message

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its interval. status: "ok" or "not_estimable" (the denominator cannot be told from zero).

    Without "ok" there is no interval, and `ratio` (None where the denominator is exactly 0) must not be shown: it may
    be any number.
    """

    ratio: float | None
    low: float | None
    high: float | None
    status: str


def fieller(
    a: float,
    b: float,
    var_a: float,
    var_b: float,
    cov_ab: float,
    level: float = 0.95,
    *,
    df: float | None = None,
) -> Ratio:
    """The ratio a / b and its interval at `level`; variances and covariance are those of the two estimates.

    df: degrees of freedom of the variances (n - 1 for two means of the same n clients); None takes them as known.

    Raises InputRejected for a figure that is not finite, a negative variance, a covariance that no two such variances
    can have, a level outside 0 to 1, or df of 0 or less.
    """
    from scipy.special import ndtri, stdtrit

    a, b, var_a, var_b, cov_ab = (float(value) for value in (a, b, var_a, var_b, cov_ab))
    _check(a, b, var_a, var_b, cov_ab, level, df)
    # Both estimates are measured in units of their own size, so that no square leaves the range of numbers.
    unit_a, unit_b = max(abs(a), sqrt(var_a)), max(abs(b), sqrt(var_b))
    if unit_b == 0 or b == 0:
        return Ratio(None, None, None, "not_estimable")
    if unit_a == 0:
        return Ratio(0.0, 0.0, 0.0, "ok")
    a, b = a / unit_a, b / unit_b
    tail = (1 + level) / 2
    q2 = float(ndtri(tail) if df is None else stdtrit(df, tail)) ** 2
    first = b * b - q2 * (sqrt(var_b) / unit_b) ** 2
    turned = unit_a / unit_b
    ratio = a / b * turned
    if not isfinite(ratio) or first <= 0:
        return Ratio(ratio if isfinite(ratio) else None, None, None, "not_estimable")
    middle = a * b - q2 * (cov_ab / unit_a / unit_b)
    last = a * a - q2 * (sqrt(var_a) / unit_a) ** 2
    root = sqrt(max(middle * middle - first * last, 0.0))
    # The smaller root would lose its digits in a difference of nearly equal numbers; the product of both is known.
    far = middle + root if middle >= 0 else middle - root
    ends = sorted((far / first, last / far if far else 0.0))
    low, high = ends[0] * turned, ends[1] * turned
    if not (isfinite(low) and isfinite(high)):
        return Ratio(ratio, None, None, "not_estimable")
    return Ratio(ratio, low, high, "ok")


def _check(
    a: float,
    b: float,
    var_a: float,
    var_b: float,
    cov_ab: float,
    level: float,
    df: float | None,
) -> None:
    figures = {"a": a, "b": b, "var_a": var_a, "var_b": var_b, "cov_ab": cov_ab, "level": level}
    faults = [
        Fault(name, Message("%(value)s is not a finite number", value=value))
        for name, value in figures.items()
        if not isfinite(value)
    ]
    faults += [
        Fault(name, Message("%(value)s; a variance is 0 or more", value=figures[name]))
        for name in ("var_a", "var_b")
        if figures[name] < 0
    ]
    if not faults:
        most = sqrt(var_a) * sqrt(var_b)
        if abs(cov_ab) > most * (1 + ROUNDING):
            faults.append(
                Fault("cov_ab", Message("%(value)s; at most %(most)s", value=cov_ab, most=most))
            )
        if not 0 < level < 1:
            faults.append(Fault("level", Message("%(value)s; between 0 and 1", value=level)))
        if df is not None and not df > 0:
            faults.append(Fault("df", Message("%(value)s; more than 0", value=df)))
    if faults:
        raise InputRejected(
            Message("The interval of a ratio cannot be computed with these figures."), faults
        )
