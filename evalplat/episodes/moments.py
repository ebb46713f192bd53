"""Additive sums over pairs: all that a comparison needs of many clients, without a client's row.

Kept per cell (provider, scale, pair of points, month of opening): the sums and the sums of products of 1 and some
columns, as the upper triangle of one matrix, row by row. Columns are the numbers `NUMBERS`, each minus a fixed
reference, and one 0/1 column `attribute=level` for every level (and flag) that a pair of the cell has. So a cell with
few clients is small, cells add up, and what a client added can be taken back.

Counts come out exactly, because whole numbers below 2^53 add up exactly; a level that nobody has any more is dropped.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evalplat.episodes.pairing import Measured

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Columns = tuple[str, ...]

NUMBERS: Columns = ("baseline", "end", "age", "voucher_eur")
AGE_REFERENCE = 50.0
VOUCHER_REFERENCE = 2000.0
LEVEL = "="
ENDS: Columns = (
    *("baseline_at=lowest", "baseline_at=highest"),
    *("end_at=lowest", "end_at=highest"),
)
"""Flags of pairs whose score stands at an end of the scale, so that it cannot be seen to go on."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a measurement was made, in the words of a comparison's covariates."""

    mode: str
    assistance: str
    wording: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One instrument at one point of an episode: the values of its scales, None where one was not assessable."""

    version: str
    measured_on: date
    values: dict[str, float | None]
    circumstances: Circumstances

    def of(self, scale: str) -> Measured:
        """The measurement of one scale."""
        return Measured(self.version, self.measured_on, self.values.get(scale))


@dataclass(frozen=True, slots=True)
class Case:
    """One pair as a vector: 1, the numbers about their references, and a 1 for each of its levels."""

    columns: Columns
    values: Floats


def describe_client(
    age: float, voucher_eur: float, levels: Mapping[str, str], flags: Columns = ()
) -> Case:
    """What a pair's vector has beside its two scores; see `make_case`."""
    names = sorted([*(f"{name}{LEVEL}{level}" for name, level in levels.items()), *flags])
    numbers = [1.0, 0.0, 0.0, age - AGE_REFERENCE, voucher_eur - VOUCHER_REFERENCE]
    return Case((*NUMBERS, *names), np.array([*numbers, *([1.0] * len(names))]))


def find_ends(first: float, later: float, lowest: float, highest: float) -> Columns:
    """Which of `ENDS` hold for a pair, on a scale from `lowest` to `highest`."""
    at = (first <= lowest, first >= highest, later <= lowest, later >= highest)
    return tuple(name for name, holds in zip(ENDS, at, strict=True) if holds)


def make_case(client: Case, first: float, later: float) -> Case:
    """A client's pair; both scores are minus the scale's reference."""
    values = client.values.copy()
    values[1], values[2] = first, later
    return Case(client.columns, values)


@dataclass(frozen=True, slots=True)
class CellSums:
    """The sums of one cell. `triangle`: the upper triangle of the matrix over 1 and the columns."""

    columns: Columns
    triangle: Floats

    @property
    def n(self) -> int:
        """How many pairs."""
        return round(float(self.triangle[0]))

    def add(self, cases: Sequence[tuple[Case, int]]) -> "CellSums":
        """With these pairs added (1) or taken back (-1)."""
        if not cases:
            return self
        columns = self.columns
        for case, _sign in cases:
            columns = _join(columns, case.columns)
        vectors = np.zeros((len(cases), len(columns) + 1))
        for row, (case, _sign) in enumerate(cases):
            vectors[row, _places(case.columns, columns)] = case.values
        signs = np.array([float(sign) for _case, sign in cases])
        added = (vectors * signs[:, None]).T @ vectors
        triangle = _spread(self, columns) + added[_triangle(len(columns))]
        found = CellSums(columns, triangle)
        return found._prune() if signs.min() < 0 else found

    def _prune(self) -> "CellSums":
        """Without levels that nobody has; nothing at all is left of a cell without pairs."""
        if self.n == 0:
            return NOTHING
        counts = self.triangle[1 : len(self.columns) + 1]
        kept = [
            place
            for place, name in enumerate(self.columns)
            if LEVEL not in name or round(float(counts[place])) != 0
        ]
        if len(kept) == len(self.columns):
            return self
        columns = tuple(self.columns[place] for place in kept)
        matrix = np.zeros((len(self.columns) + 1, len(self.columns) + 1))
        matrix[_triangle(len(self.columns))] = self.triangle
        rows = np.array([0, *(place + 1 for place in kept)])
        return CellSums(columns, matrix[np.ix_(rows, rows)][_triangle(len(columns))])

    def pack(self) -> tuple[str, bytes]:
        """The columns as text and the triangle as bytes, little-endian."""
        return _write_columns(self.columns), self.triangle.astype("<f8").tobytes()

    @staticmethod
    def unpack(columns: str, triangle: bytes) -> "CellSums":
        """What `pack` gave."""
        return CellSums(read_columns(columns), np.frombuffer(triangle, dtype="<f8"))


