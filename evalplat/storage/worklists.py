"""The worklist as one counted and one paged query, whatever its length. Nothing is asked of restricted clients."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from evalplat.storage.tables import Administration, Client, ClientIdentity, Episode
from evalplat.vocabulary import AdministrationStatus, DueState

ORDER = (
    DueState.OVERDUE,
    DueState.DUE,
    DueState.COMING,
    DueState.DONE,
    DueState.NOT_APPLICABLE,
)


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


def count_states(session: Session, on: date, search: str) -> dict[DueState, int]:
    """How many administrations are in each state."""
    state = state_expression(on).label("state")
    query = _joined(select(state, func.count()), search).group_by(state)
    found = {DueState(value): count for value, count in session.execute(query)}
    return {value: found.get(value, 0) for value in ORDER}


def list_page(
    session: Session, on: date, state: DueState | None, search: str, *, limit: int, offset: int
) -> list[Any]:
    """One page: (administration, episode's public id, client's public id, client's name, state)."""
    expression = state_expression(on)
    rank = case({value.value: place for place, value in enumerate(ORDER)}, value=expression)
    query = _joined(
        select(
            Administration,
            Episode.public_id,
            Client.public_id,
            ClientIdentity.name,
            expression.label("state"),
        ),
        search,
    )
    if state is not None:
        query = query.where(in_state(state, on))
    return list(
        session.execute(
            query.order_by(rank, Administration.due_until, ClientIdentity.name, Administration.id)
            .limit(limit)
            .offset(offset)
        ).all()
    )


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


def _joined(query: Any, search: str) -> Any:
    query = (
        query.select_from(Administration)
        .join(Episode, Episode.id == Administration.episode_id)
        .join(Client, Client.id == Administration.client_id)
        .join(ClientIdentity, ClientIdentity.client_id == Administration.client_id)
        .where(Client.restricted_at.is_(None))
    )
    for part in search.casefold().split():
        query = query.where(ClientIdentity.folded_name.contains(part, autoescape=True))
    return query


def list_planned_until(session: Session, until: date) -> list[Any]:
    """What is planned with a window that opens by a day: (administration, episode's and client's public id, name)."""
    query = (
        _joined(
            select(Administration, Episode.public_id, Client.public_id, ClientIdentity.name), ""
        )
        .where(
            Administration.status == AdministrationStatus.PLANNED, Administration.due_from <= until
        )
        .order_by(Administration.due_from, Administration.id)
    )
    return list(session.execute(query))
