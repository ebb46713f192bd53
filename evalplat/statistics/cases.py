"""Which episodes a comparison can use: those with both scores, and a count for every reason why one was left out.

An episode whose covariates are not all known is used too, unless complete cases are asked for; the case-mix model then
codes what is missing (`models.case_mix`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.results import Exclusion

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("provider", "episode", "baseline", "end")
MOST_FAULTS = 100


class MissingCovariates(StrEnum):
    """What becomes of episodes of which a covariate is not known."""

    INDICATOR = "indicator"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Cases:
    """The episodes that a comparison uses. `group` points into `providers`, which are in order of name.

    n_started has one element per provider: all its rows, used or not. covariates: nan or an empty text is not known.
    empty: covariates without a single value; they are left out of the adjustment.
    """

    providers: tuple[str, ...]
    n_started: Integers
    group: Integers
    baseline: Floats
    end: Floats
    covariates: dict[str, NDArray[Any]]
    exclusions: tuple[Exclusion, ...]
    empty: tuple[str, ...]

    def without(self, places: Sequence[int], reason: Message) -> "Cases":
        """The cases without those of some providers, which are counted as left out for `reason`."""
        kept = ~np.isin(self.group, places)
        return replace(
            self,
            group=self.group[kept],
            baseline=self.baseline[kept],
            end=self.end[kept],
            covariates={name: values[kept] for name, values in self.covariates.items()},
            exclusions=(*self.exclusions, Exclusion(reason, int(np.sum(~kept)))),
        )


def select_cases(
    frame: "pd.DataFrame",
    adjust: Sequence[str],
    missing_covariates: MissingCovariates = MissingCovariates.INDICATOR,
) -> Cases:
    """The rows of `frame`, one per started episode, with baseline and end (and, if asked for, all covariates).

    An optional column `left_out` holds a Message where it is known why an episode gives no pair.

    Raises InputRejected naming every fault: a missing column, a row without provider, an episode that stands twice
    with one provider, text or infinity where a number belongs.
    """
    _check_columns(frame, adjust)
    faults: list[Fault] = []
    providers = read_providers(frame, faults)
    baseline = read_numbers(frame, "baseline", faults)
    end = read_numbers(frame, "end", faults)
    covariates: dict[str, NDArray[Any]] = {}
    missing: dict[str, NDArray[np.bool_]] = {}
    empty: list[str] = []
    for name in dict.fromkeys(adjust):
        if name == "baseline":
            covariates[name] = baseline
            continue
        values, lacks = read_covariate(frame, name, faults)
        if lacks.all():
            empty.append(name)
        else:
            covariates[name], missing[name] = values, lacks
    faults.extend(find_repeated_episodes(frame, ("provider", "episode")))
    if faults:
        raise InputRejected(
            Message("The episodes cannot be compared; %(count)d faults.", count=len(faults)),
            limit_faults(faults),
        )
    names, codes = np.unique(providers, return_inverse=True)
    needed = missing if missing_covariates is MissingCovariates.COMPLETE else {}
    complete, exclusions = _exclude(baseline, end, needed, read_reasons(frame))
    return Cases(
        providers=tuple(str(name) for name in names),
        n_started=np.bincount(codes, minlength=len(names)).astype(np.int64),
        group=codes[complete].astype(np.int64),
        baseline=baseline[complete],
        end=end[complete],
        covariates={name: values[complete] for name, values in covariates.items()},
        exclusions=exclusions,
        empty=tuple(empty),
    )


def limit_faults(faults: list[Fault]) -> list[Fault]:
    """At most a hundred faults, with a last line that says how many more there are."""
    if len(faults) <= MOST_FAULTS:
        return faults
    more = Message("and %(count)d more", count=len(faults) - MOST_FAULTS)
    return [*faults[:MOST_FAULTS], Fault("", more)]


def find_repeated_episodes(frame: "pd.DataFrame", keys: tuple[str, ...]) -> list[Fault]:
    """One fault per episode that stands more than once with the same provider (and scale), naming its rows."""
    twice = frame.duplicated(subset=list(keys), keep=False)
    if not twice.any():
        return []
    faults = []
    for values, part in frame[twice].groupby(list(keys), sort=False, observed=True):
        rows = [str(row) for row in part.index]
        what = ", ".join(f"{key} {value!r}" for key, value in zip(keys, values, strict=True))
        faults.append(
            Fault(
                f"rows {', '.join(rows[:20])}",
                Message(
                    "%(what)s stands %(count)d times; it may stand once",
                    what=what,
                    count=len(rows),
                ),
            )
        )
    return faults


def _check_columns(frame: "pd.DataFrame", adjust: Sequence[str]) -> None:
    faults = [
        Fault(name, Message("this column is missing; it is needed"))
        for name in (*KEYS, *adjust)
        if name not in frame.columns
    ]
    faults += [
        Fault(name, Message("this column cannot be adjusted for; name a covariate"))
        for name in adjust
        if name in ("provider", "episode", "end")
    ]
    if faults:
        raise InputRejected(Message("The table of episodes lacks what a comparison needs."), faults)


def read_providers(frame: "pd.DataFrame", faults: list[Fault]) -> NDArray[Any]:
    """The rows' providers as text; an empty one is a fault."""
    names = frame["provider"]
    text = names.astype(object).where(names.notna(), "").map(str).str.strip()
    for row in frame.index[text == ""]:
        faults.append(Fault(f"row {row}, provider", Message("the provider is empty; name it")))
    return np.asarray(text.to_numpy(dtype=object), dtype=str)


