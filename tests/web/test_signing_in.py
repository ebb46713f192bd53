"""Signing in and out, and how long a session lasts."""

from datetime import timedelta
from typing import Any

WORKER = "worker@birch.example"


def test_the_right_password_opens_the_role_s_own_page(world: Any) -> None:
    homes = {
        WORKER: "/desk",
        "analyst@county.example": "/county/comparison",
        "admin@county.example": "/county",
        "case@county.example": "/cases",
    }
    for email, home in homes.items():
        response = world.browser().sign_in(email)
        assert (response.status_code, response.location) == (303, home)


def test_a_wrong_password_and_an_unknown_address_say_the_same(world: Any) -> None:
    pages = []
    for email in (WORKER, "nobody@birch.example"):
        browser = world.browser()
        browser.get("/sign-in")
        response = browser.post("/sign-in", {"email": email, "password": "wrong"})
        assert response.status_code == 401
        pages.append(browser.page.replace(email, "").replace(browser.token, ""))
    assert pages[0] == pages[1]


def test_after_signing_in_the_page_that_was_asked_for_opens(world: Any) -> None:
    browser = world.browser()
    response = browser.get("/desk?state=due")
    browser.get(response.location)
    response = browser.post(
        "/sign-in",
        {"email": WORKER, "password": "a long password of a test", "next": "/desk?state=due"},
    )
    assert response.location == "/desk?state=due"


def test_a_session_ends_after_half_an_hour_without_use(world: Any) -> None:
    browser = world.browser(WORKER)
    world.clock.at += timedelta(minutes=29)
    assert browser.get("/desk").status_code == 200
    world.clock.at += timedelta(minutes=29)
    assert browser.get("/desk").status_code == 200
    world.clock.at += timedelta(minutes=31)
    assert browser.get("/desk").status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy(world: Any) -> None:
    browser = world.browser(WORKER)
    for _ in range(29):
        world.clock.at += timedelta(minutes=25)
        response = browser.get("/desk")
    assert response.status_code == 303


def test_a_copied_cookie_does_not_survive_signing_out(world: Any) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk")
    copied = browser.client.get_cookie("evalplat").value
    response = browser.post("/sign-out")
    assert response.status_code == 303
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = world.browser()
    thief.client.set_cookie("evalplat", copied)
    assert thief.get("/desk").status_code == 303


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(world: Any) -> None:
    browser = world.browser()
    response = browser.get("/sign-in")
    cookie = next(c for c in response.headers.getlist("Set-Cookie") if c.startswith("evalplat="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


def test_the_language_of_staff_is_kept_with_the_account(world: Any) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk")
    browser.post("/language", {"switch_language": "sv", "next": "/desk"})
    other = world.browser(WORKER)
    other.get("/desk")
    assert '<html lang="sv"' in other.page


def test_switching_the_language_on_the_sign_in_page_keeps_the_address_and_signs_nobody_in(
    world: Any,
) -> None:
    browser = world.browser()
    browser.get("/sign-in")
    response = browser.post(
        "/sign-in",
        {"email": WORKER, "password": "a long password of a test", "switch_language": "sv"},
    )
    assert response.status_code == 200
    assert f'value="{WORKER}"' in browser.page
    assert '<html lang="sv"' in browser.page
    assert browser.get("/desk").status_code == 303
