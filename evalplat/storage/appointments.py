"""Appointments as rows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.storage.tables import Appointment


def list_appointments(session: Session, episode: int) -> list[Appointment]:
    """Every appointment of an episode, struck out ones too, newest first."""
    query = (
        select(Appointment)
        .where(Appointment.episode_id == episode)
        .order_by(Appointment.held_on.desc(), Appointment.id.desc())
    )
    return list(session.scalars(query))


def find_by_key(session: Session, key: str) -> Appointment | None:
    """The appointment that was recorded under a key, within the scope."""
    return session.scalar(select(Appointment).where(Appointment.idempotency_key == key))


def find_appointment(session: Session, public_id: str) -> Appointment | None:
    """One appointment, locked until the transaction ends; None out of the scope."""
    query = select(Appointment).where(Appointment.public_id == public_id).with_for_update()
    return session.scalar(query)
