"""The second step of signing in, in a browser with a security key of software: set up, asked for, and let in."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from journeys.installation import Site
from journeys.steps import expect_message, press, sign_in, word
from journeys.visit_steps import hire
from journeys.windows import DESK, look
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

KEY = {
    "protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A window under a name and not a number, which is where browsers let keys work, with a key in the machine."""
    address = site.address.replace("127.0.0.1", "localhost")
    context = browser.new_context(base_url=address, locale="en-GB", viewport=DESK)
    refused: list[str] = []
    context.on(
        "console",
        lambda said: refused.append(said.text) if "Content Security" in said.text else None,
    )
    opened = context.new_page()
    devices = context.new_cdp_session(opened)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    yield opened
    context.close()
    assert refused == []


def test_a_key_and_an_app_are_set_up_and_each_signs_in(page: Page, site: Site) -> None:
    worker = hire(site, "second.step@provider.example")
    sign_in(page, worker.email, worker.password)
    page.goto("/account/second-factor")
    look(page)
    page.get_by_label(word(page, "Name of the new key")).fill("On my ring")
    page.get_by_role("button", name=word(page, "Add a security key or passkey")).click()
    expect_message(page, "Recovery codes")
    look(page)
    code = page.locator("ol.recovery code").first.inner_text()
    page.goto("/account/second-factor")
    press(page, "Set up an app")
    secret = re.sub(r"\s", "", page.locator(".typed-key").inner_text())
    look(page)
    page.get_by_label(word(page, "Code from your app")).fill(pyotp.TOTP(secret).now())
    press(page, "Use this app")
    look(page)

    press(page, "Sign out")
    sign_in_first_step(page, worker.email, worker.password)
    look(page)
    page.get_by_role("button", name=word(page, "Use a security key or passkey")).click()
    page.wait_for_url("**/desk")

    press(page, "Sign out")
    sign_in_first_step(page, worker.email, worker.password)
    page.get_by_text(word(page, "Use a recovery code"), exact=True).click()
    page.get_by_label(word(page, "Recovery code"), exact=True).fill(code)
    press(page, "Continue with the recovery code")
    page.wait_for_url("**/desk")
    page.goto("/account")
    expect(page.get_by_text(word(page, "A recovery code was used"))).to_be_visible()
    look(page)


def sign_in_first_step(page: Page, email: str, password: str) -> None:
    """Give the password; the second step is asked for."""
    page.goto("/sign-in")
    page.get_by_label(word(page, "E-mail address")).fill(email)
    page.get_by_label(word(page, "Password")).fill(password)
    press(page, "Sign in")
    expect_message(page, "Second step")
