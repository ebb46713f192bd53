"""Who has looked at a client's data, told to the client: from the access log, by role and organisation, by day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Message, NotFound
from evalplat.services.actors import BY_TOKEN, Actor, demand
from evalplat.storage import audit, lookers
from evalplat.storage.access import crossing, scope_of
from evalplat.storage.tables import Provider
from evalplat.vocabulary import Role

REASON = "telling a client who has looked"
CLIENT, SYSTEM = "client", "system"
OF_THIS_LIST = "read_lookers"
"""Looking at this list is not told in it: it would grow, and its pages would move, by being read."""
AT_THE_DOOR = frozenset({"open_invitation"})
"""What the door itself does when a code or a link is used: the client's own doing."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one kind of people did with a client's data on one day. No name: their role and organisation.

    who: a role of the vocabulary, `client` or `system`. provider: empty for the county. times: how often on that day.
    reason: what staff wrote who read a restricted client's data, or a case worker who is not the client's own.
    """

    day: date
    who: str
    provider: str
    action: str
    reason: str
    times: int


@dataclass(frozen=True, slots=True)
class Looks:
    """One page of looks, newest first."""

    rows: tuple[Look, ...]
    page: int
    has_more: bool


def list_lookers(session: Session, actor: Actor, *, page: int = 1, page_size: int = 30) -> Looks:
    """Who has read or changed something about the client behind this invitation, by day.

    Lines of the service's own provider and of the county; other providers that the client may have are not told here,
    because whoever holds the link would learn of them. Raises NotFound.
    """
    demand(session, actor, client=True)
    scope = scope_of(session)
    client_id = lookers.find_client(session, scope.client)
    provider = session.execute(
        select(Provider.public_id, Provider.name).where(Provider.id == scope.provider)
    ).one_or_none()
    if client_id is None or provider is None:
        raise NotFound(Message("There is no such client."))
    page = max(page, 1)
    first = (page - 1) * page_size
    with (
        crossing(session, REASON) as privileged,
        lookers.stream_lines(
            privileged, client_id, provider.public_id, without=OF_THIS_LIST
        ) as lines,
    ):
        found = list(islice(_group(lines, provider.name), first, first + page_size + 1))
    audit.record(session, OF_THIS_LIST, "client", client_id, [client_id])
    return Looks(tuple(found[:page_size]), page, len(found) > page_size)


def _group(lines: Iterable[Any], provider: str) -> Iterator[Look]:
    """Lines of one day that say the same, as one; lines come newest first."""
    day: date | None = None
    counts: dict[tuple[str, str, str, str], int] = {}
    for line in lines:
        this_day = local_day(line.at)
        if day is not None and this_day != day:
            yield from _tell(day, counts)
            counts = {}
        day = this_day
        key = classify(line, provider)
        counts[key] = counts.get(key, 0) + 1
    if day is not None:
        yield from _tell(day, counts)


def _tell(day: date, counts: dict[tuple[str, str, str, str], int]) -> Iterator[Look]:
    for (who, provider, action, reason), times in counts.items():
        yield Look(day, who, provider, action, reason, times)


def classify(line: Any, provider: str) -> tuple[str, str, str, str]:
    """(who, provider, action, reason) of a line."""
    who = CLIENT if line.action in AT_THE_DOOR else str(line.role)
    written = who in set(Role) and not line.purpose.startswith(BY_TOKEN)
    reason = line.purpose if written else ""
    return who, provider if line.provider_id else "", str(line.action), reason
