"""An access log of 100,000 lines, verified on both databases; and four ways to harm it, each named with its place."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from drills.effort import Effort
from drills.row import Row
from drills.servers import Place, place_of
from evalplat.config import Settings
from evalplat.services.actors import Actor
from evalplat.services.audit_chain import verify_access_log, write_heads
from evalplat.storage import audit, migrate
from evalplat.wiring import Wiring, build_wiring

LINES, DAYS, AT_ONCE = 100_000, 25, 500
LONGEST_SECONDS = 10
SYSTEM = Actor.system("drill")
FIRST = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = "chain = 'county' AND chain_day = '{}'"
HARMS = {
    "changed": "UPDATE audit_entries SET object_id = 'x' WHERE {} AND position = 700",
    "removed": "DELETE FROM audit_entries WHERE {} AND position = 700",
    "reordered": "UPDATE audit_entries SET position = 1401 - position"
    " WHERE {} AND position IN (700, 701)",
    "cut": "DELETE FROM audit_entries WHERE {} AND position >= 700",
}
"""What is done past the program, each on a day of its own."""


def run(effort: Effort) -> Iterator[Row]:
    """Both databases."""
    for kind in ("sqlite", "postgresql"):
        with place_of(kind) as place:
            yield from _drill(place, effort.of(LINES, LINES // 4))


def _drill(place: Place, lines: int) -> Iterator[Row]:
    settings = place.make("living")
    moment = [FIRST]
    with closing(build_wiring(settings, clock=lambda: moment[0])) as wiring:
        for number in range(lines // AT_ONCE):
            moment[0] = FIRST + timedelta(days=number * DAYS * AT_ONCE // lines)
            with wiring.transaction(SYSTEM) as session:
                for line in range(AT_ONCE):
                    audit.record(session, "drill", "line", f"{number} {line}", ["a client's id"])
        moment[0] += timedelta(days=1)
        with wiring.transaction(SYSTEM) as session:
            write_heads(session, SYSTEM, settings, moment[0])
        began = time.process_time()
        seconds, found = _verify(wiring, settings)
        used = time.process_time() - began
        yield Row(
            f"{place.kind}: {lines:,} lines of the access log verified, broken",
            f"≤ {LONGEST_SECONDS} s, 0",
            f"{seconds:.1f} s ({used:.1f} s of the processor), {len(found)}",
            seconds <= LONGEST_SECONDS and not found,
        )
        tracemalloc.start()
        _verify(wiring, settings)
        peak = tracemalloc.get_traced_memory()[1] / 1_000_000
        tracemalloc.stop()
        yield Row("… memory on the way", "≤ 50 MB", f"{peak:.0f} MB", peak <= 50)
        days = _harm(settings)
        _, found = _verify(wiring, settings)
        wanted = {(kind, day, 700) for kind, day in days.items()}
        yield Row(
            "… changed, removed, reordered, cut: named with their place",
            f"{len(wanted)} of {len(wanted)}",
            f"{len(wanted & found)} of {len(found)}",
            found == wanted,
        )


def _verify(wiring: Wiring, settings: Settings) -> tuple[float, set[tuple[str, str, int]]]:
    began = time.monotonic()
    with wiring.reading(SYSTEM) as session:
        report = verify_access_log(session, SYSTEM, settings)
    seconds = time.monotonic() - began
    found = {(one.kind.value, str(one.day), one.position) for one in report.breaks}
    return seconds, found | ({("file", "", 0)} if report.heads_fault else set())


def _harm(settings: Settings) -> dict[str, str]:
    """Do the four harms as the tables' owner with the triggers put aside; gives back on which day each was done."""
    engine = migrate.make_owner_engine(settings)
    days = {}
    with engine.begin() as connection:
        _put_triggers_aside(connection)
        for number, (kind, harm) in enumerate(HARMS.items(), start=2):
            days[kind] = (FIRST + timedelta(days=number)).date().isoformat()
            connection.execute(text(harm.format(DAY.format(days[kind]))))
    engine.dispose()
    return days


def _put_triggers_aside(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        return
    for change in ("update", "delete"):
        connection.execute(text(f"DROP TRIGGER audit_entries_no_{change}"))
