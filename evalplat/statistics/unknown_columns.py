"""Sums of clients of whom a covariate is not known, as the case-mix model takes them.

In sums a number that is not known is 0, and a 0/1 column `age=unknown` says of whom; a category that is not known is
the level `sex=unknown`, or one without a name (`sex=`). Such sums add up, whatever they are about. Before the model is
fitted the number moves to the mean of the known ones, as `models.case_mix` does with rows: with m their mean and u the
flag, x + m u has the sums S_x + m S_u, and its products follow in the same way, so that no row is needed.

Checked against rows that were filled in.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalplat.statistics.models.case_mix import is_number, name_unknown, order_levels, read_levels
from evalplat.statistics.moments import Floats
from evalplat.statistics.sums import LEVEL, PooledSums


def describe_columns(covariate: str, values: NDArray[Any]) -> dict[str, Floats]:
    """A covariate's columns to be summed up: a number and, where it is not known of all, its flag; or every level."""
    if not is_number(values):
        text = read_levels(values)
        return {
            covariate + LEVEL + level: (text == level).astype(float)
            for level in order_levels(text.tolist())
        }
    numbers = values.astype(float)
    lacks = np.isnan(numbers)
    columns = {covariate: np.where(lacks, 0.0, numbers)}
    if lacks.any():
        columns[name_unknown(covariate)] = lacks.astype(float)
    return columns


def settle_unknown(sums: PooledSums, covariates: Sequence[str]) -> PooledSums:
    """The sums with these covariates' numbers filled in, and with one level for a category that is not known.

    A number that is known of everybody, or of nobody, has no flag any more.
    """
    columns = list(sums.columns)
    turn = np.eye(len(columns))
    dropped: set[str] = set()
    totals = sums.sums.sum(axis=0) + sums.cases * sums.reference
    for name in dict.fromkeys(covariates):
        nameless, flag = name + LEVEL, name_unknown(name)
        if nameless in columns and name not in columns:
            if flag in columns:
                turn[columns.index(nameless), columns.index(flag)] = 1.0
                dropped.add(nameless)
            else:
                columns[columns.index(nameless)] = flag
        if name in columns and flag in columns:
            place, unknown = columns.index(name), columns.index(flag)
            lacking = float(totals[unknown])
            known = sums.cases - lacking
            if lacking > 0.5 and known > 0.5:
                turn[unknown, place] = float(totals[place]) / known
            else:
                dropped.add(flag)
    if not dropped and np.array_equal(turn, np.eye(len(columns))):
        return replace(sums, columns=tuple(columns))
    kept = [place for place, name in enumerate(columns) if name not in dropped]
    turn = turn[:, kept]
    return replace(
        sums,
        columns=tuple(columns[place] for place in kept),
        reference=sums.reference @ turn,
        sums=sums.sums @ turn,
        products=turn.T @ sums.products @ turn,
    )


def list_levels(columns: Sequence[str], covariate: str) -> list[str]:
    """The columns of a category's levels, "not known" last."""
    unknown, head = name_unknown(covariate), covariate + LEVEL
    levels = [name for name in columns if name.startswith(head)]
    return sorted(levels, key=lambda name: (name == unknown, name))
