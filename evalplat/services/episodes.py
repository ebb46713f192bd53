"""Episodes: opening them from vouchers, showing, listing what is due, closing."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.errors import InputRejected
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor
from evalplat.services.requests import ClosingRequest, EpisodeRequest
from evalplat.services.views import EpisodeView, Worklist
from evalplat.vocabulary import DueState


class VoucherRejected(InputRejected):
    """The voucher cannot pay for this episode; every fault is listed."""


def open_episode(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    voucher_number: str,
    opened_on: date,
    planned_end: date | None = None,
    plan_key: str | None = None,
    provider_id: str | None = None,
    at: datetime,
) -> EpisodeView:
    """Take a voucher into an episode and plan its administrations from the measurement plan.

    Raises VoucherRejected with every fault: unknown, used, expired, not yet valid, of another county or provider, an
    end before the opening. `planned_end` is six months after the opening where it is not given.
    """
    raise NotImplementedError


def open_episodes(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    requests: Sequence[EpisodeRequest],
    at: datetime,
) -> tuple[str, ...]:
    """Open many episodes in one go, all or none; returns their ids in the order of the requests."""
    raise NotImplementedError


def get_episode(
    session: Session, catalogue: Catalogue, actor: Actor, episode_id: str, *, on: date
) -> EpisodeView:
    """One episode with its administrations as they stand on `on`, and its goals; raises NotFound."""
    raise NotImplementedError


def list_worklist(
    session: Session,
    actor: Actor,
    *,
    on: date,
    state: DueState | None = None,
    search: str = "",
    page: int = 1,
    page_size: int = 50,
) -> Worklist:
    """Administrations by state (overdue, due, coming, done, not applicable) and due day.

    `search`: part of a client's name.
    """
    raise NotImplementedError


def close_episode(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    episode_id: str,
    closed_on: date,
    reason: str = "completed",
    at: datetime,
) -> EpisodeView:
    """Close an episode: end and follow-up windows move to the actual closing, a midpoint after it no longer applies.

    Raises InputRejected (closing before the opening or in the future, unknown reason) and Conflict (already closed).
    """
    raise NotImplementedError


def close_episodes(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    requests: Sequence[ClosingRequest],
    at: datetime,
) -> None:
    """Close many episodes in one go, all or none."""
    raise NotImplementedError
