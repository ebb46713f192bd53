"""How a table says which free texts about a client it keeps: they stand sealed together in one column of the row.

Tables know no keys; the opener that the wiring gives a session does (`words.open_loaded`).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar, overload

from sqlalchemy.orm import Mapped, mapped_column, object_session

T = TypeVar("T")
Opener = Callable[[Any], Mapping[str, Any]]
OPENER = "opener of words"
"""Where a session keeps its opener."""

_OPENED = "_opened_words"


class Word(Generic[T]):
    """One free text of a row, or a list of them; `nothing` stands for it where nothing was written, or is left."""

    def __init__(self, nothing: T) -> None:
        self.nothing = nothing
        self.name = ""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: None, owner: type[Any]) -> "Word[T]": ...

    @overload
    def __get__(self, row: Any, owner: type[Any]) -> T: ...

    def __get__(self, row: Any, owner: type[Any]) -> "Word[T] | T":
        if row is None:
            return self
        found: T = _open(row).get(self.name, self.nothing)
        return found

    def __set__(self, row: Any, value: object) -> None:
        raise AttributeError(f"{self.name} is sealed: see storage.words for writing it")


class Worded:
    """A row with words. `PLACE` names the columns that tell it from every other of its table before it is stored."""

    PLACE: ClassVar[tuple[str, ...]] = ()
    sealed_words: Mapped[bytes] = mapped_column(default=b"", sort_order=100)


def list_words(model: type[Any]) -> dict[str, Any]:
    """The words of a table, each with what stands for nothing."""
    return {name: word.nothing for name, word in vars(model).items() if isinstance(word, Word)}


def place_of(model: type[Any], row: Mapping[str, Any]) -> str:
    """Where a row's words stand."""
    return ".".join([model.__tablename__, "words", *(_as_text(row[name]) for name in model.PLACE)])


def columns_of(row: Any) -> dict[str, Any]:
    """What opening a loaded row's words needs."""
    return {n: getattr(row, n) for n in ("client_id", "sealed_words", *type(row).PLACE)}


def _open(row: Any) -> Mapping[str, Any]:
    """The words of a loaded row, opened once."""
    sealed = row.sealed_words
    kept = row.__dict__.get(_OPENED)
    if kept is None or kept[0] != sealed:
        session = object_session(row)
        if sealed and session is None:
            raise RuntimeError("words are read while the session of their row is open")
        opened = session.info[OPENER](row) if sealed and session is not None else {}
        kept = row.__dict__[_OPENED] = (sealed, opened)
    found: Mapping[str, Any] = kept[1]
    return found


def _as_text(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
