"""Tables of what staff sign in with. No client's session reaches any of them."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import Base, Key, word
from evalplat.vocabulary import Role, SignInStage


class StaffSession(Base):
    """A session of a member of staff, or one on its way; deleting the row ends it at once.

    digest: SHA-256 of what the browser's cookie carries. challenge: what a security key is asked to sign, once.
    proved_at: when the password or a second factor was last shown. role: the one that the session began with.
    """

    __tablename__ = "staff_sessions"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[int] = mapped_column(Key, ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(word(Role, "role"))
    stage: Mapped[SignInStage] = mapped_column(word(SignInStage, "stage"))
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    began_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(String(60))


class WrongTries(Base):
    """How many wrong passwords or codes came from one network lately. `source` is a keyed hash of it."""

    __tablename__ = "wrong_tries"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int]
    until: Mapped[datetime] = mapped_column(index=True)


class AuthenticatorApp(Base):
    """The secret that an app on somebody's phone makes codes from, sealed; in use once it is confirmed.

    last_step: the time step of the last code that was taken, so that none is taken twice.
    """

    __tablename__ = "authenticator_apps"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(Key, ForeignKey("accounts.id"), index=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    begun_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """A code for when the second factor is lost, as its SHA-256; used once, by being deleted."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(Key, ForeignKey("accounts.id"))
    digest: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("account_id", "digest"),)


class SecurityKey(Base):
    """The public half of a security key or passkey, under the name that its owner gave it."""

    __tablename__ = "security_keys"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[int] = mapped_column(Key, ForeignKey("accounts.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(60))
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OutsideIdentity(Base):
    """Who an account is at the provider of identities: the issuer and its own name for the person, never an address."""

    __tablename__ = "outside_identities"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[int] = mapped_column(Key, ForeignKey("accounts.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class IdentityInvitation(Base):
    """An administrator's invitation to link an account; one at a time, used by being deleted."""

    __tablename__ = "identity_invitations"

    account_id: Mapped[int] = mapped_column(
        Key, ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
