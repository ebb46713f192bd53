"""How much a drill does: the whole promise, or a quick look whether it still stands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """`seconds` bound the fuzzing, `minutes` the soak; `quick` makes everything about a tenth.

    `mutants` are tried in each of `rooms`, 0 for all of them; no rooms for every room.
    """

    quick: bool = False
    seconds: float = 60.0
    minutes: float = 1.0
    mutants: int = 100
    rooms: tuple[str, ...] = ()

    def of(self, whole: int, quick: int) -> int:
        """The one number or the other."""
        return quick if self.quick else whole
