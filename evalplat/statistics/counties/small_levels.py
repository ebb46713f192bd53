"""Categories without small cells: what of clients' levels may leave a county, as sums that clients could have.

A provider's cell of 1 to 4 clients is moved: these clients count with the level that most of that provider's clients
have. So nobody can tell whether such a provider had none or some of the rare level, all other providers keep the
category, and at most four clients per rare level count with a level that is not theirs. A level with fewer than 10
clients in the county is moved as a whole. Only where more than a tenth of the county's clients would have to be moved
are levels joined for the whole county, the rarest with the next rarest, down to two; and where that is not enough, the
covariate is left out for this county.

Two levels of different covariates may have 1 to 4 clients in common in the county. Then the rarer one is moved where
these clients are, or joined, or its covariate left out, the first that is possible.

Checked against the sums of rows in which the clients' levels were moved one by one.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.sums import LEVEL, PairSums

Group = tuple[str, ...]
Groups = tuple[Group, ...]
Moves = list[tuple[int, int, int]]
JOIN = " + "
MOST_MOVED = 0.1


def name_group(covariate: str, levels: Group) -> str:
    """The column of joined levels: `sex=other + unknown`."""
    return covariate + LEVEL + JOIN.join(sorted(levels))


@dataclass(frozen=True, slots=True)
class SafeLevels:
    """Sums whose columns are numbers and groups of levels; moved: the covariates of which clients were moved."""

    sums: PairSums
    categories: dict[str, Groups]
    moved: tuple[str, ...]
    left_out: tuple[str, ...]


class _Work:
    """The sums while levels are moved and joined."""

    def __init__(
        self, sums: PairSums, categories: Mapping[str, Groups], rule: DisclosureRule
    ) -> None:
        self.rule = rule
        self.groups = {name: list(groups) for name, groups in categories.items()}
        self.moved: Counter[str] = Counter()
        self.left_out: list[str] = []
        level = np.array([LEVEL in name for name in sums.columns], dtype=bool)
        self.sums = sums.move(np.where(level, 0.0, sums.reference))

    def places(self, covariate: str) -> list[int]:
        """Where a covariate's groups stand among the columns."""
        known = {name: place for place, name in enumerate(self.sums.columns)}
        return [known[name_group(covariate, group)] for group in self.groups[covariate]]

    def cells(self, covariate: str) -> Integers:
        """Clients of each provider in each group."""
        found = np.rint(self.sums.sums[:, self.places(covariate)])
        return np.asarray(found, dtype=np.int64)

    def turn(self, turn: Floats, columns: tuple[str, ...]) -> None:
        """Other columns, as sums of the present ones."""
        self.sums = replace(
            self.sums,
            columns=columns,
            reference=self.sums.reference @ turn,
            sums=self.sums.sums @ turn,
            products=turn.T @ self.sums.products @ turn,
        )

    def keep(self, covariate: str, kept: list[Group]) -> None:
        """Only these groups of a covariate; nobody is in the others, or nobody asks for them."""
        gone = {name_group(covariate, g) for g in self.groups[covariate] if g not in kept}
        columns = self.sums.columns
        places = [place for place, name in enumerate(columns) if name not in gone]
        self.turn(np.eye(len(columns))[:, places], tuple(columns[place] for place in places))
        self.groups[covariate] = kept

    def leave_out(self, covariate: str) -> None:
        """Without this covariate."""
        self.keep(covariate, [])
        del self.groups[covariate]
        self.left_out.append(covariate)

    def join(self, covariate: str, one: int, other: int) -> None:
        """Two groups as one."""
        groups, places = self.groups[covariate], self.places(covariate)
        both = tuple(sorted((*groups[one], *groups[other])))
        columns = list(self.sums.columns)
        turn = np.eye(len(columns))
        turn[places[other], places[one]] = 1.0
        columns[places[one]] = name_group(covariate, both)
        kept = [place for place in range(len(columns)) if place != places[other]]
        self.turn(turn[:, kept], tuple(columns[place] for place in kept))
        self.groups[covariate] = [
            both if place == one else group for place, group in enumerate(groups) if place != other
        ]

    def move(self, covariate: str, moves: Moves) -> None:
        """The clients of (provider, group) counted with another group."""
        places, cells = self.places(covariate), self.cells(covariate)
        sums, products = self.sums.sums.copy(), self.sums.products.copy()
        for provider, source, target in moves:
            turn = np.eye(len(self.sums.columns))
            turn[places[source], places[target]], turn[places[source], places[source]] = 1.0, 0.0
            sums[provider] = sums[provider] @ turn
            products[provider] = turn.T @ products[provider] @ turn
            self.moved[covariate] += int(cells[provider, source])
        self.sums = replace(self.sums, sums=sums, products=products)

    def may_move(self, covariate: str, count: int) -> bool:
        """Whether so many more clients of a covariate may be moved."""
        return self.moved[covariate] + count <= MOST_MOVED * self.sums.cases


