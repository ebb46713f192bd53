"""Who was measured first, and of these who was measured again: the clients that an analysis of attrition speaks of.

A client without a first measurement is in no cohort: nothing is known of where they began. They are counted apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import (
    find_repeated_episodes,
    limit_faults,
    read_covariate,
    read_numbers,
    read_providers,
    read_reasons,
)
from evalplat.statistics.models.case_mix import code_covariates, make_design
from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.results import Exclusion

if TYPE_CHECKING:
    import pandas as pd

Booleans = NDArray[np.bool_]

KEYS = ("provider", "episode", "baseline", "end")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean change (end minus baseline) with its standard error and 95 % interval, and how many clients it rests on.

    Without status "ok" there is no figure, or no interval where `value` stands alone. df: degrees of freedom of the
    interval, None for the normal's.
    """

    value: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    status: str = "ok"
    df: float | None = None


def estimate_robustly(value: float, error: float, n: int) -> Estimate:
    """A mean of n measured clients whose error is that of its influence values (HC0), corrected for small n.

    The error times sqrt(n / (n - 1)) (HC1), and Student's t with n - 1 degrees of freedom: where nobody was lost, the
    plain mean's own interval. For a provider with 10 first measurements the 95 % interval then covers 95 of 100 times;
    with the normal's quantile and the bare error it was 87.
    """
    from scipy.special import stdtrit

    se = error * float(np.sqrt(n / (n - 1)))
    reach = float(stdtrit(n - 1, 0.975)) * se
    return Estimate(value, se, value - reach, value + reach, n, df=n - 1)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Clients with a first measurement. `group` points into `providers`, in order of name; `end` is nan for the lost.

    n_started: all episodes per provider. covariates: numbers (nan for missing) or texts ('' for missing). empty:
    covariates without a single value, which are left out.
    """

    providers: tuple[str, ...]
    n_started: Integers
    group: Integers
    baseline: Floats
    end: Floats
    covariates: dict[str, NDArray[Any]]
    exclusions: tuple[Exclusion, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def followed(self) -> Booleans:
        """Whether each client was measured again."""
        return ~np.isnan(self.end)

    @property
    def change(self) -> Floats:
        """End minus baseline; nan for the lost."""
        return self.end - self.baseline

    @property
    def n(self) -> Integers:
        """Clients per provider."""
        return self._count(np.ones(len(self.group), dtype=bool))

    @property
    def n_followed(self) -> Integers:
        """Clients measured again, per provider."""
        return self._count(self.followed)

    def _count(self, holds: Booleans) -> Integers:
        return np.bincount(self.group[holds], minlength=len(self.providers)).astype(np.int64)

    def take(self, rows: Any) -> "Cohort":
        """The clients at `rows` (places, perhaps repeated, or a mask); providers stay."""
        return replace(
            self,
            group=self.group[rows],
            baseline=self.baseline[rows],
            end=self.end[rows],
            covariates={name: values[rows] for name, values in self.covariates.items()},
        )

    def without(self, places: Sequence[int], reason: Message) -> "Cohort":
        """The cohort without the clients of some providers, which are counted as left out for `reason`."""
        out = np.isin(self.group, places)
        if not out.any():
            return self
        exclusions = (*self.exclusions, Exclusion(reason, int(out.sum())))
        return replace(self.take(~out), exclusions=exclusions)

    def sum_by_provider(self, values: Floats) -> Floats:
        """Sums of `values`, one element per client, over each provider's clients."""
        sums = np.bincount(self.group, weights=values, minlength=len(self.providers))
        return np.asarray(sums, dtype=float)

    def model_columns(self) -> tuple[list[str], list[Floats]]:
        """Baseline and covariates as columns without gaps.

        A missing number stands at the mean of the others and has a 0/1 column of its own; a missing text is a category.
        """
        names: list[str] = []
        filled: dict[str, NDArray[Any]] = {}
        for name, values in self.covariates.items():
            if values.dtype.kind != "f":
                texts = np.where(values == "", "(missing)", values)
                filled[name] = np.asarray(texts, dtype=str)
                names.append(name)
                continue
            lacks = np.isnan(values)
            mean = float(np.mean(values[~lacks])) if not lacks.all() else 0.0
            filled[name] = np.where(lacks, mean, values)
            names.append(name)
            if lacks.any():
                filled[f"{name} (missing)"] = lacks.astype(float)
                names.append(f"{name} (missing)")
        labels, columns = code_covariates(filled, tuple(names))
        return ["baseline", *labels], [self.baseline, *columns]

    def within_providers(self, leave_out: Sequence[str] = ()) -> tuple[tuple[str, ...], Floats]:
        """The model's columns less each provider's own mean, orthonormal: names kept, and (clients, columns).

        Beside an intercept per provider they say the same as the columns themselves.
        """
        size = np.maximum(self.n, 1)
        labels, parts = [], []
        for label, column in zip(*self.model_columns(), strict=True):
            if label in leave_out:
                continue
            part = column - (self.sum_by_provider(column) / size)[self.group]
            noise = 1e-10 * float(np.linalg.norm(column))
            labels.append(label)
            parts.append(part if np.linalg.norm(part) > noise else np.zeros(len(part)))
        design = make_design(labels, parts, len(self.group))
        return design.names, design.basis


