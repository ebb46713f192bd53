"""Sheets of 36 answers through HTTP over 8 and 64 connections, beside the bare figure of the same run.

Every client has answered the questions before and presses Send: the server finds the visit, reads the 36 answers,
checks and scores them and stores the sheet with everything that belongs to it, before it answers.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from drills import bare
from drills.clients import Browser, Visitor
from drills.county import Asked, fill
from drills.effort import Effort
from drills.row import Row
from drills.servers import KINDS, Place, Server, place_of, serving
from drills.stored import one
from evalplat.vocabulary import MeasurementPoint

CONNECTIONS = (8, 64)
LEAST = {"sqlite": 0.07, "postgresql": 0.15}
"""What share of the bare figure must be reached at least."""
SHEETS, WARM_UP = 600, 60
SLOWEST = 0.5
POINTS = (MeasurementPoint.BASELINE,)
WORKERS, THREADS = 2, 8


def run(effort: Effort) -> Iterator[Row]:
    """Both databases."""
    count = effort.of(SHEETS, 150)
    for kind in KINDS:
        with place_of(kind) as place:
            bare_rates = {n: bare.measure(place, n, effort.of(2_000, 500)) for n in CONNECTIONS}
            settings = place.make("living")
            asked = fill(
                settings, WARM_UP + count * len(CONNECTIONS), instrument="whodas-2.0-36", points=POINTS
            )  # fmt: skip
            log = place.folder / "server.log"
            with serving(
                place.for_the_web(settings), log, workers=WORKERS, threads=THREADS
            ) as server:
                visitors = _open(server, asked)
                _send(visitors[:WARM_UP], 8)
                for place_, connections in enumerate(CONNECTIONS):
                    part = visitors[WARM_UP + place_ * count :][:count]
                    yield _judge(place, part, connections, bare_rates[connections])
            stored = one(settings, "SELECT count(*) FROM sheets")
            yield Row(
                "… every sheet is stored once; defects in the log",
                f"{len(asked):,}, 0", f"{stored:,}, {log.read_text().count('defect')}",
                stored == len(asked) and "defect" not in log.read_text(),
            )  # fmt: skip


def _open(server: Server, asked: list[Asked]) -> list[Visitor]:
    visitors = [Visitor(Browser(server.port), one) for one in asked]

    def enter(visitor: Visitor) -> None:
        visitor.open()
        visitor.browser.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, visitors))
    return visitors


def _send(visitors: list[Visitor], connections: int) -> tuple[float, list[float], int]:
    """Send all sheets over so many kept connections: sheets a second, seconds of each, errors."""
    left, turn = iter(visitors), threading.Lock()
    seconds: list[float] = []
    errors: list[BaseException] = []

    def work() -> None:
        line = None
        while True:
            with turn:
                visitor = next(left, None)
            if visitor is None:
                break
            visitor.browser.connection = line
            began = time.perf_counter()
            try:
                visitor.send()
                if visitor.tries > 3 or visitor.busy:
                    raise AssertionError("a request had to be sent again")
            except BaseException as error:
                errors.append(error)
            seconds.append(time.perf_counter() - began)
            line, visitor.browser.connection = visitor.browser.connection, None
        if line is not None:
            line.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(visitors) / (time.monotonic() - began), sorted(seconds), len(errors)


def _judge(place: Place, visitors: list[Visitor], connections: int, bare_rate: float) -> Row:
    rate, seconds, errors = _send(visitors, connections)
    half, slow = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)]
    least = LEAST[place.kind]
    return Row(
        f"{place.kind}: {len(visitors)} sheets of 36 answers, {connections} connections: errors, share of bare, p99",
        f"0, ≥ {least:.0%}, ≤ {SLOWEST * 1000:.0f} ms",
        f"{errors}, {rate / bare_rate:.0%} ({rate:.0f}/s of {bare_rate:,.0f}/s), {slow * 1000:.0f} ms (half"
        f" {half * 1000:.0f} ms)",
        errors == 0 and rate >= least * bare_rate and slow <= SLOWEST,
    )  # fmt: skip
