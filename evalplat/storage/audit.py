"""The access log: one line for every act and every read of identified data, written with the act or not at all.

Lines are collected in the session and written when it ends: inside the act's own transaction, or, for a reading
session, in a short one of their own before the rows are shown. All lines of a session stand in one chain (`chain`),
whose head is the last row that a transaction locks; so transactions wait for one another's commit and never in a ring.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.storage.actors import Actor
from evalplat.storage.chain import (
    ANEW,
    HEADS,
    LINES,
    START,
    Signer,
    head_content,
    line_content,
    values_of,
)
from evalplat.storage.county_tables import AuditEntry, AuditHead
from evalplat.storage.keyring import Keyring, SealBroken


@dataclass(frozen=True, slots=True)
class Pending:
    """Lines that are not written yet, and the chain that they belong to."""

    chain: str
    lines: list[dict[str, Any]]


def record(
    session: Session,
    action: str,
    object_kind: str,
    object_id: str,
    clients: Iterable[str] = (),
    at: datetime | None = None,
) -> None:
    """Remember one act or read. `clients` are public ids; no name, answer or other personal value belongs here."""
    actor: Actor = session.info["scope"].actor
    session.info.setdefault("audit", []).append(
        {
            "at": at or session.info["clock"](),
            "account_id": actor.account_id
            or (actor.invitation.invitation_id if actor.invitation else None),
            "role": "system"
            if actor.is_system
            else "client"
            if actor.role is None
            else actor.role.value,
            "provider_id": actor.provider_id,
            "purpose": actor.ground,
            "action": action,
            "object_kind": object_kind,
            "object_id": object_id,
            "client_ids": sorted(clients),
        }
    )


def take_pending(session: Session) -> Pending:
    """The lines collected so far; the session forgets them."""
    return Pending(session.info["scope"].chain, session.info.pop("audit", []))


def write(session: Session, pending: Pending) -> None:
    """Write lines into this session's transaction, as the next ones of their chain."""
    if not pending.lines:
        return
    connection, keyring = session.connection(), session.info["keyring"]
    day = local_day(session.info["clock"]())
    rows, position, mac = seal_lines(
        keyring, pending.chain, day, pending.lines, *_take_head(connection, keyring, pending, day)
    )
    connection.execute(_insert_lines(), rows)
    head = seal_head(keyring, pending.chain, day, position, mac)
    connection.execute(_move_head(), {f"new_{name}": value for name, value in head.items()})


def seal_lines(
    keyring: Keyring,
    chain: str,
    day: date,
    lines: list[dict[str, Any]],
    position: int,
    mac: bytes,
) -> tuple[list[dict[str, Any]], int, bytes]:
    """The rows of new lines after the one at `position`; and the place and the seal of the last of them."""
    signer, rows = Signer(keyring, LINES), []
    for line in lines:
        position, previous = position + 1, mac
        mac = signer.sign(line_content(chain, day, position, previous, values_of(line)))
        place = {"chain": chain, "chain_day": day, "position": position}
        rows.append({**line, **place, "previous": previous, "mac": mac})
    return rows, position, mac


def seal_head(keyring: Keyring, chain: str, day: date, position: int, mac: bytes) -> dict[str, Any]:
    """The row of a chain's head."""
    seal = Signer(keyring, HEADS).sign(head_content(chain, day, position, mac))
    return {"chain": chain, "day": day, "position": position, "mac": mac, "seal": seal}


def _take_head(
    connection: Connection, keyring: Keyring, pending: Pending, day: date
) -> tuple[int, bytes]:
    """Lock the chain's head; the place and the seal of its last line.

    A head that was changed past the program stops nobody's work: the chain goes on behind a mark, which is found.
    """
    key = {"chain": pending.chain, "day": day}
    head = connection.execute(_lock_head(), key).one_or_none()
    if head is None:
        first = seal_head(keyring, pending.chain, day, 0, START)
        connection.execute(_make_head(connection.dialect.name), first)
        head = connection.execute(_lock_head(), key).one()
    position, mac, seal = head
    try:
        believed = Signer(keyring, HEADS).is_signed(
            head_content(pending.chain, day, position, mac), seal
        )
    except SealBroken:
        believed = False
    return position, mac if believed else ANEW


@cache
def _insert_lines() -> Any:
    table: Any = AuditEntry.__table__
    return insert(table).inline()


@cache
def _lock_head() -> Any:
    return (
        select(AuditHead.position, AuditHead.mac, AuditHead.seal)
        .where(AuditHead.chain == bindparam("chain"), AuditHead.day == bindparam("day"))
        .with_for_update()
    )


@cache
def _make_head(dialect: str) -> Any:
    table: Any = AuditHead.__table__
    made = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(table)
    return made.on_conflict_do_nothing()


@cache
def _move_head() -> Any:
    table: Any = AuditHead.__table__
    return (
        update(table)
        .where(table.c.chain == bindparam("new_chain"), table.c.day == bindparam("new_day"))
        .values({name: bindparam(f"new_{name}") for name in ("position", "mac", "seal")})
    )
