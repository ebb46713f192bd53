"""Appointments as rows."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evalplat.storage.rows import chunks
from evalplat.storage.tables import Appointment
from evalplat.vocabulary import AppointmentOutcome


def list_appointments(session: Session, episode: int) -> list[Appointment]:
    """Every appointment of an episode, struck out ones too, newest first."""
    query = (
        select(Appointment)
        .where(Appointment.episode_id == episode)
        .order_by(Appointment.held_on.desc(), Appointment.id.desc())
    )
    return list(session.scalars(query))


def find_last_held(session: Session, episodes: Collection[int]) -> dict[int, date]:
    """The day of the last meeting that was held, by episode; those without one are left out."""
    found: dict[int, date] = {}
    for chunk in chunks(episodes):
        rows = session.execute(
            select(Appointment.episode_id, func.max(Appointment.held_on))
            .where(
                Appointment.episode_id.in_(chunk),
                Appointment.outcome == AppointmentOutcome.HELD,
                Appointment.struck_at.is_(None),
            )
            .group_by(Appointment.episode_id)
        )
        found.update((episode, day) for episode, day in rows)
    return found


def find_by_key(session: Session, key: str) -> Appointment | None:
    """The appointment that was recorded under a key, within the scope."""
    return session.scalar(select(Appointment).where(Appointment.idempotency_key == key))


def find_appointment(session: Session, public_id: str) -> Appointment | None:
    """One appointment, locked until the transaction ends; None out of the scope."""
    query = select(Appointment).where(Appointment.public_id == public_id).with_for_update()
    return session.scalar(query)
