"""Clients' rights as rows: acts, corrected facts, requests, and whether a client is counted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from evalplat.storage import client_keys, identities
from evalplat.storage.tables import (
    Account,
    Client,
    ClientAct,
    Episode,
    FactRevision,
    Provider,
    RightsRequest,
)


def is_counted(session: Session, client: int) -> bool:
    """Whether a client is counted in comparisons, as it stands now."""
    return bool(session.scalar(select(Client.counted).where(Client.id == client)))


def find_client(session: Session, public_id: str) -> Any:
    """(client, the case worker's account id), or None out of the scope."""
    query = (
        select(Client, Account.public_id.label("case_worker"))
        .join(Account, Account.id == Client.case_worker_id)
        .where(Client.public_id == public_id)
    )
    return session.execute(query).one_or_none()


def lock_client(session: Session, public_id: str) -> Client | None:
    """A client within the scope, locked until the transaction ends and read anew."""
    query = select(Client).where(Client.public_id == public_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def set_standing(session: Session, client: int, **values: Any) -> None:
    """Set whether a client is restricted, objects, and is counted."""
    session.execute(
        update(Client)
        .where(Client.id == client)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def list_episodes(session: Session, client: int) -> list[Any]:
    """(episode, provider's name) of a client's services, the newest first."""
    query = (
        select(Episode, Provider.name)
        .join(Provider, Provider.id == Episode.provider_id)
        .where(Episode.client_id == client)
        .order_by(Episode.opened_on.desc(), Episode.id.desc())
        .execution_options(populate_existing=True)
    )
    return list(session.execute(query).all())


def find_name(session: Session, client: int) -> str:
    """A client's name; empty for one who was erased."""
    return identities.read_names(session, [client]).get(client, "")


def seal_earlier(session: Session, client: int, revision: int, which: str, name: str) -> str:
    """A name in the list of corrections, sealed under the client's own key like the name itself."""
    return client_keys.seal(session, client, _corrected(client, revision, which), name).hex()


def open_earlier(session: Session, client: int, revision: int, which: str, sealed: str) -> str:
    """The name that was sealed there; empty for a client who was erased."""
    place = _corrected(client, revision, which)
    return client_keys.open_text(session, client, place, bytes.fromhex(sealed))


def _corrected(client: int, revision: int, which: str) -> str:
    return f"fact_revisions.{which}.{client}.{revision}"


def list_acts(session: Session, client: int) -> list[ClientAct]:
    """What was restricted, objected to and taken back, the newest first."""
    query = select(ClientAct).where(ClientAct.client_id == client).order_by(ClientAct.id.desc())
    return list(session.scalars(query))


def list_fact_revisions(session: Session, client: int) -> list[FactRevision]:
    """Corrected facts, the newest first."""
    query = (
        select(FactRevision)
        .where(FactRevision.client_id == client)
        .order_by(FactRevision.revision.desc(), FactRevision.episode, FactRevision.fact)
    )
    return list(session.scalars(query))


def last_revision(session: Session, client: int) -> int:
    """The number of the latest correction; 0 before the first."""
    query = select(func.max(FactRevision.revision)).where(FactRevision.client_id == client)
    return session.scalar(query) or 0


def count_left_out(session: Session) -> int:
    """How many clients with a service are not counted in comparisons."""
    query = select(func.count()).where(
        ~Client.counted, select(Episode.id).where(Episode.client_id == Client.id).exists()
    )
    return session.scalar(query.select_from(Client)) or 0


def find_request(session: Session, public_id: str, *, lock: bool = False) -> Any | None:
    """(request, client's public id), or None out of the scope."""
    query = _joined().where(RightsRequest.public_id == public_id)
    if lock:
        query = query.with_for_update(of=RightsRequest)
    return session.execute(query.execution_options(populate_existing=True)).one_or_none()


def list_open_requests(session: Session) -> Sequence[Any]:
    """Every request without an answer, as `find_request` gives them, the one that was promised first on top."""
    query = (
        _joined()
        .where(RightsRequest.answered_at.is_(None))
        .order_by(RightsRequest.promised_by, RightsRequest.id)
    )
    return session.execute(query).all()


def count_open_requests(session: Session) -> int:
    """How many requests within the scope wait for an answer."""
    query = (
        select(func.count()).select_from(RightsRequest).where(RightsRequest.answered_at.is_(None))
    )
    return session.scalar(query) or 0


def list_answered_requests(session: Session, since: datetime) -> Sequence[Any]:
    """Requests that were answered since, as `find_request` gives them, the newest answer on top."""
    query = (
        _joined()
        .where(RightsRequest.answered_at >= since)
        .order_by(RightsRequest.answered_at.desc(), RightsRequest.id.desc())
    )
    return session.execute(query).all()


def list_requests_of_client(session: Session, public_id: str) -> Sequence[Any]:
    """A client's requests as `find_request` gives them, the newest first."""
    query = _joined().where(Client.public_id == public_id).order_by(RightsRequest.id.desc())
    return session.execute(query).all()


def list_requests_of_administration(session: Session, administration: int) -> list[RightsRequest]:
    """What was asked through one sheet's invitation, the newest first."""
    query = (
        select(RightsRequest)
        .where(RightsRequest.administration_id == administration)
        .order_by(RightsRequest.id.desc())
    )
    return list(session.scalars(query))


def _joined() -> Any:
    return select(RightsRequest, Client.public_id.label("client_id")).join(
        Client, Client.id == RightsRequest.client_id
    )
