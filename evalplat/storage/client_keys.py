"""Each client's own key: everything that names a person is sealed under it, and erasing it erases the person.

A client's key is 32 random bytes, wrapped by the master key in use. What is sealed under it is AES-256-GCM with a
random nonce, bound to the place where it stands (`table.column.row`). Keys are fetched for many clients in one
statement and held by the session until it ends; nothing is sealed for, or read of, a client who was erased.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Message
from evalplat.storage.keyring import KEY_BYTES, NONCE_BYTES, Keyring, SealBroken
from evalplat.storage.rows import add_rows, chunks, read_rows
from evalplat.storage.tables import Client, ClientKey

PURPOSE = "client keys"
_HELD = "client ciphers"
_KEYS = (
    select(ClientKey.client_id, Client.public_id, ClientKey.wrapped)
    .join(Client, Client.id == ClientKey.client_id)
    .where(ClientKey.client_id.in_(bindparam("wanted", expanding=True)))
    .execution_options(evalplat_tables=(ClientKey, Client))
)


def keyring_of(session: Session) -> Keyring:
    """The master keys that the session was opened with."""
    keyring: Keyring = session.info["keyring"]
    return keyring


def place_of_key(public_id: str) -> str:
    """Where a client's wrapped key stands."""
    return f"client_keys.{public_id}"


def add_keys(session: Session, clients: Mapping[int, str], at: datetime) -> None:
    """A fresh key for each new client, named by key and public id."""
    keyring = keyring_of(session)
    rows = []
    for client, public_id in clients.items():
        key = secrets.token_bytes(KEY_BYTES)
        _held(session)[client] = AESGCM(key)
        rows.append(
            {
                "client_id": client,
                "wrapped": keyring.seal(PURPOSE, place_of_key(public_id), key),
                "master": keyring.current,
                "created_at": at,
            }
        )
    add_rows(session, ClientKey, rows)


def hold_keys(session: Session, clients: Iterable[int]) -> None:
    """Fetch the keys of these clients in one statement, so that opening their texts asks nothing more."""
    held = _held(session)
    missing = sorted({client for client in clients if client not in held})
    for chunk in chunks(missing):
        rows = read_rows(session, _KEYS, {"wanted": chunk})
        take_keys(session, rows)
        for client in chunk:
            held.setdefault(client, None)


def take_keys(session: Session, rows: Iterable[Any]) -> None:
    """Hold the keys of rows (client, public id, wrapped key) that were read together with something else."""
    keyring, held = keyring_of(session), _held(session)
    for client, public_id, wrapped in rows:
        if client not in held:
            held[client] = wrapped and AESGCM(
                keyring.open(PURPOSE, place_of_key(public_id), wrapped)
            )


def seal(session: Session, client: int, place: str, text: str) -> bytes:
    """A text sealed for its place; nothing for an empty one. Raises Conflict for a client who was erased."""
    if not text:
        return b""
    cipher = _cipher(session, client)
    if cipher is None:
        raise Conflict(Message("This person’s data was erased. Nothing can be added about them."))
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), place.encode())


def open_text(session: Session, client: int, place: str, sealed: bytes) -> str:
    """The text that was sealed for a place; empty for a client who was erased. Raises SealBroken if it was changed."""
    if not sealed:
        return ""
    cipher = _cipher(session, client)
    if cipher is None:
        return ""
    try:
        plain = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"what stands at {place} was not sealed there") from error
    return plain.decode("utf-8", "surrogatepass")


def list_erased(session: Session, clients: Collection[int]) -> set[int]:
    """Which of these clients have no key any more."""
    hold_keys(session, clients)
    return {client for client in clients if _held(session)[client] is None}


def erase_key(session: Session, client: int, at: datetime) -> None:
    """Take a client's key away for good. Doing it again changes nothing."""
    session.execute(
        update(ClientKey)
        .where(ClientKey.client_id == client, ClientKey.erased_at.is_(None))
        .values(wrapped=None, erased_at=at)
        .execution_options(synchronize_session=False)
    )
    _held(session)[client] = None


def _cipher(session: Session, client: int) -> AESGCM | None:
    hold_keys(session, [client])
    return _held(session)[client]


def _held(session: Session) -> dict[int, AESGCM | None]:
    held: dict[int, AESGCM | None] = session.info.setdefault(_HELD, {})
    return held
