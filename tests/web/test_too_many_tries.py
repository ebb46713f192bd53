"""Too many wrong tries from one network: a calm page with the form on it, and a word for programs how long to wait."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from evalplat.app import create_app
from evalplat.services.signing_in import wrong_tries

WORKER = "worker@birch.example"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong_tries, "MOST_TRIES", 3)


def try_to_sign_in(browser: Any, password: str, **rest: Any) -> Any:
    browser.get("/sign-in")
    return browser.post("/sign-in", {"email": WORKER, "password": password}, **rest)


def test_the_sign_in_page_asks_to_wait_and_keeps_the_address(world: Any) -> None:
    browser = world.browser()
    for _ in range(3):
        assert try_to_sign_in(browser, "wrong").status_code == 401
    answer = try_to_sign_in(browser, "a long password of a test")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert "15 min" in browser.page
    assert f'value="{WORKER}"' in browser.page
    world.clock.at += timedelta(minutes=15)
    assert try_to_sign_in(browser, "a long password of a test").status_code == 303


def test_where_no_proxy_is_trusted_a_forwarded_address_changes_nothing(world: Any) -> None:
    browser = world.browser()
    for number in range(3):
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        assert try_to_sign_in(browser, "wrong", headers=headers).status_code == 401
    assert try_to_sign_in(browser, "wrong").status_code == 429


@pytest.mark.parametrize("door", ["/c", "/c/kiosk/code"])
def test_the_client_door_asks_to_wait_and_keeps_the_code(world: Any, door: str) -> None:
    code = world.invite(world.open_episode()).code
    browser = world.browser()
    for _ in range(3):
        browser.get(door)
        assert browser.post(door, {"code": "0000-0000-0000"}).status_code == 422
    answer = browser.post(door, {"code": code})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert code in browser.page
    elsewhere = world.browser()
    elsewhere.get(door)
    away = {"REMOTE_ADDR": "192.0.2.77"}
    assert elsewhere.post(door, {"code": code}, environ_overrides=away).status_code == 303


def test_a_visit_that_has_begun_goes_on(world: Any) -> None:
    code = world.invite(world.open_episode()).code
    browser = world.browser()
    browser.get("/c")
    assert browser.post("/c", {"code": code}).status_code == 303
    guesser = world.browser()
    for _ in range(4):
        guesser.get("/c")
        answer = guesser.post("/c", {"code": "0000-0000-0000"})
    assert answer.status_code == 429
    browser.get("/c/q/S1")
    assert browser.post("/c/q/S1", {"answer": "2"}).location == "/c/q/S2"


def test_behind_a_proxy_the_address_counts_that_the_proxy_saw(world: Any) -> None:
    """What the visitor wrote before it is not believed."""
    settings = replace(world.wiring.settings, behind_proxy=1)
    client = create_app(replace(world.wiring, settings=settings)).test_client()

    def try_from(address: str, claimed: str) -> int:
        headers = {"X-Forwarded-For": f"{claimed}, {address}", "X-Forwarded-Proto": "https"}
        base = "https://localhost"
        page = client.get("/sign-in", headers=headers, base_url=base).get_data(as_text=True)
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        sent = {"csrf_token": token, "email": WORKER, "password": "wrong"}
        return client.post("/sign-in", data=sent, headers=headers, base_url=base).status_code

    for number in range(3):
        assert try_from("198.51.100.7", f"203.0.113.{number}") == 401
    assert try_from("198.51.100.7", "203.0.113.99") == 429
    assert try_from("198.51.100.8", "203.0.113.1") == 401
