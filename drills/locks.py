"""Who reads and then writes on SQLite is never told that the database is locked, however many do so at once."""

import json
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from drills.effort import Effort
from drills.processes import ledger
from drills.row import Row
from drills.servers import MASTER_KEY, place_of
from drills.stored import one
from evalplat.config import Settings

PROCESSES, EACH = 4, 150
AT_ONCE, THREADS, TURNS = 5, 10, 4
"""Fifty writers: processes, threads in each of them, and how often each one writes."""
SLOWEST = 2.0

PROGRAM = """
    import json, sys, time
    from concurrent.futures import ThreadPoolExecutor
    from evalplat.config import Settings
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.services.actors import Actor
    from evalplat.services.providers import add_provider, list_providers
    from evalplat.wiring import build_wiring
    url, key, name, threads, turns = sys.argv[1:]
    wiring = build_wiring(Settings(url, url, master_keys=(key,)), catalogue=Catalogue(None, {}))
    actor = Actor.system("writer")
    def write(thread):
        told = []
        for turn in range(int(turns)):
            began = time.monotonic()
            try:
                with wiring.transaction(actor) as session:
                    list_providers(session, actor)
                    add_provider(session, actor, name=f"{name} {thread} {turn}")
                told.append((time.monotonic() - began, ""))
            except Exception as error:
                told.append((time.monotonic() - began, f"{error} {error.__cause__}"))
        return told
    with ThreadPoolExecutor(int(threads)) as pool:
        found = [one for told in pool.map(write, range(int(threads))) for one in told]
    print(json.dumps(found))
"""


def run(effort: Effort) -> Iterator[Row]:
    """Four processes in turn, fifty writers at once, and the plain driver for comparison."""
    with place_of("sqlite") as place:
        settings, each = place.make("living"), effort.of(EACH, 30)
        before = one(settings, "SELECT count(*) FROM providers")
        told = _write(settings, PROCESSES, 1, each)
        slowest, wrong = max(seconds for seconds, _ in told), [why for _, why in told if why]
        rows = one(settings, "SELECT count(*) FROM providers") - before
        yield Row(
            f"sqlite: {PROCESSES} processes × {each} read and then write: errors, slowest",
            f"0, < {SLOWEST:.0f} s",
            f"{len(wrong)}, {slowest:.2f} s; {rows} of {PROCESSES * each} rows",
            not wrong and slowest < SLOWEST and rows == PROCESSES * each,
        )
        told = _write(settings, AT_ONCE, THREADS, effort.of(TURNS, 2))
        locked = sum("locked" in why for _, why in told)
        wrong = [why for _, why in told if why]
        yield Row(
            f"… {AT_ONCE * THREADS} writers at once: told that the database is locked, any error",
            "0, 0", f"{locked}, {len(wrong)}; slowest {max(s for s, _ in told):.1f} s",
            not wrong,
        )  # fmt: skip
        locked, of = _plainly(place.folder / "plain.sqlite3", effort.of(EACH, 60))
        yield Row(
            "… control: the driver's own BEGIN, without the queue: locked",
            "more than 0", f"{locked} of {of}", locked > 0,
        )  # fmt: skip


def _write(settings: Settings, processes: int, threads: int, turns: int) -> list[tuple[float, str]]:
    """What each turn took, and what went wrong in it."""
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), settings.database_url, MASTER_KEY]
    name = f"{time.monotonic_ns()}"
    running = [
        subprocess.Popen(
            [*command, f"{name} {n}", str(threads), str(turns)], stdout=subprocess.PIPE
        )
        for n in range(processes)
    ]
    for process in running:
        ledger().note(process)
    told: list[tuple[float, str]] = []
    for process in running:
        told.extend((s, why) for s, why in json.loads(process.communicate(timeout=300)[0]))
    return told


def _plainly(path: Path, each: int) -> tuple[int, int]:
    """Four connections that read first and write then, as the driver begins it: how often that is refused."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("CREATE TABLE t (n INTEGER)")

    def write(_number: int) -> int:
        locked = 0
        with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as file:
            for _ in range(each):
                try:
                    file.execute("BEGIN")
                    file.execute("SELECT count(*) FROM t").fetchone()
                    time.sleep(0.001)
                    file.execute("INSERT INTO t VALUES (1)")
                    file.execute("COMMIT")
                except sqlite3.OperationalError:
                    locked += 1
                    file.execute("ROLLBACK")
        return locked

    with ThreadPoolExecutor(PROCESSES) as pool:
        return sum(pool.map(write, range(PROCESSES))), PROCESSES * each