def select_cohort(frame: "pd.DataFrame", adjust: Sequence[str] = ()) -> Cohort:
    """The clients of `frame` (one row per started episode) that have a baseline, with the covariates `adjust`.

    Columns `provider, episode, baseline, end` and the covariates; a missing score is NaN. An optional column
    `left_out` holds a Message where it is known why an episode gives no pair; it counts for those without a baseline.
    Raises InputRejected naming every fault.
    """
    names = [name for name in dict.fromkeys(adjust) if name != "baseline"]
    _check_columns(frame, names)
    faults: list[Fault] = []
    providers = read_providers(frame, faults)
    baseline = read_numbers(frame, "baseline", faults)
    end = read_numbers(frame, "end", faults)
    covariates: dict[str, NDArray[Any]] = {}
    empty: list[str] = []
    for name in names:
        values, lacks = read_covariate(frame, name, faults)
        if lacks.all():
            empty.append(name)
        else:
            covariates[name] = values
    faults.extend(find_repeated_episodes(frame, ("provider", "episode")))
    if faults:
        raise InputRejected(
            Message("The episodes cannot be analysed; %(count)d faults.", count=len(faults)),
            limit_faults(faults),
        )
    known, codes = np.unique(providers, return_inverse=True)
    measured = ~np.isnan(baseline)
    return Cohort(
        providers=tuple(str(name) for name in known),
        n_started=np.bincount(codes, minlength=len(known)).astype(np.int64),
        group=codes[measured].astype(np.int64),
        baseline=baseline[measured],
        end=end[measured],
        covariates={name: values[measured] for name, values in covariates.items()},
        exclusions=_count_unmeasured(~measured, read_reasons(frame)),
        empty=tuple(empty),
    )


def _check_columns(frame: "pd.DataFrame", names: Sequence[str]) -> None:
    faults = [
        Fault(name, Message("this column is missing; it is needed"))
        for name in (*KEYS, *names)
        if name not in frame.columns
    ]
    faults += [
        Fault(name, Message("this column says nothing of where a client began; name a covariate"))
        for name in names
        if name in ("provider", "episode", "end")
    ]
    if faults:
        raise InputRejected(
            Message("The table of episodes lacks what an analysis of the lost needs."), faults
        )


def _count_unmeasured(
    unmeasured: Booleans, known: Sequence[tuple[Message, Booleans]]
) -> tuple[Exclusion, ...]:
    left = unmeasured.copy()
    exclusions = []
    everyone = np.ones(len(left), dtype=bool)
    for reason, holds in (*known, (Message("No baseline measurement"), everyone)):
        count = int(np.sum(holds & left))
        left &= ~holds
        if count:
            exclusions.append(Exclusion(reason, count))
    return tuple(exclusions)
