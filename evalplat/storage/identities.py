"""Who clients are: names and identity codes, sealed under each client's own key, and how they are looked for.

Names are searched by opening those that the scope reaches: an index of their words would tell the common ones by how
often they stand in it. An exact code, e-mail address or phone number is found by its mark.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from evalplat.storage import client_keys
from evalplat.storage.access import scope_of
from evalplat.storage.rows import add_rows, chunks, put_rows, read_rows
from evalplat.storage.tables import Client, ClientContact, ClientIdentity, ClientKey, ClientMark
from evalplat.vocabulary import Channel

KNOW_NAMES = ("provider", "case_worker", "all")
"""The scopes that reach names; a client's link and the county's readers know nobody's."""

CODE, EMAIL, PHONE = "code", "email", "phone"
_NAMES = (
    select(ClientKey.client_id, Client.public_id, ClientKey.wrapped, ClientIdentity.sealed_name)
    .join(Client, Client.id == ClientKey.client_id)
    .join(ClientIdentity, ClientIdentity.client_id == ClientKey.client_id)
    .execution_options(evalplat_tables=(ClientKey, Client, ClientIdentity))
)
_SOME = _NAMES.where(ClientKey.client_id.in_(bindparam("wanted", expanding=True)))
_BORN = _NAMES.where(Client.birth_year == bindparam("birth_year"))
_IN_ORDER = str.maketrans({"å": "{a", "ä": "{b", "ö": "{c"})
"""Letters that stand after z in Finnish and Swedish; `{` is the sign after z."""


@dataclass(frozen=True, slots=True)
class Person:
    """A new client's name and, where it was given, personal identity code."""

    client: int
    public_id: str
    name: str
    code: str = ""


def add_people(session: Session, people: Sequence[Person], at: datetime) -> None:
    """Keys, sealed names and marks of new clients. The database refuses a code that somebody has already."""
    client_keys.add_keys(session, {one.client: one.public_id for one in people}, at)
    rows = [
        {
            "client_id": one.client,
            "sealed_name": client_keys.seal(session, one.client, _name(one.client), one.name),
            "sealed_code": client_keys.seal(session, one.client, _code(one.client), one.code),
        }
        for one in people
    ]
    add_rows(session, ClientIdentity, rows)
    for one in people:
        mark(session, one.client, {CODE: one.code} if one.code else {})


def read_names(session: Session, clients: Collection[int]) -> dict[int, str]:
    """Names of the clients that the scope reaches; empty for one who was erased."""
    found: dict[int, str] = {}
    if scope_of(session).kind not in KNOW_NAMES:
        return found
    for chunk in chunks(sorted(set(clients))):
        found.update(_open(session, read_rows(session, _SOME, {"wanted": chunk})))
    return found


def list_names(session: Session, birth_year: int | None = None) -> list[tuple[int, str]]:
    """(client, name) of everybody that the scope reaches, or who was born in a year, by name."""
    if scope_of(session).kind not in KNOW_NAMES:
        return []
    if birth_year is None:
        rows = read_rows(session, _NAMES, {})
    else:
        rows = read_rows(session, _BORN, {"birth_year": birth_year})
    return sorted(_open(session, rows), key=lambda one: (order_of(one[1]), one[0]))


def find_by_words(session: Session, search: str) -> list[int]:
    """The clients, by name, whose name holds every word that was typed."""
    words = search.casefold().split()
    return [
        client
        for client, name in list_names(session)
        if name and all(word in name.casefold() for word in words)
    ]


def find_by_name(session: Session, name: str, birth_year: int) -> list[int]:
    """The clients of exactly this name, in whatever case, and year of birth."""
    wanted = " ".join(name.split()).casefold()
    return [
        client
        for client, known in list_names(session, birth_year)
        if known and known.casefold() == wanted
    ]


def order_of(name: str) -> str:
    """What names are put in order by: without case, with å, ä and ö after z; those without a name come last."""
    return name.casefold().translate(_IN_ORDER) or "~"


def read_code(session: Session, client: int) -> str:
    """A client's personal identity code; empty where none was given or the client was erased."""
    sealed = session.scalar(
        select(ClientIdentity.sealed_code).where(ClientIdentity.client_id == client)
    )
    return client_keys.open_text(session, client, _code(client), sealed or b"")


