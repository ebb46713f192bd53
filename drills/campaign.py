"""A crowd of clients who send their sheets and do not give up, and what each of them was told."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from drills.clients import Browser, Visitor
from drills.county import Asked

CLIENTS = 8
QUESTIONS = ["works_or_studies", *(f"S{n}" for n in range(1, 13))]
SCALES = 3
EVERY = 25
"""One client in so many answers every question; the others change one answer, look, and send."""


class Campaign:
    """Clients, eight at a time, who send their sheets until none is left, whatever happens to the server."""

    def __init__(self, port: int, asked: Sequence[Asked], clients: int = CLIENTS) -> None:
        self.port, self._clients = port, clients
        self._left = iter(list(enumerate(asked)))
        self._turn = threading.Lock()
        self._halted = threading.Event()
        self.acknowledged: dict[str, dict[str, object]] = {}
        self.tries = self.busy = self.met_busy = 0
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
        until(lambda: len(self.acknowledged) >= count or self._is_over())
        if self.failed:
            raise self.failed[0]

    def _is_over(self) -> bool:
        return bool(self.failed) or all(work.done() for work in self._work)

    def _note_busy(self) -> None:
        self.met_busy += 1

    def _run(self) -> None:
        while not self._halted.is_set():
            with self._turn:
                number, asked = next(self._left, (0, None))
            if asked is None:
                return
            visitor = Visitor(
                Browser(self.port), asked, halted=self._halted, when_busy=self._note_busy
            )
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


def until(true: Callable[[], bool], seconds: float = 300) -> None:
    """Wait for something; raises AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "the clients came to no end"
        time.sleep(0.005)
