"""Clients' own keys kept apart from backups: one small file, which every backup brings up to date.

A backup holds neither keys nor marks, so it names nobody by itself. A person who is erased goes from this file with the
next backup, and with that out of every backup there is. A key leaves it only when the database says that its client was
erased: an emptied database empties nothing here. The keys in it are wrapped by the master key.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evalplat.errors import Fault, FileRejected, Message
from evalplat.storage.erasing import ERASED_VOUCHER
from evalplat.storage.whole_files import make_private, sync_file, sync_folder

SEPARATE = ("client_keys", "client_marks")
"""Tables whose rows are in no backup; the marks are made anew."""

FORM = 1
STORED = "%Y-%m-%d %H:%M:%S.%f"
CANNOT = Message("The clients’ keys cannot be used.")
_READ = (
    "SELECT c.public_id, k.wrapped, k.master, k.created_at, k.erased_at"
    " FROM client_keys k JOIN clients c ON c.id = k.client_id"
)
_KNOWN = "SELECT c.id, c.public_id, k.client_id FROM clients c LEFT JOIN client_keys k ON k.client_id = c.id"


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One client's key as it is wrapped, with the master key's name."""

    wrapped: str
    master: str
    created_at: str


@dataclass(frozen=True, slots=True)
class KeptKeys:
    """Keys by the client's public id, and when which clients were erased."""

    keys: Mapping[str, KeptKey] = field(default_factory=dict)
    erased: Mapping[str, str] = field(default_factory=dict)

    def joined(self, now: "KeptKeys") -> "KeptKeys":
        """These and what the database says now, without anybody who was erased before or since."""
        erased = {**now.erased, **self.erased}
        keys = {**self.keys, **now.keys}
        return KeptKeys({who: key for who, key in keys.items() if who not in erased}, erased)


@dataclass(frozen=True, slots=True)
class Filled:
    """What a restored database was given: keys; clients who were erased; clients whose key is nowhere."""

    keys: int
    erased: int
    missing: int


