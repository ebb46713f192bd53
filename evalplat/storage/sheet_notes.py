"""Sheets as rows for those who look whether they can be right, and the notes of who has looked."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from evalplat.storage.rows import chunks
from evalplat.storage.tables import (
    Administration,
    Client,
    Episode,
    GoalRating,
    Provider,
    Score,
    Sheet,
    SheetNote,
    Voucher,
)
from evalplat.storage.words import hold_for
from evalplat.storage.worklists import in_state
from evalplat.vocabulary import DueState

PORTION = 2000


def stream_sheets(session: Session, *, first: date, last: date) -> Iterator[Any]:
    """The latest revision of every sheet measured within some days, by day; of restricted clients none.

    (id, administration, episode_key, episode, client_key, provider, instrument, version, point, respondent, revision,
    measured_on, answers, begun_at, submitted_at, submitted_by).
    """
    query = (
        select(
            Administration.id,
            Administration.public_id.label("administration"),
            Administration.episode_id.label("episode_key"),
            Episode.public_id.label("episode"),
            Administration.client_id.label("client_key"),
            Provider.name.label("provider"),
            Administration.instrument,
            Administration.version,
            Administration.point,
            Administration.respondent,
            Administration.revision,
            Administration.measured_on,
            Sheet.answers,
            Sheet.begun_at,
            Sheet.submitted_at,
            Sheet.submitted_by,
        )
        .join(
            Sheet,
            and_(
                Sheet.administration_id == Administration.id,
                Sheet.revision == Administration.revision,
            ),
        )
        .join(Episode, Episode.id == Administration.episode_id)
        .join(Client, Client.id == Administration.client_id)
        .join(Provider, Provider.id == Administration.provider_id)
        .where(
            Administration.measured_on >= first,
            Administration.measured_on <= last,
            Client.restricted_at.is_(None),
        )
        .order_by(Administration.measured_on, Administration.id)
    )
    yield from session.execute(query, execution_options={"yield_per": PORTION})


def list_values(session: Session, administrations: Collection[int]) -> dict[int, dict[str, float]]:
    """The latest scores of these administrations by scale, those that are known."""
    found: dict[int, dict[str, float]] = {}
    for chunk in chunks(administrations):
        query = (
            select(Score.administration_id, Score.scale, Score.value)
            .join(
                Administration,
                and_(
                    Administration.id == Score.administration_id,
                    Administration.revision == Score.revision,
                ),
            )
            .where(Score.administration_id.in_(chunk), Score.value.is_not(None))
        )
        for key, scale, value in session.execute(query):
            if value is not None:
                found.setdefault(key, {})[scale] = value
    return found


def list_apart(session: Session, administrations: Collection[int], *, levels: int) -> list[int]:
    """Of these administrations those whose latest sheet has a goal that client and worker rate so many levels apart."""
    found: set[int] = set()
    for chunk in chunks(administrations):
        query = (
            select(GoalRating.administration_id)
            .join(
                Administration,
                and_(
                    Administration.id == GoalRating.administration_id,
                    Administration.revision == GoalRating.revision,
                ),
            )
            .where(
                GoalRating.administration_id.in_(chunk),
                func.abs(GoalRating.client_level - GoalRating.worker_level) >= levels,
            )
        )
        found.update(session.scalars(query))
    return sorted(found)


def list_notes(session: Session, administrations: Collection[int]) -> list[SheetNote]:
    """The notes on sheets of these administrations, oldest first."""
    found: list[SheetNote] = []
    for chunk in chunks(administrations):
        query = (
            select(SheetNote)
            .where(SheetNote.administration_id.in_(chunk))
            .order_by(SheetNote.noted_at, SheetNote.id)
        )
        found.extend(session.scalars(query))
    hold_for(session, found)
    return found


def list_client_ids(session: Session, clients: Collection[int]) -> list[str]:
    """The public ids of these clients, for the access log."""
    found: list[str] = []
    for chunk in chunks(clients):
        found.extend(session.scalars(select(Client.public_id).where(Client.id.in_(chunk))))
    return found


def count_overdue(session: Session, on: date) -> list[Any]:
    """(provider's name, how many measurements wait, how many of them are overdue) of every provider that has some."""
    overdue = func.count().filter(in_state(DueState.OVERDUE, on))
    waiting = func.count().filter(in_state(DueState.OVERDUE, on) | in_state(DueState.DUE, on))
    query = (
        select(Provider.name, waiting, overdue)
        .select_from(Administration)
        .join(Provider, Provider.id == Administration.provider_id)
        .join(Client, Client.id == Administration.client_id)
        .where(Client.restricted_at.is_(None))
        .group_by(Provider.name)
        .order_by(Provider.name)
    )
    return list(session.execute(query))


def list_unused_vouchers(session: Session, *, granted_before: date, ended_after: date) -> list[Any]:
    """Vouchers that pay for no episode: granted before a day, and not out of time since longer than another.

    (number, client_key, client, service, valid_from, valid_until, provider named or None), soonest to end first.
    """
    query = (
        select(
            Voucher.number,
            Voucher.client_id.label("client_key"),
            Client.public_id.label("client"),
            Voucher.service,
            Voucher.valid_from,
            Voucher.valid_until,
            Provider.name.label("provider"),
        )
        .join(Client, Client.id == Voucher.client_id)
        .outerjoin(Provider, Provider.id == Voucher.named_provider_id)
        .outerjoin(Episode, Episode.voucher_id == Voucher.id)
        .where(
            Episode.id.is_(None),
            Voucher.valid_from <= granted_before,
            Voucher.valid_until >= ended_after,
            Client.restricted_at.is_(None),
        )
        .order_by(Voucher.valid_until, Voucher.number)
    )
    return list(session.execute(query))