def read_numbers(frame: "pd.DataFrame", name: str, faults: list[Fault]) -> Floats:
    """A column as floats, nan for missing; text and infinity are faults."""
    import pandas as pd

    column = frame[name]
    numbers = pd.to_numeric(column, errors="coerce")
    values: Floats = numbers.to_numpy(dtype=float, na_value=np.nan)
    wrong = (np.isnan(values) & column.notna().to_numpy()) | np.isinf(values)
    for row, value in column[wrong].items():
        faults.append(
            Fault(
                f"row {row}, {name}",
                Message("%(value)s is not a number; give a number or nothing", value=repr(value)),
            )
        )
    return values


def read_covariate(
    frame: "pd.DataFrame", name: str, faults: list[Fault]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values and what is missing: numeric columns as floats, all others as text with '' for missing."""
    from pandas.api.types import is_numeric_dtype

    column = frame[name]
    if is_numeric_dtype(column.dtype):
        values = read_numbers(frame, name, faults)
        return values, np.isnan(values)
    text = column.astype(object).where(column.notna(), "").map(str).str.strip()
    array = text.to_numpy(dtype=object)
    return array, np.asarray(array == "", dtype=bool)


def read_reasons(frame: "pd.DataFrame") -> list[tuple[Message, NDArray[np.bool_]]]:
    """Reasons that were found before, in the optional column `left_out`: a Message where an episode has no pair."""
    if "left_out" not in frame.columns:
        return []
    column = frame["left_out"]
    reasons = dict.fromkeys(reason for reason in column if isinstance(reason, Message))
    return [
        (reason, np.asarray([found == reason for found in column], dtype=bool))
        for reason in reasons
    ]


def _exclude(
    baseline: Floats,
    end: Floats,
    missing: dict[str, NDArray[np.bool_]],
    known: Sequence[tuple[Message, NDArray[np.bool_]]] = (),
) -> tuple[NDArray[np.bool_], tuple[Exclusion, ...]]:
    """Each incomplete episode is counted once, under the first reason that holds; `known` reasons come first."""
    no_baseline, no_end = np.isnan(baseline), np.isnan(end)
    reasons = [
        *known,
        (Message("Neither a baseline nor an end measurement"), no_baseline & no_end),
        (Message("No baseline measurement"), no_baseline),
        (Message("No end measurement"), no_end),
        *(
            (Message("Nothing known of a covariate: %(name)s", name=name), lacks)
            for name, lacks in missing.items()
        ),
    ]
    left_out = np.zeros(len(baseline), dtype=bool)
    exclusions = []
    for reason, holds in reasons:
        count = int(np.sum(holds & ~left_out))
        left_out |= holds
        if count:
            exclusions.append(Exclusion(reason, count))
    return ~left_out, tuple(exclusions)
