"""Tables of what is destroyed: erasures of single clients, and runs over what was kept long enough.

Both are proposed by one person and carried out when another one has confirmed them; the database holds them to it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import Base, Key, word
from evalplat.storage.word_columns import Word, Worded
from evalplat.vocabulary import ErasureState, RunState

IS_WAITING = text("state = 'proposed'")


class Erasure(Worded, Base):
    """What was decided about erasing one client, on which of the county's grounds, by whom.

    `request_id` is the public id of the client's request, and empty where nobody asked. Its words are sealed under the
    client's own key, so that the reasons go with the person.
    """

    __tablename__ = "erasures"
    PLACE = ("public_id",)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    client_id: Mapped[int] = mapped_column(Key, ForeignKey("clients.id"), index=True)
    request_id: Mapped[str] = mapped_column(String(32), default="")
    ground: Mapped[str] = mapped_column(String(40))
    state: Mapped[ErasureState] = mapped_column(word(ErasureState, "erasure_state"))
    reason = Word("")
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str] = mapped_column(String(40))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(40), default="")
    note = Word("")

    __table_args__ = (
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("state <> 'done' OR decided_by <> proposed_by", name="second_person"),
        Index(
            "uq_erasures_waiting",
            "client_id",
            unique=True,
            sqlite_where=IS_WAITING,
            postgresql_where=IS_WAITING,
        ),
        Index("ix_erasures_state", "state", "proposed_at"),
    )


class RetentionRun(Base):
    """One run over what was kept long enough: what the report said, who confirmed it, and what was destroyed.

    `kinds` holds a row per kind of record: how long it is kept, how many there are, how many are to go, the oldest
    day; and afterwards how many were destroyed and how many were spared.
    """

    __tablename__ = "retention_runs"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[RunState] = mapped_column(word(RunState, "run_state"))
    kinds: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str] = mapped_column(String(40))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(40), default="")
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint(
            "state NOT IN ('confirmed', 'done') OR decided_by <> proposed_by", name="second_person"
        ),
    )


class RetentionItem(Base):
    """One record that a run is to destroy. It goes with the record, so that what is left here is still to be done.

    Append-only tables let a row go only while it stands here in a run that a second person has confirmed.
    """

    __tablename__ = "retention_items"

    run_id: Mapped[int] = mapped_column(
        Key, ForeignKey("retention_runs.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    row_key: Mapped[str] = mapped_column(String(40), primary_key=True)
