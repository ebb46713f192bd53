"""What a worker does on a home visit, on the pages that work without network."""

import secrets
from collections.abc import Mapping

from journeys.installation import Site
from journeys.steps import sign_in, word
from journeys.windows import Windows
from playwright.sync_api import Locator, Page, expect

from evalplat.demo.staff import SYSTEM, SignIn
from evalplat.services.accounts import create_account
from evalplat.services.passwords import make_secret
from evalplat.vocabulary import Role

PHRASE = "sininen kumisaapas polulla"
DUMP = """async () => {
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve) => {
      indexedDB.open(name).onsuccess = (event) => resolve(event.target.result);
    });
    for (const store of database.objectStoreNames) {
      const rows = await new Promise((resolve) => {
        database.transaction(store).objectStore(store).getAll().onsuccess = (event) => resolve(event.target.result);
      });
      found.push(...rows);
    }
    database.close();
  }
  const parts = (value) => Object.entries(value).map(([key, inner]) => key + bytes(inner)).join(' ');
  const bytes = (value) => value instanceof Uint8Array
    ? String.fromCharCode(...value)
    : value && typeof value === 'object' ? parts(value) : String(value);
  const kept = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) kept.push(await (await cache.match(request)).text());
  }
  const stored = JSON.stringify([{ ...localStorage }, { ...sessionStorage }]);
  return [found.map(bytes).join('\\n'), kept.join('\\n'), stored, document.cookie];
}"""


def hire(site: Site, email: str) -> SignIn:
    """A worker of the first worker's provider, whom no other journey signs out."""
    provider = site.sign_in_of(Role.PROVIDER_WORKER).provider
    password = secrets.token_urlsafe(16)
    with site.wiring.transaction(SYSTEM) as session:
        made = create_account(
            session, SYSTEM, email=email, name=email.partition("@")[0].title(),
            password=make_secret(password),
            role=Role.PROVIDER_WORKER, language="en", provider_id=site.provider_ids[provider],
        )  # fmt: skip
    return SignIn(Role.PROVIDER_WORKER, made.name, email, password, made.id, provider)


def open_device(windows: Windows, worker: SignIn) -> Page:
    """A new device on which the worker is signed in; typing the password happens once for each worker."""
    known = windows.site.cookies
    if worker.email not in known:
        page = windows.open_desk()
        sign_in(page, worker.email, worker.password)
        known[worker.email] = page.context.storage_state()
    return windows.open_for(worker.email)


def prepare(page: Page, *names: str, titles: tuple[str, ...] = ()) -> None:
    """Take the due sheets of these clients along, all of them or those with a title."""
    page.goto("/desk/visits/prepare")
    for name in names:
        rows = page.locator(".pick-sheet").filter(has_text=name)
        for title in titles or ("",):
            for row in rows.filter(has_text=title).all():
                row.locator("input").check()
    for label in ("Phrase", "The phrase once more"):
        page.get_by_label(word(page, label), exact=True).fill(PHRASE)
    page.get_by_role("button", name=word(page, "Prepare for a home visit"), exact=True).click()
    page.wait_for_url("**/desk/visits")
    expect(page.locator("tbody tr").first).to_be_visible()


def unlock(page: Page, phrase: str = PHRASE) -> None:
    """Open the sheets with the phrase."""
    page.get_by_label(word(page, "Phrase of the visit")).fill(phrase)
    page.get_by_role("button", name=word(page, "Open the sheets")).click()


def expect_unsent(page: Page, count: int) -> None:
    """The head of the page and its title say how many sheets are unsent."""
    expect(page.locator("#unsent")).to_have_text(
        word(page, "Unsent sheets: %(count)s", count=count)
    )
    assert page.title().startswith(f"({count}) ") == (count > 0), page.title()


def row_of(page: Page, name: str, title: str) -> Locator:
    """A sheet's row of the list."""
    return page.locator("tbody tr").filter(has_text=name).filter(has_text=title)


def open_sheet(page: Page, name: str, title: str) -> None:
    """Open a sheet from the list."""
    row_of(page, name, title).locator("[data-act=open]").click()
    expect(page.locator("#sheet")).to_be_visible()


def fill_in(page: Page, answers: Mapping[str, str]) -> None:
    """Answer by values; `declined` is one of them."""
    for code, value in answers.items():
        page.locator(f'[name="a-{code}"][value="{value}"]').check()
    expect_saved(page)


def expect_saved(page: Page) -> None:
    """The last change is on the device."""
    expect(page.locator("[data-part=saved]")).not_to_have_text("")


def finish(page: Page) -> None:
    """The sheet is ready to send."""
    page.get_by_role("button", name=word(page, "Ready to send"), exact=True).click()
    expect(page.locator("#sheet")).to_have_count(0)


def all_that_lies_on(page: Page) -> str:
    """Every byte that the device keeps for the site, as text."""
    return "\n".join(page.evaluate(DUMP))
