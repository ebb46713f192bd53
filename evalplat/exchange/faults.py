"""Collecting what is wrong with a file without letting a hostile file fill the memory."""

from collections.abc import Iterable

from evalplat.errors import Fault, Message

SHOWN = 50


class FaultList:
    """The first faults of a file, and how many there are in all."""

    __slots__ = ("count", "shown")

    def __init__(self) -> None:
        self.shown: list[Fault] = []
        self.count = 0

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, where: str, message: Message) -> None:
        """Note one fault; beyond the first fifty only their number is kept."""
        self.extend([Fault(where, message)])

    def extend(self, faults: Iterable[Fault]) -> None:
        """Note several faults, in order."""
        for fault in faults:
            self.count += 1
            if len(self.shown) < SHOWN:
                self.shown.append(fault)

    def listed(self) -> list[Fault]:
        """What to show: the first fifty, then how many more."""
        if self.count == len(self.shown):
            return list(self.shown)
        more = self.count - len(self.shown)
        return [*self.shown, Fault("", Message("and %(count)d more faults", count=more))]
