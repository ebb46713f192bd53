"""From an empty database to the first episode, in the browser alone: what an administrator does on the first day.

With EVALPLAT_PICTURES the pictures of the README's tour are written into the folder that it names.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from journeys.installation import Site, serve_empty, today
from journeys.steps import (
    follow,
    go_by,
    grant_voucher,
    open_from_voucher,
    press,
    sign_in,
    word,
)
from journeys.windows import Windows, look
from playwright.sync_api import Browser, Page, expect

from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("EVALPLAT_PICTURES", "")


@pytest.fixture
def empty(chromium: str, tmp_path: Path) -> Iterator[Site]:
    with serve_empty(tmp_path) as served:
        yield served


@pytest.fixture
def desks(browser: Browser, empty: Site) -> Iterator[Windows]:
    opened = Windows(browser, empty)
    yield opened
    opened.close()
    assert opened.complaints == []


def keep(page: Page, name: str) -> None:
    """Look closely at a page, and keep its picture where one is wanted."""
    look(page)
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"setting-up-{name}.png")


def approve(page: Page, name: str, *, own: bool = False) -> None:
    page.goto("/county/providers")
    page.get_by_label(word(page, "Name"), exact=True).fill(name)
    if own:
        page.get_by_label(word(page, "It is the county’s own service")).check()
    press(page, "Approve")
    expect(page.get_by_role("status")).to_be_visible()


def make_account(page: Page, name: str, email: str, role: Role, provider: str = "") -> str:
    """Make an account as its page says; gives back the password that is shown once."""
    page.goto("/county/accounts/new")
    page.get_by_label(word(page, "Name"), exact=True).fill(name)
    page.get_by_label(word(page, "E-mail address")).fill(email)
    page.get_by_label(word(page, "Role"), exact=True).select_option(role.value)
    if provider:
        page.get_by_label(word(page, "Provider"), exact=True).select_option(label=provider)
    page.get_by_role("combobox", name=word(page, "Language"), exact=True).select_option("en")
    press(page, "Make the account")
    return page.get_by_label(word(page, "First password")).input_value()


def test_a_county_is_set_up_in_the_browser_and_its_first_episode_is_opened(
    empty: Site, desks: Windows
) -> None:
    admin = empty.sign_in_of(Role.ADMINISTRATOR)
    page = desks.open_desk("en")
    sign_in(page, admin.email, admin.password)

    approve(page, "Aura Rehabilitation")
    approve(page, "The county’s own unit", own=True)
    keep(page, "providers")
    follow(page, "Municipalities")
    page.get_by_label(word(page, "Municipalities, one in each line")).fill(
        "990; Sample Island; Islands"
    )
    press(page, "Save")
    expect(page.get_by_role("cell", name="Islands")).to_be_visible()
    look(page)

    page.goto("/county/accounts")
    follow(page, "Make an account")
    look(page)
    worker = make_account(
        page, "Wilma Worker", "worker@aura.example", Role.PROVIDER_WORKER, "Aura Rehabilitation"
    )
    keep(page, "account")
    make_account(
        page, "Uno Unit", "unit@county.example", Role.PROVIDER_WORKER, "The county’s own unit"
    )
    case = make_account(page, "Carl Case", "case@county.example", Role.CASE_WORKER)

    page.goto("/county/instruments")
    follow(page, "Measurement plans")
    keep(page, "plans")
    go_by(page, page.get_by_role("link", name=word(page, "Make a new version")).first)
    kept = page.get_by_label(word(page, "Instrument"), exact=True)
    rows = kept.count()
    kept.nth(rows - 1).select_option("")
    press(page, "Add a row")
    last = page.get_by_role("group", name=word(page, "Row %(number)s", number=rows + 1))
    last.get_by_label(word(page, "Instrument"), exact=True).select_option("who-5")
    last.get_by_label(word(page, "Days after"), exact=True).fill("21")
    keep(page, "plan")
    press(page, "Save the plan")
    expect(page.get_by_role("heading", level=2)).to_contain_text(
        word(page, "version %(number)s", number=2)
    )

    desk = desks.open_desk("en")
    sign_in(desk, "case@county.example", case)
    grant_voucher(desk, "FIRST-1", "Aino Esimerkki", "fi", today() + timedelta(days=200))
    other = desks.open_desk("en")
    sign_in(other, "worker@aura.example", worker)
    open_from_voucher(other, "FIRST-1")
    expect(other.get_by_text("WHO-5").first).to_be_visible()
    keep(other, "episode")
