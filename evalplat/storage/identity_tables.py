"""Tables of who a client is: the sealed name and identity code, the client's own key, marks for looking up."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from evalplat.storage.base import Base, Key

IS_CODE = text("kind = 'code'")


class ClientKey(Base):
    """The key that everything naming one client is sealed under, itself wrapped by the master key named in `master`.

    Erasing a person leaves the row without its key, so that a backup of an earlier day cannot bring them back.
    """

    __tablename__ = "client_keys"

    client_id: Mapped[int] = mapped_column(
        Key, ForeignKey("clients.id"), primary_key=True, autoincrement=False
    )
    wrapped: Mapped[bytes | None]
    master: Mapped[str] = mapped_column(String(8), index=True)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(wrapped IS NULL) = (erased_at IS NOT NULL)", name="erased"),
    )


class ClientIdentity(Base):
    """A client's name and personal identity code, sealed, and apart from everything else.

    Reading results never passes it. `sealed_code` is empty where no code was given.
    """

    __tablename__ = "client_identities"

    client_id: Mapped[int] = mapped_column(
        Key, ForeignKey("clients.id"), primary_key=True, autoincrement=False
    )
    sealed_name: Mapped[bytes]
    sealed_code: Mapped[bytes] = mapped_column(default=b"")


class ClientMark(Base):
    """A keyed fingerprint of a client's identity code, e-mail address or phone number (`kind`).

    An exact value is found by it again, and no other: who has no key learns nothing but which are alike.
    """

    __tablename__ = "client_marks"

    client_id: Mapped[int] = mapped_column(
        Key, ForeignKey("clients.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    mark: Mapped[bytes] = mapped_column(index=True)
    master: Mapped[str] = mapped_column(String(8), index=True)

    __table_args__ = (
        Index(
            "uq_client_marks_code",
            "mark",
            unique=True,
            sqlite_where=IS_CODE,
            postgresql_where=IS_CODE,
        ),
    )
