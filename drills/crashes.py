"""kill −9 at random while eight clients send their sheets and try again: nothing is lost, doubled or torn.

SQLite's own negative control (synchronous=OFF) would need a power cut: what a killed process has written, the operating
system still has. `fsync_order` looks at the order of writing and answering instead.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from drills.clients import Browser, Visitor
from drills.county import Asked, fill
from drills.effort import Effort
from drills.row import Row
from drills.servers import Place, Server, place_of
from drills.stored import Harm, find_harm

CLIENTS = 8
KILLS = {"sqlite": 40, "postgresql": 25, "itself": 20}
SHEETS = {"sqlite": 2_300, "postgresql": 1_500, "itself": 1_200}
QUESTIONS = ["works_or_studies", *(f"S{n}" for n in range(1, 13))]
SCALES = 3
EVERY = 25
"""One client in so many answers every question; the others change one answer, look, and send."""


def run(effort: Effort) -> Iterator[Row]:
    """The server's group on both databases, PostgreSQL itself, and PostgreSQL set up to lose."""
    for kind in ("sqlite", "postgresql"):
        with place_of(kind) as place:
            yield _drill(place, kind, effort)
            if kind == "postgresql":
                yield _drill(place, "itself", effort)
                yield _control(place)


def _drill(place: Place, victim: str, effort: Effort) -> Row:
    kills = effort.of(KILLS[victim], 3)
    harm, busy, tries = _kill_during(place, victim, effort.of(SHEETS[victim], 200), kills)
    whom = "PostgreSQL itself" if victim == "itself" else f"{victim}: the server"
    return Row(
        f"{whom} killed {kills} times under {CLIENTS} clients: lost, doubled, torn",
        "0, 0, 0; sheets = lines",
        f"{harm}; {tries:,} requests, {busy:,} busy",
        harm.is_none,
    )


def _kill_during(place: Place, victim: str, count: int, kills: int) -> tuple[Harm, int, int]:
    settings = place.make(f"crashes_{victim}")
    asked = fill(settings, count)
    server = Server(place.for_the_web(settings), place.folder / f"{victim}.log", workers=2)
    server.start()
    campaign = Campaign(server.port, asked)
    chance = random.Random(count)
    try:
        with campaign:
            for number in range(1, kills + 1):
                campaign.wait_for(number * count // (kills + 1))
                time.sleep(chance.random() * 0.1)
                if victim == "itself":
                    place.postgres.kill()
                    place.postgres.start()
                else:
                    server.kill()
                    server.start()
            campaign.wait_for(count)
        code = server.stop()
        assert code == 0, f"the server ended with {code}"
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
    harm = find_harm(settings, campaign.acknowledged, SCALES)
    return harm, campaign.busy, campaign.tries


def _control(place: Place) -> Row:
    """PostgreSQL told to answer before it has written: now the same drill must find losses."""
    lost = kills = 0
    place.postgres.run("ALTER SYSTEM SET synchronous_commit = off")
    while not lost and kills < 10:
        kills += 1
        # The server refuses to start on such a database, so it is told while it runs.
        place.postgres.run("ALTER SYSTEM SET synchronous_commit = on", "SELECT pg_reload_conf()")
        settings = place.make("crashes_control")
        asked = fill(settings, 150)
        server = Server(place.for_the_web(settings), place.folder / "control.log")
        server.start()
        campaign = Campaign(server.port, asked)
        try:
            place.postgres.run(
                "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()"
            )
            with campaign:
                campaign.wait_for(100)
                place.postgres.kill()
                campaign.halt()
                place.postgres.start()
            server.stop()
        finally:
            if server.process is not None and server.process.poll() is None:
                server.kill()
        lost = find_harm(settings, campaign.acknowledged, SCALES).lost
    place.postgres.run("ALTER SYSTEM RESET synchronous_commit", "SELECT pg_reload_conf()")
    return Row(
        "… control: PostgreSQL with synchronous_commit=off killed: lost",
        "more than 0",
        f"{lost} after {kills} kill{'s' * (kills > 1)}",
        lost > 0,
    )


class Campaign:
    """Eight clients at a time who send their sheets until none is left, whatever happens to the server."""

    def __init__(self, port: int, asked: Sequence[Asked], clients: int = CLIENTS) -> None:
        self.port, self._clients = port, clients
        self._left = iter(list(enumerate(asked)))
        self._turn = threading.Lock()
        self._halted = threading.Event()
        self.acknowledged: dict[str, dict[str, object]] = {}
        self.tries = self.busy = 0
        self.failed: list[BaseException] = []

    def __enter__(self) -> "Campaign":
        self._pool = ThreadPoolExecutor(self._clients)
        self._work = [self._pool.submit(self._run) for _ in range(self._clients)]
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.halt()
        self._pool.shutdown()
        if kind is None and self.failed:
            raise self.failed[0]

    def halt(self) -> None:
        """Let nobody begin or try again."""
        self._halted.set()

    def wait_for(self, count: int) -> None:
        """Until so many sheets are acknowledged; raises what a client met that no client should."""
        _until(lambda: len(self.acknowledged) >= count or self._is_over())
        if self.failed:
            raise self.failed[0]

    def _is_over(self) -> bool:
        return bool(self.failed) or all(work.done() for work in self._work)

    def _run(self) -> None:
        while not self._halted.is_set():
            with self._turn:
                number, asked = next(self._left, (0, None))
            if asked is None:
                return
            visitor = Visitor(Browser(self.port), asked, halted=self._halted)
            try:
                told = _visit(visitor, number)
            except BaseException as error:
                if not self._halted.is_set():
                    self.failed.append(error)
                return
            finally:
                visitor.browser.close()
            with self._turn:
                self.acknowledged[asked.administration_id] = told
                self.tries += visitor.tries
                self.busy += visitor.busy


def _visit(visitor: Visitor, number: int) -> dict[str, object]:
    """One client from the link to the thanks; gives back the answers that the server has said it keeps."""
    first = visitor.asked.first
    told: dict[str, object] = dict.fromkeys(QUESTIONS[1:], first)
    visitor.open()
    if number % EVERY == 0:
        visitor.answer_all(QUESTIONS, str(first))
    code, value = QUESTIONS[1 + number % 12], (first + 1) % 5
    visitor.change(code, str(value))
    visitor.send()
    return {**told, code: value}


def _until(true: Callable[[], bool], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "the clients came to no end"
        time.sleep(0.005)
