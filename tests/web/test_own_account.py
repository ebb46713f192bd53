"""The own account: a new password ends every other session, and needs the old one."""

from datetime import timedelta
from typing import Any

from .conftest import PASSWORD

WORKER, NEW = "worker@birch.example", "another long password of a test"


def change(browser: Any, **rest: str) -> Any:
    browser.get("/account")
    return browser.post("/account", {"current": PASSWORD, "new": NEW, "again": NEW, **rest})


def test_a_password_is_changed_and_every_other_session_ends(world: Any) -> None:
    browser, other = world.browser(WORKER), world.browser(WORKER)
    assert change(browser).status_code == 303
    assert browser.get("/desk").status_code == 200
    assert other.get("/desk").status_code == 303
    fresh = world.browser()
    assert fresh.sign_in(WORKER).status_code == 401
    fresh.get("/sign-in")
    assert fresh.post("/sign-in", {"email": WORKER, "password": NEW}).status_code == 303


def test_a_wrong_or_a_poor_password_changes_nothing_and_is_never_shown_again(world: Any) -> None:
    browser = world.browser(WORKER)
    for rest in ({"current": "wrong"}, {"again": "different"}, {"new": "short", "again": "short"}):
        assert change(browser, **rest).status_code == 422
        assert "error-summary" in browser.page and NEW not in browser.page
        assert PASSWORD not in browser.page
    assert world.browser().sign_in(WORKER).status_code == 303


def test_every_role_has_the_page_and_strangers_have_not(world: Any) -> None:
    for email in ("case@county.example", "analyst@county.example", "admin@county.example"):
        assert world.browser(email).get("/account").status_code == 200
    assert world.browser().get("/account").status_code == 303


def test_a_screen_left_open_is_no_place_to_guess_the_password(world: Any) -> None:
    browser = world.browser(WORKER)
    for _ in range(10):
        assert browser.get("/account").status_code == 200
        assert change(browser, current="a guess").status_code == 422
    assert browser.get("/account").status_code == 303
    assert world.browser().sign_in(WORKER).status_code == 401
    world.clock.at += timedelta(minutes=16)
    assert world.browser().sign_in(WORKER).status_code == 303
