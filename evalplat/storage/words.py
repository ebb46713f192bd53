"""Sealing and opening free texts about clients: what was written about somebody is erased with their key."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session, object_session

from evalplat.storage import client_keys
from evalplat.storage.rows import add_rows
from evalplat.storage.word_columns import columns_of, list_words, place_of


def add_worded(session: Session, model: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows as `add_rows` does, with their words sealed. Raises Conflict where their client was erased."""
    client_keys.hold_keys(session, {row["client_id"] for row in rows if _says(model, row)})
    add_rows(session, model, [seal_row(session, model, row) for row in rows])


def seal_row(session: Session, model: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row to be stored, with its words sealed in one column."""
    known, said = list_words(model), _says(model, row)
    plain = json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""
    sealed = client_keys.seal(session, row["client_id"], place_of(model, row), plain)
    return {**{n: v for n, v in row.items() if n not in known}, "sealed_words": sealed}


def reword(row: Any, **changes: str) -> bytes:
    """The words of a loaded row with some of them changed, sealed again."""
    session = object_session(row)
    if session is None:
        raise RuntimeError("words are changed while the session of their row is open")
    said = {name: getattr(row, name) for name in list_words(type(row))}
    made = seal_row(session, type(row), {**columns_of(row), **said, **changes})
    sealed: bytes = made["sealed_words"]
    return sealed


def open_row(session: Session, model: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a row that was read as columns: client_id, sealed_words and those of its place."""
    if not row["sealed_words"]:
        return list_words(model)
    plain = client_keys.open_text(
        session, row["client_id"], place_of(model, row), row["sealed_words"]
    )
    return {**list_words(model), **(json.loads(plain) if plain else {})}


def open_loaded(row: Any) -> dict[str, Any]:
    """The words of a loaded row."""
    session = object_session(row)
    assert session is not None
    return open_row(session, type(row), columns_of(row))


def hold_for(session: Session, rows: Sequence[Any]) -> None:
    """Fetch in one statement the keys that opening these rows needs."""
    client_keys.hold_keys(session, {row.client_id for row in rows if row.sealed_words})


def _says(model: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    known = list_words(model)
    return {name: row[name] for name in known if name in row and row[name] != known[name]}
