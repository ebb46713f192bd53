"""Scores that alerts are made of, and the notes of those who saw to them, as rows."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from evalplat.storage.identities import read_names
from evalplat.storage.rows import chunks
from evalplat.storage.tables import (
    Administration,
    AlertNote,
    Client,
    Episode,
    Score,
)
from evalplat.storage.words import hold_for


def list_scores(
    session: Session, *, episode_id: str | None = None, closed_since: date | None = None
) -> list[Any]:
    """Scores of latest revisions in order of time: of one episode, or of all that are open or were closed since.

    A list of many leaves out clients whose data is restricted.
    """
    query = (
        select(
            Administration.id,
            Administration.public_id,
            Administration.instrument,
            Administration.version,
            Administration.point,
            Administration.respondent,
            Administration.measured_on,
            Administration.revision,
            Score.scale,
            Score.value,
            Episode.public_id.label("episode_id"),
        )
        .join(
            Score,
            and_(
                Score.administration_id == Administration.id,
                Score.revision == Administration.revision,
            ),
        )
        .join(Episode, Episode.id == Administration.episode_id)
        .order_by(Administration.measured_on, Administration.id)
    )
    if episode_id is not None:
        query = query.where(Episode.public_id == episode_id)
    if closed_since is not None:
        query = query.join(Client, Client.id == Episode.client_id)
        query = query.where(Client.restricted_at.is_(None))
        query = query.where(or_(Episode.closed_on.is_(None), Episode.closed_on >= closed_since))
    return list(session.execute(query))


def list_names(session: Session, episode_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """(client's public id, name) by the episode's public id."""
    found: dict[str, tuple[str, str]] = {}
    for chunk in chunks(episode_ids):
        rows = session.execute(
            select(Episode.public_id, Episode.client_id, Client.public_id)
            .join(Client, Client.id == Episode.client_id)
            .where(Episode.public_id.in_(chunk))
        ).all()
        names = read_names(session, [row.client_id for row in rows])
        found.update((episode, (public_id, names.get(key, ""))) for episode, key, public_id in rows)
    return found


def list_notes(session: Session, administrations: Collection[int]) -> list[AlertNote]:
    """The notes on alerts of these administrations, oldest first."""
    found: list[AlertNote] = []
    for chunk in chunks(administrations):
        query = (
            select(AlertNote)
            .where(AlertNote.administration_id.in_(chunk))
            .order_by(AlertNote.seen_at, AlertNote.id)
        )
        found.extend(session.scalars(query))
    hold_for(session, found)
    return found
