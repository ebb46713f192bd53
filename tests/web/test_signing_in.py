"""Signing in and out, and how long a session lasts."""

from datetime import timedelta
from typing import Any

from evalplat.services.accounts import change_role, disable_account, list_accounts
from evalplat.services.actors import Actor
from evalplat.vocabulary import Role

SYSTEM = Actor.system("test")
WORKER = "worker@birch.example"


def test_the_right_password_opens_the_role_s_own_page(world: Any) -> None:
    homes = {
        WORKER: "/desk",
        "analyst@county.example": "/county",
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


def test_signing_out_ends_no_other_session_of_the_account(world: Any) -> None:
    browser, elsewhere = world.browser(WORKER), world.browser(WORKER)
    browser.get("/desk")
    browser.post("/sign-out")
    assert elsewhere.get("/desk").status_code == 200


def test_a_session_that_somebody_planted_in_the_browser_is_not_the_one_that_signing_in_begins(
    world: Any,
) -> None:
    thief = world.browser("worker@maple.example")
    planted = thief.client.get_cookie("evalplat").value
    victim = world.browser()
    victim.client.set_cookie("evalplat", planted)
    victim.sign_in(WORKER)
    assert victim.client.get_cookie("evalplat").value != planted
    thief.get("/account")
    assert "worker@maple.example" in thief.page, "still the thief's own account"
    before_signing_in = world.browser()
    before_signing_in.get("/sign-in")
    known = before_signing_in.client.get_cookie("evalplat").value
    before_signing_in.sign_in(WORKER)
    thief.client.set_cookie("evalplat", known)
    assert thief.get("/desk").status_code == 303


def test_a_form_s_token_from_before_signing_in_or_out_is_worth_nothing_after(world: Any) -> None:
    browser = world.browser()
    browser.get("/sign-in")
    before = browser.token
    browser.sign_in(WORKER)
    browser.get("/account")
    inside = browser.token
    assert browser.post("/account/sessions/end-others", {"csrf_token": before}).status_code == 403
    assert browser.post("/account/sessions/end-others", {"csrf_token": inside}).status_code == 303
    browser.post("/sign-out")
    browser.sign_in(WORKER)
    assert browser.post("/account/sessions/end-others", {"csrf_token": inside}).status_code == 403


def test_a_cookie_that_was_altered_or_signed_with_another_key_is_nobody_s(world: Any) -> None:
    browser = world.browser(WORKER)
    value = browser.client.get_cookie("evalplat").value
    for altered in (value[:-2], "A" + value[1:], value.replace(".", "", 1), ""):
        browser.client.set_cookie("evalplat", altered)
        assert browser.get("/desk").status_code == 303


def test_another_role_and_a_closed_account_end_the_session_at_once(world: Any) -> None:
    browser, closed = world.browser(WORKER), world.browser("case@county.example")
    with world.wiring.transaction(SYSTEM) as session:
        found = {a.email: a for a in list_accounts(session, SYSTEM)}
        change_role(session, SYSTEM, account_id=found[WORKER].id, role=Role.CASE_WORKER)
        disable_account(session, SYSTEM, account_id=found["case@county.example"].id)
    assert browser.get("/desk").status_code == 303
    assert closed.get("/cases").status_code == 303
    assert browser.sign_in(WORKER).location == "/cases"


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
