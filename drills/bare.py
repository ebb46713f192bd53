"""The bare figure: the rows that a sheet makes, written by the database's driver alone, one transaction a sheet.

No web, no checks, no scoring, no access rules: what the disk and the driver allow, to set the product's figure against.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from drills.servers import Place
from evalplat.config import Settings

SCORES, QUESTIONS, HEADS = 8, 37, 24
SHEET = "x" * 620
"""About as long as 36 answers are."""
TABLES = (
    "CREATE TABLE b_sheets (id INTEGER PRIMARY KEY, key TEXT UNIQUE, answers TEXT, day TEXT, how TEXT)",
    "CREATE TABLE b_scores (sheet INTEGER, scale TEXT, value REAL, used INTEGER, PRIMARY KEY (sheet, scale))",
    "CREATE TABLE b_places (id INTEGER PRIMARY KEY, status TEXT, revision INTEGER, day TEXT)",
    "CREATE TABLE b_drafts (place INTEGER, code TEXT, value TEXT, PRIMARY KEY (place, code))",
    "CREATE TABLE b_invitations (id INTEGER PRIMARY KEY, used_at TEXT)",
    "CREATE TABLE b_lines (chain TEXT, position INTEGER, at TEXT, what TEXT, mac TEXT,"
    " PRIMARY KEY (chain, position))",
    "CREATE TABLE b_heads (chain TEXT PRIMARY KEY, position INTEGER, mac TEXT)",
    "CREATE TABLE b_counts (provider INTEGER PRIMARY KEY, n INTEGER)",
)
Run = Callable[[str, Sequence[Any]], Any]


def measure(place: Place, connections: int, count: int) -> float:
    """Sheets a second over so many connections."""
    settings = place.make(f"bare_{connections}", tables=False)
    _prepare(settings, count)
    numbers, turn = iter(range(count)), threading.Lock()
    queue = threading.Lock() if place.kind == "sqlite" else nullcontext()  # as the product has it
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with _connect(settings) as (run, commit):
                while True:
                    with turn:
                        number = next(numbers, None)
                    if number is None:
                        return
                    with queue:
                        _write(run, number)
                        commit()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return count / (time.monotonic() - began)


def _prepare(settings: Settings, count: int) -> None:
    with _connect(settings) as (run, commit):
        for table in TABLES:
            run(table, ())
        for number in range(count):
            run("INSERT INTO b_places VALUES (?, 'planned', 0, '')", (number,))
            run("INSERT INTO b_invitations VALUES (?, NULL)", (number,))
            for code in range(QUESTIONS):
                run("INSERT INTO b_drafts VALUES (?, ?, '2')", (number, f"D{code}"))
        for head in range(HEADS):
            run("INSERT INTO b_heads VALUES (?, 0, '')", (f"chain {head}",))
            run("INSERT INTO b_counts VALUES (?, 0)", (head,))
        commit()


def _write(run: Run, number: int) -> None:
    chain = f"chain {number % HEADS}"
    run(
        "INSERT INTO b_sheets VALUES (?, ?, ?, '2026-11-24', 'self')", (number, f"k{number}", SHEET)
    )
    for scale in range(SCORES):
        run("INSERT INTO b_scores VALUES (?, ?, 1.5, 6)", (number, f"scale {scale}"))
    run("UPDATE b_places SET status = 'submitted', revision = 1 WHERE id = ?", (number,))
    run("DELETE FROM b_drafts WHERE place = ?", (number,))
    run("UPDATE b_invitations SET used_at = 'now' WHERE id = ?", (number,))
    run("UPDATE b_counts SET n = n + 1 WHERE provider = ?", (number % HEADS,))
    run("UPDATE b_heads SET position = position + 1, mac = ? WHERE chain = ?", ("m" * 64, chain))
    run("INSERT INTO b_lines VALUES (?, ?, 'now', 'submit', ?)", (chain, number, "m" * 64))


@contextmanager
def _connect(settings: Settings) -> Iterator[tuple[Run, Callable[[], object]]]:
    """How to run a statement and how to commit, durable as the product has it."""
    url = make_url(settings.owner_url)
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(url.database or "", timeout=30)) as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=FULL")
            yield file.execute, file.commit
        return
    plain = url.set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(plain) as line:

        def run(statement: str, values: Sequence[Any]) -> Any:
            return line.execute(statement.replace("?", "%s").encode(), values or None)

        yield run, line.commit
