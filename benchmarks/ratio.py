"""A ratio of two times measured in one run: what can be compared between machines."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much faster (or slower) ours is than its peer, and the least ratio that is accepted."""

    what: str
    ours: float
    peer: float
    bound: float
    note: str = ""

    @property
    def value(self) -> float:
        """The peer's time as a multiple of ours."""
        return self.peer / self.ours

    @property
    def passed(self) -> bool:
        """Whether the bound is kept."""
        return self.value >= self.bound


def best_of(times: int, work: Callable[[], Any]) -> tuple[Any, float]:
    """The result and the best time of a few runs: the least disturbed by whatever else the machine does."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return result, best
