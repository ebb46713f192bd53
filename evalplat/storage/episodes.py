"""Episodes and their planned administrations as rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from evalplat.storage.rows import add_rows, chunks
from evalplat.storage.tables import (
    Administration,
    Client,
    ClientProvider,
    Episode,
    EpisodeEvent,
    Municipality,
    Plan,
    PlanLine,
    Provider,
    Voucher,
)


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """One version of a plan with its lines."""

    id: int
    key: str
    lines: tuple[PlanLine, ...]


def find_plans(session: Session, keys: Collection[str]) -> dict[str, StoredPlan]:
    """The latest version of each plan, by key."""
    found = {}
    for key in keys:
        plan = session.scalar(
            select(Plan).where(Plan.key == key).order_by(Plan.version.desc()).limit(1)
        )
        if plan is not None:
            lines = session.scalars(
                select(PlanLine).where(PlanLine.plan_id == plan.id).order_by(PlanLine.position)
            )
            found[key] = StoredPlan(plan.id, key, tuple(lines))
    return found


def add_client_providers(session: Session, wanted: Collection[tuple[int, int]]) -> None:
    """Let providers know clients: (provider, client) keys; those known already stay."""
    known: set[tuple[int, int]] = set()
    for chunk in chunks({client for _, client in wanted}):
        rows = session.execute(
            select(ClientProvider.provider_id, ClientProvider.client_id).where(
                ClientProvider.client_id.in_(chunk)
            )
        )
        known.update((provider, client) for provider, client in rows)
    add_rows(
        session,
        ClientProvider,
        [
            {"provider_id": provider, "client_id": client}
            for provider, client in sorted(set(wanted) - known)
        ],
    )


def find_episode(session: Session, public_id: str) -> Any:
    """An episode with everything that its page shows beside administrations and goals; None out of the scope."""
    named = aliased(Provider)
    place, granted = aliased(Municipality), aliased(Municipality)
    return session.execute(
        select(
            Episode,
            Provider.public_id.label("provider_public_id"),
            Provider.name.label("provider_name"),
            Client,
            place.name.label("municipality_name"),
            Voucher,
            granted.name.label("granted_name"),
            named.public_id.label("named_provider"),
            Plan.key.label("plan_key"),
        )
        .join(Provider, Provider.id == Episode.provider_id)
        .join(Client, Client.id == Episode.client_id)
        .join(place, place.code == Episode.municipality)
        .join(Voucher, Voucher.id == Episode.voucher_id)
        .join(granted, granted.code == Voucher.municipality)
        .outerjoin(named, named.id == Voucher.named_provider_id)
        .join(Plan, Plan.id == Episode.plan_id)
        .where(Episode.public_id == public_id)
    ).one_or_none()


def list_administrations(session: Session, episodes: Collection[int]) -> list[Administration]:
    """The administrations of these episodes, by window and as they were planned."""
    found: list[Administration] = []
    for chunk in chunks(episodes):
        found.extend(
            session.scalars(
                select(Administration)
                .where(Administration.episode_id.in_(chunk))
                .order_by(Administration.due_from, Administration.id)
            )
        )
    return found


def list_administrations_by_episode(session: Session, public_ids: Collection[str]) -> list[Any]:
    """What is planned for the episodes named, as plain columns: many rows are read, and none is changed."""
    found: list[Any] = []
    for chunk in chunks(public_ids):
        found.extend(
            session.execute(
                select(
                    Administration.public_id,
                    Episode.public_id.label("episode_id"),
                    Administration.instrument,
                    Administration.version,
                    Administration.point,
                    Administration.respondent,
                    Administration.mode,
                    Administration.status,
                    Administration.due_from,
                    Administration.due_until,
                )
                .join(Episode, Episode.id == Administration.episode_id)
                .where(Episode.public_id.in_(chunk))
            )
        )
    return found


def find_place(session: Session, administration: int) -> tuple[date, date | None]:
    """From when an administration is due, and when its episode was closed."""
    query = (
        select(Administration.due_from, Episode.closed_on)
        .join(Episode, Episode.id == Administration.episode_id)
        .where(Administration.id == administration)
    )
    due_from, closed_on = session.execute(query).one()
    return due_from, closed_on


def list_events(session: Session, episode: int) -> list[EpisodeEvent]:
    """What was done about the end of an episode, oldest first."""
    query = select(EpisodeEvent).where(EpisodeEvent.episode_id == episode).order_by(EpisodeEvent.id)
    return list(session.scalars(query))


def lock_episodes(session: Session, public_ids: Sequence[str]) -> dict[str, tuple[Episode, str]]:
    """Episodes with their client's public id, by public id, locked until the transaction ends."""
    found: dict[str, tuple[Episode, str]] = {}
    for chunk in chunks(public_ids):
        rows = session.execute(
            select(Episode, Client.public_id)
            .join(Client, Client.id == Episode.client_id)
            .where(Episode.public_id.in_(chunk))
            .with_for_update(of=Episode)
        )
        found.update((episode.public_id, (episode, client)) for episode, client in rows)
    return found
