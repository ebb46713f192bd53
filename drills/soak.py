"""Steady work for a while: memory, open files, threads and the write-ahead log do not grow with it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import make_url

from drills.campaign import QUESTIONS, SCALES
from drills.clients import Browser, Visitor
from drills.county import Asked, fill
from drills.effort import Effort
from drills.processes import family
from drills.row import Row
from drills.servers import KINDS, Place, Server, place_of, serving
from drills.stored import find_harm

CLIENTS, A_SECOND = 4, 5
"""Clients at a time, and sheets a second of all of them together: a pace that any machine keeps."""
WARM = 0.4
"""The share of the time until what is filled once (caches, pools) is full."""
PAGES = ("/", "/c", "/readyz", "/saavutettavuus", "/no-such-page", "/sign-in")
MOST = {"memory": 8.0, "files": 4, "threads": 2, "log": 4.0}
"""How much each may grow: megabytes, open files, threads, megabytes of the write-ahead log."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a server takes: megabytes of memory, open files, threads, megabytes of the write-ahead log."""

    memory: float
    files: float
    threads: float
    log: float


def run(effort: Effort) -> Iterator[Row]:
    """Half of the time for each database."""
    seconds = 12.0 if effort.quick else 30 * effort.minutes
    for kind in KINDS:
        with place_of(kind) as place:
            yield from _drill(place, seconds)


def _drill(place: Place, seconds: float) -> Iterator[Row]:
    settings = place.make("living")
    asked = fill(settings, int(seconds * A_SECOND))
    file = Path(make_url(settings.database_url).database or "") if place.kind == "sqlite" else None
    log = place.folder / "server.log"
    with serving(place.for_the_web(settings), log) as server:
        work = Work(server, asked, seconds)
        sizes = work.watch(lambda: measure(server, file))
        code = server.stop()
    harm = find_harm(settings, work.told, SCALES)
    begun, middle, end = sizes[0], _typical(sizes, WARM), _typical(sizes, 0.85)
    growth = {name: getattr(end, name) - getattr(middle, name) for name in MOST}
    defects = log.read_text().count('"defect"')
    yield Row(
        f"{place.kind}: {seconds:.0f} s of {CLIENTS} clients, {len(work.told):,} sheets: growth after"
        f" the first {WARM:.0%}",
        "≤ 8 MB, 4, 2, 4 MB",
        f"memory {growth['memory']:+.1f} MB ({begun.memory:.0f} → {end.memory:.0f}), files"
        f" {growth['files']:+.0f}, threads {growth['threads']:+.0f}, log {growth['log']:+.1f} MB",
        all(growth[name] <= most for name, most in MOST.items()),
    )
    yield Row(
        "… lost, doubled, torn; defects", "0, 0, 0; 0", "; ".join([f"{harm}; {defects}", *work.failures]),
        harm.is_none and not defects and code == 0 and not work.failures,
    )  # fmt: skip


def _typical(sizes: list[Size], share: float) -> Size:
    """The middle of the third or so of the measurements that begins at a share of the time."""
    start = int(len(sizes) * share)
    part = sizes[start : start + max(3, len(sizes) // 7)]
    middle = {name: sorted(getattr(size, name) for size in part)[len(part) // 2] for name in MOST}
    return Size(**middle)


def measure(server: Server, file: Path | None) -> Size:
    """What the server's processes take now."""
    found = [psutil.Process(pid) for pid in family(server.pid)]
    wal = file.with_name(file.name + "-wal") if file else None
    return Size(
        memory=sum(p.memory_info().rss for p in found) / 1e6,
        files=sum(p.num_fds() for p in found),
        threads=sum(p.num_threads() for p in found),
        log=wal.stat().st_size / 1e6 if wal and wal.exists() else 0.0,
    )


class Work:
    """Clients who come at a steady pace, look at pages and send their sheets."""

    def __init__(self, server: Server, asked: list[Asked], seconds: float) -> None:
        self.port, self.seconds = server.port, seconds
        self._left = iter(list(enumerate(asked)))
        self._turn = threading.Lock()
        self.told: dict[str, dict[str, object]] = {}
        self.failures: list[str] = []

    def watch(self, measured: Callable[[], Size]) -> list[Size]:
        """Let them work and measure twice a second; what was measured, the first one first."""
        threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        sizes = []
        while any(thread.is_alive() for thread in threads):
            sizes.append(measured())
            time.sleep(0.5)
        return sizes

    def _run(self) -> None:
        pages = Browser(self.port)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            began = time.monotonic()
            with self._turn:
                number, asked = next(self._left, (0, None))
            if asked is None:
                return
            visitor = Visitor(Browser(self.port), asked)
            try:
                visitor.open()
                code = QUESTIONS[1 + number % 12]
                visitor.change(code, "0")
                visitor.send()
                pages.ask("GET", PAGES[number % len(PAGES)])
            except Exception as error:
                self.failures.append(f"{type(error).__name__}: {error}"[:200])
                return
            finally:
                visitor.browser.close()
            rest: dict[str, object] = dict.fromkeys(QUESTIONS[1:], asked.first)
            self.told[asked.administration_id] = {**rest, code: "0"}
            time.sleep(max(0.0, CLIENTS / A_SECOND - (time.monotonic() - began)))
        pages.close()
