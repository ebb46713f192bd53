"""The pages of keys for other programs: shown once, revoked at once, nobody else's seen."""

import re
from typing import Any

import pytest

from evalplat.services.actors import Actor
from evalplat.services.token_calls import TokenRefused, count_call, find_caller

from .conftest import PASSWORD

WORKER = "worker@birch.example"
SECRET = re.compile(r"evp_[a-z0-9]{10}_[A-Za-z0-9_-]{43}")
SYSTEM = Actor.system("test")


def make(browser: Any, **rest: Any) -> Any:
    browser.get("/account/tokens")
    wish = {"name": "Records", "scopes": ["due:read"], "days": "90", "password": PASSWORD}
    return browser.post("/account/tokens", {**wish, **rest})


def admit(world: Any, secret: str) -> Any:
    with world.wiring.reading(SYSTEM) as session:
        caller = find_caller(session, shown=secret, at=world.clock())
    with world.wiring.transaction(SYSTEM) as session:
        count_call(session, caller, most=100, at=world.clock())
    return caller


def test_a_key_is_shown_once_and_opens_in_its_makers_name(world: Any) -> None:
    browser = world.browser(WORKER)
    assert make(browser).status_code == 200
    (secret,) = SECRET.findall(browser.page)
    assert PASSWORD not in browser.page
    assert admit(world, secret).account.email == WORKER
    browser.get("/account/tokens")
    assert not SECRET.search(browser.page)
    assert secret[:14] in browser.page and "24/11/2026" in browser.page, "how it begins, last use"


def test_faults_are_listed_together_and_what_was_entered_stays(world: Any) -> None:
    browser = world.browser(WORKER)
    answer = make(browser, name="", scopes=["comparison:read"], days="9999", password="wrong")
    assert answer.status_code == 422
    for anchor in ("name", "scopes-due:read", "days", "password"):
        assert f'<a href="#{anchor}">' in browser.page
    assert make(browser, name="Kept", password="wrong").status_code == 422
    assert 'value="Kept"' in browser.page and "checked" in browser.page
    assert not SECRET.search(browser.page)


def test_a_revoked_key_opens_nothing(world: Any) -> None:
    browser = world.browser(WORKER)
    make(browser)
    (secret,) = SECRET.findall(browser.page)
    browser.get("/account/tokens")
    (address,) = re.findall(r'action="(/account/tokens/[^"]+/revoke)"', browser.page)
    assert browser.post(address).status_code == 303
    with pytest.raises(TokenRefused):
        admit(world, secret)
    browser.get("/account/tokens")
    assert "Revoked" in browser.page and address not in browser.page


def test_nobody_but_the_administrator_reaches_another_accounts_key(world: Any) -> None:
    browser = world.browser(WORKER)
    make(browser)
    (secret,) = SECRET.findall(browser.page)
    token_id = admit(world, secret).token.id
    for email in ("manager@birch.example", "analyst@county.example", "case@county.example"):
        other = world.browser(email)
        other.get("/account/tokens")
        assert secret[:14] not in other.page
        found = other.post(f"/account/tokens/{token_id}/revoke")
        missing = other.post("/account/tokens/AAAAAAAAAAAAAAAA/revoke")
        assert found.status_code == missing.status_code == 404
        assert len(found.get_data()) == len(missing.get_data())
        assert other.get("/county/tokens").status_code == 403
        assert other.post(f"/county/tokens/{token_id}/revoke").status_code == 403
    admin = world.browser("admin@county.example")
    assert admin.get("/county/tokens").status_code == 200
    assert secret[:14] in admin.page and "Worker" in admin.page
    assert admin.post(f"/county/tokens/{token_id}/revoke").status_code == 303
    with pytest.raises(TokenRefused):
        admit(world, secret)


def test_a_key_opens_no_page(world: Any) -> None:
    browser = world.browser(WORKER)
    make(browser)
    (secret,) = SECRET.findall(browser.page)
    stranger = world.browser()
    for headers in ({"Authorization": f"Bearer {secret}"}, {"Cookie": f"evalplat={secret}"}):
        answer = stranger.get("/desk", headers=headers)
        assert (answer.status_code, answer.location) == (303, "/sign-in?next=/desk")
    assert stranger.get(f"/desk?access_token={secret}").status_code == 303


def test_a_stale_page_asks_again_and_makes_nothing(world: Any) -> None:
    browser = world.browser(WORKER)
    wish = {"name": "Records", "scopes": ["due:read"], "days": "90", "csrf_token": "old"}
    answer = browser.post("/account/tokens", {**wish, "password": PASSWORD})
    assert answer.status_code == 200
    assert 'value="Records"' in browser.page and not SECRET.search(browser.page)
    browser.get("/account/tokens")
    assert "You have no keys" in browser.page
