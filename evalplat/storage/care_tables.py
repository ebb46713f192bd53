"""Tables of the service: clients, vouchers, episodes, planned administrations, invitations."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    true,
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
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Mode, Respondent


class Client(Base):
    """A client without a name: what case-mix needs. Belongs to the case worker; providers come by `ClientProvider`.

    `restricted_at`: since when nothing is done with their data but keeping it. `objected_at`: since when they do not
    want to be counted in comparisons. `counted`: whether they are, which neither of the two lets be.
    """

    __tablename__ = "clients"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    case_worker_id: Mapped[int] = mapped_column(Key, ForeignKey("accounts.id"), index=True)
    birth_year: Mapped[int]
    sex: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(8))
    living_situation: Mapped[str] = mapped_column(String(24))
    employment: Mapped[str] = mapped_column(String(24))
    municipality: Mapped[str] = mapped_column(String(8), ForeignKey("municipalities.code"))
    plain_language: Mapped[bool] = mapped_column(default=False, server_default=false())
    restricted_at: Mapped[datetime | None] = mapped_column(index=True)
    objected_at: Mapped[datetime | None]
    counted: Mapped[bool] = mapped_column(default=True, server_default=true())


class ClientProvider(OfProvider, Base):
    """A client has, or had, an episode at this provider: so its staff may know them."""

    __tablename__ = "client_providers"

    provider_id: Mapped[int] = mapped_column(Key, ForeignKey("providers.id"), primary_key=True)
    client_id: Mapped[int] = mapped_column(
        Key, ForeignKey("clients.id"), primary_key=True, index=True
    )


class Voucher(Base):
    """What pays for one episode. `number` is stored without spaces, in capitals."""

    __tablename__ = "vouchers"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    client_id: Mapped[int] = mapped_column(Key, ForeignKey("clients.id"), index=True)
    county: Mapped[str] = mapped_column(String(40))
    municipality: Mapped[str] = mapped_column(String(8), ForeignKey("municipalities.code"))
    value_cents: Mapped[int] = mapped_column(Key)
    hours: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    service: Mapped[str] = mapped_column(String(200))
    named_provider_id: Mapped[int | None] = mapped_column(Key, ForeignKey("providers.id"))
    granted_at: Mapped[datetime]
    plan_key: Mapped[str] = mapped_column(String(60), default="", server_default="")

    __table_args__ = (
        UniqueConstraint("id", "client_id"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        CheckConstraint("value_cents >= 0 AND hours >= 0", name="amounts"),
    )


class Episode(OfProvider, Base):
    """One service from opening to closing. Case-mix facts that may change later are kept as they were at opening.

    `value_cents` is the voucher's value: who may see the episode and not the voucher still keeps the sums right.
    `feedback_given` says that anonymous feedback was given, so that it is asked once; never which.
    """

    __tablename__ = "episodes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    client_id: Mapped[int] = mapped_column(Key)
    voucher_id: Mapped[int] = mapped_column(Key, unique=True)
    plan_id: Mapped[int] = mapped_column(Key, ForeignKey("plans.id"))
    opened_on: Mapped[date]
    planned_end: Mapped[date]
    closed_on: Mapped[date | None]
    closing_reason: Mapped[str] = mapped_column(String(24), default="")
    municipality: Mapped[str] = mapped_column(String(8), ForeignKey("municipalities.code"))
    living_situation: Mapped[str] = mapped_column(String(24))
    employment: Mapped[str] = mapped_column(String(24))
    value_cents: Mapped[int] = mapped_column(Key, default=0, server_default="0")
    feedback_given: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (
        ForeignKeyConstraint(
            ["provider_id", "client_id"],
            ["client_providers.provider_id", "client_providers.client_id"],
        ),
        ForeignKeyConstraint(["voucher_id", "client_id"], ["vouchers.id", "vouchers.client_id"]),
        UniqueConstraint("id", "provider_id", "client_id"),
        CheckConstraint("planned_end >= opened_on", name="planned_end"),
        CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="closing"),
        Index("ix_episodes_provider_id_opened_on", "provider_id", "opened_on"),
        Index("ix_episodes_client_id", "client_id"),
        Index("ix_episodes_opened_on", "opened_on"),
    )


class Administration(OfEpisode, Base):
    """One instrument, one respondent, one measurement point; the definition's version is pinned when it is planned.

    `revision` is the latest stored answer sheet, 0 before the first. The window's days are kept so that closing an
    episode can move it. `closing_reason` says why a closed one was not obtained, and is empty for all others.
    `answered_mode`, `assistance` and `wording` say how the latest sheet was filled in, in closed words, so that a
    comparison need not touch the sheets; they are empty before the first. `shown_wording` is the public id of the
    owner's official wording that it was shown in, empty for our own labels.
    """

    __tablename__ = "administrations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    instrument: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    point: Mapped[MeasurementPoint] = mapped_column(word(MeasurementPoint, "point"))
    respondent: Mapped[Respondent] = mapped_column(word(Respondent, "respondent"))
    mode: Mapped[Mode] = mapped_column(word(Mode, "mode"))
    offset_days: Mapped[int]
    before_days: Mapped[int]
    after_days: Mapped[int]
    due_from: Mapped[date]
    due_until: Mapped[date]
    status: Mapped[AdministrationStatus] = mapped_column(
        word(AdministrationStatus, "administration_status")
    )
    revision: Mapped[int] = mapped_column(Integer, default=0)
    measured_on: Mapped[date | None]
    closing_reason: Mapped[str] = mapped_column(String(24), default="", server_default="")
    answered_mode: Mapped[str] = mapped_column(String(24), default="", server_default="")
    assistance: Mapped[str] = mapped_column(String(12), default="", server_default="")
    wording: Mapped[str] = mapped_column(String(12), default="", server_default="")
    anchor: Mapped[str] = mapped_column(String(16), default="point", server_default="point")
    shown_wording: Mapped[str] = mapped_column(String(32), default="", server_default="")

    __table_args__ = (
        episode_key(),
        UniqueConstraint("id", "episode_id", "provider_id", "client_id"),
        UniqueConstraint("episode_id", "instrument", "point", "respondent"),
        Index("ix_administrations_worklist", "provider_id", "status", "due_until"),
        Index("ix_administrations_instrument", "instrument", "point"),
    )


class Invitation(OfAdministration, Base):
    """How a client gets to one administration. Only hashes are stored; ten wrong tries lock the code."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    locator: Mapped[str] = mapped_column(String(4), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(200))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        administration_key(),
        Index("ix_invitations_administration_id", "administration_id"),
        Index("ix_invitations_episode_id", "episode_id"),
    )
