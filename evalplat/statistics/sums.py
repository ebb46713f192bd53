"""Sums per provider that a comparison needs instead of clients' rows: counts, sums and products of any columns.

Formula: n_j, the sum over provider j's complete cases of (value - reference) for each column, and the matrix of sums of
products of two such differences. The reference is one constant per column, so that parts of the cases (months,
chunks, databases, counties) add up; it should lie near the values, because digits are lost when it does not.

Columns are `baseline`, `end` and the covariates: a number under its own name, a category as one 0/1 column per level
named `covariate=level`, every level present (the reference level too), with reference 0. What is not known is coded as
`unknown_columns` says.

Reference: Chan, Golub and LeVeque 1983. Checked against the sums of the rows themselves, for any split of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.moments import Floats, Integers

LEVEL = "="


@dataclass(frozen=True, slots=True)
class PooledSums:
    """As `PairSums`, with the products of all providers together: all that the models need.

    products: (k, k), the sum over every provider's cases.
    """

    providers: tuple[str, ...]
    columns: tuple[str, ...]
    reference: Floats
    n: Floats
    sums: Floats
    products: Floats

    @property
    def cases(self) -> float:
        """Complete cases in all."""
        return float(self.n.sum())

    def pool(self) -> "PooledSums":
        """Itself."""
        return self

    def move(self, reference: Floats) -> "PooledSums":
        """The same cases about another reference."""
        step = self.reference - reference
        cross = np.outer(self.sums.sum(axis=0), step)
        return replace(
            self,
            reference=reference,
            sums=self.sums + self.n[:, None] * step,
            products=self.products + cross + cross.T + self.cases * np.outer(step, step),
        )

    def merge(self, other: "PooledSums") -> "PooledSums":
        """Both together; providers and columns are matched by name, see `PairSums.merge`."""
        columns, providers = _join_columns(self, other), _join(self.providers, other.providers)
        reference = _join_references(self, other, columns)
        parts = [_align(part, columns, reference) for part in (self, other)]
        n, sums = np.zeros(len(providers)), np.zeros((len(providers), len(columns)))
        known = {name: place for place, name in enumerate(providers)}
        for part in parts:
            places = [known[name] for name in part.providers]
            n[places] += part.n
            sums[places] += part.sums
        return PooledSums(
            providers, columns, reference, n, sums, parts[0].products + parts[1].products
        )

    def __add__(self, other: "PooledSums") -> "PooledSums":
        return self.merge(other)


@dataclass(frozen=True, slots=True)
class PairSums:
    """Additive sums of complete cases, one element per provider.

    reference: (k,). n: (J,). sums: (J, k), of value minus reference. products: (J, k, k).
    """

    providers: tuple[str, ...]
    columns: tuple[str, ...]
    reference: Floats
    n: Floats
    sums: Floats
    products: Floats

    @property
    def cases(self) -> float:
        """Complete cases in all."""
        return float(self.n.sum())

    def pool(self) -> PooledSums:
        """The providers' sums with the products of all of them together."""
        return PooledSums(
            self.providers,
            self.columns,
            self.reference,
            self.n,
            self.sums,
            self.products.sum(axis=0),
        )

    def choose(self, providers: Sequence[str]) -> "PairSums":
        """Only these providers, in this order; one that is not there has no cases."""
        known = {name: place for place, name in enumerate(self.providers)}
        width = len(self.columns)
        n, sums = np.zeros(len(providers)), np.zeros((len(providers), width))
        products = np.zeros((len(providers), width, width))
        for place, name in enumerate(providers):
            if name in known:
                n[place] = self.n[known[name]]
                sums[place] = self.sums[known[name]]
                products[place] = self.products[known[name]]
        return replace(self, providers=tuple(providers), n=n, sums=sums, products=products)

    def choose_columns(self, columns: Sequence[str]) -> "PairSums":
        """Only these columns, in this order. Raises InputRejected for one that is not there."""
        places = [_place(self.columns, name) for name in columns]
        return replace(
            self,
            columns=tuple(columns),
            reference=self.reference[places],
            sums=self.sums[:, places],
            products=self.products[:, places][:, :, places],
        )

    def move(self, reference: Floats) -> "PairSums":
        """The same cases about another reference."""
        step = self.reference - reference
        cross = self.sums[:, :, None] * step
        return replace(
            self,
            reference=reference,
            sums=self.sums + self.n[:, None] * step,
            products=self.products
            + cross
            + cross.transpose(0, 2, 1)
            + self.n[:, None, None] * np.outer(step, step),
        )

    def merge(self, other: "PairSums") -> "PairSums":
        """Both together; providers and columns are matched by name.

        A level's column that one part lacks (nobody had that level there) counts as 0 where the part knows the
        covariate by other levels. Raises InputRejected naming every column that one part lacks otherwise.
        """
        columns, providers = _join_columns(self, other), _join(self.providers, other.providers)
        reference = _join_references(self, other, columns)
        first, second = (
            _align(part, columns, reference).choose(providers) for part in (self, other)
        )
        return replace(
            first,
            n=first.n + second.n,
            sums=first.sums + second.sums,
            products=first.products + second.products,
        )

    def __add__(self, other: "PairSums") -> "PairSums":
        return self.merge(other)


