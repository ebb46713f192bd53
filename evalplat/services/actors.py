"""Who asks, and what a use case demands of them."""

from dataclasses import replace

from sqlalchemy.orm import Session

from evalplat.errors import Message, Refused
from evalplat.storage.access import scope_of
from evalplat.storage.actors import BY_TOKEN as BY_TOKEN
from evalplat.storage.actors import AccountLike as AccountLike
from evalplat.storage.actors import Actor as Actor
from evalplat.storage.actors import Grant as Grant
from evalplat.vocabulary import Role

PROVIDER_STAFF = (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER)
COUNTY_READERS = (Role.ANALYST, Role.ADMINISTRATOR)


def demand(session: Session, actor: Actor, *roles: Role, client: bool = False) -> None:
    """Refuse an actor who has none of these roles. System jobs may do everything; a client only where it is said.

    The session must have been opened for this very actor: what the actor may see is decided there.
    """
    if replace(scope_of(session).actor, purpose=actor.purpose) != actor:
        raise Refused(Message("This session was opened for somebody else."))
    if actor.is_system or (client and actor.invitation is not None) or actor.role in roles:
        return
    raise Refused(Message("Your role does not allow this."))
