"""One line of the table of drills: what was done, what must hold, what was measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure beside what is required of it."""

    what: str
    required: str
    measured: str
    holds: bool
