"""Tables of access tokens: what another program shows to ask in an account's name, and how often it has asked."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import Base, Key


class ApiToken(Base):
    """One access token of an account. Its secret is not stored, only the SHA-256 of it.

    `role` and `provider_id` are the account's when it was made: the token ends when the account has others.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[int] = mapped_column(Key, ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    role: Mapped[str] = mapped_column(String(24))
    provider_id: Mapped[int | None] = mapped_column(Key, ForeignKey("providers.id"))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(40))
    expires_on: Mapped[date]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(40), default="")

    __table_args__ = (CheckConstraint("length(secret_hash) = 64", name="secret_hash"),)


class ApiTokenUse(Base):
    """When a token was last used, and how often in one minute: counted here, so that all processes count together."""

    __tablename__ = "api_token_uses"

    token_id: Mapped[int] = mapped_column(
        Key, ForeignKey("api_tokens.id"), primary_key=True, autoincrement=False
    )
    last_used_on: Mapped[date | None]
    minute: Mapped[int] = mapped_column(BigInteger, default=0)
    calls: Mapped[int] = mapped_column(default=0)
