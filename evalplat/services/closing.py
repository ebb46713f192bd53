"""Closing episodes: what was planned for the end moves to the day it really ended, and what was done is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.due import find_anchor, plan_window, still_applies
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.requests import CLOSING_REASONS, ClosingRequest
from evalplat.storage import appointments, audit, episodes
from evalplat.storage.rows import change_rows
from evalplat.storage.tables import Administration, Episode, EpisodeEvent
from evalplat.storage.words import add_worded
from evalplat.vocabulary import AdministrationStatus, Anchor, EpisodeAct


@dataclass(frozen=True, slots=True)
class Ending:
    """How an episode ends: as it is planned, and as it was closed; `closed_on` is None while it is open."""

    planned_end: date
    closed_on: date | None
    reason: str = ""


def close_episodes(
    session: Session, actor: Actor, requests: Sequence[ClosingRequest], at: datetime
) -> None:
    """Close many episodes in one go, all or none."""
    demand(session, actor, *PROVIDER_STAFF)
    found = episodes.lock_episodes(session, [request.episode_id for request in requests])
    faults: list[Fault] = []
    for place, request in enumerate(requests, start=1):
        if request.episode_id not in found:
            raise NotFound(Message("There is no such episode."))
        episode = found[request.episode_id][0]
        if episode.closed_on is not None:
            raise Conflict(
                Message("The episode was closed on %(day)s.", day=episode.closed_on.isoformat())
            )
        prefix = f"{place}: " if len(requests) > 1 else ""
        faults.extend(
            Fault(prefix + fault.where, fault.message)
            for fault in find_closing_faults(request, episode.opened_on, at)
        )
    if faults:
        raise InputRejected(Message("The episode was not closed."), faults)
    closed = {found[r.episode_id][0].id: r for r in requests}
    if len(closed) < len(requests):
        raise Conflict(Message("The same episode stands in the list twice."))
    endings = {
        key: Ending(found[r.episode_id][0].planned_end, r.closed_on, r.reason)
        for key, r in closed.items()
    }
    rows = {episode.id: episode for episode, _client in found.values()}
    change_endings(session, actor, rows, endings, EpisodeAct.CLOSED, at=at)
    for request in requests:
        audit.record(
            session,
            "close_episode",
            "episode",
            request.episode_id,
            [found[request.episode_id][1]],
            at=at,
        )


def find_closing_faults(request: ClosingRequest, opened_on: date, at: datetime) -> list[Fault]:
    """What is wrong with a day and a reason of closing."""
    faults = []
    if request.closed_on < opened_on:
        faults.append(
            Fault(
                "closed_on",
                Message(
                    "The closing %(day)s is before the opening %(opened)s.",
                    day=request.closed_on.isoformat(),
                    opened=opened_on.isoformat(),
                ),
            )
        )
    if request.closed_on > at.date() + timedelta(days=1):
        faults.append(
            Fault(
                "closed_on",
                Message("The closing %(day)s is in the future.", day=request.closed_on.isoformat()),
            )
        )
    if request.reason not in CLOSING_REASONS:
        faults.append(
            Fault(
                "reason",
                Message(
                    "%(value)s is not one of %(known)s.",
                    value=request.reason[:40],
                    known=", ".join(CLOSING_REASONS),
                ),
            )
        )
    return faults


def change_endings(
    session: Session,
    actor: Actor,
    rows: Mapping[int, Episode],
    endings: Mapping[int, Ending],
    act: EpisodeAct,
    *,
    note: str = "",
    at: datetime,
) -> None:
    """Give locked episodes another ending, move their windows, and keep what was done. `rows` are by key."""
    kept = [
        {
            "provider_id": rows[key].provider_id,
            "client_id": rows[key].client_id,
            "episode_id": key,
            "act": act,
            "closed_on": ending.closed_on,
            "closing_reason": ending.reason,
            "planned_end": ending.planned_end,
            "note": note,
            "done_at": at,
            "done_by": actor.account_id or actor.name,
        }
        for key, ending in endings.items()
    ]
    change_rows(
        session,
        Episode,
        [
            {"id": row["episode_id"]}
            | {name: row[name] for name in ("planned_end", "closed_on", "closing_reason")}
            for row in kept
        ],
    )
    add_worded(session, EpisodeEvent, kept)
    move_windows(session, rows, endings)


def move_windows(
    session: Session, rows: Mapping[int, Episode], endings: Mapping[int, Ending]
) -> None:
    """Count every window anew that is not answered; a midpoint after the closing does not apply, and does before.

    `rows` are locked episodes by key. One that was not obtained keeps its reason, and moves along so that its window
    is right if it is reopened. Doing it again, as after a meeting that was recorded late, counts from the last session
    anew.
    """
    held = appointments.find_last_held(session, list(endings))
    moved: list[dict[str, Any]] = []
    turned: list[dict[str, Any]] = []
    for planned in episodes.list_administrations(session, list(endings)):
        if planned.status is AdministrationStatus.SUBMITTED:
            continue
        ending = endings[planned.episode_id]
        day = find_anchor(
            planned.point,
            rows[planned.episode_id].opened_on,
            ending.planned_end,
            ending.closed_on,
            anchor=Anchor(planned.anchor),
            last_session=held.get(planned.episode_id),
        )
        window = plan_window(
            day,
            offset_days=planned.offset_days,
            before_days=planned.before_days,
            after_days=planned.after_days,
        )
        if (window.due_from, window.due_until) != (planned.due_from, planned.due_until):
            moved.append(
                {"id": planned.id, "due_from": window.due_from, "due_until": window.due_until}
            )
        if planned.status is AdministrationStatus.CLOSED:
            continue
        applies = still_applies(planned.point, window.due_from, ending.closed_on)
        status = AdministrationStatus.PLANNED if applies else AdministrationStatus.NOT_APPLICABLE
        if status is not planned.status:
            turned.append({"id": planned.id, "status": status})
    change_rows(session, Administration, moved)
    change_rows(session, Administration, turned)
