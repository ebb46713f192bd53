"""Erasing one client, and what was decided about it.

What names the person goes: the key under which name, code, addresses and every free text are sealed, the voucher's
number, drafts, open codes and planned reminders. What was measured stays in its rows, of nobody.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.orm import Session

from evalplat.storage import client_keys, identities, invitations, reminders, rights
from evalplat.storage.tables import (
    Account,
    Client,
    ClientContact,
    ClientKey,
    ContactRequest,
    Draft,
    Episode,
    Erasure,
    RightsRequest,
    Voucher,
)
from evalplat.vocabulary import ErasureState, RightsKind

ERASED_VOUCHER = "ERASED-"
"""How the number of an erased person's voucher begins; the voucher's own random id follows."""


def is_erased(session: Session, client: int) -> bool:
    """Whether a client was erased."""
    return bool(client_keys.list_erased(session, [client]))


def list_erased_before(session: Session, at: datetime) -> list[str]:
    """The public ids of clients who were erased before a moment."""
    query = (
        select(Client.public_id)
        .join(ClientKey, ClientKey.client_id == Client.id)
        .where(ClientKey.erased_at < at)
    )
    return list(session.scalars(query))


def erase(session: Session, client: int, by: str, at: datetime) -> None:
    """Take away what names a client, and stop what is under way. Doing it again changes nothing.

    The use of the data counts as restricted from then on: lists leave the client out, and nothing more is done.
    """
    identities.forget(session, client, at)
    invitations.revoke_of_client(session, client, at)
    reminders.cancel_planned(session, client, "erased", at)
    for model in (Draft, ClientContact):
        _run(session, delete(model).where(model.client_id == client))
    number = literal(ERASED_VOUCHER) + Voucher.public_id
    _run(session, update(Voucher).where(Voucher.client_id == client).values(number=number))
    waiting = (ContactRequest.client_id == client, ContactRequest.answered_at.is_(None))
    _run(session, update(ContactRequest).where(*waiting).values(answered_at=at, answered_by=by))
    asked = (
        RightsRequest.client_id == client,
        RightsRequest.kind == RightsKind.ERASURE,
        RightsRequest.answered_at.is_(None),
    )
    answer = {"outcome": "done", "answered_at": at, "answered_by": by}
    _run(session, update(RightsRequest).where(*asked).values(**answer))
    rights.set_standing(session, client, restricted_at=at)


def count_services(session: Session, client: int) -> tuple[int, int, date | None]:
    """(services, those still open, the day when the last one ended) of a client."""
    query = select(
        func.count(Episode.id),
        func.count(Episode.id).filter(Episode.closed_on.is_(None)),
        func.max(Episode.closed_on),
    ).where(Episode.client_id == client)
    total, still_open, last = session.execute(query).one()
    return total, still_open, last


def has_other_requests(session: Session, client: int) -> bool:
    """Whether a client waits for an answer to something else than erasure."""
    query = select(RightsRequest.id).where(
        RightsRequest.client_id == client,
        RightsRequest.kind != RightsKind.ERASURE,
        RightsRequest.answered_at.is_(None),
    )
    return session.scalar(query.limit(1)) is not None


def find_open_request(session: Session, client: int, *, lock: bool = False) -> RightsRequest | None:
    """The request for erasure that a client waits for an answer to: the first one."""
    query = (
        select(RightsRequest)
        .where(
            RightsRequest.client_id == client,
            RightsRequest.kind == RightsKind.ERASURE,
            RightsRequest.answered_at.is_(None),
        )
        .order_by(RightsRequest.id)
        .limit(1)
    )
    if lock:
        query = query.with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def find(session: Session, public_id: str, *, lock: bool = False) -> Any | None:
    """(erasure, client), or None out of the scope."""
    query = _joined().where(Erasure.public_id == public_id)
    if lock:
        query = query.with_for_update(of=Erasure)
    return session.execute(query.execution_options(populate_existing=True)).one_or_none()


def find_waiting(session: Session, client: int) -> Erasure | None:
    """What is proposed about a client and not decided yet."""
    return session.scalar(
        select(Erasure).where(Erasure.client_id == client, Erasure.state == ErasureState.PROPOSED)
    )


def list_waiting(session: Session) -> Sequence[Any]:
    """(erasure, client) of every proposal, the oldest first."""
    query = _joined().where(Erasure.state == ErasureState.PROPOSED).order_by(Erasure.id)
    return session.execute(query).all()


def list_decided(session: Session, since: datetime) -> Sequence[Any]:
    """(erasure, client) of every decision since, the newest first."""
    query = _joined().where(Erasure.decided_at >= since).order_by(Erasure.decided_at.desc())
    return session.execute(query).all()


def count_waiting(session: Session, other_than: str) -> int:
    """How many proposals of others wait for a second person."""
    query = select(func.count()).where(
        Erasure.state == ErasureState.PROPOSED, Erasure.proposed_by != other_than
    )
    return session.scalar(query.select_from(Erasure)) or 0


def decide(session: Session, row: Erasure, **values: Any) -> None:
    """Write what became of a proposal."""
    _run(session, update(Erasure).where(Erasure.id == row.id).values(**values))


def name_people(session: Session, accounts: Collection[str]) -> dict[str, str]:
    """Names of members of staff by their account's id."""
    rows = session.execute(
        select(Account.public_id, Account.name).where(Account.public_id.in_(accounts))
    )
    return {row.public_id: row.name for row in rows}


def _joined() -> Any:
    return select(Erasure, Client).join(Client, Client.id == Erasure.client_id)


def _run(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
