"""One administration that the actor may act on; what is foreign and what is missing are one and the same."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from evalplat.errors import Message, NotFound
from evalplat.services.actors import Actor
from evalplat.storage import sheets
from evalplat.storage.sheets import Planned


def reach(session: Session, actor: Actor, administration_id: str, *, lock: bool = False) -> Planned:
    """The administration, within the actor's scope; a client reaches the invitation's own only. Raises NotFound."""
    found = sheets.find_planned(session, [administration_id], lock=lock)
    return choose(found, actor, administration_id)


def choose(planned: Mapping[str, Planned], actor: Actor, administration_id: str) -> Planned:
    """`reach` among administrations that were looked up already."""
    found = planned.get(administration_id)
    grant = actor.invitation
    if found is None or (grant is not None and grant.administration_id != administration_id):
        raise NotFound(Message("There is no such administration."))
    return found
