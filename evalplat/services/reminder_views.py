"""What became of reminders and what comes, for those who look after them; and what should have gone out and did not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.delivery.outgoing import Trouble
from evalplat.episodes.local_time import local_day
from evalplat.episodes.reminding import Rule, is_over
from evalplat.errors import Conflict, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.reminders import DueReminder, find_due
from evalplat.storage import audit, reminders
from evalplat.vocabulary import Channel, MeasurementPoint, ReminderState, Role

AHEAD = timedelta(days=14)
LOOKED_BACK = timedelta(days=60)
ON_ITS_WAY = timedelta(minutes=15)
"""For so long a message may be on its way; after that nobody knows whether it went out."""

REASONS: Mapping[str, Message] = {
    Trouble.NO_CONNECTION: Message("the server could not be reached"),
    Trouble.TIMED_OUT: Message("the server did not answer in time"),
    Trouble.NOT_SECURE: Message("the connection to the server was not safe"),
    Trouble.SIGN_IN_REFUSED: Message("the server did not accept the sign-in"),
    Trouble.REFUSED_FOR_NOW: Message("the server asked to try again later"),
    Trouble.ADDRESS_REFUSED: Message("the server does not know the address: check it"),
    Trouble.REFUSED: Message("the server refused the message"),
    Trouble.NO_ANSWER: Message("the connection broke before the server confirmed it"),
    "opted_out": Message("the client wants no reminders"),
    "paused": Message("reminders are paused"),
    "restricted": Message("the use of the client’s data was restricted"),
    "changed": Message("the contact details were changed"),
    "nothing_due": Message("nothing was left to answer"),
    "not_on_its_day": Message("it was not sent on its day"),
    "checked": Message("looked into by hand"),
}


@dataclass(frozen=True, slots=True)
class ReminderView:
    """One reminder. `is_unknown`: nobody knows whether it went out. `reason` is None where none is needed."""

    id: str
    episode_id: str
    client_name: str | None
    point: MeasurementPoint
    channel: Channel
    attempt: int
    day: date
    state: ReminderState
    is_unknown: bool
    reason: Message | None
    forms: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ComingReminder:
    """A message that will go out on a day when nothing changes until then."""

    episode_id: str
    client_name: str | None
    point: MeasurementPoint
    channel: Channel
    day: date
    forms: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A provider's reminders: what to look into, what failed, what comes, what was sent lately.

    `missed` should have gone out by `missed_by`, and nobody tried.
    """

    unknown: tuple[ReminderView, ...]
    failed: tuple[ReminderView, ...]
    missed: tuple[ComingReminder, ...]
    missed_by: date
    coming: tuple[ComingReminder, ...]
    recent: tuple[ReminderView, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A message that should have gone out by `day` and did not. `kind`: not_planned, not_sent, failed, unknown."""

    kind: str
    episode_id: str
    reminder_id: str
    point: MeasurementPoint
    channel: Channel
    day: date
    reason: Message | None = None


def list_reminders(
    session: Session, actor: Actor, *, episode_id: str, at: datetime
) -> tuple[ReminderView, ...]:
    """The reminders of one episode, newest first."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    return _views(session, reminders.list_rows(session, episode_id=episode_id), at)


def show_overview(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    rule: Rule,
    last_hour: int,
    at: datetime,
) -> Overview:
    """What was sent, what failed and what comes, of the provider's clients. The look is written into the access log."""
    demand(session, actor, Role.PROVIDER_MANAGER)
    today, checked = local_day(at), _last_whole_day(at, last_hour)
    rows = reminders.list_rows(session, since=today - LOOKED_BACK)
    views = _views(session, rows, at)
    due = find_due(session, catalogue, rule, checked + timedelta(days=1), until=today + AHEAD)
    coming, clients = _show_coming(session, due)
    missed, others = _show_coming(session, _find_missed(session, catalogue, rule, checked))
    seen = {row[2] for row in rows} | clients | others
    audit.record(session, "read_reminders", "reminder", "", seen, at=at)
    not_sent = [view for view in views if _missing_kind(view, views, checked) == "not_sent"]
    failed = [view for view in views if _missing_kind(view, views, today) == "failed"]
    unknown = [view for view in views if view.is_unknown]
    return Overview(
        unknown=tuple(unknown),
        failed=tuple(failed),
        missed=missed + tuple(_as_coming(view) for view in not_sent),
        missed_by=checked,
        coming=coming,
        recent=tuple(view for view in views if view not in [*failed, *unknown, *not_sent]),
    )


def _last_whole_day(at: datetime, last_hour: int) -> date:
    """The last day whose messages should all have gone out."""
    today = local_day(at)
    return today if is_over(at, last_hour) else today - timedelta(days=1)


def _find_missed(
    session: Session, catalogue: Catalogue, rule: Rule, day: date
) -> list[DueReminder]:
    """Nothing was expected on a day before the address was known."""
    return [
        one
        for one in find_due(session, catalogue, rule, day)
        if one.plan.day <= day and local_day(one.known_at) <= day
    ]


def _as_coming(view: ReminderView) -> ComingReminder:
    return ComingReminder(
        view.episode_id, view.client_name, view.point, view.channel, view.day, view.forms
    )


def list_coming(
    session: Session, catalogue: Catalogue, actor: Actor, *, rule: Rule, on: date, until: date
) -> tuple[ComingReminder, ...]:
    """Each client's next message between two days; system jobs."""
    demand(session, actor)
    return _show_coming(session, find_due(session, catalogue, rule, on, until=until))[0]


def resolve_reminder(
    session: Session, actor: Actor, *, reminder_id: str, went_out: bool, at: datetime
) -> None:
    """Somebody found out whether a message whose fate was unknown went out. The same again changes nothing.

    Raises NotFound, and Conflict for one that is not unknown.
    """
    demand(session, actor, Role.PROVIDER_MANAGER)
    row = reminders.find(session, reminder_id, lock=True)
    if row is None:
        raise NotFound(Message("There is no such reminder."))
    state = ReminderState.SENT if went_out else ReminderState.FAILED
    if row.state is state:
        return
    if row.state is not ReminderState.SENDING or (
        at - row.changed_at < ON_ITS_WAY and not (_details(session, [row.id]).get(row.id))
    ):
        raise Conflict(Message("What became of this reminder is known already."))
    reminders.move(session, row, state, "checked", at)
    audit.record(session, "resolve_reminder", "reminder", reminder_id, at=at)


def list_missing(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    rule: Rule,
    last_hour: int,
    at: datetime,
    on: date | None = None,
) -> tuple[Missing, ...]:
    """What should have gone out by now and did not; system jobs.

    Until the day's last hour the day before counts; `on` counts that whole day.
    """
    demand(session, actor)
    day = on or _last_whole_day(at, last_hour)
    coming, _ = _show_coming(session, _find_missed(session, catalogue, rule, day))
    found = [
        Missing("not_planned", one.episode_id, "", one.point, one.channel, one.day)
        for one in coming
    ]
    views = _views(session, reminders.list_rows(session, since=day - LOOKED_BACK), at)
    for view in views:
        kind = _missing_kind(view, views, day)
        if kind:
            found.append(
                Missing(
                    kind, view.episode_id, view.id, view.point, view.channel, view.day, view.reason
                )
            )
    return tuple(sorted(found, key=lambda one: (one.day, one.kind, one.episode_id)))


def _missing_kind(view: ReminderView, views: Sequence[ReminderView], day: date) -> str:
    """In which way a reminder should have gone out and did not; '' where it did, or another took its place."""
    if view.is_unknown:
        return "unknown"
    if view.day > day:
        return ""
    if view.state is ReminderState.PLANNED:
        return "not_sent"
    later = any(
        other.episode_id == view.episode_id and other.point is view.point and other.day > view.day
        for other in views
    )
    return "failed" if view.state is ReminderState.FAILED and not later else ""


def _show_coming(
    session: Session, due: Sequence[DueReminder]
) -> tuple[tuple[ComingReminder, ...], set[str]]:
    clients = {one.client for one in due}
    people, places = reminders.list_people(
        session, clients, {one.plan.about.episode for one in due}
    )
    shown = tuple(
        ComingReminder(
            episode_id=places[one.plan.about.episode],
            client_name=people[one.client][1],
            point=one.plan.about.point,
            channel=one.channel,
            day=one.plan.day,
            forms=len(one.plan.forms),
        )
        for one in due
    )
    return shown, {people[client][0] for client in clients}


def _details(session: Session, keys: Sequence[int]) -> dict[int, str]:
    return reminders.list_last_details(session, keys)


def _views(session: Session, rows: Sequence[Any], at: datetime) -> tuple[ReminderView, ...]:
    details = _details(session, [row[0].id for row in rows])
    return tuple(
        _view(row, episode_id, name, details.get(row.id, ""), at)
        for row, episode_id, _client, name in rows
    )


def _view(row: Any, episode_id: str, name: str | None, detail: str, at: datetime) -> ReminderView:
    word = detail.partition(" ")[0]
    on_its_way = row.state is ReminderState.SENDING
    return ReminderView(
        id=row.public_id,
        episode_id=episode_id,
        client_name=name,
        point=row.point,
        channel=row.channel,
        attempt=row.attempt,
        day=row.local_day,
        state=row.state,
        is_unknown=on_its_way and (bool(word) or at - row.changed_at >= ON_ITS_WAY),
        reason=REASONS.get(word),
        forms=len(row.administration_ids),
        changed_at=row.changed_at,
    )
