"""What still needs which master key, and sealing it again with the one in use, a few rows at a time.

Whatever is sealed or signed under a master key stands in `KINDS`: a kind that is missing there would be lost when an
earlier key is thrown away. What was signed to be found changed later, as the access log, is not signed again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, func, literal_column, select, update
from sqlalchemy.orm import Session

from evalplat.errors import Message
from evalplat.storage import client_keys, contacts, identities, second_factors
from evalplat.storage.keyring import NAME_BYTES
from evalplat.storage.tables import (
    AuditEntry,
    AuditHead,
    AuthenticatorApp,
    Client,
    ClientKey,
    ClientMark,
    Goal,
    GoalRating,
    Score,
    Sheet,
)

Reseal = Callable[[Session, int], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sealed thing: how many there are by the key's name, and how a few are sealed again (None: never)."""

    words: Message
    count: Callable[[Session], dict[str, int]]
    reseal: Reseal | None = None


def reseal_client_keys(session: Session, most: int) -> int:
    """Wrap clients' keys again that are wrapped by an earlier master key; gives back how many."""
    keyring = client_keys.keyring_of(session)
    rows = session.execute(
        select(ClientKey.client_id, Client.public_id, ClientKey.wrapped, ClientKey.master)
        .join(Client, Client.id == ClientKey.client_id)
        .where(ClientKey.wrapped.is_not(None), ClientKey.master != keyring.current)
        .order_by(ClientKey.client_id)
        .limit(most)
    ).all()
    for client, public_id, wrapped, master in rows:
        if wrapped is None:
            continue
        place = client_keys.place_of_key(public_id)
        key = keyring.open(client_keys.PURPOSE, place, wrapped)
        session.execute(
            update(ClientKey)
            .where(  # not one that was erased or wrapped again meanwhile
                ClientKey.client_id == client,
                ClientKey.master == master,
                ClientKey.wrapped.is_not(None),
            )
            .values(wrapped=keyring.seal(client_keys.PURPOSE, place, key), master=keyring.current)
            .execution_options(synchronize_session=False)
        )
    return len(rows)


def reseal_client_marks(session: Session, most: int) -> int:
    """Make marks again that were made with an earlier master key; gives back how many."""
    keyring = client_keys.keyring_of(session)
    rows = session.execute(
        select(ClientMark.client_id, ClientMark.kind, ClientMark.master)
        .where(ClientMark.master != keyring.current)
        .order_by(ClientMark.client_id, ClientMark.kind)
        .limit(most)
    ).all()
    client_keys.hold_keys(session, {row.client_id for row in rows})
    for client, kind, master in rows:
        value = identities.read_code(session, client)
        if kind != identities.CODE:
            kept = contacts.lock(session, client, wait=False)
            value = "" if kept is None else kept.email if kind == identities.EMAIL else kept.phone
        made = keyring.index(identities.purpose_of(kind), value.casefold())
        session.execute(
            update(ClientMark)
            .where(
                ClientMark.client_id == client,
                ClientMark.kind == kind,
                ClientMark.master == master,
            )
            .values(mark=made, master=keyring.current)
            .execution_options(synchronize_session=False)
        )
    return len(rows)


def _by_column(model: Any, *conditions: Any) -> Callable[[Session], dict[str, int]]:
    """Rows by the name of the master key in the column `master`."""

    def count(session: Session) -> dict[str, int]:
        query = select(model.master, func.count()).where(*conditions).group_by(model.master)
        return {str(name): int(found) for name, found in session.execute(query)}

    return count


def _by_first_bytes(column: Any) -> Callable[[Session], dict[str, int]]:
    """Rows by the name of the master key that their seal begins with."""

    def count(session: Session) -> dict[str, int]:
        some: tuple[Any, ...] = (literal_column("1"), literal_column(str(NAME_BYTES)))
        name = func.substr(column, *some, type_=LargeBinary())
        query = select(name, func.count()).where(column.is_not(None)).group_by(name)
        return {bytes(found).hex(): rows for found, rows in session.execute(query)}

    return count


KINDS: tuple[Kind, ...] = (
    Kind(
        Message("keys of clients"),
        _by_column(ClientKey, ClientKey.wrapped.is_not(None)),
        reseal_client_keys,
    ),
    Kind(Message("marks of clients"), _by_column(ClientMark), reseal_client_marks),
    Kind(
        Message("apps of the second step"),
        _by_first_bytes(AuthenticatorApp.secret),
        second_factors.reseal_apps,
    ),
    Kind(Message("lines of the access log"), _by_first_bytes(AuditEntry.mac)),
    Kind(Message("heads of the access log"), _by_first_bytes(AuditHead.seal)),
    Kind(Message("seals of sheets"), _by_first_bytes(Sheet.seal)),
    Kind(Message("seals of scores"), _by_first_bytes(Score.seal)),
    Kind(Message("seals of goals"), _by_first_bytes(Goal.seal)),
    Kind(Message("seals of ratings"), _by_first_bytes(GoalRating.seal)),
)


def count_needs(session: Session, kinds: Sequence[Kind] = KINDS) -> dict[str, dict[Kind, int]]:
    """How many of each kind need which master key, by its name."""
    found: dict[str, dict[Kind, int]] = {}
    for kind in kinds:
        for name, count in kind.count(session).items():
            found.setdefault(name, {})[kind] = count
    return found


def reseal(session: Session, most: int, kinds: Sequence[Kind] = KINDS) -> int:
    """Seal at most so many rows again with the key in use; 0 when nothing is left that could be."""
    done = 0
    for kind in kinds:
        if kind.reseal is not None and done < most:
            done += kind.reseal(session, most - done)
    return done
