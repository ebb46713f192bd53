"""What can go wrong, said so that a person can mend it.

Every error carries a `Message`: an English template and its values. `str(message)` is the English sentence; a page
translates the template first and fills the values in afterwards, so that one error reads well in every language.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


class Message:
    """A sentence for a person: an English template with `%(name)s` places, and the values that fill them."""

    __slots__ = ("template", "values")

    def __init__(self, template: str, **values: object) -> None:
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template % self.values if self.values else self.template

    def __repr__(self) -> str:
        return f"Message({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return (self.template, self.values) == (other.template, other.values)

    def __hash__(self) -> int:
        return hash(str(self))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where it stands (file, row, key or item code), and what it is and how to mend it."""

    where: str
    message: Message

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else str(self.message)


@dataclass(eq=False)
class EvalplatError(Exception):
    """Every error that a person may read. Anything else is a defect, and shows a reference number only."""

    message: Message
    faults: Sequence[Fault] = field(default=())

    def __str__(self) -> str:
        return "\n".join([str(self.message), *(f"  {fault}" for fault in self.faults)])


class DefinitionRejected(EvalplatError):
    """An instrument definition is wrong; every fault of the file is listed."""


class AnswersRejected(EvalplatError):
    """An answer sheet is wrong; `Fault.where` is the item code, and every faulty item is listed."""


class FileRejected(EvalplatError):
    """A table or another file cannot be used; every fault found is listed with its row and column."""


class InputRejected(EvalplatError):
    """A form or a call is wrong (voucher, episode, goal, account); `Fault.where` is the field's name."""


class NotFound(EvalplatError):
    """There is no such thing, or it belongs to somebody else: the two are never told apart."""


class Conflict(EvalplatError):
    """What was asked no longer fits what is stored: closed, already answered, another revision."""


class Refused(EvalplatError):
    """The actor may not do this."""


class NotConfigured(EvalplatError):
    """A setting is missing or unsafe; the message names it."""


class TooMany(EvalplatError):
    """It was tried too often; after `wait` seconds it may be tried again."""

    def __init__(self, message: Message, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class Unavailable(EvalplatError):
    """Nothing is wrong with what was asked, but it cannot be done just now; try again in a moment."""