def hide_small_levels(
    sums: PairSums, categories: Mapping[str, Groups], rule: DisclosureRule
) -> SafeLevels:
    """The sums with levels moved, joined and left out until no cell is small. Every provider has at least 10 pairs.

    categories: of each covariate its levels, each a group of one that is a column of the sums.
    """
    work = _Work(sums, categories, rule)
    for name in categories:
        _hide_cells(work, name)
    while (small := _find_common(work)) is not None:
        _hide_common(work, *small)
    return SafeLevels(
        work.sums,
        {name: tuple(sorted(groups)) for name, groups in work.groups.items()},
        tuple(name for name in work.groups if work.moved[name]),
        tuple(work.left_out),
    )


def _hide_cells(work: _Work, name: str) -> None:
    """Move what is small at a provider or in the county; join first where that would be too many."""
    while True:
        cells = work.cells(name)
        moves = _plan(cells, work.rule)
        count = 0 if moves is None else sum(int(cells[j, g]) for j, g, _ in moves)
        if moves is not None and work.may_move(name, count):
            work.move(name, moves)
            held = work.cells(name).sum(axis=0) > 0
            kept = [g for g, holds in zip(work.groups[name], held, strict=True) if holds]
            work.keep(name, kept)
            return
        if len(work.groups[name]) <= 2:
            work.leave_out(name)
            return
        _join_rarest(work, name)


def _plan(cells: Integers, rule: DisclosureRule) -> Moves | None:
    """Which cells are moved where: (provider, group, to which group); None where no group is left to move to."""
    alive = np.ones(cells.shape[1], dtype=bool)
    while True:
        stays = alive & (cells >= rule.hide_below)
        dying = alive & ((cells * stays).sum(axis=0) < rule.estimates_from)
        if not dying.any():
            break
        alive &= ~dying
    if not alive.any():
        return None if cells.any() else []
    moves: Moves = []
    for provider, own in enumerate(cells):
        target = _choose(own, cells.sum(axis=0), alive)
        for group in np.flatnonzero((own > 0) & ~stays[provider]):
            if group != target:
                moves.append((provider, int(group), target))
    return moves


def _choose(own: Integers, totals: Integers, allowed: NDArray[np.bool_]) -> int:
    """The group that most of a provider's clients are in; of none of them, the county's most common one."""
    shown = np.where(allowed, own, -1)
    if shown.max() > 0:
        return int(np.argmax(shown))
    return int(np.argmax(np.where(allowed, totals, -1)))


def _join_rarest(work: _Work, name: str) -> None:
    totals, groups = work.cells(name).sum(axis=0), work.groups[name]
    first, second = sorted(range(len(groups)), key=lambda k: (totals[k], groups[k]))[:2]
    work.join(name, min(first, second), max(first, second))


def _find_common(work: _Work) -> tuple[tuple[str, int], tuple[str, int]] | None:
    """Two groups of different covariates that few of the county's clients share, the rarer one first."""
    products = work.sums.products.sum(axis=0)
    names = list(work.groups)
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            common = np.rint(products[np.ix_(work.places(one), work.places(other))])
            small = np.argwhere((common > 0) & (common < work.rule.hide_below))
            if not len(small):
                continue
            a, b = (int(place) for place in small[0])
            pair = [
                (int(work.cells(name)[:, place].sum()), name, place)
                for name, place in ((one, a), (other, b))
            ]
            (_, rare, first), (_, often, second) = sorted(pair)
            return (rare, first), (often, second)
    return None


def _hide_common(work: _Work, rare: tuple[str, int], often: tuple[str, int]) -> None:
    a, b = work.places(rare[0])[rare[1]], work.places(often[0])[often[1]]
    shared = np.rint(work.sums.products[:, a, b]) > 0
    for name, group in (rare, often):
        cells = work.cells(name)
        others = np.arange(cells.shape[1]) != group
        if others.any() and work.may_move(name, int(cells[shared, group].sum())):
            totals = cells.sum(axis=0)
            moves = [
                (int(j), group, _choose(cells[j], totals, others)) for j in np.flatnonzero(shared)
            ]
            work.move(name, moves)
            _hide_cells(work, name)
            return
    for name, _group in (rare, often):
        if len(work.groups[name]) > 2:
            _join_rarest(work, name)
            return
    work.leave_out(rare[0])
