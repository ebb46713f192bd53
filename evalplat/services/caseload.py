"""A case worker's own clients: who they are, what they have, what is due; and, with a reason, a colleague's client."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.due import due_state
from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor, demand
from evalplat.services.client_corrections import change_language
from evalplat.services.client_facts import find_faults_of_code, list_taken_codes, tidy_code
from evalplat.services.finding import find_by_code, find_clients
from evalplat.services.own_clients import get_own_client
from evalplat.services.requests import CLIENT_LANGUAGES
from evalplat.services.voucher_look_up import tidy_number
from evalplat.storage import audit, caseload, identities
from evalplat.storage.rows import change_rows
from evalplat.storage.tables import Client
from evalplat.vocabulary import (
    AdministrationStatus,
    DueState,
    MeasurementPoint,
    Respondent,
    Role,
)

PAGE = 50
LONGEST_REASON = 500
SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True)
class DueView:
    """A measurement that is due or overdue for a client."""

    episode_id: str
    administration_id: str
    titles: dict[str, str]
    kind: str
    point: MeasurementPoint
    respondent: Respondent
    due_until: date
    state: DueState


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    """One service of a client in a line."""

    episode_id: str
    provider_name: str
    opened_on: date
    planned_end: date
    closed_on: date | None
    closing_reason: str


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One voucher of a client in a line; `episode_id` is None until a provider takes it."""

    number: str
    service: str
    value_cents: int
    hours: int
    valid_from: date
    valid_until: date
    episode_id: str | None


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A client in the list: the latest service and what is due."""

    id: str
    name: str
    birth_year: int
    municipality: str
    latest: EpisodeLine | None
    due: tuple[DueView, ...]
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Caseload:
    """One page of clients; `everybody` counts those who match the search, `waiting` those of them to do something for.

    `total` counts those of the list that was chosen.
    """

    clients: tuple[ClientLine, ...]
    total: int
    page: int
    pages: int
    everybody: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class ClientPage:
    """Everything a case worker sees of one client at a glance."""

    id: str
    name: str
    birth_year: int
    sex: str
    language: str
    plain_language: bool
    living_situation: str
    employment: str
    municipality: str
    code: str
    episodes: tuple[EpisodeLine, ...]
    vouchers: tuple[VoucherLine, ...]
    due: tuple[DueView, ...] = field(default=())
    restricted_at: datetime | None = None
    objected_at: datetime | None = None


def list_caseload(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    on: date,
    search: str = "",
    page: int = 1,
    waiting: bool = False,
) -> Caseload:
    """One page of the case worker's own clients by name; of those waiting for something, the most urgent first."""
    demand(session, actor, Role.CASE_WORKER)
    wanted = find_clients(session, search[:80])
    if wanted is None:
        wanted = [client for client, name in identities.list_names(session) if name]
    everybody, chosen = len(wanted), set(wanted)
    urgent = [client for client in caseload.list_waiting(session, on) if client in chosen]
    if waiting:
        wanted = urgent
    pages = max(1, -(-len(wanted) // PAGE))
    page = min(max(page, 1), pages)
    rows = caseload.list_clients(session, wanted[(page - 1) * PAGE : page * PAGE])
    keys = [row.id for row in rows]
    names = identities.read_names(session, keys)
    latest: dict[int, EpisodeLine] = {}
    for row in caseload.list_episodes(session, keys):
        latest.setdefault(row.client_id, _episode_line(row))
    due: dict[int, list[DueView]] = {}
    for row in caseload.list_due(session, keys, on):
        due.setdefault(row.client_id, []).append(_due_view(catalogue, row, on))
    audit.record(session, "list_clients", "clients", "", [row.public_id for row in rows])
    return Caseload(
        clients=tuple(
            ClientLine(
                row.public_id,
                names[row.id],
                row.birth_year,
                row.municipality,
                latest.get(row.id),
                tuple(due.get(row.id, ())),
                row.restricted_at is not None,
            )
            for row in rows
        ),
        total=len(wanted),
        page=page,
        pages=pages,
        everybody=everybody,
        waiting=len(urgent),
    )


def get_client(
    session: Session, catalogue: Catalogue, actor: Actor, *, client_id: str, on: date
) -> ClientPage:
    """One client: an own one, or a colleague's where the actor has given a purpose. Raises NotFound."""
    demand(session, actor, Role.CASE_WORKER)
    found = caseload.find_client(session, client_id)
    if found is None:
        raise NotFound(Message("There is no such client."))
    client = found.Client
    audit.record(session, "read_client", "client", client_id, [client_id])
    vouchers = [
        VoucherLine(
            voucher.number,
            voucher.service,
            voucher.value_cents,
            voucher.hours,
            voucher.valid_from,
            voucher.valid_until,
            episode_id,
        )
        for voucher, episode_id in caseload.list_vouchers(session, client.id)
    ]
    return ClientPage(
        id=client_id,
        name=found.name,
        birth_year=client.birth_year,
        sex=client.sex,
        language=client.language,
        plain_language=client.plain_language,
        living_situation=client.living_situation,
        employment=client.employment,
        municipality=found.municipality,
        code=identities.read_code(session, client.id),
        episodes=tuple(map(_episode_line, caseload.list_episodes(session, [client.id]))),
        vouchers=tuple(vouchers),
        due=tuple(_due_view(catalogue, r, on) for r in caseload.list_due(session, [client.id], on)),
        restricted_at=client.restricted_at,
        objected_at=client.objected_at,
    )


def set_client_language(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    client_id: str,
    language: str,
    plain: bool,
    at: datetime,
) -> None:
    """In which language the client's door begins; plain Finnish only beside Finnish. Raises InputRejected, NotFound."""
    client = get_own_client(session, actor, client_id)
    if language not in CLIENT_LANGUAGES:
        text = Message(
            "%(value)s is not one of %(known)s.",
            value=language[:20],
            known=", ".join(CLIENT_LANGUAGES),
        )
        raise InputRejected(Message("The language was not saved."), [Fault("language", text)])
    change_language(session, catalogue, actor, client, language, at)
    plainly = plain and language == "fi"
    change_rows(session, Client, [{"id": client.id, "plain_language": plainly}])
    audit.record(session, "set_client_language", "client", client_id, [client_id], at=at)


def set_identity_code(
    session: Session, actor: Actor, *, client_id: str, code: str, at: datetime
) -> None:
    """Store, correct or (empty) take away a client's personal identity code. Raises InputRejected, NotFound."""
    demand(session, actor, Role.CASE_WORKER)
    found = caseload.find_client(session, client_id)
    if found is None:
        raise NotFound(Message("There is no such client."))
    code, client = tidy_code(code), found.Client
    known = identities.read_code(session, client.id)
    if code == known:
        return
    faults = find_faults_of_code(code, client.birth_year, list_taken_codes(session, {code} - {""}))
    if faults:
        raise InputRejected(Message("The personal identity code was not saved."), faults)
    identities.put_code(session, client.id, code)
    audit.record(session, "set_identity_code", "client", client_id, [client_id], at=at)


def check_reason(reason: str) -> str:
    """The reason for looking at a colleague's client, tidied; raises InputRejected where it says nothing."""
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        text = Message(
            "Say why you need to see this client, in %(low)s to %(high)s characters. The client can read it.",
            low=SHORTEST_REASON,
            high=LONGEST_REASON,
        )
        raise InputRejected(Message("The client was not opened."), [Fault("reason", text)])
    return reason


def find_client_of_colleague(
    session: Session,
    actor: Actor,
    *,
    number: str = "",
    name: str = "",
    birth_year: int | None = None,
) -> tuple[str, tuple[str, ...]]:
    """The client of a voucher or identity code, or of a name and a year of birth: (client's id, ids of the episodes).

    For a session opened with a purpose; the look is in the access log whether it finds somebody or not. Raises
    InputRejected where nobody, or more than one person, is found: the two are not told apart by their number.
    """
    demand(session, actor, Role.CASE_WORKER)
    found: Sequence[str] = ()
    if number.strip():
        found = caseload.list_public_ids(session, find_by_code(session, number))
        found = found or caseload.find_by_voucher(session, tidy_number(number))
    elif name.strip() and birth_year is not None:
        found = caseload.list_public_ids(
            session, identities.find_by_name(session, name, birth_year)
        )
    audit.record(session, "look_for_client", "client", found[0] if len(found) == 1 else "", found)
    if len(found) != 1:
        text = Message(
            "Nobody was found for certain. Check the spelling, or use the number of the voucher."
        )
        where = "number" if number.strip() else "name"
        raise InputRejected(Message("The client was not opened."), [Fault(where, text)])
    client = caseload.find_client(session, found[0])
    episodes = caseload.list_episodes(session, [client.Client.id]) if client else []
    return found[0], tuple(row.public_id for row in episodes)


def with_purpose(actor: Actor, purpose: str) -> Actor:
    """The same case worker with a written reason for reaching a colleague's client."""
    return replace(actor, purpose=check_reason(purpose))


def _episode_line(row: Any) -> EpisodeLine:
    return EpisodeLine(
        episode_id=row.public_id,
        provider_name=row.provider_name,
        opened_on=row.opened_on,
        planned_end=row.planned_end,
        closed_on=row.closed_on,
        closing_reason=row.closing_reason,
    )


def _due_view(catalogue: Catalogue, row: Any, on: date) -> DueView:
    planned = AdministrationStatus.PLANNED
    definition = catalogue.get(row.instrument, row.version)
    return DueView(
        episode_id=row.episode_id,
        administration_id=row.public_id,
        titles={code: text.title for code, text in definition.texts.items()},
        kind=definition.kind,
        point=row.point,
        respondent=row.respondent,
        due_until=row.due_until,
        state=due_state(planned, row.due_from, row.due_until, on),
    )
