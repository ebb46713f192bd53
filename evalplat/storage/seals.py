"""Seals of what was measured: each row of a sheet, a score, a goal and a rating is sealed with the place it stands in.

Whoever owns the database but not the master key can change no byte of such a row unnoticed. Words about a client are
sealed here as they are stored, enciphered: erasing a client's key breaks no seal. What is empty is left out
of what is sealed, so that a column that comes later, empty in every earlier row, breaks no seal. Scores that are
counted anew are rows of their own, with seals of their own.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import JSON, Float

from evalplat.storage.chain import Signer, canonical
from evalplat.storage.keyring import Keyring
from evalplat.storage.measurement_tables import Goal, GoalRating, Score, Sheet

SEALED = (Sheet, Score, Goal, GoalRating)
"""Tables whose rows carry a seal."""

PURPOSE = "rows of what was measured"
NOT_SEALED = ("id", "seal")
"""A key that the database gives when the row is written is not known before; the public id stands for it."""

NOTHING = (None, "", b"")


def seal_rows(
    keyring: Keyring, model: Any, rows: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """The rows with their seals, for the tables that have them."""
    if model not in SEALED:
        return rows
    signer, table = Signer(keyring, PURPOSE), model.__tablename__
    return [
        {**row, "seal": signer.sign(row_content(table, _as_stored(model, row)))} for row in rows
    ]


def row_content(table: str, values: Mapping[str, object]) -> bytes:
    """What a row's seal is made from: the table, and every column that is not empty with its name."""
    return canonical(
        table,
        {
            name: value + 0.0
            if value.__class__ is float
            else value  # SQLite keeps no negative zero
            for name, value in values.items()
            if value not in NOTHING and name not in NOT_SEALED
        },
    )


def _as_stored(model: Any, row: Mapping[str, Any]) -> dict[str, object]:
    """The values as they will be read back: numbers of a column of fractions as such, JSON as its text."""
    found = {**_defaults(model), **row}
    for name, kind in _kinds(model).items():
        if found.get(name) is not None:
            found[name] = float(found[name]) if kind is Float else json.dumps(found[name])
    return found


@cache
def _defaults(model: Any) -> dict[str, object]:
    return {c.name: c.default.arg for c in model.__table__.columns if c.default is not None}


@cache
def _kinds(model: Any) -> dict[str, type]:
    return {
        column.name: kind
        for column in model.__table__.columns
        for kind in (Float, JSON)
        if isinstance(column.type, kind)
    }
