"""Many rows in one statement, checked for their owner: the fast road that the access rules know of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from evalplat.storage.access import check_rows, scope_of

CHUNK = 500
"""Keys in one IN list; far below what either database takes."""

Item = TypeVar("Item")
CHECKED = {"evalplat_rows_checked": True}


def add_rows(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows after checking that each belongs to the scope; a single foreign one refuses them all."""
    if not rows:
        return
    check_rows(session, model, rows)
    session.connection().execute(
        insert(model.__table__).inline(), list(rows), execution_options=CHECKED
    )


def add_rows_with_keys(
    session: Session, model: Any, rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Insert rows and give back their new integer keys, in the order of the rows."""
    if not rows:
        return []
    check_rows(session, model, rows)
    table = model.__table__
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    found = session.connection().execute(statement, list(rows), execution_options=CHECKED)
    return list(found.scalars())


def change_rows(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set columns of many rows by their `id`; every row has the same columns. Rows out of the scope stay unchanged."""
    if not rows:
        return
    table = model.__table__
    columns = [name for name in rows[0] if name != "id"]
    condition = scope_of(session).condition(model)
    statement = update(table).where(table.c.id == bindparam("row_id"))
    if condition is not None:
        statement = statement.where(condition)
    statement = statement.values({name: bindparam(f"new_{name}") for name in columns})
    session.connection().execute(
        statement,
        [{"row_id": row["id"], **{f"new_{name}": row[name] for name in columns}} for row in rows],
    )


def put_rows(
    session: Session,
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    *,
    replace: Sequence[str] = (),
    add: Sequence[str] = (),
) -> None:
    """Insert rows, or where the primary key is taken, replace some columns and add to others."""
    if not rows:
        return
    check_rows(session, model, rows)
    table = model.__table__
    connection = session.connection()
    insert_ = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert_(table)
    columns = {name: statement.excluded[name] for name in replace}
    columns.update({name: table.c[name] + statement.excluded[name] for name in add})
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_=columns
    )
    connection.execute(statement, list(rows), execution_options=CHECKED)


def remove_rows(session: Session, model: Any, administrations: Sequence[int]) -> None:
    """Delete the rows of these administrations."""
    for chunk in chunks(administrations):
        session.execute(
            delete(model)
            .where(model.administration_id.in_(chunk))
            .execution_options(synchronize_session=False)
        )


def chunks(items: Iterable[Item]) -> Iterable[list[Item]]:
    """The items in lists of at most CHUNK."""
    found = list(items)
    for start in range(0, len(found), CHUNK):
        yield found[start : start + CHUNK]
