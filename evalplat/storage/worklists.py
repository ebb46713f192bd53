"""The worklist as one counted and one paged query, whatever its length. Nothing is asked of restricted clients."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from evalplat.storage.identities import order_of, read_names
from evalplat.storage.rows import among
from evalplat.storage.tables import Administration, Client, Episode
from evalplat.vocabulary import AdministrationStatus, DueState

ORDER = (
    DueState.OVERDUE,
    DueState.DUE,
    DueState.COMING,
    DueState.DONE,
    DueState.NOT_APPLICABLE,
)


class Line(NamedTuple):
    """One administration of the worklist."""

    planned: Administration
    episode_id: str
    client_id: str
    client_name: str
    state: DueState


def state_expression(on: date) -> ColumnElement[str]:
    """`episodes.due.due_state` in SQL; a test holds the two together."""
    planned = Administration.status == AdministrationStatus.PLANNED
    return case(
        (Administration.status == AdministrationStatus.SUBMITTED, DueState.DONE.value),
        (~planned, DueState.NOT_APPLICABLE.value),
        (Administration.due_until < on, DueState.OVERDUE.value),
        (Administration.due_from <= on, DueState.DUE.value),
        else_=DueState.COMING.value,
    )


def count_states(
    session: Session, on: date, clients: Collection[int] | None
) -> dict[DueState, int]:
    """How many administrations are in each state, of these clients where some are named."""
    state = state_expression(on).label("state")
    query = _of(session, select(state, func.count()), clients).group_by(state)
    found = {DueState(value): count for value, count in session.execute(query)}
    return {value: found.get(value, 0) for value in ORDER}


def list_page(
    session: Session,
    on: date,
    states: Collection[DueState],
    clients: Collection[int] | None,
    *,
    limit: int,
    offset: int,
) -> list[Line]:
    """One page by state and last day, of these states where some are named; what is due on one day stands by name."""
    expression = state_expression(on)
    rank = case({value.value: place for place, value in enumerate(ORDER)}, value=expression)
    query = _of(
        session,
        select(Administration, Episode.public_id, Client.public_id, expression.label("state")),
        clients,
    )
    if states:
        query = query.where(or_(*(in_state(state, on) for state in states)))
    rows = session.execute(
        query.order_by(rank, Administration.due_until, Administration.client_id, Administration.id)
        .limit(limit)
        .offset(offset)
    ).all()
    found = [
        Line(planned, episode_id, client_id, name, DueState(value))
        for (planned, episode_id, client_id, value), name in zip(
            rows, _names(session, [row[0] for row in rows]), strict=True
        )
    ]
    return sorted(
        found,
        key=lambda line: (
            ORDER.index(line.state), line.planned.due_until, order_of(line.client_name),
        ),
    )  # fmt: skip


def in_state(state: DueState, on: date) -> ColumnElement[bool]:
    """The state as conditions that an index can serve."""
    planned = Administration.status == AdministrationStatus.PLANNED
    match state:
        case DueState.OVERDUE:
            return and_(planned, Administration.due_until < on)
        case DueState.DUE:
            return and_(planned, Administration.due_from <= on, Administration.due_until >= on)
        case DueState.COMING:
            return and_(planned, Administration.due_from > on)
        case DueState.DONE:
            return Administration.status == AdministrationStatus.SUBMITTED
    return Administration.status.in_(
        [AdministrationStatus.CLOSED, AdministrationStatus.NOT_APPLICABLE]
    )


def _of(session: Session, query: Any, clients: Collection[int] | None) -> Any:
    query = (
        query.select_from(Administration)
        .join(Episode, Episode.id == Administration.episode_id)
        .join(Client, Client.id == Administration.client_id)
        .where(Client.restricted_at.is_(None))
    )
    if clients is not None:
        query = query.where(among(session, Administration.client_id, clients))
    return query


def _names(session: Session, rows: Iterable[Administration]) -> list[str]:
    """The client's name for each of these."""
    clients = [row.client_id for row in rows]
    names = read_names(session, clients)
    return [names.get(client, "") for client in clients]


def list_planned_until(session: Session, until: date) -> list[Any]:
    """What is planned with a window that opens by a day: (administration, episode's and client's public id, name)."""
    query = (
        _of(session, select(Administration, Episode.public_id, Client.public_id), None)
        .where(
            Administration.status == AdministrationStatus.PLANNED, Administration.due_from <= until
        )
        .order_by(Administration.due_from, Administration.id)
    )
    rows = session.execute(query).all()
    names = _names(session, [row[0] for row in rows])
    return [(*row, name) for row, name in zip(rows, names, strict=True)]
