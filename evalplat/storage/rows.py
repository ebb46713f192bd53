"""Many rows in one statement, checked for their owner: the fast road that the access rules know of.

Statements are made once per table and scope; the owner's keys go in with every row.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    any_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from evalplat.storage.access import check_rows, connection_of, scope_of
from evalplat.storage.conditions import shared_condition
from evalplat.storage.seals import seal_rows

CHUNK = 500
"""Keys in one IN list; far below what either database takes."""

Item = TypeVar("Item")
CHECKED = {"evalplat_rows_checked": True}


def add_rows(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows after checking that each belongs to the scope; a single foreign one refuses them all.

    Rows of what was measured get their seals here.
    """
    if rows:
        check_rows(session, model, rows)
        rows = seal_rows(session.info["keyring"], model, rows)
        connection_of(session).execute(_insert(model), rows, execution_options=CHECKED)


def add_rows_with_keys(
    session: Session, model: Any, rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Insert rows and give back their new integer keys, in the order of the rows."""
    if not rows:
        return []
    check_rows(session, model, rows)
    statement = _insert_with_keys(model)
    found = connection_of(session).execute(statement, rows, execution_options=CHECKED)
    return list(found.scalars())


def change_rows(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set columns of many rows by their `id`; every row has the same columns. Rows out of the scope stay unchanged."""
    if not rows:
        return
    scope = scope_of(session)
    names = tuple(name for name in rows[0] if name != "id")
    connection_of(session).execute(
        _update(model, names, scope.kind),
        [
            {"row_id": row["id"], **{f"new_{name}": row[name] for name in names}, **scope.keys}
            for row in rows
        ],
    )


def put_rows(
    session: Session,
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    *,
    replace: tuple[str, ...] = (),
    add: tuple[str, ...] = (),
) -> None:
    """Insert rows, or where the primary key is taken, replace some columns and add to others; leave it as it is
    where none is named.
    """
    if rows:
        check_rows(session, model, rows)
        connection = connection_of(session)
        statement = _upsert(model, connection.dialect.name, replace, add)
        connection.execute(statement, rows, execution_options=CHECKED)


def remove_rows(session: Session, model: Any, administrations: Sequence[int]) -> None:
    """Delete the rows of these administrations."""
    if administrations:
        scope = scope_of(session)
        connection_of(session).execute(
            _delete(model, scope.kind),
            [{"wanted": administration, **scope.keys} for administration in administrations],
        )


def read_rows(session: Session, statement: Any, wanted: Mapping[str, Any]) -> Any:
    """Columns of a statement that is kept and runs often: quicker than through the ORM, with the same conditions.

    The statement joins inwards only, and names its owned tables in the execution option `evalplat_tables`.
    """
    scope = scope_of(session)
    owned = _with_conditions(statement, scope.kind)
    return connection_of(session).execute(owned, {**wanted, **scope.keys})


def among(session: Session, column: Any, keys: Collection[int]) -> ColumnElement[bool]:
    """The column is one of these keys, of which there may be thousands: they go in as one value."""
    if connection_of(session).dialect.name == "postgresql":
        return column == any_(bindparam(None, list(keys), ARRAY(BigInteger)))  # type: ignore[no-any-return]
    values = select(sql_text("value")).select_from(func.json_each(json.dumps(list(keys))))
    return column.in_(values)  # type: ignore[no-any-return]


def chunks(items: Iterable[Item]) -> Iterable[list[Item]]:
    """The items in lists of at most CHUNK."""
    found = list(items)
    for start in range(0, len(found), CHUNK):
        yield found[start : start + CHUNK]


@cache
def _with_conditions(statement: Any, kind: str) -> Any:
    for model in statement.get_execution_options()["evalplat_tables"]:
        condition = shared_condition(kind, model)
        if condition is not None:
            statement = statement.where(condition)
    return statement


@cache
def _insert(model: Any) -> Any:
    return insert(model.__table__).inline()


@cache
def _insert_with_keys(model: Any) -> Any:
    table = model.__table__
    return insert(table).returning(table.c.id, sort_by_parameter_order=True)


@cache
def _update(model: Any, names: tuple[str, ...], kind: str) -> Any:
    table = model.__table__
    statement = update(table).where(table.c.id == bindparam("row_id"))
    condition = shared_condition(kind, model)
    if condition is not None:
        statement = statement.where(condition)
    return statement.values({name: bindparam(f"new_{name}") for name in names})


@cache
def _delete(model: Any, kind: str) -> Any:
    table = model.__table__
    statement = delete(table).where(table.c.administration_id == bindparam("wanted"))
    condition = shared_condition(kind, model)
    return statement if condition is None else statement.where(condition)


@cache
def _upsert(model: Any, dialect: str, replace: tuple[str, ...], add: tuple[str, ...]) -> Any:
    table = model.__table__
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(table)
    columns = {name: statement.excluded[name] for name in replace}
    columns.update({name: table.c[name] + statement.excluded[name] for name in add})
    if not columns:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_=columns
    )
