"""One client's course: each scale over the episode, and the goals."""

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor
from evalplat.services.views import ClientCourse


def client_course(
    session: Session, catalogue: Catalogue, actor: Actor, *, episode_id: str
) -> ClientCourse:
    """The course of one episode, for its provider, the case worker, and its client behind the client door.

    Only values of the same definition version are set against each other. Raises NotFound.
    """
    raise NotImplementedError
