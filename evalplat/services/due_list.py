"""What is due at which point of which episode, for a worker's calendar."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from evalplat.episodes.due import due_state
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.storage import audit, worklists
from evalplat.vocabulary import DueState, MeasurementPoint


@dataclass(frozen=True, slots=True)
class DuePoint:
    """One point of an episode with something to measure: how many, and within which days."""

    episode_id: str
    client_name: str
    point: MeasurementPoint
    count: int
    due_from: date
    due_until: date
    state: DueState


def list_due_points(
    session: Session, actor: Actor, *, on: date, until: date
) -> tuple[DuePoint, ...]:
    """Every point that is overdue, due, or whose window opens by `until`, by day. Written into the access log."""
    demand(session, actor, *PROVIDER_STAFF)
    found: dict[tuple[str, MeasurementPoint], DuePoint] = {}
    clients = set()
    for planned, episode_id, client_id, name in worklists.list_planned_until(session, until):
        clients.add(client_id)
        key = (episode_id, planned.point)
        known = found.get(key)
        due_from = min(planned.due_from, known.due_from) if known else planned.due_from
        due_until = min(planned.due_until, known.due_until) if known else planned.due_until
        found[key] = DuePoint(
            episode_id=episode_id,
            client_name=name,
            point=planned.point,
            count=known.count + 1 if known else 1,
            due_from=due_from,
            due_until=due_until,
            state=due_state(planned.status, due_from, due_until, on),
        )
    if clients:
        audit.record(session, "read_calendar", "worklist", "", clients)
    return tuple(sorted(found.values(), key=lambda one: (one.due_from, one.episode_id, one.point)))
