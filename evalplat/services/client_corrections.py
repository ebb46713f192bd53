"""Correcting what is known about a client: the earlier value is kept beside the later one, with author and reason."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor, demand
from evalplat.services.client_facts import find_faults_of_client
from evalplat.services.counting import counted_anew
from evalplat.services.own_clients import author_of, check_text, get_own_client
from evalplat.services.requests import ClientDetails
from evalplat.storage import audit, identities, rights
from evalplat.storage.rows import change_rows
from evalplat.storage.tables import Client, Episode, FactRevision, Municipality
from evalplat.storage.words import add_worded
from evalplat.vocabulary import Role

OF_CLIENT = (
    *("name", "birth_year", "sex", "language", "municipality", "living_situation", "employment"),
)
"""What can be corrected, in the order in which it is shown."""

OF_SERVICE = ("municipality", "living_situation", "employment")
"""What a service keeps as it was at its opening."""

NOT_CORRECTED = Message("Nothing was corrected.")


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What one service keeps from its opening."""

    episode_id: str
    provider_name: str
    opened_on: date
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One corrected fact. `episode_id` is empty for the client's own fact."""

    revision: int
    fact: str
    episode_id: str
    earlier: str
    later: str
    reason: str
    corrected_at: datetime


@dataclass(frozen=True, slots=True)
class FactsView:
    """What is known about a client, what their services keep, and every correction so far, newest first."""

    client_id: str
    facts: Mapping[str, str]
    services: tuple[ServiceFacts, ...]
    revisions: tuple[RevisionView, ...]
    revision: int


def get_facts(session: Session, actor: Actor, *, client_id: str) -> FactsView:
    """What is known about a client, to correct it. Raises NotFound."""
    demand(session, actor, Role.CASE_WORKER)
    found = rights.find_client(session, client_id)
    if found is None:
        raise NotFound(Message("There is no such client."))
    client: Client = found[0]
    audit.record(session, "read_rights", "client", client_id, [client_id])
    revisions = tuple(
        RevisionView(
            row.revision,
            row.fact,
            row.episode,
            _tell(session, row, "earlier"),
            _tell(session, row, "later"),
            row.reason,
            row.corrected_at,
        )
        for row in rights.list_fact_revisions(session, client.id)
    )
    return FactsView(
        client_id=client_id,
        facts=_facts_of(client, rights.find_name(session, client.id)),
        services=tuple(
            ServiceFacts(e.public_id, name, e.opened_on, {f: getattr(e, f) for f in OF_SERVICE})
            for e, name in rights.list_episodes(session, client.id)
        ),
        revisions=revisions,
        revision=revisions[0].revision if revisions else 0,
    )


def correct_client(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    client_id: str,
    details: ClientDetails,
    municipality: str,
    in_services: Collection[str] = (),
    reason: str,
    base_revision: int,
    at: datetime,
) -> int:
    """Write what is right over what was wrong, and keep what was there; gives back how many facts were corrected.

    `in_services` are the ids of services whose facts of their opening were wrong too. Comparisons count the client anew
    with what is right. Raises NotFound, InputRejected with every fault or where nothing differs, and Conflict where
    somebody has corrected something since `base_revision`.
    """
    client = get_own_client(session, actor, client_id)
    details = replace(details, name=" ".join(details.name.split()))
    faults = find_faults_of_client(details, local_day(at), ())
    known = select(Municipality.code).where(Municipality.code == municipality)
    if session.scalar(known) is None:
        text = Message("%(value)s is not a municipality of this county.", value=municipality[:20])
        faults.append(Fault("municipality", text))
    try:
        reason = check_text(reason, "reason", NOT_CORRECTED)
    except InputRejected as rejected:
        faults.extend(rejected.faults)
    if faults:
        raise InputRejected(NOT_CORRECTED, faults)
    if rights.last_revision(session, client.id) != base_revision:
        raise Conflict(
            Message("Somebody has corrected this client’s details meanwhile. Look at them again.")
        )
    new = {name: str(getattr(details, name)) for name in OF_CLIENT if name != "municipality"}
    new["municipality"] = municipality
    count = _write(session, catalogue, actor, client, new, set(in_services), reason, at)
    if not count:
        raise InputRejected(Message("Nothing differs from what is stored."))
    audit.record(session, "correct_client", "client", client_id, [client_id], at=at)
    return count


def change_language(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    client: Client,
    language: str,
    at: datetime,
) -> None:
    """Set the client's language, which comparisons count by; the earlier one is kept like any corrected fact."""
    _write(session, catalogue, actor, client, {"language": language}, set(), "", at)


def _facts_of(client: Client, name: str) -> dict[str, str]:
    return {fact: name if fact == "name" else str(getattr(client, fact)) for fact in OF_CLIENT}


def _write(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    client: Client,
    new: Mapping[str, str],
    in_services: set[str],
    reason: str,
    at: datetime,
) -> int:
    """Change what differs, and keep what was there; gives back the number of facts that differed."""
    stored = _facts_of(client, rights.find_name(session, client.id))
    changes = {("", fact): (stored[fact], new[fact]) for fact in new if stored[fact] != new[fact]}
    episodes = {
        episode.public_id: episode
        for episode, _provider in rights.list_episodes(session, client.id)
        if episode.public_id in in_services
    }
    for key, episode in episodes.items():
        for fact in OF_SERVICE:
            if fact in new and getattr(episode, fact) != new[fact]:
                changes[key, fact] = (getattr(episode, fact), new[fact])
    if not changes:
        return 0
    revision = rights.last_revision(session, client.id) + 1
    with counted_anew(session, catalogue, client.id):
        _change_client(session, client, {f: new[f] for place, f in changes if not place})
        for key, episode in episodes.items():
            row = {fact: new[fact] for place, fact in changes if place == key}
            if row:
                change_rows(session, Episode, [{"id": episode.id, **row}])
    add_worded(
        session,
        FactRevision,
        [
            {
                "client_id": client.id,
                "revision": revision,
                "fact": fact,
                "episode": place,
                "earlier": _keep(session, client, revision, fact, "earlier", earlier),
                "later": _keep(session, client, revision, fact, "later", later),
                "reason": reason,
                "corrected_at": at,
                "corrected_by": author_of(actor),
            }
            for (place, fact), (earlier, later) in changes.items()
        ],
    )
    return len(changes)


def _keep(
    session: Session, client: Client, revision: int, fact: str, which: str, value: str
) -> str:
    """A value as the list of corrections keeps it: names sealed, everything else as it is."""
    return (
        rights.seal_earlier(session, client.id, revision, which, value) if fact == "name" else value
    )


def _tell(session: Session, row: FactRevision, which: str) -> str:
    value = str(getattr(row, which))
    if row.fact != "name":
        return value
    return rights.open_earlier(session, row.client_id, row.revision, which, value)


def _change_client(session: Session, client: Client, values: Mapping[str, str]) -> None:
    columns: dict[str, object] = {f: v for f, v in values.items() if f != "name"}
    if "birth_year" in columns:
        columns["birth_year"] = int(values["birth_year"])
    if columns:
        change_rows(session, Client, [{"id": client.id, **columns}])
    if "name" in values:
        identities.put_name(session, client.id, values["name"])
