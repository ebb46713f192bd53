"""A case worker's clients as rows, with what is coming for each."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from evalplat.storage.rows import chunks
from evalplat.storage.tables import (
    Administration,
    Client,
    ClientIdentity,
    ClientPlan,
    Episode,
    Municipality,
    PlanGoal,
    Provider,
    Voucher,
)
from evalplat.vocabulary import AdministrationStatus


def count_clients(session: Session, search: str) -> int:
    """How many clients the scope reaches whose folded name holds the search."""
    return session.scalar(_named(select(func.count()), search)) or 0


def list_clients(session: Session, search: str, *, limit: int, offset: int) -> list[Any]:
    """One page of (key, public id, name, birth year, municipality's name, restricted at), by name."""
    query = _named(
        select(
            Client.id,
            Client.public_id,
            ClientIdentity.name,
            Client.birth_year,
            Municipality.name.label("municipality"),
            Client.restricted_at,
        ),
        search,
    ).join(Municipality, Municipality.code == Client.municipality)
    ordered = query.order_by(ClientIdentity.folded_name, Client.id).limit(limit).offset(offset)
    return list(session.execute(ordered))


def _named(query: Any, search: str) -> Any:
    query = query.select_from(Client).join(ClientIdentity, ClientIdentity.client_id == Client.id)
    if search:
        query = query.where(ClientIdentity.folded_name.contains(search, autoescape=True))
    return query


def find_client(session: Session, public_id: str) -> Any:
    """(client, name, municipality's name), or None out of the scope."""
    return session.execute(
        select(Client, ClientIdentity.name, Municipality.name.label("municipality"))
        .join(ClientIdentity, ClientIdentity.client_id == Client.id)
        .join(Municipality, Municipality.code == Client.municipality)
        .where(Client.public_id == public_id)
    ).one_or_none()


def find_by_name(session: Session, folded: str, birth_year: int) -> list[str]:
    """Public ids of the clients of exactly this name and year of birth."""
    return list(
        session.scalars(
            select(Client.public_id)
            .join(ClientIdentity, ClientIdentity.client_id == Client.id)
            .where(ClientIdentity.folded_name == folded, Client.birth_year == birth_year)
        )
    )


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