def collect_sums(
    provider_codes: Integers,
    providers: Sequence[str],
    columns: Mapping[str, Floats],
    reference: Mapping[str, float],
) -> PairSums:
    """Sums of complete cases. `provider_codes` point into `providers`; a column without a reference is about 0.

    Raises InputRejected for a column with a missing or infinite value: only complete cases add up.
    """
    faults = [
        Fault(name, Message("a value is missing; only complete cases can be added up"))
        for name, values in columns.items()
        if not np.isfinite(values).all()
    ]
    if faults:
        raise InputRejected(Message("The cases cannot be added up."), faults)
    names, groups = tuple(columns), len(providers)
    about = np.array([float(reference.get(name, 0.0)) for name in names])
    values = [
        np.asarray(column, dtype=float) - r
        for column, r in zip(columns.values(), about, strict=True)
    ]

    def add(weights: Floats) -> Floats:
        return np.asarray(np.bincount(provider_codes, weights=weights, minlength=groups))

    sums, products = np.zeros((groups, len(names))), np.zeros((groups, len(names), len(names)))
    for a, first in enumerate(values):
        sums[:, a] = add(first)
        for b in range(a, len(values)):
            products[:, a, b] = products[:, b, a] = add(first * values[b])
    n = np.bincount(provider_codes, minlength=groups).astype(float)
    return PairSums(tuple(providers), names, about, n, sums, products)


def find_levels(columns: Sequence[str], covariate: str) -> tuple[str, ...]:
    """The columns of a category's levels in sorted order of the level; empty for a number or an unknown name."""
    head = covariate + LEVEL
    return tuple(sorted(name for name in columns if name.startswith(head)))


Sums = PairSums | PooledSums
Part = TypeVar("Part", PairSums, PooledSums)


def _join(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _join_columns(first: Sums, second: Sums) -> tuple[str, ...]:
    """Every column of both. A level (or flag) that one lacks is nobody's there; a number that one lacks is a fault."""
    columns = _join(first.columns, second.columns)
    faults = []
    for part in (first, second):
        if not part.cases:
            continue
        for name in columns:
            head = name.partition(LEVEL)[0]
            known = head in part.columns or bool(find_levels(part.columns, head))
            if name not in part.columns and not (known and LEVEL in name):
                faults.append(Fault(name, Message("one part has this column, the other lacks it")))
    if faults:
        raise InputRejected(Message("The sums do not fit together."), faults)
    return columns


def _join_references(first: Sums, second: Sums, columns: Sequence[str]) -> Floats:
    about = dict(zip(second.columns, second.reference, strict=True))
    about |= dict(zip(first.columns, first.reference, strict=True))
    return np.array([about[name] for name in columns])


def _align(part: Part, columns: tuple[str, ...], reference: Floats) -> Part:
    """The part with these columns about this reference; a column it lacks has the value 0."""
    known = [columns.index(name) for name in part.columns]
    about = np.zeros(len(columns))
    about[known] = part.reference
    sums = np.zeros((len(part.providers), len(columns)))
    sums[:, known] = part.sums
    products = np.zeros((*part.products.shape[:-2], len(columns), len(columns)))
    rows, across = np.ix_(known, known)
    products[..., rows, across] = part.products
    wide = replace(part, columns=columns, reference=about, sums=sums, products=products)
    return wide if np.array_equal(about, reference) else wide.move(reference)


def _place(columns: Sequence[str], name: str) -> int:
    if name not in columns:
        raise InputRejected(
            Message("The sums do not fit together."),
            [Fault(name, Message("this column is missing; it is needed"))],
        )
    return list(columns).index(name)
