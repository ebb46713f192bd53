"""Appointments: the service as it was actually given, meeting by meeting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.closing import Ending, move_windows
from evalplat.storage import appointments, audit, episodes
from evalplat.storage.ids import new_public_id
from evalplat.storage.rows import add_rows, change_rows
from evalplat.storage.tables import Appointment, Episode
from evalplat.vocabulary import AppointmentForm, AppointmentOutcome, AppointmentPlace, Role

LONGEST = 24 * 60
"""Minutes of one meeting."""

NOT_SAVED = Message("The meeting was not saved.")


@dataclass(frozen=True, slots=True)
class AppointmentRequest:
    """A meeting to record; words as the vocabulary has them. `minutes` may be 0 where it was not held."""

    held_on: date
    minutes: int
    form: str = AppointmentForm.INDIVIDUAL
    place: str = AppointmentPlace.ON_SITE
    outcome: str = AppointmentOutcome.HELD


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """One meeting of the service; `struck` where it was recorded by mistake."""

    id: str
    held_on: date
    minutes: int
    form: AppointmentForm
    place: AppointmentPlace
    outcome: AppointmentOutcome
    struck: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """The service as given: meetings newest first, and what they come to. Struck out ones count nowhere."""

    appointments: tuple[AppointmentView, ...]
    held: int
    minutes: int
    no_shows: int
    granted_hours: int

    @property
    def hours(self) -> float:
        """Hours of the meetings that were held."""
        return self.minutes / 60


def record_appointment(
    session: Session,
    actor: Actor,
    *,
    episode_id: str,
    appointment: AppointmentRequest,
    idempotency_key: str,
    at: datetime,
) -> AppointmentView:
    """Store one meeting; the same key again changes nothing.

    Raises InputRejected with every fault, NotFound, and Conflict where the key was used for another meeting.
    """
    demand(session, actor, *PROVIDER_STAFF)
    episode, client = _lock(session, episode_id)
    known = appointments.find_by_key(session, idempotency_key)
    if known is not None:
        if known.episode_id != episode.id:
            raise Conflict(Message("This form was used for another client. Open it again, please."))
        return _view(known)
    faults = _find_faults(appointment, episode, at)
    if not 8 <= len(idempotency_key) <= 100:
        faults.append(Fault("idempotency_key", Message("Give a key of 8 to 100 characters.")))
    if faults:
        raise InputRejected(NOT_SAVED, faults)
    row = {
        "public_id": new_public_id(),
        "provider_id": episode.provider_id,
        "client_id": episode.client_id,
        "episode_id": episode.id,
        "held_on": appointment.held_on,
        "minutes": appointment.minutes,
        "form": AppointmentForm(appointment.form),
        "place": AppointmentPlace(appointment.place),
        "outcome": AppointmentOutcome(appointment.outcome),
        "recorded_at": at,
        "recorded_by": actor.account_id or actor.name,
        "idempotency_key": idempotency_key,
        "struck_by": "",
    }
    add_rows(session, Appointment, [row])
    _count_anew(session, episode)
    public_id = str(row["public_id"])
    audit.record(session, "record_appointment", "appointment", public_id, [client], at=at)
    stored = appointments.find_appointment(session, public_id)
    if stored is None:
        raise AssertionError("the meeting was stored in this transaction")
    return _view(stored)


def strike_appointment(
    session: Session, actor: Actor, *, episode_id: str, appointment_id: str, at: datetime
) -> None:
    """Take a meeting out that was recorded by mistake; it stays readable. Doing it twice changes nothing."""
    demand(session, actor, *PROVIDER_STAFF)
    episode, client = _lock(session, episode_id)
    found = appointments.find_appointment(session, appointment_id)
    if found is None or found.episode_id != episode.id:
        raise NotFound(Message("There is no such meeting."))
    if found.struck_at is not None:
        return
    who = actor.account_id or actor.name
    change_rows(session, Appointment, [{"id": found.id, "struck_at": at, "struck_by": who}])
    _count_anew(session, episode)
    audit.record(session, "strike_appointment", "appointment", appointment_id, [client], at=at)


def list_delivered(session: Session, actor: Actor, *, episode_id: str) -> Delivered:
    """The meetings of an episode with their sums, beside the hours that the voucher grants. Raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    found = episodes.find_episode(session, episode_id)
    if found is None:
        raise NotFound(Message("There is no such episode."))
    audit.record(session, "read_appointments", "episode", episode_id, [found.Client.public_id])
    rows = [_view(row) for row in appointments.list_appointments(session, found.Episode.id)]
    return _sum_up(rows, found.Voucher.hours)


def _sum_up(rows: Sequence[AppointmentView], granted_hours: int) -> Delivered:
    standing = [row for row in rows if not row.struck]
    held = [row for row in standing if row.outcome is AppointmentOutcome.HELD]
    return Delivered(
        appointments=tuple(rows),
        held=len(held),
        minutes=sum(row.minutes for row in held),
        no_shows=sum(row.outcome is AppointmentOutcome.NO_SHOW for row in standing),
        granted_hours=granted_hours,
    )


def _count_anew(session: Session, episode: Episode) -> None:
    """Windows that count from the last session move with a meeting that is entered after the closing."""
    if episode.closed_on is not None:
        ending = Ending(episode.planned_end, episode.closed_on)
        move_windows(session, {episode.id: episode}, {episode.id: ending})


def _lock(session: Session, episode_id: str) -> tuple[Episode, str]:
    found = episodes.lock_episodes(session, [episode_id]).get(episode_id)
    if found is None:
        raise NotFound(Message("There is no such episode."))
    return found


def _find_faults(asked: AppointmentRequest, episode: Episode, at: datetime) -> list[Fault]:
    faults = []
    day = asked.held_on.isoformat()
    if asked.held_on > local_day(at):
        text = Message("%(day)s is in the future: record a meeting once it is over.", day=day)
        faults.append(Fault("held_on", text))
    elif asked.held_on < episode.opened_on:
        opened = episode.opened_on.isoformat()
        text = Message("%(day)s is before the opening %(opened)s.", day=day, opened=opened)
        faults.append(Fault("held_on", text))
    elif episode.closed_on is not None and asked.held_on > episode.closed_on:
        closed = episode.closed_on.isoformat()
        text = Message("%(day)s is after the closing %(closed)s.", day=day, closed=closed)
        faults.append(Fault("held_on", text))
    words: tuple[tuple[str, str, type[StrEnum]], ...] = (
        ("form", asked.form, AppointmentForm),
        ("place", asked.place, AppointmentPlace),
        ("outcome", asked.outcome, AppointmentOutcome),
    )
    for where, value, vocabulary in words:
        known = [word.value for word in vocabulary]
        if value not in known:
            text = Message(
                "%(value)s is not one of %(known)s.", value=value[:40], known=", ".join(known)
            )
            faults.append(Fault(where, text))
    least = 1 if asked.outcome == AppointmentOutcome.HELD else 0
    if not least <= asked.minutes <= LONGEST:
        text = Message("A meeting lasts %(low)s to %(high)s minutes.", low=least, high=LONGEST)
        faults.append(Fault("minutes", text))
    return faults


def _view(row: Appointment) -> AppointmentView:
    return AppointmentView(
        id=row.public_id,
        held_on=row.held_on,
        minutes=row.minutes,
        form=row.form,
        place=row.place,
        outcome=row.outcome,
        struck=row.struck_at is not None,
    )
