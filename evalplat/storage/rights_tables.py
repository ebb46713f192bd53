"""Tables about clients' rights: what they asked for, what was restricted or corrected, by whom and why."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import Base, Key, word
from evalplat.storage.word_columns import Word, Worded
from evalplat.vocabulary import RightsAct, RightsKind


class ClientAct(Worded, Base):
    """Data was restricted or used again, or a client objected to being counted or took that back. Append-only."""

    __tablename__ = "client_acts"
    PLACE = ("client_id", "act", "done_at")

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    client_id: Mapped[int] = mapped_column(Key, ForeignKey("clients.id"), index=True)
    act: Mapped[RightsAct] = mapped_column(word(RightsAct, "act"))
    reason = Word("")
    done_at: Mapped[datetime]
    done_by: Mapped[str] = mapped_column(String(40))


class FactRevision(Worded, Base):
    """One fact about a client that was corrected: the earlier value, the later one, and why. Append-only.

    `episode` is empty for the client's own fact, and the public id of the service where the fact that the service keeps
    from its opening was mended.
    """

    __tablename__ = "fact_revisions"
    PLACE = ("client_id", "revision", "fact", "episode")

    client_id: Mapped[int] = mapped_column(
        Key, ForeignKey("clients.id"), primary_key=True, autoincrement=False
    )
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fact: Mapped[str] = mapped_column(String(24), primary_key=True)
    episode: Mapped[str] = mapped_column(String(32), primary_key=True)
    earlier: Mapped[str] = mapped_column(Text)
    later: Mapped[str] = mapped_column(Text)
    reason = Word("")
    corrected_at: Mapped[datetime]
    corrected_by: Mapped[str] = mapped_column(String(40))

    __table_args__ = (CheckConstraint("revision >= 1", name="revision"),)


class RightsRequest(Worded, Base):
    """What a client asks for about their data; `administration_id` is the sheet whose invitation they asked through.

    `outcome` is empty until it is answered, then done or refused.
    """

    __tablename__ = "rights_requests"
    PLACE = ("public_id",)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    client_id: Mapped[int] = mapped_column(Key, ForeignKey("clients.id"), index=True)
    administration_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("administrations.id"), index=True
    )
    kind: Mapped[RightsKind] = mapped_column(word(RightsKind, "rights_kind"))
    message = Word("")
    asked_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(40))
    promised_by: Mapped[date]
    outcome: Mapped[str] = mapped_column(String(12), default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(40), default="")
    answer = Word("")

    __table_args__ = (
        CheckConstraint("outcome IN ('', 'done', 'refused')", name="outcome"),
        CheckConstraint("(outcome = '') = (answered_at IS NULL)", name="answered"),
        Index("ix_rights_requests_open", "answered_at", "promised_by"),
    )
