"""A case worker's clients as rows, with what is coming for each."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from evalplat.storage.identities import read_names
from evalplat.storage.rows import among, chunks
from evalplat.storage.tables import (
    Administration,
    Client,
    ClientPlan,
    Episode,
    Municipality,
    PlanGoal,
    Provider,
    Voucher,
)
from evalplat.vocabulary import AdministrationStatus


class Named(NamedTuple):
    """A client with the name and the municipality's name."""

    Client: Client
    name: str
    municipality: str


def list_clients(session: Session, clients: Sequence[int]) -> list[Any]:
    """(key, public id, birth year, municipality's name) of these clients, in the order given."""
    rows = session.execute(
        select(
            Client.id,
            Client.public_id,
            Client.birth_year,
            Municipality.name.label("municipality"),
            Client.restricted_at,
        )
        .join(Municipality, Municipality.code == Client.municipality)
        .where(among(session, Client.id, clients))
    )
    found = {row.id: row for row in rows}
    return [found[client] for client in clients if client in found]


def find_client(session: Session, public_id: str) -> Named | None:
    """A client with name and municipality, or None out of the scope."""
    found = session.execute(
        select(Client, Municipality.name)
        .join(Municipality, Municipality.code == Client.municipality)
        .where(Client.public_id == public_id)
    ).one_or_none()
    if found is None:
        return None
    client, municipality = found
    return Named(client, read_names(session, [client.id]).get(client.id, ""), municipality)


def list_public_ids(session: Session, clients: Sequence[int]) -> list[str]:
    """The public ids of these clients."""
    return list(session.scalars(select(Client.public_id).where(among(session, Client.id, clients))))


def find_by_voucher(session: Session, number: str) -> list[str]:
    """The public id of the client whom a voucher was granted to."""
    return list(
        session.scalars(
            select(Client.public_id)
            .join(Voucher, Voucher.client_id == Client.id)
            .where(Voucher.number == number)
        )
    )


def list_episodes(session: Session, clients: Collection[int]) -> list[Any]:
    """Episodes of these clients with their provider's name, newest first."""
    found: list[Any] = []
    for chunk in chunks(clients):
        found.extend(
            session.execute(
                select(
                    Episode.client_id,
                    Episode.public_id,
                    Provider.name.label("provider_name"),
                    Episode.opened_on,
                    Episode.planned_end,
                    Episode.closed_on,
                    Episode.closing_reason,
                )
                .join(Provider, Provider.id == Episode.provider_id)
                .where(Episode.client_id.in_(chunk))
                .order_by(Episode.opened_on.desc(), Episode.id.desc())
            )
        )
    return found


def list_due(session: Session, clients: Collection[int], on: date) -> list[Any]:
    """What is due or overdue for these clients, the most urgent first; nothing of those who are restricted."""
    found: list[Any] = []
    for chunk in chunks(clients):
        found.extend(
            session.execute(
                select(
                    Administration.client_id,
                    Administration.public_id,
                    Episode.public_id.label("episode_id"),
                    Administration.instrument,
                    Administration.version,
                    Administration.point,
                    Administration.respondent,
                    Administration.due_from,
                    Administration.due_until,
                )
                .join(Episode, Episode.id == Administration.episode_id)
                .join(Client, Client.id == Administration.client_id)
                .where(
                    and_(
                        Client.restricted_at.is_(None),
                        Administration.client_id.in_(chunk),
                        Administration.status == AdministrationStatus.PLANNED,
                        Administration.due_from <= on,
                    )
                )
                .order_by(Administration.due_until, Administration.id)
            )
        )
    return found


def list_waiting(session: Session, on: date) -> list[int]:
    """The clients of whom something is due or overdue, the most urgent first; nothing of those who are restricted."""
    query = (
        select(Administration.client_id)
        .join(Client, Client.id == Administration.client_id)
        .where(
            Client.restricted_at.is_(None),
            Administration.status == AdministrationStatus.PLANNED,
            Administration.due_from <= on,
        )
        .group_by(Administration.client_id)
        .order_by(func.min(Administration.due_until), Administration.client_id)
    )
    return list(session.scalars(query))


def list_vouchers(session: Session, client: int) -> list[Any]:
    """(voucher, episode's public id or None), newest first."""
    return list(
        session.execute(
            select(Voucher, Episode.public_id)
            .outerjoin(Episode, Episode.voucher_id == Voucher.id)
            .where(Voucher.client_id == client)
            .order_by(Voucher.granted_at.desc(), Voucher.id.desc())
        )
    )


def list_plan_goals(session: Session, client: int) -> list[PlanGoal]:
    """Every goal of a client's plan, also those that were replaced, in the order they were planned."""
    query = select(PlanGoal).where(PlanGoal.client_id == client).order_by(PlanGoal.id)
    return list(session.scalars(query))


def find_plan(session: Session, client: int) -> ClientPlan | None:
    """The latest record of a client's plan."""
    return session.scalar(
        select(ClientPlan)
        .where(ClientPlan.client_id == client)
        .order_by(ClientPlan.revision.desc())
        .limit(1)
    )