def put_name(session: Session, client: int, name: str) -> None:
    """Store a client's name in place of the earlier one."""
    session.execute(
        update(ClientIdentity)
        .where(ClientIdentity.client_id == client)
        .values(sealed_name=client_keys.seal(session, client, _name(client), name))
        .execution_options(synchronize_session=False)
    )


def put_code(session: Session, client: int, code: str) -> None:
    """Store a client's personal identity code in place of the earlier one."""
    session.execute(
        update(ClientIdentity)
        .where(ClientIdentity.client_id == client)
        .values(sealed_code=client_keys.seal(session, client, _code(client), code))
        .execution_options(synchronize_session=False)
    )
    mark(session, client, {CODE: code})


def mark(session: Session, client: int, values: Mapping[str, str]) -> None:
    """Make the marks of a client's values anew, by kind; an empty value's mark goes."""
    keyring = client_keys.keyring_of(session)
    rows = [
        {
            "client_id": client,
            "kind": kind,
            "mark": keyring.index(purpose_of(kind), value.casefold()),
            "master": keyring.current,
        }
        for kind, value in values.items()
        if value
    ]
    put_rows(session, ClientMark, rows, replace=("mark", "master"))
    gone = [kind for kind, value in values.items() if not value]
    if gone:
        _unmark(session, client, gone)


def find_by_mark(session: Session, kind: str, value: str) -> list[int]:
    """The clients that the scope reaches who have exactly this code, e-mail address or phone number."""
    marks = client_keys.keyring_of(session).indexes(purpose_of(kind), value.casefold())
    query = select(ClientMark.client_id).where(ClientMark.kind == kind, ClientMark.mark.in_(marks))
    return list(session.scalars(query))


def list_unmarked(session: Session, kind: str, client: Any, sealed: Any) -> list[int]:
    """The clients with a sealed value of a kind and no mark of it, whose keys are then held."""
    marked = select(ClientMark.client_id).where(ClientMark.kind == kind)
    query = select(client).where(func.length(sealed) > 0, client.not_in(marked)).order_by(client)
    found = list(session.scalars(query))
    client_keys.hold_keys(session, found)
    return found


def mark_missing_codes(session: Session) -> int:
    """Make the marks of identity codes that have none, as after a restore; gives back how many."""
    clients = list_unmarked(session, CODE, ClientIdentity.client_id, ClientIdentity.sealed_code)
    codes = [(client, read_code(session, client)) for client in clients]
    for client, code in codes:
        if code:
            mark(session, client, {CODE: code})
    return sum(bool(code) for _, code in codes)


def purpose_of(kind: str) -> str:
    """The purpose of the key that marks of a kind are made with."""
    return f"client mark {kind}"


def forget(session: Session, client: int, at: datetime) -> None:
    """Erase a person: without the key neither name, addresses nor words about them can be read, here or in a backup.

    What was measured stays, of nobody. Doing it again changes nothing.
    """
    client_keys.erase_key(session, client, at)
    _unmark(session, client, [CODE, EMAIL, PHONE])
    session.execute(
        update(ClientIdentity)
        .where(ClientIdentity.client_id == client)
        .values(sealed_name=b"", sealed_code=b"")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ClientContact)
        .where(ClientContact.client_id == client)
        .values(sealed_email=b"", sealed_phone=b"", channel=Channel.NONE, changed_at=at)
        .execution_options(synchronize_session=False)
    )


def _unmark(session: Session, client: int, kinds: Collection[str]) -> None:
    session.execute(
        delete(ClientMark)
        .where(ClientMark.client_id == client, ClientMark.kind.in_(kinds))
        .execution_options(synchronize_session=False)
    )


def _open(session: Session, rows: Iterable[Any]) -> list[tuple[int, str]]:
    found = list(rows)
    client_keys.take_keys(session, (row[:3] for row in found))
    return [
        (client, client_keys.open_text(session, client, _name(client), sealed))
        for client, _public_id, _wrapped, sealed in found
    ]


def _name(client: int) -> str:
    return f"client_identities.name.{client}"


def _code(client: int) -> str:
    return f"client_identities.code.{client}"
