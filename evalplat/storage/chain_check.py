"""Goes along every chain of the access log, line after line, and says where the first one breaks.

Lines are read as they are stored, not as the program would read them, so that no changed byte is smoothed over on the
way. They are streamed, each with the head of its chain from the same look at the database: writers need not stop.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Text, and_, cast, func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from evalplat.storage.access import connection_of
from evalplat.storage.chain import (
    ANEW,
    EARLIER,
    FIELDS,
    HEADS,
    LINES,
    START,
    Signer,
    as_text,
    head_content,
    line_content,
)
from evalplat.storage.county_tables import AuditEntry, AuditHead
from evalplat.storage.keyring import Keyring, SealBroken

AT_ONCE = 2000
PLACES_TRIED = 20_000
Progress = Callable[[int, int], None]
ChainKey = tuple[Any, Any]
"""A chain's name and its day, as text."""

Anchors = dict[ChainKey, dict[int, bytes]]
"""Heads that were written outside the database: the seal of the line at each place that a chain had then reached."""


class BreakKind(StrEnum):
    """What is wrong at a place of a chain."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    REORDERED = "reordered"
    CUT = "cut"
    HEAD = "head"
    ANEW = "anew"
    ANCHOR = "anchor"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that is wrong in one chain. `until` ends what is missing, or is where a line belongs."""

    kind: BreakKind
    chain: Any
    day: Any
    position: Any
    until: Any = None


@dataclass(slots=True)
class Count:
    """What was gone through. `earlier` lines are from before there were chains.

    told: action, moment and purpose of the lines about the heads outside; written: what the last of them says.
    """

    lines: int = 0
    earlier: int = 0
    chains: int = 0
    told: list[tuple[str, str, str]] = field(default_factory=list)
    written: str = ""


@dataclass(slots=True)
class Walk:
    """Along one chain: what comes next, and what was found."""

    key: ChainKey
    head: tuple[Any, Any, Any]
    anchors: dict[int, bytes]
    position: int = 0
    mac: bytes = START
    line: int = 0
    found: Break | None = None


@dataclass
class Checker:
    """Checks lines that come in the order of their chains. `anchors` are the heads outside, taken out when met."""

    keyring: Keyring
    anchors: Anchors
    written_by: tuple[str, ...] = ()
    count: Count = field(default_factory=Count)

    def __post_init__(self) -> None:
        self._lines = Signer(self.keyring, LINES)
        self._heads = Signer(self.keyring, HEADS)

    def check(self, rows: Iterator[Any]) -> Iterator[Break]:
        """The first break of every chain that has one."""
        walk: Walk | None = None
        for row in rows:
            key = (as_text(row.chain), as_text(row.chain_day))
            if walk is None or walk.key != key:
                if walk is not None:
                    yield from self._end(walk)
                head = (row.head_position, row.head_mac, row.head_seal)
                walk = Walk(key, head, self.anchors.pop(key, {}))
                self.count.chains += 1
            self.count.lines += 1
            self.count.earlier += key[0] == EARLIER
            if walk.found is None:
                walk.found = self._step(walk, row)
            if walk.found is None and row.action in self.written_by:
                self.count.told.append((row.action, str(as_text(row.at)), row.purpose))
                self.count.written = row.object_id
        if walk is not None:
            yield from self._end(walk)

    def _step(self, walk: Walk, row: Any) -> Break | None:
        """What is wrong with the next line, if anything is."""
        here = row.position
        try:
            written_as = self._find_place(row)
        except SealBroken:
            return Break(BreakKind.NO_KEY, *walk.key, here)
        if written_as is None:
            kind = BreakKind.ADDED if row.mac is None else BreakKind.CHANGED
            return Break(kind, *walk.key, here)
        if written_as != here:
            return Break(BreakKind.REORDERED, *walk.key, here, written_as)
        if here <= walk.position:
            return Break(BreakKind.ADDED, *walk.key, here)
        if here > walk.position + 1:
            return Break(BreakKind.REMOVED, *walk.key, walk.position + 1, here - 1)
        if row.previous != walk.mac:
            kind = BreakKind.ANEW if row.previous == ANEW else BreakKind.CHANGED
            return Break(kind, *walk.key, here)
        if row.id <= walk.line:
            return Break(BreakKind.REORDERED, *walk.key, here, here)
        if walk.anchors.get(here, row.mac) != row.mac:
            return Break(BreakKind.ANCHOR, *walk.key, here)
        walk.position, walk.mac, walk.line = here, row.mac, row.id
        return None

    def _find_place(self, row: Any) -> int | None:
        """The place that the line was written for; None where its seal is not of these values."""
        said = [getattr(row, name) for name in FIELDS]

        def fits(position: Any) -> bool:
            content = line_content(row.chain, row.chain_day, position, row.previous, said)
            return self._lines.is_signed(content, row.mac)

        if fits(row.position):
            return int(row.position)
        if row.mac is None or not isinstance(row.position, int):
            return None
        last = row.head_position if isinstance(row.head_position, int) else row.position
        first, last = row.position - PLACES_TRIED, min(last + 1, row.position + PLACES_TRIED)
        return next(filter(fits, range(max(1, first), last + 1)), None)

    def _end(self, walk: Walk) -> Iterator[Break]:
        found = walk.found or self._compare_with_head(walk)
        if found is not None:
            yield found

    def _compare_with_head(self, walk: Walk) -> Break | None:
        position, mac, seal = walk.head
        reached = max([walk.position, *walk.anchors])
        try:
            believed = self._heads.is_signed(head_content(*walk.key, position, mac), seal)
        except SealBroken:
            return Break(BreakKind.NO_KEY, *walk.key, walk.position)
        if believed and position > reached:
            reached = position
        if reached > walk.position:
            return Break(BreakKind.CUT, *walk.key, walk.position + 1, reached)
        if not believed or position != walk.position or mac != walk.mac:
            return Break(BreakKind.HEAD, *walk.key, walk.position)
        return None


