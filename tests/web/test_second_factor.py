"""The second step on the pages: asked for, set up first where it is demanded, and no way around it."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pyotp
import pytest
from authenticators import SoftKey

import evalplat
from evalplat.services.accounts import list_accounts
from evalplat.services.actors import Actor
from evalplat.vocabulary import Role
from evalplat.web.account_words import ACTIONS
from evalplat.web.context import EXTENSION

from .conftest import PASSWORD

SYSTEM = Actor.system("test")
ANALYST, WORKER, ADMIN = "analyst@county.example", "worker@birch.example", "admin@county.example"
FACTORS, SECOND = "/account/second-factor", "/sign-in/second"
SECRET = re.compile(r'class="typed-key"[^>]*>(.*?)</code>', re.S)
CODES = re.compile(r"<li><code>([0-9A-Z-]{29})</code></li>")
OPTIONS = re.compile(r'data-options="([^"]+)"')


@pytest.fixture
def demanding(world: Any) -> Any:
    """An installation with the usual demand: of analysts and administrators."""
    settings = replace(world.wiring.settings, second_factor=(Role.ANALYST, Role.ADMINISTRATOR))
    world.wiring = replace(world.wiring, settings=settings)
    world.app.extensions[EXTENSION] = world.wiring
    return world


def set_up_app(browser: Any, world: Any) -> tuple[str, list[str]]:
    """Set an app up on the pages; gives back its secret and the recovery codes."""
    browser.get(FACTORS)
    assert browser.post(f"{FACTORS}/app").location == f"{FACTORS}/app/confirm"
    browser.get(f"{FACTORS}/app/confirm")
    found = SECRET.search(browser.page)
    assert found
    secret = re.sub(r"<[^>]+>", "", found[1])
    shown = browser.post(f"{FACTORS}/app/confirm", {"code": code(secret, world)})
    assert shown.status_code == 200 or shown.location == f"{FACTORS}?added=1"
    return secret, CODES.findall(browser.page)


def code(secret: str, world: Any) -> str:
    return pyotp.TOTP(secret).at(world.clock.at)


def options(browser: Any) -> str:
    found = OPTIONS.search(browser.page)
    assert found, browser.page
    return unescape(found[1])


def test_who_has_to_set_one_up_gets_to_that_and_nowhere_else(demanding: Any) -> None:
    browser = demanding.browser()
    assert browser.sign_in(ANALYST).location == FACTORS
    for path in ("/county/comparison", "/account", "/county/tokens", "/account/confirm"):
        assert browser.get(path).location == FACTORS
    assert browser.get(FACTORS).status_code == 200
    assert browser.post("/account/sessions/end-others").location == FACTORS
    assert "Main menu" not in browser.page
    secret, codes = set_up_app(browser, demanding)
    assert len(codes) == 10
    assert browser.get("/county/comparison").status_code == 200
    again = demanding.browser()
    again.sign_in(ANALYST)
    assert again.get("/county/comparison").location == SECOND
    demanding.clock.at += timedelta(minutes=1)
    again.get(SECOND)
    response = again.post(SECOND, {"code": code(secret, demanding)})
    assert response.location == "/county"


def test_others_sign_in_with_a_password_and_may_set_one_up(demanding: Any) -> None:
    browser = demanding.browser(WORKER)
    assert browser.get("/desk").status_code == 200
    browser.get("/account")
    assert "None is set up." in browser.page
    set_up_app(browser, demanding)
    browser.get("/account")
    assert "10 recovery codes left." in browser.page
    assert demanding.browser().sign_in(WORKER).status_code == 200, "the second step is asked for"


def test_the_page_asked_for_and_a_form_come_through_the_second_step(world: Any) -> None:
    secret, _codes = set_up_app(world.browser(WORKER), world)
    world.clock.at += timedelta(minutes=1)
    browser = world.browser()
    browser.get("/sign-in")
    sent = {"email": WORKER, "password": PASSWORD, "next": "/desk?state=due"}
    assert browser.post("/sign-in", sent).status_code == 200
    assert 'name="next" value="/desk?state=due"' in browser.page
    for wrong in ({"code": "000000"}, {}, {"recovery": "wrong"}, {"credential": "{}"}):
        response = browser.post(SECOND, {"next": "/desk?state=due", **wrong})
        assert response.status_code in (401, 422)
        assert 'name="next" value="/desk?state=due"' in browser.page
    response = browser.post(SECOND, {"next": "/desk?state=due", "code": code(secret, world)})
    assert response.location == "/desk?state=due"
    assert browser.get(SECOND).location == "/"


def test_a_sheet_comes_back_after_both_steps(world: Any) -> None:
    browser = world.browser(WORKER)
    secret, _codes = set_up_app(browser, world)
    browser.get("/account/tokens")
    world.clock.at += timedelta(hours=1)
    answer = browser.post("/account/tokens", {"name": "Kept through both steps"})
    assert answer.status_code == 401
    kept = re.search(r'name="kept" value="([^"]+)"', browser.page)
    assert kept
    browser.post("/sign-in", {"email": WORKER, "password": PASSWORD, "kept": kept[1]})
    kept = re.search(r'name="kept" value="([^"]+)"', browser.page)
    assert kept
    browser.post(SECOND, {"kept": kept[1], "code": code(secret, world)})
    assert "Kept through both steps" in browser.page


def test_switching_the_language_on_the_second_page_keeps_it_and_signs_nobody_in(
    world: Any,
) -> None:
    secret, _codes = set_up_app(world.browser(WORKER), world)
    world.clock.at += timedelta(minutes=1)
    browser = world.browser()
    browser.sign_in(WORKER)
    response = browser.post(SECOND, {"code": code(secret, world), "switch_language": "sv"})
    assert response.status_code == 200
    assert '<html lang="sv"' in browser.page
    assert browser.post(SECOND, {"code": code(secret, world)}).location == "/desk"


def test_recovery_codes_are_shown_once_and_each_works_once(world: Any) -> None:
    browser = world.browser(WORKER)
    _secret, codes = set_up_app(browser, world)
    browser.get(FACTORS)
    assert not CODES.findall(browser.page) and codes[0] not in browser.page
    for times, status in ((1, 303), (2, 401)):
        other = world.browser()
        other.sign_in(WORKER)
        assert other.post(SECOND, {"recovery": codes[0]}).status_code == status, times
    browser.post(f"{FACTORS}/recovery")
    new = CODES.findall(browser.page)
    assert len(new) == 10 and not set(new) & set(codes)


def test_a_key_is_added_with_the_page_s_own_question_and_signs_in(world: Any) -> None:
    browser, key = world.browser(WORKER), SoftKey()
    answer = browser.get(FACTORS)
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    first = options(browser)
    credential = key.add(first)
    browser.post(f"{FACTORS}/keys", {"name": "", "credential": credential})
    assert "Give the key a name" in browser.page
    assert options(browser) != first, "what was asked once is not asked again"
    sent = {"name": "<b>On my ring</b>", "credential": key.add(options(browser))}
    assert browser.post(f"{FACTORS}/keys", sent).status_code == 200
    assert len(CODES.findall(browser.page)) == 10
    browser.get(FACTORS)
    assert "&lt;b&gt;On my ring&lt;/b&gt;" in browser.page
    other = world.browser()
    other.sign_in(WORKER)
    asked = json.loads(options(other))
    assert [one["id"] for one in asked["allowCredentials"]] == [json.loads(credential)["id"]]
    answer = key.ask(options(other))
    assert other.post(SECOND, {"credential": answer}).location == "/desk"
    again = world.browser()
    again.sign_in(WORKER)
    assert again.post(SECOND, {"credential": answer}).status_code == 401


def test_keys_are_renamed_and_removed_and_the_last_factor_stays_where_it_is_demanded(
    demanding: Any,
) -> None:
    browser = demanding.browser()
    browser.sign_in(ANALYST)
    browser.get(FACTORS)
    browser.post(f"{FACTORS}/keys", {"name": "Ring", "credential": SoftKey().add(options(browser))})
    browser.get(FACTORS)
    found = re.search(rf"{FACTORS}/keys/([^/]+)/remove", browser.page)
    assert found
    here = f"{FACTORS}/keys/{found[1]}"
    assert browser.post(f"{here}/rename", {"key_name": "Drawer"}).status_code == 303
    browser.get(FACTORS)
    assert "Drawer" in browser.page
    assert browser.post(f"{here}/remove").status_code == 422
    assert browser.post(f"{FACTORS}/keys/nobody/remove").status_code == 404
    set_up_app(browser, demanding)
    assert browser.post(f"{here}/remove").status_code == 303
    assert browser.post(f"{FACTORS}/app/remove").status_code == 422


def test_under_an_address_of_numbers_the_page_says_that_keys_do_not_work(world: Any) -> None:
    browser = world.browser()
    base = {"base_url": "http://127.0.0.1:8000"}
    browser.get("/sign-in", **base)
    browser.post("/sign-in", {"email": WORKER, "password": PASSWORD}, **base)
    browser.get(FACTORS, **base)
    assert not OPTIONS.search(browser.page) and "https" in browser.page


def test_what_guards_the_account_asks_for_the_password_again_after_a_quarter_of_an_hour(
    world: Any,
) -> None:
    browser = world.browser(WORKER)
    assert browser.get(FACTORS).status_code == 200
    world.clock.at += timedelta(minutes=16)
    asked = browser.get(FACTORS)
    assert asked.location == f"/account/confirm?next={FACTORS}"
    for act in ("app", "app/remove", "recovery", "keys", "keys/x/remove"):
        assert browser.post(f"{FACTORS}/{act}").location == "/account/confirm"
    assert browser.post("/account/sessions/end-others").location == "/account/confirm"
    browser.get(asked.location)
    wrong = browser.post("/account/confirm", {"current": "wrong", "next": FACTORS})
    assert wrong.status_code == 422
    seen = browser.client.get_cookie("evalplat").value
    right = browser.post("/account/confirm", {"current": PASSWORD, "next": FACTORS})
    assert right.location == FACTORS
    thief = world.browser()
    thief.client.set_cookie("evalplat", seen)
    assert thief.get("/desk").status_code == 303, "a token from before goes on"
    assert browser.get(FACTORS).status_code == 200
    away = browser.post("/account/confirm", {"current": PASSWORD, "next": "//evil.example"})
    assert away.location == "/"


def test_a_wrong_answer_ten_times_asks_to_wait(world: Any) -> None:
    secret, _codes = set_up_app(world.browser(WORKER), world)
    browser = world.browser()
    browser.sign_in(WORKER)
    for _ in range(10):
        assert browser.post(SECOND, {"code": "000000"}).status_code == 401
    answer = browser.post(SECOND, {"code": code(secret, world)})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert "15 min" in browser.page
    world.clock.at += timedelta(minutes=11)
    assert browser.post(SECOND, {"code": "000000"}).location == "/sign-in"


def test_an_administrator_resets_it_and_its_owner_reads_so(world: Any) -> None:
    worker, admin = world.browser(WORKER), world.browser(ADMIN)
    set_up_app(worker, world)
    with world.wiring.reading(SYSTEM) as session:
        account = next(a for a in list_accounts(session, SYSTEM) if a.email == WORKER)
    here = f"/county/accounts/{account.id}"
    admin.get(here)
    assert "10 recovery codes left." in admin.page
    world.clock.at += timedelta(minutes=16)
    assert admin.post(f"{here}/reset-second-factor").location == "/account/confirm"
    admin.post("/account/confirm", {"current": PASSWORD})
    admin.get(here)
    assert admin.post(f"{here}/reset-second-factor").location == f"{here}?reset=1"
    assert worker.get("/desk").status_code == 303
    worker = world.browser(WORKER)
    worker.get("/account")
    assert "The second step was reset" in worker.page
    assert "by an administrator" in worker.page


def test_a_stranger_who_knows_the_password_learns_nothing_more(world: Any) -> None:
    set_up_app(world.browser(WORKER), world)
    thief = world.browser()
    thief.sign_in(WORKER)
    assert "Worker" not in thief.page.replace(WORKER, "")
    for path in ("/desk", "/account", FACTORS, f"{FACTORS}/app/confirm"):
        assert thief.get(path).location == SECOND
    assert thief.post(f"{FACTORS}/app").location == SECOND
    assert thief.post(f"{FACTORS}/recovery").location == SECOND
    assert thief.get("/").status_code == 200


def test_every_act_on_an_account_has_words() -> None:
    services = Path(evalplat.__file__).parent / "services"
    found = set()
    for file in services.rglob("*.py"):
        told = re.findall(
            r'audit\.record\(\s*session,\s*"(\w+)",\s*"account"', file.read_text(encoding="utf-8")
        )
        found |= set(told)
    assert found and found == set(ACTIONS)


def test_keys_are_bound_to_the_address_of_the_settings_and_offered_there_only(world: Any) -> None:
    def offer(public_url: str) -> str:
        messages = replace(world.wiring.settings.messages, public_url=public_url)
        settings = replace(world.wiring.settings, messages=messages)
        world.app.extensions[EXTENSION] = replace(world.wiring, settings=settings)
        browser.get(FACTORS)
        return browser.page

    browser = world.browser(WORKER)
    offer("http://localhost/pages")
    assert json.loads(options(browser))["rp"]["id"] == "localhost"
    assert "data-options" not in offer("https://arvio.example")
