"""Tables of the daily work: appointments, closings, alerts and sheets seen to, the client's one plan, feedback."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import (
    Base,
    Key,
    OfAdministration,
    OfEpisode,
    OfProvider,
    administration_key,
    episode_key,
    word,
)
from evalplat.storage.word_columns import Word, Worded
from evalplat.vocabulary import (
    AppointmentForm,
    AppointmentOutcome,
    AppointmentPlace,
    EpisodeAct,
    Sign,
    TextAct,
)


class Appointment(OfEpisode, Base):
    """One meeting of the service as it was given. A wrong entry is struck out, never deleted."""

    __tablename__ = "appointments"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    held_on: Mapped[date]
    minutes: Mapped[int]
    form: Mapped[AppointmentForm] = mapped_column(word(AppointmentForm, "form"))
    place: Mapped[AppointmentPlace] = mapped_column(word(AppointmentPlace, "place"))
    outcome: Mapped[AppointmentOutcome] = mapped_column(word(AppointmentOutcome, "outcome"))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(40))
    idempotency_key: Mapped[str] = mapped_column(String(100), unique=True)
    struck_at: Mapped[datetime | None]
    struck_by: Mapped[str] = mapped_column(String(40), default="")

    __table_args__ = (
        episode_key(),
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),
        Index("ix_appointments_episode_id", "episode_id", "held_on"),
    )


class EpisodeEvent(OfEpisode, Worded, Base):
    """An episode was closed, opened again, or its closing corrected: how it stood from then on. Append-only.

    note: why it was opened again or corrected, in a worker's words.
    """

    __tablename__ = "episode_events"
    PLACE = ("episode_id", "act", "done_at")

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    act: Mapped[EpisodeAct] = mapped_column(word(EpisodeAct, "episode_act"))
    closed_on: Mapped[date | None]
    closing_reason: Mapped[str] = mapped_column(String(24), default="")
    planned_end: Mapped[date]
    note = Word("")
    done_at: Mapped[datetime]
    done_by: Mapped[str] = mapped_column(String(40))

    __table_args__ = (episode_key(), Index("ix_episode_events_episode_id", "episode_id"))


class AlertNote(OfAdministration, Worded, Base):
    """A worker has seen the alert of one scale at one measurement, and what was done. Append-only."""

    __tablename__ = "alert_notes"
    PLACE = ("public_id",)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    scale: Mapped[str] = mapped_column(String(60))
    revision: Mapped[int]
    seen_at: Mapped[datetime]
    seen_by: Mapped[str] = mapped_column(String(40))
    done = Word("")

    __table_args__ = (
        administration_key(),
        Index("ix_alert_notes_episode_id", "episode_id"),
    )


class SheetNote(OfAdministration, Worded, Base):
    """Somebody has looked at what one revision of a sheet made one look at, and left it as it is. Append-only."""

    __tablename__ = "sheet_notes"
    PLACE = ("public_id",)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    sign: Mapped[Sign] = mapped_column(word(Sign, "sign"))
    revision: Mapped[int]
    noted_at: Mapped[datetime]
    noted_by: Mapped[str] = mapped_column(String(40))
    note = Word("")

    __table_args__ = (
        administration_key(),
        Index("ix_sheet_notes_episode_id", "episode_id"),
    )


class ClientPlan(Worded, Base):
    """One person's one plan as a record beside the measurements (AVAIN: factors, services, methods). Append-only."""

    __tablename__ = "client_plans"
    PLACE = ("client_id", "revision")

    client_id: Mapped[int] = mapped_column(
        Key, ForeignKey("clients.id"), primary_key=True, autoincrement=False
    )
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    situational_factors: Word[list[str]] = Word([])
    services: Word[list[str]] = Word([])
    methods: Word[list[str]] = Word([])
    summary = Word("")
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(40))


class PlanGoal(Worded, Base):
    """A goal of the client's plan, agreed with the case worker; goals of episodes are made from it. Append-only."""

    __tablename__ = "plan_goals"
    PLACE = ("public_id",)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    client_id: Mapped[int] = mapped_column(Key, ForeignKey("clients.id"), index=True)
    title = Word("")
    own_words = Word("")
    indicator = Word("")
    planned_on: Mapped[date]
    planned_by: Mapped[str] = mapped_column(String(40))
    replaces_id: Mapped[int | None] = mapped_column(Key, ForeignKey("plan_goals.id"))

    __table_args__ = (UniqueConstraint("replaces_id"),)


class ProviderComment(OfProvider, Base):
    """What a provider's manager says of the own results of a year: the latest version, unless it is empty.

    The county reads it, and prints it in its reports. Append-only.
    """

    __tablename__ = "provider_comments"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider_id: Mapped[int] = mapped_column(Key, ForeignKey("providers.id"), sort_order=-30)
    year: Mapped[int]
    version: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(String(40))

    __table_args__ = (
        UniqueConstraint("provider_id", "year", "version"),
        CheckConstraint("year BETWEEN 2000 AND 9999", name="year"),
        CheckConstraint("version > 0", name="version"),
    )


class FeedbackSheet(OfProvider, Base):
    """Anonymous answers about a provider: no client, no episode, no day. Its key is random and its rows stand by it on
    the disk (PostgreSQL's triggers see to that), so that nobody can tell in which order they came.

    Clients put them in; nobody reads them but the county and what counts them. Append-only.
    """

    __tablename__ = "feedback_sheets"

    public_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Key, ForeignKey("providers.id"))
    instrument: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    quarter: Mapped[int]
    language: Mapped[str] = mapped_column(String(16))
    answers: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("quarter BETWEEN 20001 AND 99994", name="quarter"),
        Index("ix_feedback_sheets_provider_id", "provider_id", "instrument", "quarter"),
        {"sqlite_with_rowid": False},
    )


class FeedbackDecision(OfProvider, Base):
    """What the county's analyst decided about one text of a sheet of feedback: the latest version counts. Append-only.

    It names the sheet by its random key, without a foreign key: PostgreSQL writes the sheets anew to mix them. edited:
    the words that are shown instead. reason: why a text is hidden.
    """

    __tablename__ = "feedback_decisions"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider_id: Mapped[int] = mapped_column(Key, ForeignKey("providers.id"), sort_order=-30)
    sheet_key: Mapped[str] = mapped_column(String(32))
    item: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    act: Mapped[TextAct] = mapped_column(word(TextAct, "text_act"))
    edited: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(40))

    __table_args__ = (
        UniqueConstraint("sheet_key", "item", "version"),
        CheckConstraint("version > 0", name="version"),
    )
