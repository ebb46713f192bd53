"""Counters of wrong tries by network as rows."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete
from sqlalchemy.orm import Session

from evalplat.storage.rows import put_rows
from evalplat.storage.tables import WrongTries


def find(session: Session, source: str) -> WrongTries | None:
    """The counter of a source, over or not."""
    return session.get(WrongTries, source)


def add(session: Session, source: str, *, at: datetime, until: datetime) -> None:
    """One more; a counter that is over begins anew and holds until `until`."""
    _remove(session, WrongTries.source == source, WrongTries.until <= at)
    put_rows(session, WrongTries, [{"source": source, "tries": 1, "until": until}], add=("tries",))


def remove_over(session: Session, at: datetime) -> None:
    """Forget every counter that is over."""
    _remove(session, WrongTries.until <= at)


def _remove(session: Session, *conditions: ColumnElement[bool]) -> None:
    session.execute(
        delete(WrongTries).where(*conditions).execution_options(synchronize_session=False)
    )
