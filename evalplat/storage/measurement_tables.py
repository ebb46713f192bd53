"""Tables of what was measured: answer sheets, drafts, scores, goals and their ratings, moments of pairs."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
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
    OfProvider,
    administration_key,
    episode_key,
    word,
)
from evalplat.storage.word_columns import Word, Worded
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, ScoreStatus


class Sheet(OfAdministration, Worded, Base):
    """The raw answers of one administration: written once, never changed. A correction is the next revision.

    `answers` is JSON text as `scoring.answers.to_raw` gives it; `body_digest` is over everything that was sent in, so
    that the same key with another body is noticed. `score_rows` and `rating_rows` say how many of them were written
    with the sheet, so that a missing one is noticed; `seal` see `seals`. `begun_at`: when its first answer was kept,
    where it was given answer by answer.
    """

    __tablename__ = "sheets"
    PLACE = ("administration_id", "revision")

    administration_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    idempotency_key: Mapped[str] = mapped_column(String(100), unique=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    answers: Mapped[str] = mapped_column(Text)
    measured_on: Mapped[date]
    language: Mapped[str] = mapped_column(String(16))
    mode: Mapped[Mode] = mapped_column(word(Mode, "mode"))
    respondent: Mapped[Respondent] = mapped_column(word(Respondent, "respondent"))
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[str] = mapped_column(String(40))
    shown_wording: Mapped[str] = mapped_column(String(32), default="", server_default="")
    begun_at: Mapped[datetime | None]
    answered_with = Word("")
    reason = Word("")
    present = Word("")
    score_rows: Mapped[int | None]
    rating_rows: Mapped[int | None]
    seal: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        administration_key(),
        CheckConstraint("revision >= 1", name="revision"),
        Index("ix_sheets_episode_id", "episode_id"),
    )


class SetAside(OfAdministration, Base):
    """A second sheet that came in under a key already used: kept, so that nothing a person wrote is lost."""

    __tablename__ = "set_aside_sheets"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(100))
    body_digest: Mapped[str] = mapped_column(String(64))
    answers: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    received_from: Mapped[str] = mapped_column(String(40))

    __table_args__ = (administration_key(), UniqueConstraint("administration_id", "body_digest"))


class Draft(OfAdministration, Base):
    """One answer of a sheet that is not submitted yet, saved as soon as it was given."""

    __tablename__ = "drafts"

    administration_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(16))
    saved_at: Mapped[datetime]

    __table_args__ = (administration_key(),)


class Score(OfAdministration, Base):
    """The value of one scale of one revision, unrounded, with what it was made from."""

    __tablename__ = "scores"

    administration_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    scale: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[float | None] = mapped_column(Float)
    status: Mapped[ScoreStatus] = mapped_column(word(ScoreStatus, "score_status"))
    reason: Mapped[str] = mapped_column(Text)
    items_used: Mapped[int]
    items_missing: Mapped[int]
    items_not_applicable: Mapped[int]
    variant: Mapped[str] = mapped_column(String(60))
    definition_digest: Mapped[str] = mapped_column(String(64))
    scoring_version: Mapped[str] = mapped_column(String(20))
    seal: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        administration_key(),
        ForeignKeyConstraint(
            ["administration_id", "revision"], ["sheets.administration_id", "sheets.revision"]
        ),
        CheckConstraint(
            "(value IS NULL) = (status = 'not_assessable')", name="no_value_without_ground"
        ),
    )


class Goal(OfEpisode, Worded, Base):
    """A goal agreed with the client. Never changed: a revised goal is a new one that `replaces_id` the old."""

    __tablename__ = "goals"
    PLACE = ("public_id",)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    title = Word("")
    own_words = Word("")
    indicator = Word("")
    icf: Mapped[list[str]] = mapped_column(JSON)
    levels = Word(["", "", "", "", ""])
    baseline_level: Mapped[int]
    target_date: Mapped[date | None]
    importance: Mapped[int]
    difficulty: Mapped[int]
    agreed_on: Mapped[date]
    agreed_with: Mapped[Respondent] = mapped_column(word(Respondent, "respondent"))
    agreed_by: Mapped[str] = mapped_column(String(40))
    plan_goal = Word("")
    replaces_id: Mapped[int | None] = mapped_column(Key, ForeignKey("goals.id"))
    seal: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        episode_key(),
        UniqueConstraint("id", "episode_id"),
        UniqueConstraint("replaces_id"),
        CheckConstraint("baseline_level BETWEEN -2 AND 2", name="baseline_level"),
        CheckConstraint("importance BETWEEN 1 AND 3 AND difficulty BETWEEN 1 AND 3", name="weight"),
        Index("ix_goals_episode_id", "episode_id"),
    )


class GoalRating(OfAdministration, Worded, Base):
    """The level one goal had reached, as part of one revision of a goal administration's sheet.

    Where client and worker see it differently, both their levels stand beside the one that was agreed.
    """

    __tablename__ = "goal_ratings"
    PLACE = ("administration_id", "revision", "goal_id")

    administration_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    goal_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    level: Mapped[int]
    rated_on: Mapped[date]
    rater: Mapped[Respondent] = mapped_column(word(Respondent, "respondent"))
    comment = Word("")
    client_level: Mapped[int | None]
    worker_level: Mapped[int | None]
    seal: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        administration_key(),
        ForeignKeyConstraint(
            ["administration_id", "revision"], ["sheets.administration_id", "sheets.revision"]
        ),
        ForeignKeyConstraint(["goal_id", "episode_id"], ["goals.id", "goals.episode_id"]),
        CheckConstraint("level BETWEEN -2 AND 2", name="level"),
        Index("ix_goal_ratings_episode_id", "episode_id"),
    )


class EpisodeCounts(OfProvider, Base):
    """How many episodes plan an instrument at one of two points, by month of opening and version they began with.

    `version` is that of the first point's measurement, and empty before there is one. `month` is year * 100 + month.
    With `PairMoments` it gives everybody who started, and under each reason those who are left out.
    """

    __tablename__ = "episode_counts"

    provider_id: Mapped[int] = mapped_column(Key, ForeignKey("providers.id"), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(60), primary_key=True)
    from_point: Mapped[MeasurementPoint] = mapped_column(
        word(MeasurementPoint, "from_point"), primary_key=True
    )
    to_point: Mapped[MeasurementPoint] = mapped_column(
        word(MeasurementPoint, "to_point"), primary_key=True
    )
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    n: Mapped[int]

    __table_args__ = (Index("ix_episode_counts_instrument", "instrument", "to_point", "month"),)


class PairMoments(OfProvider, Base):
    """Additive sums over the pairs of one provider, scale, pair of points and month of opening; and who gives no pair.

    Kept current when a pair completes or is revised, so that any period or group of providers is a sum. `columns` and
    `triangle` are a packed `episodes.moments.CellSums` about `reference`. Episodes without a first measurement stand
    in `EpisodeCounts` only; those that still lack the later one are what is left there.
    """

    __tablename__ = "pair_moments"

    provider_id: Mapped[int] = mapped_column(Key, ForeignKey("providers.id"), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    scale: Mapped[str] = mapped_column(String(60), primary_key=True)
    from_point: Mapped[MeasurementPoint] = mapped_column(
        word(MeasurementPoint, "from_point"), primary_key=True
    )
    to_point: Mapped[MeasurementPoint] = mapped_column(
        word(MeasurementPoint, "to_point"), primary_key=True
    )
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]
    other_version: Mapped[int]
    baseline_not_assessable: Mapped[int]
    end_not_assessable: Mapped[int]
    end_before_baseline: Mapped[int]
    improved: Mapped[int]
    unchanged: Mapped[int]
    deteriorated: Mapped[int]
    reference: Mapped[float] = mapped_column(Float)
    columns: Mapped[str] = mapped_column(Text)
    triangle: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_pair_moments_scale", "instrument", "scale", "version", "to_point", "month"),
    )


class UsedDefinition(Base):
    """With which definition answers of an instrument's version are scored, from the first sheet on. Append-only."""

    __tablename__ = "used_definitions"

    instrument: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))


class MomentsState(Base):
    """One row once the sums were counted, with the way in which they are kept; without it, rows are asked."""

    __tablename__ = "moments_state"

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    layout: Mapped[int]