def check_chains(
    session: Session,
    keyring: Keyring,
    anchors: Anchors,
    *,
    first: date | None = None,
    last: date | None = None,
    written_by: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> tuple[list[Break], Count]:
    """Every chain of these days: the first break of each, and what was gone through.

    `anchors` are the heads outside the database; `written_by` names the actions of the lines about them.
    """
    connection = connection_of(session)
    days = [
        *([AuditEntry.chain_day >= first] if first else []),
        *([AuditEntry.chain_day <= last] if last else []),
    ]
    total = connection.execute(select(func.count(AuditEntry.id)).where(*days)).scalar_one()
    wanted = {key: places for key, places in anchors.items() if _is_within(key[1], first, last)}
    checker = Checker(keyring, wanted, written_by)
    with as_stored(connection):
        rows = connection.execute(_lines().where(*days), execution_options={"yield_per": AT_ONCE})
        found = list(checker.check(told(rows, total, progress)))
        found += _find_empty(connection, keyring, first, last, checker.anchors)
    return sorted(found, key=lambda one: (str(one.day), str(one.chain))), checker.count


def told(rows: Any, total: int, progress: Progress | None) -> Iterator[Any]:
    """The rows, while whoever waits is told how far it is."""
    for number, row in enumerate(rows):
        if progress and number % AT_ONCE == 0:
            progress(number, max(total, number))
        yield row
    if progress:
        progress(total, total)


def _find_empty(
    connection: Any,
    keyring: Keyring,
    first: date | None,
    last: date | None,
    anchors: Anchors,
) -> Iterator[Break]:
    """Chains that have no line left: named by their head in the database, or by the heads outside alone."""
    lines = select(AuditEntry.id).where(
        AuditEntry.chain == AuditHead.chain, AuditEntry.chain_day == AuditHead.day
    )
    query = select(
        AuditHead.chain, type_coerce(AuditHead.day, NullType()).label("day"), AuditHead.position
    ).where(~lines.exists(), AuditHead.position > 0)
    for head in connection.execute(query):
        key = (as_text(head.chain), as_text(head.day))
        anchors.pop(key, None)
        if _is_within(key[1], first, last):
            yield Break(BreakKind.CUT, *key, 1, head.position)
    for key, places in anchors.items():
        yield Break(BreakKind.CUT, *key, 1, max(places))


def _is_within(day: Any, first: date | None, last: date | None) -> bool:
    return (first is None or str(day) >= first.isoformat()) and (
        last is None or str(day) <= last.isoformat()
    )


def _lines() -> Any:
    """Every line with the head of its chain, in the order of the chains, as the database keeps them."""
    raw = [
        type_coerce(getattr(AuditEntry, name), NullType()).label(name)
        for name in ("id", "chain", "chain_day", "position", "previous", "mac", *FIELDS)
        if name != "client_ids"
    ]
    return (
        select(
            *raw,
            cast(AuditEntry.client_ids, Text).label("client_ids"),
            *(
                type_coerce(getattr(AuditHead, name), NullType()).label(f"head_{name}")
                for name in ("position", "mac", "seal")
            ),
        )
        .outerjoin(
            AuditHead,
            and_(AuditHead.chain == AuditEntry.chain, AuditHead.day == AuditEntry.chain_day),
        )
        .order_by(AuditEntry.chain, AuditEntry.chain_day, AuditEntry.position, AuditEntry.id)
    )


@contextmanager
def as_stored(connection: Any) -> Iterator[None]:
    """SQLite hands out text with broken bytes too, instead of breaking off."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    raw.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str
