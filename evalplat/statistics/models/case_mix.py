"""Case-mix by indirect standardisation: what end score do a provider's clients let expect?

Formula: ordinary least squares over all providers' complete cases, end ~ 1 + covariates; a client's expected end is the
fitted value; a provider's observed minus expected is the mean of its residuals; sigma = sqrt(RSS / (N - p)). Without
the baseline among the covariates the change is modelled instead (change ~ 1 + covariates), because comparing end scores
that ignore where clients started would compare clients, not providers.

A covariate that is not known of a client does not leave the client out (missing-indicator method): in a category "not
known" is a level of its own; a number stands at the mean of the known ones and has a 0/1 column `name=unknown` beside
it, so that the known values alone determine its slope. The baseline score itself is never filled in.

Reference: NHS England PROMs case-mix methodology; design matrix as in R's treatment contrasts (first level in sorted
order is the reference, later collinear columns are dropped; "not known" is the last level). Checked against R's lm on
nlme/bdf and MASS/anorexia; with missing covariates, against least squares on columns that were made by hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.moments import Floats

COLLINEAR = 1e-7
MOST_LEVELS = 50
UNKNOWN = "unknown"
"""The level of a category that is not known, written so or left empty, and the flag of a number that is not."""


@dataclass(frozen=True, slots=True)
class Units:
    """What turns an orthonormal, centred basis of the covariates back to the covariates' own units.

    names: the columns kept; dropped: those that are constant or that earlier ones explain. means: of the kept columns.
    triangle: basis @ triangle = columns - means.
    """

    names: tuple[str, ...]
    triangle: Floats
    means: Floats
    dropped: tuple[str, ...]

    @property
    def log_determinant(self) -> float:
        """ln |X'X| of [1, columns] in their own units, less that of [1, basis]."""
        return 2 * float(np.sum(np.log(np.abs(np.diag(self.triangle)))))

    @property
    def transform(self) -> Floats:
        """The matrix that turns coefficients of [1, basis] into those of [1, columns]."""
        from scipy.linalg import solve_triangular

        size = len(self.names) + 1
        matrix = np.eye(size)
        if size > 1:
            matrix[1:, 1:] = solve_triangular(self.triangle, np.eye(size - 1))
            matrix[0, 1:] = -self.means @ matrix[1:, 1:]
        return matrix

    def to_units(self, intercept: float, slopes: Floats) -> tuple[tuple[str, float], ...]:
        """Coefficients of [1, columns] from those of [1, basis]."""
        from scipy.linalg import solve_triangular

        own = solve_triangular(self.triangle, slopes) if slopes.size else slopes
        first = intercept - float(own @ self.means)
        return (
            ("intercept", first),
            *((name, float(b)) for name, b in zip(self.names, own, strict=True)),
        )

    def to_errors(self, variance: Floats) -> Floats:
        """Standard errors of the coefficients of [1, columns] from the variances of those of [1, basis]."""
        matrix = self.transform
        return np.asarray(np.sqrt(np.maximum(np.diag(matrix @ variance @ matrix.T), 0.0)))


@dataclass(frozen=True, slots=True)
class Design:
    """Covariates as columns: orthonormal and centred, and what turns coefficients back to the columns' own units.

    basis: (N, p - 1) with basis'basis = identity and column sums 0.
    """

    units: Units
    basis: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """The columns kept."""
        return self.units.names

    @property
    def dropped(self) -> tuple[str, ...]:
        """The columns that are constant or that earlier ones explain."""
        return self.units.dropped

    @property
    def log_determinant(self) -> float:
        """ln |X'X| of [1, columns] in their own units, less that of [1, basis]."""
        return self.units.log_determinant

    def to_units(self, intercept: float, slopes: Floats) -> tuple[tuple[str, float], ...]:
        """Coefficients of [1, columns] from those of [1, basis]."""
        return self.units.to_units(intercept, slopes)


@dataclass(frozen=True, slots=True)
class CaseMix:
    """The fitted case-mix model; `residual` and `fitted` have one element per complete case."""

    design: Design
    coefficients: tuple[tuple[str, float], ...]
    intercept: float
    slopes: Floats
    fitted: Floats
    residual: Floats
    sigma: float | None
    parameters: int


def name_unknown(covariate: str) -> str:
    """The column that flags the clients of whom a covariate is not known."""
    return f"{covariate}={UNKNOWN}"


def read_levels(values: NDArray[Any]) -> NDArray[np.str_]:
    """A category's levels, the empty ones as not known."""
    texts = values.astype(str)
    return np.where(texts == "", UNKNOWN, texts)


