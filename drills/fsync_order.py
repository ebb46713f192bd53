"""What the kernel saw: has each answer been synced to the disk before the reply was sent?

The server, and PostgreSQL beside it, run under strace. One client sends sheets one after the other, so that between a
request and its reply every write belongs to it.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drills.clients import Browser, Visitor
from drills.county import fill
from drills.effort import Effort
from drills.postgres import Postgres
from drills.row import Row
from drills.servers import place_of, serving

ANSWERS = 25
CALLS = "fsync,fdatasync,pwrite64,write,sendto,recvfrom"
WEAKER = """
import evalplat.storage.database as database
prepare = database._prepare_sqlite
def weaker(connection, record):
    prepare(connection, record)
    connection.execute("PRAGMA synchronous=NORMAL")
database._prepare_sqlite = weaker
database.SQLITE_SETTINGS["synchronous"] = 1
from evalplat.cli.main import main
main()
"""
ASKS_TO_COMMIT = r'"Q\0\0\0\vCOMMIT'
"""What PostgreSQL receives; the same word comes back in its reply."""
_LINE = re.compile(r"(?P<pid>\d+) +(?P<at>\d+\.\d+) (?P<rest>.*)")
_WHOLE = re.compile(r"(?P<call>\w+)\((?P<given>.*)\) += (?P<back>-?\d+).*<(?P<took>[\d.]+)>$")
_BEGUN = re.compile(r"(?P<call>\w+)\((?P<given>.*) <unfinished \.\.\.>")
_ENDED = re.compile(r"<\.\.\. (?P<call>\w+) resumed>(?P<given>.*)\) += (?P<back>-?\d+)")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call: when it began and ended, which, and what strace shows of its arguments."""

    began: float
    ended: float
    name: str
    given: str


def run(effort: Effort) -> Iterator[Row]:
    """Both databases as they are set up, and both set up to answer early."""
    if shutil.which("strace") is None:
        yield Row("order of sync and reply", "seen", "not measured: install strace", False)
        return
    count = effort.of(ANSWERS, 20)
    for kind in ("sqlite", "postgresql"):
        early, seen = _watch(kind, count, weaker=False)
        yield Row(
            f"{kind}: {count} sheets under strace, acknowledged before the disk had them",
            "0", f"{early} of {seen}", early == 0 and seen >= count,
        )  # fmt: skip
        early, seen = _watch(kind, count, weaker=True)
        how = "synchronous=NORMAL" if kind == "sqlite" else "synchronous_commit=off"
        yield Row(
            f"… control: {how}, acknowledged before the disk had them",
            "more than 0", f"{early} of {seen}", early > 0,
        )  # fmt: skip


def _watch(kind: str, count: int, *, weaker: bool) -> tuple[int, int]:
    """How many of so many sheets were acknowledged early, and how many were seen at all."""
    with place_of(kind) as place:
        settings = place.make("living")
        asked = fill(settings, count)
        traces = [place.folder / "server.trace"]
        if kind == "postgresql":
            traces.append(_trace_postgres(place.postgres))
        program = ("-c", WEAKER) if weaker and kind == "sqlite" else ("-m", "evalplat.cli.main")
        log = place.folder / "server.log"
        with serving(
            place.for_the_web(settings), log, wrapper=_strace(traces[0]), program=program
        ) as server:
            if weaker and kind == "postgresql":
                place.postgres.run(
                    "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()"
                )
            for one in asked:
                visitor = Visitor(Browser(server.port), one)
                visitor.open()
                visitor.send()
                visitor.browser.close()
        place.postgres.stop() if kind == "postgresql" else None
        calls = sorted((c for path in traces for c in read_trace(path)), key=lambda c: c.began)
        return count_early(calls, kind)


def _strace(trace: Path) -> tuple[str, ...]:
    return (
        "strace",
        "-f",
        "-y",
        "-ttt",
        "-T",
        "-s",
        "48",
        "-e",
        f"trace={CALLS}",
        "-o",
        str(trace),
    )


def _trace_postgres(postgres: Postgres) -> Path:
    postgres.stop()
    trace = postgres.log.parent / "trace"
    trace.touch()
    trace.chmod(0o666)
    postgres.wrapper = _strace(trace)
    postgres.start()
    return trace


def read_trace(path: Path) -> list[Call]:
    """The calls of a trace that succeeded; those that another process's lines cut in two are put together again."""
    calls, begun = [], {}
    for line in path.read_text(errors="replace").splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        at, rest, pid = float(found["at"]), found["rest"], found["pid"]
        if cut := _BEGUN.match(rest):
            begun[pid] = (at, cut["given"])
        elif (end := _ENDED.match(rest)) and pid in begun:
            since, given = begun.pop(pid)
            if int(end["back"]) >= 0:
                calls.append(Call(since, at, end["call"], given + end["given"]))
        elif (whole := _WHOLE.match(rest)) and int(whole["back"]) >= 0:
            calls.append(Call(at, at + float(whole["took"]), whole["call"], whole["given"]))
    return calls


def count_early(calls: list[Call], kind: str) -> tuple[int, int]:
    """How many sheets were acknowledged before a sync of what they had written, and how many were seen."""
    asked = [c for c in calls if c.name == "recvfrom" and '"POST /c/check' in c.given]
    told = [c for c in calls if c.name == "sendto" and '"HTTP/1.1 303' in c.given]
    early = seen = 0
    for request in asked:
        reply = next((c for c in told if c.began >= request.ended), None)
        if reply is None:
            continue
        seen += 1
        window = [c for c in calls if c.began >= request.began and c.began <= reply.began]
        early += not _is_synced(window, kind, reply)
    return early, seen


def _is_synced(window: list[Call], kind: str, reply: Call) -> bool:
    """Whether a sync began after the last thing that had to be on the disk, and ended before the reply."""
    if kind == "sqlite":
        last = [c for c in window if c.name in ("pwrite64", "write") and "-wal>" in c.given]
    else:
        last = [c for c in window if c.name == "recvfrom" and ASKS_TO_COMMIT in c.given]
    if not last:
        return False
    mark = "-wal>" if kind == "sqlite" else "/pg_wal/"
    return any(
        c.name in ("fsync", "fdatasync") and mark in c.given
        and c.began >= last[-1].ended and c.ended <= reply.began
        for c in window
    )  # fmt: skip
