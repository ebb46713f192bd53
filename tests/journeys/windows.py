"""Browser windows that notice what a page must not do, and a close look at a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from journeys.installation import Site
from journeys.steps import sign_in
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

PATIENCE = 20_000
"""Milliseconds that a page may take on a busy machine."""

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
WIDTHS = (320, 1280)
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "preload": False,
}
LOCALES = {"fi": "fi-FI", "sv": "sv-FI", "en": "en-GB"}


@dataclass
class Windows:
    """Opens windows that share nothing, under the pages' own content security policy.

    complaints: what the browser refused, what a script threw, and every request that left the site.
    """

    browser: Browser
    site: Site
    complaints: list[str] = field(default_factory=list)
    opened: list[BrowserContext] = field(default_factory=list)

    def open_phone(self, language: str = "fi", *, scripts: bool = True) -> Page:
        """A phone of somebody who has never been here."""
        return self._open(
            language, viewport=PHONE, has_touch=True, is_mobile=True, java_script_enabled=scripts
        )

    def open_desk(self, language: str = "fi") -> Page:
        """A desk's screen of somebody who has never been here."""
        return self._open(language, viewport=DESK)

    def open_for(self, email: str) -> Page:
        """A desk's screen of a signed-in person; signing in happens again only where the session was ended."""
        kept = self.site.cookies.get(email)
        if kept:
            page = self._open("fi", viewport=DESK, storage_state=kept)
            if page.context.request.get("/account", max_redirects=0).ok:
                return page
        page = self.open_desk()
        sign_in(page, email, next(one.password for one in self.site.staff if one.email == email))
        self.site.cookies[email] = page.context.storage_state()
        return self._open("fi", viewport=DESK, storage_state=self.site.cookies[email])

    def _open(self, language: str, **rest: Any) -> Page:
        # Devices are where the clients are: else the day differs from the pages' between 22 and 24 o'clock UTC.
        context = self.browser.new_context(
            base_url=self.site.address, locale=LOCALES[language], reduced_motion="reduce",
            timezone_id="Europe/Helsinki", **rest,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        self.opened.append(context)
        context.on("console", self._hear)
        context.on("request", self._see)
        context.on("weberror", self._catch)
        return context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site.address}/", "data:")):
            self.complaints.append(f"a request left the site: {request.url}")

    def _catch(self, error: WebError) -> None:
        self.complaints.append(f"a script failed: {error.error}")

    def close(self) -> None:
        """Close every window; what was complained of is the caller's to judge."""
        for context in self.opened:
            context.close()


def look(page: Page) -> None:
    """The page fits on a narrow and on a wide screen, and breaks no rule of WCAG 2.2 AA that axe knows."""
    size = page.viewport_size or DESK
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": size["height"]})
        wide = page.evaluate("document.scrollingElement.scrollWidth")
        assert wide <= width + 1, (
            f"{page.url} is {wide} pixels wide on a screen of {width}: {page.evaluate(TOO_WIDE)}"
        )
    page.set_viewport_size(size)
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, f"{page.url}: {_tell(found)}"


TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.outerHTML.slice(0, 120)).slice(-3)"""


def _tell(violations: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{one['id']} ({one['help']}): {', '.join(str(n['target']) for n in one['nodes'][:5])}"
        for one in violations
    )
