"""The own account: a new password ends every other session, and needs the old one."""

import re
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


ENDS = re.compile(r'action="(/account/sessions/[^/"]+/end)"')


def test_own_sessions_are_listed_and_one_or_all_others_are_ended(world: Any) -> None:
    phone, desk, here = (world.browser(WORKER) for _ in range(3))
    phone.get("/desk", headers={"User-Agent": "Mozilla/5.0 (Android 15) Firefox/140.0"})
    here.get("/account")
    ends = ENDS.findall(here.page)
    assert len(ends) == 2
    assert "This one, now" in here.page
    assert here.post(ends[0]).status_code == 303
    assert sorted(one.get("/desk").status_code for one in (phone, desk)) == [200, 303]
    assert here.post("/account/sessions/end-others").status_code == 303
    assert [one.get("/desk").status_code for one in (phone, desk)] == [303, 303]
    here.get("/account")
    assert ENDS.findall(here.page) == []


def test_nobody_ends_a_session_of_somebody_else_by_its_address(world: Any) -> None:
    mine, other, here = world.browser(WORKER), world.browser("case@county.example"), None
    here = world.browser(WORKER)
    here.get("/account")
    (address,) = ENDS.findall(here.page)
    other.get("/account")
    assert other.post(address).status_code == 404
    assert mine.get("/desk").status_code == 200


def test_browsers_are_told_by_kind_and_system_and_by_nothing_more(world: Any) -> None:
    told = {
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": "Edge, Windows",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari, iPhone",
        "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0": "Firefox, Android",
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/140.0 Safari/537.36": "Chrome, CrOS",
        "something <b>else</b>": "Unknown",
    }
    for said, word in told.items():
        browser = world.browser()
        browser.get("/sign-in")
        sent = {"email": WORKER, "password": PASSWORD}
        browser.post("/sign-in", sent, headers={"User-Agent": said})
        browser.get("/account")
        assert f'scope="row">{word}</th>' in browser.page
        browser.post("/sign-out")
