"""Tables of keeping in touch with clients: addresses, reminders with their log, and requests to be contacted."""

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import (
    Base,
    Key,
    OfAdministration,
    OfEpisode,
    administration_key,
    episode_key,
    word,
)
from evalplat.storage.word_columns import Word, Worded
from evalplat.vocabulary import Channel, MeasurementPoint, ReminderState


class ClientContact(Base):
    """How a client may be reached, and whether they want reminders. Apart from everything else, like the name.

    The addresses are sealed under the client's own key, see `client_keys`.
    """

    __tablename__ = "client_contacts"

    client_id: Mapped[int] = mapped_column(
        Key, ForeignKey("clients.id"), primary_key=True, autoincrement=False
    )
    sealed_email: Mapped[bytes] = mapped_column(default=b"")
    sealed_phone: Mapped[bytes] = mapped_column(default=b"")
    channel: Mapped[Channel] = mapped_column(word(Channel, "channel"))
    opted_out_at: Mapped[datetime | None]
    paused_until: Mapped[date | None]
    changed_at: Mapped[datetime]


class ContactRequest(OfAdministration, Worded, Base):
    """A client who has answered asks to be contacted; `promised_by` is the day they were told."""

    __tablename__ = "contact_requests"
    PLACE = ("public_id",)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    asked_at: Mapped[datetime]
    message = Word("")
    promised_by: Mapped[date]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(40), default="")
    answer = Word("")

    __table_args__ = (
        administration_key(),
        UniqueConstraint("administration_id"),
        Index("ix_contact_requests_open", "provider_id", "answered_at", "promised_by"),
    )


class Reminder(OfEpisode, Base):
    """One message to one person about what is due at one point, once per channel and attempt, and once per day.

    `administration_ids` are the public ids of all that the message spoke of; its text and the address are made when it
    is sent and never stored.
    """

    __tablename__ = "reminders"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    point: Mapped[MeasurementPoint] = mapped_column(word(MeasurementPoint, "point"))
    channel: Mapped[Channel] = mapped_column(word(Channel, "channel"))
    attempt: Mapped[int]
    local_day: Mapped[date]
    administration_ids: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[ReminderState] = mapped_column(word(ReminderState, "reminder_state"))
    planned_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        episode_key(),
        UniqueConstraint("id", "episode_id", "provider_id", "client_id"),
        UniqueConstraint("client_id", "episode_id", "point", "channel", "attempt"),
        UniqueConstraint("client_id", "local_day", "channel"),
        CheckConstraint("attempt >= 1", name="attempt"),
        Index("ix_reminders_state", "state", "local_day"),
        Index("ix_reminders_episode_id", "episode_id"),
    )


class ReminderEvent(OfEpisode, Base):
    """One step of a reminder from planned to sent, failed or cancelled, with the reason in words. Append-only."""

    __tablename__ = "reminder_events"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    reminder_id: Mapped[int] = mapped_column(Key)
    at: Mapped[datetime]
    state: Mapped[ReminderState] = mapped_column(word(ReminderState, "reminder_state"))
    detail: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        ForeignKeyConstraint(
            ["reminder_id", "episode_id", "provider_id", "client_id"],
            [
                "reminders.id",
                "reminders.episode_id",
                "reminders.provider_id",
                "reminders.client_id",
            ],
        ),
        Index("ix_reminder_events_reminder_id", "reminder_id"),
    )
