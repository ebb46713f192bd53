"""Closing episodes: what was planned for the end moves to the day it really ended."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.due import find_anchor, moves_at_closing, plan_window, still_applies
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.requests import CLOSING_REASONS, ClosingRequest
from evalplat.storage import appointments, audit, episodes
from evalplat.storage.rows import change_rows
from evalplat.storage.tables import Administration, Episode
from evalplat.vocabulary import AdministrationStatus, Anchor


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
            for fault in _find_faults(request, episode.opened_on, at)
        )
    if faults:
        raise InputRejected(Message("The episode was not closed."), faults)
    closed = {found[r.episode_id][0].id: r for r in requests}
    if len(closed) < len(requests):
        raise Conflict(Message("The same episode stands in the list twice."))
    change_rows(
        session,
        Episode,
        [
            {"id": key, "closed_on": request.closed_on, "closing_reason": request.reason}
            for key, request in closed.items()
        ],
    )
    rows = {e.id: e for e, _ in found.values()}
    move_windows(session, rows, {key: request.closed_on for key, request in closed.items()})
    for request in requests:
        audit.record(
            session,
            "close_episode",
            "episode",
            request.episode_id,
            [found[request.episode_id][1]],
            at=at,
        )


def _find_faults(request: ClosingRequest, opened_on: date, at: datetime) -> list[Fault]:
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


def move_windows(session: Session, rows: Mapping[int, Episode], closed: Mapping[int, date]) -> None:
    """Windows that count from the end move to the actual one; a midpoint that lies after it no longer applies.

    `rows` and `closed` are locked episodes and their closing days, by key. One that was not obtained keeps its reason,
    and moves along so that its window is right if it is reopened. Doing it again, as after a meeting that was recorded
    late, counts from the last session anew.
    """
    held = appointments.find_last_held(session, list(closed))
    moved: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    for planned in episodes.list_administrations(session, list(closed)):
        is_planned = planned.status is AdministrationStatus.PLANNED
        if not is_planned and planned.status is not AdministrationStatus.CLOSED:
            continue
        closed_on, due_from = closed[planned.episode_id], planned.due_from
        anchor = Anchor(planned.anchor)
        if moves_at_closing(planned.point, anchor):
            episode = rows[planned.episode_id]
            day = find_anchor(
                planned.point,
                episode.opened_on,
                episode.planned_end,
                closed_on,
                anchor=anchor,
                last_session=held.get(planned.episode_id),
            )
            window = plan_window(
                day,
                offset_days=planned.offset_days,
                before_days=planned.before_days,
                after_days=planned.after_days,
            )
            due_from = window.due_from
            moved.append(
                {"id": planned.id, "due_from": window.due_from, "due_until": window.due_until}
            )
        if is_planned and not still_applies(planned.point, due_from, closed_on):
            dropped.append({"id": planned.id, "status": AdministrationStatus.NOT_APPLICABLE})
    change_rows(session, Administration, moved)
    change_rows(session, Administration, dropped)
