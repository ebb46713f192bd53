"""What is planned for many episodes at once: for imports and system jobs that fill administrations by the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.storage import episodes
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Mode, Respondent, Role


@dataclass(frozen=True, slots=True)
class PlannedAdministration:
    """One administration of an episode, by what it measures and when."""

    id: str
    episode_id: str
    instrument_key: str
    version: str
    point: MeasurementPoint
    respondent: Respondent
    mode: Mode
    status: AdministrationStatus
    due_from: date
    due_until: date


def list_planned(
    session: Session, actor: Actor, *, episode_ids: Sequence[str]
) -> tuple[PlannedAdministration, ...]:
    """The administrations of these episodes in no promised order; episodes out of the actor's reach are left out."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    return tuple(
        PlannedAdministration(*row)
        for row in episodes.list_administrations_by_episode(session, episode_ids)
    )