def order_levels(levels: Iterable[str]) -> list[str]:
    """Each level once, in sorted order; the first is the reference, and "not known" comes last."""
    return sorted(set(levels), key=lambda level: (level == UNKNOWN, level))


def is_number(values: NDArray[Any]) -> bool:
    """Whether a covariate enters linearly."""
    return values.dtype.kind in "fiub"


def fill_number(values: NDArray[Any]) -> tuple[Floats, Floats | None]:
    """A number with its gaps at the mean of the others, and the gaps' flag; no flag without gaps or without others."""
    numbers = values.astype(float)
    lacks = np.isnan(numbers)
    if not lacks.any():
        return numbers, None
    if lacks.all():
        return np.zeros(len(numbers)), None
    return np.where(lacks, float(np.mean(numbers[~lacks])), numbers), lacks.astype(float)


def code_covariates(
    columns: Mapping[str, object], names: tuple[str, ...]
) -> tuple[list[str], list[Floats]]:
    """Numeric columns as they are; text columns as one 0/1 column per level but the first in sorted order.

    What is missing (nan, or an empty text) is coded as the module says. Raises InputRejected for a text column with
    more than 50 levels: that is a name or a free text, not a category.
    """
    labels: list[str] = []
    coded: list[Floats] = []
    faults: list[Fault] = []
    for name in names:
        values = np.asarray(columns[name])
        if is_number(values):
            numbers, lacks = fill_number(values)
            labels.append(name)
            coded.append(numbers)
            if lacks is not None:
                labels.append(name_unknown(name))
                coded.append(lacks)
            continue
        text = read_levels(values)
        levels = order_levels(text.tolist())
        if len(levels) > MOST_LEVELS:
            faults.append(refuse_levels(name, len(levels)))
            continue
        labels.extend(f"{name}={level}" for level in levels[1:])
        coded.extend((text == level).astype(float) for level in levels[1:])
        if len(levels) < 2:
            labels.append(name)
            coded.append(np.zeros(len(values)))
    if faults:
        raise InputRejected(Message("A covariate cannot be used as a category."), faults)
    return labels, coded


def refuse_levels(name: str, levels: int) -> Fault:
    """What is wrong with a category of so many levels."""
    return Fault(
        name,
        Message(
            "%(found)d different texts; at most %(most)d categories can be adjusted for",
            found=levels,
            most=MOST_LEVELS,
        ),
    )


def make_design(labels: list[str], columns: list[Floats], cases: int) -> Design:
    """Orthonormalise the columns in their order; one that earlier ones explain (or that is constant) is dropped."""
    kept: list[str] = []
    dropped: list[str] = []
    basis = np.zeros((cases, 0))
    rows: list[Floats] = []
    means: list[float] = []
    for label, column in zip(labels, columns, strict=True):
        mean = float(np.mean(column)) if cases else 0.0
        centred = column - mean
        centred -= centred.mean() if cases else 0.0
        size = float(np.linalg.norm(centred))
        rest = centred
        weights = np.zeros(len(kept))
        for _ in range(2):
            step = basis.T @ rest
            rest = rest - basis @ step
            weights += step
        length = float(np.linalg.norm(rest))
        noise = 1e-13 * float(np.linalg.norm(column))
        if size <= noise or length <= COLLINEAR * size:
            dropped.append(label)
            continue
        rest -= rest.mean()
        length = float(np.linalg.norm(rest))
        kept.append(label)
        means.append(mean)
        rows.append(np.append(weights, length))
        basis = np.column_stack([basis, rest / length])
    triangle = np.zeros((len(kept), len(kept)))
    for index, row in enumerate(rows):
        triangle[: index + 1, index] = row
    return Design(Units(tuple(kept), triangle, np.array(means), tuple(dropped)), basis)


def fit_case_mix(design: Design, response: Floats) -> CaseMix:
    """Ordinary least squares of the response on [1, design]; sigma is None without residual degrees of freedom."""
    intercept = float(np.mean(response))
    centred = response - intercept
    correction = float(centred.mean())
    intercept, centred = intercept + correction, centred - correction
    slopes = design.basis.T @ centred
    fitted = intercept + design.basis @ slopes
    residual = response - fitted
    parameters = 1 + len(design.names)
    freedom = len(response) - parameters
    sigma = float(np.sqrt(residual @ residual / freedom)) if freedom > 0 else None
    return CaseMix(
        design=design,
        coefficients=design.to_units(intercept, slopes),
        intercept=intercept,
        slopes=slopes,
        fitted=fitted,
        residual=residual,
        sigma=sigma,
        parameters=parameters,
    )
