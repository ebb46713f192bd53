"""Reading about a client whose data is restricted: staff say why first, and the client can read the reason."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.storage import erasing, rights
from evalplat.storage.restriction import NeedsReason as NeedsReason
from evalplat.storage.restriction import Restricted as Restricted
from evalplat.storage.tables import Client
from evalplat.vocabulary import Role


@dataclass(frozen=True, slots=True)
class RestrictedClient:
    """A client in reach: since when restricted (None where not), and the ids of the episodes in reach.

    Somebody who was erased is restricted for good.
    """

    client_id: str
    restricted_at: datetime | None
    episode_ids: tuple[str, ...]
    erased: bool = False


def find_restricted(session: Session, actor: Actor, *, client_id: str) -> RestrictedClient:
    """Whether a client in reach is restricted; nothing is told that identifies them. Raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    found = rights.find_client(session, client_id)
    if found is None:
        raise NotFound(Message("There is no such client."))
    client: Client = found[0]
    episodes = rights.list_episodes(session, client.id)
    ids = tuple(episode.public_id for episode, _provider in episodes)
    erased = erasing.is_erased(session, client.id)
    return RestrictedClient(client_id, client.restricted_at, ids, erased)
