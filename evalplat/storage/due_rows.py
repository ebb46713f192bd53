"""Administrations with their episode, client and voucher, for lists that go on after their last row."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from evalplat.storage.tables import Administration, Client, Episode, Voucher
from evalplat.storage.worklists import in_state
from evalplat.vocabulary import DueState


def _rows() -> Any:
    return (
        select(Administration, Episode.public_id, Client.public_id, Voucher.number)
        .select_from(Administration)
        .join(Episode, Episode.id == Administration.episode_id)
        .join(Client, Client.id == Administration.client_id)
        .join(Voucher, Voucher.id == Episode.voucher_id)
    )


def list_planned_after(
    session: Session,
    on: date,
    states: Collection[DueState],
    after: tuple[date, str] | None,
    limit: int,
) -> list[Any]:
    """(administration, episode's and client's public id, voucher's number), by last day and public id.

    Nothing is asked of clients whose data is restricted.
    """
    last, key = Administration.due_until, Administration.public_id
    query = _rows().where(
        or_(*(in_state(state, on) for state in states)), Client.restricted_at.is_(None)
    )
    if after is not None:
        day, public_id = after
        query = query.where(or_(last > day, and_(last == day, key > public_id)))
    return list(session.execute(query.order_by(last, key).limit(limit)))


def find_row(session: Session, public_id: str) -> Any:
    """The same for one administration; None out of the scope."""
    return session.execute(_rows().where(Administration.public_id == public_id)).one_or_none()
