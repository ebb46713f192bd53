"""A case worker's own client: whom the acts about a client's rights are done for. A colleague's is not found."""

from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.services.actors import Actor, demand
from evalplat.storage import rights
from evalplat.storage.access import scope_of
from evalplat.storage.tables import Client
from evalplat.vocabulary import Role

LONGEST_REASON = 1000


def get_own_client(session: Session, actor: Actor, client_id: str) -> Client:
    """The client, locked until the transaction ends; a written reason opens no colleague's. Raises NotFound."""
    demand(session, actor, Role.CASE_WORKER)
    found = rights.lock_client(session, client_id)
    own = actor.is_system or (found is not None and found.case_worker_id == scope_of(session).owner)
    if found is None or not own:
        raise NotFound(Message("There is no such client."))
    return found


def author_of(actor: Actor) -> str:
    """Who did it, as it is kept: an account's id, or the name of a job."""
    return actor.account_id or actor.name


def check_text(text: str, where: str, refusal: Message) -> str:
    """A reason, tidied; raises InputRejected where nothing is said, or too much."""
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_REASON:
        told = Message("Write why, in at most 1,000 characters. The client can read it.")
        raise InputRejected(refusal, [Fault(where, told)])
    return text