NOTHING = CellSums(NUMBERS, np.zeros((len(NUMBERS) + 1) * (len(NUMBERS) + 2) // 2))


@lru_cache(maxsize=20_000)
def read_columns(text: str) -> Columns:
    """The columns of a packed cell."""
    return tuple(json.loads(text))


@lru_cache(maxsize=20_000)
def _write_columns(columns: Columns) -> str:
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":"))


def sum_cells(
    cells: Iterable[tuple[int, str, bytes]], groups: int, wanted: Columns
) -> tuple[Floats, Floats, Floats]:
    """Add packed cells up by group: (n, sums, products) of the wanted columns, of (J,), (J, k) and (J, k, k).

    A cell that lacks a wanted column has 0 there. Cells of the same layout are added up together.
    """
    layouts: dict[str, tuple[list[int], list[bytes]]] = {}
    for group, columns, triangle in cells:
        places, blobs = layouts.setdefault(columns, ([], []))
        places.append(group)
        blobs.append(triangle)
    width = len(wanted) + 1
    total = np.zeros((groups, width * width))
    for text, (places, blobs) in layouts.items():
        source, target = _match(read_columns(text), wanted)
        values = np.frombuffer(b"".join(blobs), dtype="<f8").reshape(len(blobs), -1)
        if len(blobs) == 1:
            total[places[0], target] += values[0, source]
            continue
        order = np.argsort(places, kind="stable")
        found, starts = np.unique(np.array(places)[order], return_index=True)
        total[np.ix_(found, target)] += np.add.reduceat(values[order][:, source], starts, axis=0)
    upper = total.reshape(groups, width, width)
    whole = upper + np.triu(upper, 1).transpose(0, 2, 1)
    return whole[:, 0, 0], whole[:, 0, 1:], whole[:, 1:, 1:]


@lru_cache(maxsize=20_000)
def _match(columns: Columns, wanted: Columns) -> tuple[Places, Places]:
    """Where in a packed triangle the wanted columns' entries stand, and where they go in a flat square matrix."""
    place = {name: index + 1 for index, name in enumerate(wanted)}
    goes = np.array([0, *(place.get(name, -1) for name in columns)])
    rows, across = _triangle(len(columns))
    keep = (goes[rows] >= 0) & (goes[across] >= 0)
    first, second = goes[rows[keep]], goes[across[keep]]
    low, high = np.minimum(first, second), np.maximum(first, second)
    return np.flatnonzero(keep), low * (len(wanted) + 1) + high


@lru_cache(maxsize=200)
def _triangle(columns: int) -> tuple[Places, Places]:
    return np.triu_indices(columns + 1)


@lru_cache(maxsize=20_000)
def _join(one: Columns, other: Columns) -> Columns:
    """The columns of both, in the order that every cell has."""
    if one == other:
        return one
    levels = {name for name in (*one, *other) if LEVEL in name}
    return (*NUMBERS, *sorted(levels))


@lru_cache(maxsize=20_000)
def _places(columns: Columns, among: Columns) -> Places:
    place = {name: index + 1 for index, name in enumerate(among)}
    return np.array([0, *(place[name] for name in columns)])


def _spread(cell: CellSums, columns: Columns) -> Floats:
    """A cell's triangle with further columns."""
    if cell.columns == columns:
        return cell.triangle
    size = len(columns) + 1
    source, target = _match(cell.columns, columns)
    matrix = np.zeros(size * size)
    matrix[target] = cell.triangle[source]
    return matrix.reshape(size, size)[_triangle(len(columns))]


def month_of(day: date) -> int:
    """The month as the moments are kept by: 202611 for November 2026."""
    return day.year * 100 + day.month
