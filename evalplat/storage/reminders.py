"""Reminders as rows: what is open for whom, what was sent, and every step of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evalplat.episodes.reminding import Earlier, Form
from evalplat.storage.identities import read_names
from evalplat.storage.ids import new_public_id
from evalplat.storage.rows import add_rows, add_rows_with_keys, change_rows, chunks
from evalplat.storage.tables import (
    Administration,
    Client,
    ClientContact,
    Episode,
    Reminder,
    ReminderEvent,
)
from evalplat.vocabulary import AdministrationStatus, Channel, Mode, ReminderState, Respondent

DIED = "died"


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form that a client fills in alone, with the client's address as it stands."""

    form: Form
    client: int
    instrument: str
    version: str
    channel: Channel
    paused_until: date | None
    known_at: datetime
    """When the address was last changed: before that no message was expected."""


def list_open_forms(
    session: Session, on: date, until: date, *, client: int | None = None
) -> list[OpenForm]:
    """What clients who want reminders have not answered, with a window that is open on a day from `on` to `until`.

    Nobody is reminded whose data is restricted, or whose service ended because they died.
    """
    query = (
        select(
            Administration,
            ClientContact.channel,
            ClientContact.paused_until,
            ClientContact.changed_at,
        )
        .join(ClientContact, ClientContact.client_id == Administration.client_id)
        .join(Client, Client.id == Administration.client_id)
        .where(
            Client.restricted_at.is_(None),
            Administration.status == AdministrationStatus.PLANNED,
            Administration.respondent == Respondent.CLIENT,
            Administration.mode == Mode.SELF,
            Administration.due_from <= until,
            Administration.due_until >= on,
            ClientContact.channel != Channel.NONE,
            ClientContact.opted_out_at.is_(None),
        )
        .order_by(Administration.client_id, Administration.id)
        .execution_options(populate_existing=True)
    )
    if client is not None:
        query = query.where(Administration.client_id == client)
    rows = list(session.execute(query))
    dead = _find_dead(session, {planned.client_id for planned, *_ in rows})
    return [
        OpenForm(
            Form(p.public_id, p.provider_id, p.episode_id, p.point, p.due_from, p.due_until),
            p.client_id,
            p.instrument,
            p.version,
            channel,
            paused_until,
            known_at,
        )
        for p, channel, paused_until, known_at in rows
        if p.client_id not in dead
    ]


def _find_dead(session: Session, clients: Collection[int]) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(clients):
        query = select(Episode.client_id).where(
            Episode.client_id.in_(chunk), Episode.closing_reason == DIED
        )
        found.update(session.scalars(query))
    return found


def list_earlier(session: Session, clients: Iterable[int]) -> dict[int, list[Earlier]]:
    """What was planned before for these clients, and what became of it."""
    found: dict[int, list[Earlier]] = {}
    for chunk in chunks(clients):
        rows = session.execute(
            select(
                Reminder.client_id, Reminder.local_day, Reminder.state, Reminder.administration_ids
            ).where(Reminder.client_id.in_(chunk))
        )
        for client, day, state, forms in rows:
            found.setdefault(client, []).append(Earlier(day, state, frozenset(forms)))
    return found


def next_attempt(session: Session, client: int, form: Form, channel: Channel) -> int:
    """The number of the next message about a point by a channel."""
    latest = session.scalar(
        select(func.max(Reminder.attempt)).where(
            Reminder.client_id == client,
            Reminder.episode_id == form.episode,
            Reminder.point == form.point,
            Reminder.channel == channel,
        )
    )
    return (latest or 0) + 1


def add_reminder(
    session: Session,
    client: int,
    form: Form,
    channel: Channel,
    forms: Sequence[Form],
    day: date,
    at: datetime,
) -> str:
    """A planned reminder; the database refuses a second one for the same day, or the same attempt."""
    owner = {"provider_id": form.provider, "client_id": client, "episode_id": form.episode}
    row = {
        **owner,
        "public_id": new_public_id(),
        "point": form.point,
        "channel": channel,
        "attempt": next_attempt(session, client, form, channel),
        "local_day": day,
        "administration_ids": [one.id for one in forms],
        "state": ReminderState.PLANNED,
        "planned_at": at,
        "changed_at": at,
    }
    (key,) = add_rows_with_keys(session, Reminder, [row])
    _note(session, [{**owner, "reminder_id": key}], ReminderState.PLANNED, "", at)
    return str(row["public_id"])


