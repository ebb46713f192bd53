"""What an outsider knows of counts that are not shown, as linear constraints on whole numbers, and what follows.

The unknowns are the clients of each quarter and provider by what was measured of them and how they fared. Every
published figure bounds a sum of unknowns. A solver then looks for other counts that would have been published alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

MOST = 400
SMALL = range(1, 5)

PATTERNS = tuple("".join(p) for p in product("b-", "e-", "c-", "f-"))
"""Baseline, end, completed, follow-up: measured or not."""
FACTS = (
    "improved", "unchanged", "deteriorated", "recovered", "harmed", "important", "clinical", "same", "still", "worse",
    *(f"{sex}_{kind}" for sex in ("female", "male", "other") for kind in ("kept", "lost")),
)  # fmt: skip
PARTS: dict[str, tuple[str, ...]] = {
    "started": PATTERNS,
    "baseline": tuple(p for p in PATTERNS if p[0] == "b"),
    "end": tuple(p for p in PATTERNS if p[1] == "e"),
    "completed": tuple(p for p in PATTERNS if p[2] == "c"),
    "end_of_completers": tuple(p for p in PATTERNS if p[1:3] == "ec"),
    "pairs": tuple(p for p in PATTERNS if p[:2] == "be"),
    "follow_up": tuple(p for p in PATTERNS if p[3] == "f"),
    "follow_up_of_pairs": tuple(p for p in PATTERNS if p[:2] == "be" and p[3] == "f"),
    "baseline_only": tuple(p for p in PATTERNS if p[:2] == "b-"),
    "end_only": tuple(p for p in PATTERNS if p[:2] == "-e"),
    "neither": tuple(p for p in PATTERNS if p[:2] == "--"),
    "followed_later": tuple(p for p in PATTERNS if p[0] == "b" and p[3] == "f"),
    **{name: (name,) for name in FACTS},
}
"""Counts that are published, as sums of unknowns of one quarter and provider."""

REST = "rest of "
WHOLES = {
    "pairs": "started", "baseline": "started", "end": "started", "completed": "started",
    "follow_up": "started", "end_of_completers": "completed", "follow_up_of_pairs": "pairs",
    "followed_later": "baseline", "recovered": "clinical", "important": "pairs", "improved": "pairs",
    "clinical": "pairs",
}  # fmt: skip
"""Counts of which the rest is a count too."""

Cell = tuple[int, str, str]
"""A quarter, a provider (or a municipality), and what is counted."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A published figure: the sum of some cells, less others, lies from `low` to `high`."""

    where: str
    plus: tuple[Cell, ...]
    minus: tuple[Cell, ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Target:
    """A count that nobody should learn where it is from one to four."""

    what: str
    plus: tuple[Cell, ...]
    minus: tuple[Cell, ...]
    exact: int


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the small counts of a county.

    only: those of which one value alone is possible. small: those that are certainly from one to four. unsettled: how
    often the solver needed too long.
    """

    tried: int
    only: tuple[str, ...]
    small: tuple[str, ...]
    unsettled: int


class System:
    """All bounds on the unknowns, as a matrix."""

    def __init__(self, bounds: Iterable[Bound]) -> None:
        self.places: dict[Cell, int] = {}
        self.rows: list[tuple[dict[int, float], float, float]] = []
        for bound in bounds:
            self.rows.append((self._line(bound.plus, bound.minus), bound.low, bound.high))

    def _line(self, plus: Sequence[Cell], minus: Sequence[Cell]) -> dict[int, float]:
        line: dict[int, float] = {}
        for cells, sign in ((plus, 1.0), (minus, -1.0)):
            for quarter, who, part in cells:
                for name in PARTS.get(part, (part,)):
                    place = self.places.setdefault((quarter, who, name), len(self.places))
                    line[place] = line.get(place, 0.0) + sign
        return line

    def settle(self, targets: Sequence[Target], seed: int, tries: int = 12) -> Found:
        """Which targets are known: first by solutions drawn at random, the rest one by one."""
        lines = [self._line(target.plus, target.minus) for target in targets]
        goals = np.zeros((len(targets), len(self.places)))
        for row, line in enumerate(lines):
            goals[row, list(line)] = list(line.values())
        exact = np.array([target.exact for target in targets])
        low, high = exact.copy(), exact.copy()
        random = np.random.default_rng(seed)

        def learn(objective: np.ndarray) -> bool:
            nonlocal low, high
            values = self._solve(objective)
            if values is None:
                return False
            shown = np.rint(goals @ values).astype(int)
            low, high = np.minimum(low, shown), np.maximum(high, shown)
            return True

        for number in range(tries if len(targets) else 0):
            weights = random.normal(0, 1, len(targets)) * ((low >= 1) & (high <= SMALL[-1]))
            learn(weights @ goals if number % 3 else random.normal(0, 1, goals.shape[1]))
        unsettled = 0
        for row in range(len(targets)):
            for sign in (1.0, -1.0):
                if low[row] >= 1 and high[row] <= SMALL[-1]:
                    unsettled += not learn(sign * goals[row])
        return Found(
            len(targets),
            tuple(t.what for t, a, b in zip(targets, low, high, strict=True) if a == b),
            tuple(
                t.what for t, a, b in zip(targets, low, high, strict=True)
                if a >= 1 and b <= SMALL[-1]
            ),
            unsettled,
        )  # fmt: skip

    def _solve(self, objective: np.ndarray) -> np.ndarray | None:
        n = len(self.places)
        at = [row for row, (line, _l, _h) in enumerate(self.rows) for _ in line]
        columns = [place for line, _l, _h in self.rows for place in line]
        values = [value for line, _l, _h in self.rows for value in line.values()]
        matrix = csr_matrix((values, (at, columns)), shape=(len(self.rows), n))
        limits = LinearConstraint(matrix, [r[1] for r in self.rows], [r[2] for r in self.rows])
        answer = milp(
            objective, constraints=limits, integrality=np.ones(n), bounds=Bounds(0, MOST),
            options={"time_limit": 5.0, "mip_rel_gap": 0.0},
        )  # fmt: skip
        if answer.status == 2:
            raise AssertionError(
                "the true counts themselves are not possible: a figure was misread"
            )
        return None if answer.x is None or answer.status != 0 else np.asarray(answer.x)


def tie(quarters: int, providers: Sequence[str]) -> list[Bound]:
    """How the counts of one quarter and provider hang together: what everybody knows."""
    bounds = []
    for quarter, provider in product(range(quarters), providers):

        def add(plus: str, minus: str, low: int, high: int, at: tuple[int, str]) -> None:
            cells = [tuple((*at, part) for part in text.split()) for text in (plus, minus)]
            bounds.append(Bound("known", cells[0], cells[1], low, high))

        at = (quarter, provider)
        add("improved unchanged deteriorated", "pairs", 0, 0, at)
        add("pairs", "clinical", 0, MOST, at)
        for part, whole in (
            ("recovered", "improved"), ("recovered", "clinical"), ("harmed", "deteriorated"),
            ("important", "improved"), ("same", "unchanged"), ("still worse", "improved"),
            ("still worse", "follow_up_of_pairs"),
        ):  # fmt: skip
            add(whole, part, 0, MOST, at)
        add("pairs", "clinical harmed", 0, MOST, at)
        add("female_kept male_kept other_kept", "pairs", 0, 0, at)
        add("female_lost male_lost other_lost", "baseline_only", 0, 0, at)
    return bounds
