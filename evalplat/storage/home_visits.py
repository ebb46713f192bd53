"""What a worker takes along on a home visit: administrations with the client's name."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.storage.identities import order_of, read_names
from evalplat.storage.rows import chunks
from evalplat.storage.tables import Administration, Client, Episode, Goal


def list_named(session: Session, administration_ids: Collection[str]) -> list[Any]:
    """(administration, episode's public id, client, client's name) of those that the scope reaches, by name and day."""
    found: list[Any] = []
    for chunk in chunks(sorted(administration_ids)):
        query = (
            select(Administration, Episode.public_id, Client)
            .join(Episode, Episode.id == Administration.episode_id)
            .join(Client, Client.id == Administration.client_id)
            .where(Administration.public_id.in_(chunk), Client.restricted_at.is_(None))
        )
        found.extend(session.execute(query))
    names = read_names(session, [row[2].id for row in found])
    named = [(*row, names.get(row[2].id, "")) for row in found]
    return sorted(
        named, key=lambda row: (order_of(row[3]), row[0].due_until or date.max, row[0].id)
    )


def find_with_goals(session: Session, administration_ids: Collection[str]) -> set[str]:
    """Those administrations whose episode has an agreed goal."""
    found: set[str] = set()
    for chunk in chunks(sorted(administration_ids)):
        agreed = select(Goal.episode_id)
        query = select(Administration.public_id).where(
            Administration.public_id.in_(chunk), Administration.episode_id.in_(agreed)
        )
        found.update(session.scalars(query))
    return found