def find(session: Session, public_id: str, *, lock: bool = False) -> Reminder | None:
    """One reminder as it stands now."""
    query = select(Reminder).where(Reminder.public_id == public_id)
    if lock:
        query = query.with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def find_client(session: Session, public_id: str) -> Client | None:
    """The client that a reminder went to."""
    return session.scalar(
        select(Client)
        .join(Reminder, Reminder.client_id == Client.id)
        .where(Reminder.public_id == public_id)
    )


def list_waiting(session: Session, until: date, client: int | None = None) -> list[Reminder]:
    """Planned reminders of days up to `until`, the oldest first."""
    query = select(Reminder).where(
        Reminder.state == ReminderState.PLANNED, Reminder.local_day <= until
    )
    if client is not None:
        query = query.where(Reminder.client_id == client)
    return list(session.scalars(query.order_by(Reminder.local_day, Reminder.id)))


def move(
    session: Session,
    reminder: Reminder,
    state: ReminderState,
    detail: str,
    at: datetime,
    **values: Any,
) -> None:
    """Set a reminder's state, and write the step into its log."""
    row = {"id": reminder.id, "state": state, "changed_at": at, **values}
    change_rows(session, Reminder, [row])
    owner = {
        "provider_id": reminder.provider_id,
        "client_id": reminder.client_id,
        "episode_id": reminder.episode_id,
        "reminder_id": reminder.id,
    }
    _note(session, [owner], state, detail, at)


def cancel_planned(session: Session, client: int, detail: str, at: datetime) -> None:
    """Nothing that is planned for a client goes out."""
    for reminder in list_waiting(session, date.max, client):
        move(session, reminder, ReminderState.CANCELLED, detail, at)


def _note(
    session: Session,
    owners: Sequence[dict[str, Any]],
    state: ReminderState,
    detail: str,
    at: datetime,
) -> None:
    rows = [{**owner, "at": at, "state": state, "detail": detail} for owner in owners]
    add_rows(session, ReminderEvent, rows)


def list_rows(
    session: Session,
    *,
    episode_id: str | None = None,
    states: Collection[ReminderState] = tuple(ReminderState),
    since: date | None = None,
    limit: int = 500,
) -> list[Any]:
    """(reminder, episode's public id, client's public id, client's name), newest first."""
    query = (
        select(Reminder, Episode.public_id, Client.public_id)
        .select_from(Reminder)
        .join(Episode, Episode.id == Reminder.episode_id)
        .join(Client, Client.id == Reminder.client_id)
        .where(Reminder.state.in_(states))
        .order_by(Reminder.local_day.desc(), Reminder.id.desc())
        .limit(limit)
    )
    if episode_id is not None:
        query = query.where(Episode.public_id == episode_id)
    if since is not None:
        query = query.where(Reminder.local_day >= since)
    rows = session.execute(query).all()
    names = read_names(session, [row[0].client_id for row in rows])
    return [(*row, names.get(row[0].client_id, "")) for row in rows]


def list_last_details(session: Session, reminders: Collection[int]) -> dict[int, str]:
    """What the latest step of each reminder says, in closed words."""
    found: dict[int, str] = {}
    for chunk in chunks(reminders):
        rows = session.execute(
            select(ReminderEvent.reminder_id, ReminderEvent.detail)
            .where(ReminderEvent.reminder_id.in_(chunk))
            .order_by(ReminderEvent.id)
        )
        found.update((reminder, detail) for reminder, detail in rows)
    return found


def list_people(session: Session, clients: Collection[int], episodes: Collection[int]) -> Any:
    """({client: (public id, name, language)}, {episode: public id}) for what is shown or written about."""
    people: dict[int, tuple[str, str | None, str]] = {}
    for chunk in chunks(clients):
        rows = session.execute(
            select(Client.id, Client.public_id, Client.language).where(Client.id.in_(chunk))
        )
        names = read_names(session, chunk)
        people.update((key, (public, names.get(key), language)) for key, public, language in rows)
    places: dict[int, str] = {}
    for chunk in chunks(episodes):
        found = session.execute(select(Episode.id, Episode.public_id).where(Episode.id.in_(chunk)))
        places.update((key, public) for key, public in found)
    return people, places