def read_keys(path: Path) -> KeptKeys | None:
    """What the file holds; None where there is none. Raises FileRejected where it cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["form"] != FORM:
            raise ValueError("another form")
        keys = {who: KeptKey(**key) for who, key in data["keys"].items()}
        for key in keys.values():
            bytes.fromhex(key.wrapped)
        return KeptKeys(keys, dict(data["erased"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        unreadable = Message("The file cannot be read: put a whole copy of it back.")
        raise FileRejected(CANNOT, [Fault(str(path), unreadable)]) from None


def write_keys(path: Path, kept: KeptKeys) -> None:
    """Put the file in the place of the earlier one, whole and on the disk, readable by its owner only."""
    partial = path.with_name(path.name + ".partial")
    data = {
        "form": FORM,
        "keys": {who: asdict(key) for who, key in sorted(kept.keys.items())},
        "erased": dict(sorted(kept.erased.items())),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_private(partial)
        partial.write_text(json.dumps(data, indent=0) + "\n", encoding="utf-8")
        sync_file(partial)
        os.replace(partial, path)
        sync_folder(path.parent)
    except OSError as error:
        why = Message("%(why)s", why=error.strerror or str(error))
        raise FileRejected(
            Message("The clients’ keys were not written."), [Fault(str(path), why)]
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def keys_of(connection: Any) -> KeptKeys:
    """What a database holds, through a connection of SQLite's or PostgreSQL's own driver."""
    keys, erased = {}, {}
    for who, wrapped, master, created, gone in connection.execute(_READ).fetchall():
        if wrapped is None:
            erased[who] = _as_text(gone)
        else:
            keys[who] = KeptKey(bytes(wrapped).hex(), master, _as_text(created))
    return KeptKeys(keys, erased)


def fill(connection: Any, kept: KeptKeys, at: datetime, *, on_sqlite: bool) -> Filled:
    """Give a restored database its clients' keys; those who were erased stay so, also where it still held their key.

    Whose key is nowhere cannot be read any more, and counts as erased from then on.
    """
    put = (
        "INSERT INTO client_keys (wrapped, master, created_at, erased_at, client_id)"
        " VALUES (%s, %s, %s, %s, %s)"
    )
    change = (
        "UPDATE client_keys SET wrapped = %s, master = %s, created_at = %s, erased_at = %s"
        " WHERE client_id = %s"
    )
    new: list[tuple[Any, ...]] = []
    known: list[tuple[Any, ...]] = []
    counts = {"keys": 0, "erased": 0, "missing": 0}
    for client, who, there in connection.execute(_KNOWN).fetchall():
        row = _row_of(kept, who, on_sqlite)
        if row is None:
            counts["keys" if there is not None else "missing"] += 1
            if there is None:
                now = _as_stored(at.isoformat(), on_sqlite)
                new.append((None, "", now, now, client))
            continue
        counts["erased" if row[0] is None else "keys"] += 1
        (new if there is None else known).append((*row, client))
    cursor = connection.cursor()
    for statement, rows in ((put, new), (change, known)):
        if rows:
            cursor.executemany(statement.replace("%s", "?") if on_sqlite else statement, rows)
    _empty(cursor, kept, on_sqlite)
    return Filled(**counts)


def empty_erased(connection: Any, kept: KeptKeys, *, on_sqlite: bool) -> int:
    """In a backup from before names were sealed, take away those of the erased; gives back how many there are."""
    mark = "?" if on_sqlite else "%s"
    whose = f"WHERE client_id IN (SELECT id FROM clients WHERE public_id = {mark})"
    cursor = connection.cursor()
    count = 0
    for who in kept.erased:
        cursor.execute(f"UPDATE client_identities SET name = '', folded_name = '' {whose}", (who,))
        count += cursor.rowcount
        for column in ("email", "phone"):
            if _has_contacts(connection, on_sqlite):
                cursor.execute(f"UPDATE client_contacts SET {column} = '' {whose}", (who,))
    return count


def _has_contacts(connection: Any, on_sqlite: bool) -> bool:
    query = (
        "SELECT count(*) FROM sqlite_master WHERE name = 'client_contacts'"
        if on_sqlite
        else "SELECT count(*) FROM pg_tables WHERE tablename = 'client_contacts'"
        " AND schemaname = current_schema()"
    )
    return bool(connection.execute(query).fetchone()[0])


def _row_of(kept: KeptKeys, who: str, on_sqlite: bool) -> tuple[Any, ...] | None:
    if who in kept.erased:
        at = _as_stored(kept.erased[who], on_sqlite)
        return (None, "", at, at)
    key = kept.keys.get(who)
    if key is None:
        return None
    return (bytes.fromhex(key.wrapped), key.master, _as_stored(key.created_at, on_sqlite), None)


def _empty(cursor: Any, kept: KeptKeys, on_sqlite: bool) -> None:
    """The sealed words of the erased go too, though nobody can open them any more, with their vouchers' numbers.

    Their codes open nothing, and nothing is done with what is left of them.
    """
    mark = "?" if on_sqlite else "%s"
    nothing = "x''" if on_sqlite else "''::bytea"
    whose = f"WHERE client_id IN (SELECT id FROM clients WHERE public_id = {mark})"
    erased = [(who,) for who in kept.erased]
    if erased:
        for table, columns in (
            ("client_identities", ("sealed_name", "sealed_code")),
            ("client_contacts", ("sealed_email", "sealed_phone")),
        ):
            changes = ", ".join(f"{column} = {nothing}" for column in columns)
            cursor.executemany(f"UPDATE {table} SET {changes} {whose}", erased)
        number = f"'{ERASED_VOUCHER}' || public_id"
        cursor.executemany(f"UPDATE vouchers SET number = {number} {whose}", erased)
        expired = f"UPDATE invitations SET revoked_at = coalesce(revoked_at, expires_at) {whose}"
        cursor.executemany(expired, erased)


def _as_text(moment: Any) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat()
    return datetime.strptime(moment, STORED).replace(tzinfo=UTC).isoformat()


def _as_stored(text: str, on_sqlite: bool) -> Any:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return moment.strftime(STORED) if on_sqlite else moment
