"""Measurement plans: which instruments, when, by whom; as versioned data."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor
from evalplat.services.requests import PlanRow
from evalplat.services.views import PlanView


DEFAULT_PLAN = "default"


def list_plans(session: Session, catalogue: Catalogue, actor: Actor) -> tuple[PlanView, ...]:
    """The latest version of every plan, by key."""
    raise NotImplementedError


def get_plan(
    session: Session, catalogue: Catalogue, actor: Actor, key: str = DEFAULT_PLAN
) -> PlanView:
    """The latest version of one plan; raises NotFound."""
    raise NotImplementedError


def add_plan(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    key: str,
    titles: Mapping[str, str],
    rows: Sequence[PlanRow],
) -> PlanView:
    """A new plan, or the next version of a plan; administrators and system jobs. Open episodes keep theirs.

    Raises InputRejected with every fault: unknown instrument, window, a row twice, no row.
    """
    raise NotImplementedError
