"""How many clients stand behind the columns of a case-mix model: which coefficients are rare, and what is not known.

`cells` decide what the release withholds. A number that has only two values counts like a category of two, and so does
the flag of a number that is not known of everybody: its slope rests on those of whom it is known.
"""

from collections.abc import Mapping

import numpy as np

from evalplat.statistics.models.case_mix import (
    UNKNOWN,
    is_number,
    name_unknown,
    order_levels,
    read_levels,
)
from evalplat.statistics.models.model_results import MissingCovariate

AS_MEAN = "mean_and_indicator"
AS_LEVEL = "own_level"

Cells = tuple[tuple[str, int], ...]


def count_cells(covariates: Mapping[str, object], names: tuple[str, ...]) -> Cells:
    """How few clients each category has, or each of the two values of a number that has only two."""
    cells: dict[str, int] = {}
    for name in names:
        values = np.asarray(covariates[name])
        if not is_number(values):
            text = read_levels(values)
            levels = order_levels(text.tolist())
            if len(levels) > 1:
                cells |= {f"{name}={level}": int(np.sum(text == level)) for level in levels}
            continue
        numbers = values.astype(float)
        known = numbers[~np.isnan(numbers)]
        counts = np.unique(known, return_counts=True)[1]
        rarer = int(counts.min()) if len(counts) == 2 else None
        cells |= count_number(name, rarer, len(known), len(numbers))
    return tuple(sorted(cells.items()))


def count_number(name: str, rarer: int | None, known: int, cases: int) -> dict[str, int]:
    """The cells of a number. rarer: how often the rarer of its two values stands, None where it has more or fewer."""
    cells = {} if rarer is None else {name: rarer}
    if 0 < known < cases:
        cells[name] = known if rarer is None else min(rarer, known)
        cells[name_unknown(name)] = cases - known
    return cells


def count_missing(
    covariates: Mapping[str, object], names: tuple[str, ...]
) -> tuple[MissingCovariate, ...]:
    """The covariates that are not known of every client, of how many they are not, and what became of these."""
    found = []
    for name in names:
        values = np.asarray(covariates[name])
        if is_number(values):
            found.append(
                tell_missing(
                    name, int(np.sum(np.isnan(values.astype(float)))), len(values), AS_MEAN
                )
            )
        else:
            count = int(np.sum(read_levels(values) == UNKNOWN))
            found.append(tell_missing(name, count, len(values), AS_LEVEL))
    return tuple(missing for missing in found if missing is not None)


def tell_missing(name: str, count: int, cases: int, treatment: str) -> MissingCovariate | None:
    """What is said of a covariate; nothing where it is known of all, or of nobody (it is then not adjusted for)."""
    return MissingCovariate(name, count, treatment) if 0 < count < cases else None
