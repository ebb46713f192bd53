"""Vouchers and clients as rows."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from evalplat.storage.rows import chunks
from evalplat.storage.tables import Account, Client, Episode, Municipality, Provider, Voucher
from evalplat.vocabulary import Role


@dataclass(frozen=True, slots=True)
class StoredVoucher:
    """A voucher with what decides about it: the provider it names, and the episode and provider it already pays."""

    voucher: Voucher
    municipality_name: str
    named_provider: str | None
    client: Client
    episode_key: int | None
    episode_id: str | None
    serving_provider: str | None


def find_vouchers(
    session: Session, numbers: Collection[str], *, lock: bool = False
) -> dict[str, StoredVoucher]:
    """Vouchers by number; `lock` keeps two openings of one voucher apart."""
    named, serving = aliased(Provider), aliased(Provider)
    found: dict[str, StoredVoucher] = {}
    for chunk in chunks(numbers):
        query = (
            select(
                Voucher,
                Municipality.name,
                named.public_id,
                Client,
                Episode.id,
                Episode.public_id,
                serving.public_id,
            )
            .join(Municipality, Municipality.code == Voucher.municipality)
            .join(Client, Client.id == Voucher.client_id)
            .outerjoin(named, named.id == Voucher.named_provider_id)
            .outerjoin(Episode, Episode.voucher_id == Voucher.id)
            .outerjoin(serving, serving.id == Episode.provider_id)
            .where(Voucher.number.in_(chunk))
        )
        if lock:
            query = query.with_for_update(of=Voucher)
        for row in session.execute(query):
            found[row[0].number] = StoredVoucher(*row)
    return found


def find_keys(session: Session, column: Any, key: Any, wanted: Collection[str]) -> dict[str, Any]:
    """Integer keys by public id (or another unique text column)."""
    found: dict[str, Any] = {}
    for chunk in chunks(wanted):
        found.update(
            (public, number)
            for public, number in session.execute(select(column, key).where(column.in_(chunk)))
        )
    return found


def find_active_providers(session: Session, public_ids: Collection[str]) -> dict[str, int]:
    """Providers whose approval has not ended, by public id."""
    found: dict[str, int] = {}
    for chunk in chunks(public_ids):
        query = select(Provider.public_id, Provider.id).where(
            Provider.public_id.in_(chunk), Provider.active
        )
        found.update((public, number) for public, number in session.execute(query))
    return found


def find_clients(session: Session, public_ids: Collection[str]) -> dict[str, int]:
    """Clients that the scope reaches, by public id."""
    return find_keys(session, Client.public_id, Client.id, public_ids)


def find_case_workers(session: Session, public_ids: Collection[str]) -> dict[str, int]:
    """Active case workers' accounts by public id."""
    found: dict[str, int] = {}
    for chunk in chunks(public_ids):
        for public_id, key in session.execute(
            select(Account.public_id, Account.id).where(
                Account.public_id.in_(chunk), Account.role == Role.CASE_WORKER, Account.active
            )
        ):
            found[public_id] = key
    return found


def list_taken_numbers(session: Session, numbers: Collection[str]) -> set[str]:
    """Which of these voucher numbers exist already."""
    return set(find_keys(session, Voucher.number, Voucher.id, numbers))


def find_by_number(session: Session, number: str) -> tuple[Voucher, Client] | None:
    """The voucher with this number and its client, where the reader may see both."""
    query = (
        select(Voucher, Client)
        .join(Client, Client.id == Voucher.client_id)
        .where(Voucher.number == number)
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None
