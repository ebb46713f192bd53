"""Clients of the drills: browsers without a screen that follow the pages of the client door and try again."""

import http.client
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from drills.county import Asked

FORM = "application/x-www-form-urlencoded"
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


class NoAnswer(Exception):
    """The connection was refused or lost, so that nobody knows what became of the request."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the server."""

    status: int
    location: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Browser:
    """One browser: a connection that is kept open, and its cookies."""

    port: int
    patience: float = 30.0
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None
    csrf: str = ""

    def ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Page:
        """Send one request; a form is sent with the token of the last page. Raises NoAnswer."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode({"csrf_token": self.csrf, **form})
            headers["Content-Type"] = FORM
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, self.patience)
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer(str(error)) from error
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        found = _TOKEN.search(content)
        if found:
            self.csrf = found[1].decode()
        return Page(
            response.status, response.headers["Location"] or "", content, dict(response.headers)
        )

    def close(self) -> None:
        """Let the connection go."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Unexpected(AssertionError):
    """A page that no client should ever see."""


@dataclass
class Visitor:
    """A client with a link who does not give up: after a lost connection or a 503 the same step is done again."""

    browser: Browser
    asked: Asked
    tries: int = 0
    busy: int = 0
    seconds: float = 120.0
    halted: threading.Event = field(default_factory=threading.Event)
    when_busy: Callable[[], None] = lambda: None

    def _again(self, step: Callable[[], Page]) -> Page:
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and not self.halted.is_set():
            self.tries += 1
            try:
                page = step()
            except NoAnswer:
                time.sleep(0.05)
                continue
            if page.status == 503:
                self.busy += 1
                self.when_busy()
                if "Retry-After" not in page.headers:
                    raise Unexpected("503 without Retry-After")
                time.sleep(0.1)
                continue
            if page.status >= 400:
                raise Unexpected(f"{page.status} for a client: {page.body[-400:]!r}")
            return page
        raise Unexpected(f"no answer within {self.seconds:.0f} s")

    def open(self) -> None:
        """Follow the link and press its button."""
        self._again(lambda: self.browser.ask("GET", f"/c/l/{self.asked.link}"))
        page = self._again(lambda: self.browser.ask("POST", f"/c/l/{self.asked.link}", {}))
        if page.status != 303 or "/c/welcome" not in page.location:
            raise Unexpected(f"the link led to {page.status} {page.location}")

    def change(self, code: str, value: str) -> None:
        """Choose another answer for one question; comes back when the server has said that it is kept."""
        path = f"/c/q/{code}"
        form = {"answer": value, "action": "continue", "from": "check"}
        page = self._again(lambda: self.browser.ask("POST", path, form))
        if page.status != 303 or "/c/check" not in page.location:
            raise Unexpected(f"an answer led to {page.status} {page.location}")

    def send(self) -> None:
        """Press the button that sends; comes back when the server has said that the sheet is stored."""
        page = self._again(lambda: self.browser.ask("POST", "/c/check", {"helped": ""}))
        if page.status != 303 or "/c/thanks" not in page.location:
            raise Unexpected(f"sending led to {page.status} {page.location}: {page.body[-400:]!r}")

    def answer_all(self, codes: list[str], value: str) -> None:
        """Answer one question after the other, as somebody does who begins."""
        for place, code in enumerate(codes):
            chosen = "1" if not place and not code[0].isupper() else value
            form = {"answer": chosen, "action": "continue"}
            self._again(lambda c=code, f=form: self.browser.ask("POST", f"/c/q/{c}", f))  # type: ignore[misc]
