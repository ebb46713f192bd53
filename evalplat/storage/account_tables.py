"""Tables of what staff sign in with. No client's session reaches any of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
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
