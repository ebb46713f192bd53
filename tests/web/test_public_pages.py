"""The pages that anyone may open, and what every answer carries."""

from typing import Any

import pytest

from evalplat.config import Settings
from evalplat.web.context import EXTENSION
from evalplat.web.pages import local_address
from evalplat.wiring import build_wiring

PUBLIC = ["/", "/sign-in", "/saavutettavuus", "/tietosuoja", "/c", "/c/l/some-token", "/nowhere"]


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_public_page_is_whole_in_every_language(world: Any, path: str, language: str) -> None:
    browser = world.browser()
    browser.client.set_cookie("language", language)
    response = browser.get(path)
    assert response.status_code == (404 if path == "/nowhere" else 200)
    assert f'<html lang="{language}"' in browser.page
    assert "<script" not in browser.page
    assert " style=" not in browser.page


def test_every_answer_tells_the_browser_what_it_may_not_do(world: Any) -> None:
    headers = world.browser().get("/c").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_behind_tls_the_browser_is_told_to_stay_there(world: Any) -> None:
    headers = world.browser().get("/c", base_url="https://localhost").headers
    assert "max-age=31536000" in headers["Strict-Transport-Security"]


def test_a_style_sheet_may_be_kept_because_its_address_changes_with_it(world: Any) -> None:
    browser = world.browser()
    browser.get("/")
    address = browser.page.split('rel="stylesheet" href="')[1].split('"')[0]
    with browser.client.get(address) as response:
        assert response.status_code == 200
        assert "max-age=31536000" in response.headers["Cache-Control"]


def test_another_host_name_is_refused(world: Any) -> None:
    assert world.browser().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_the_language_is_switched_by_a_post_and_remembered(world: Any) -> None:
    browser = world.browser()
    browser.get("/saavutettavuus?a=1")
    response = browser.post("/language", {"switch_language": "sv", "next": "/saavutettavuus?a=1"})
    assert (response.status_code, response.location) == (303, "/saavutettavuus?a=1")
    browser.get("/")
    assert '<html lang="sv"' in browser.page


def test_the_browser_s_own_language_is_the_first_choice(world: Any) -> None:
    browser = world.browser()
    browser.get("/", headers={"Accept-Language": "de, sv;q=0.8, en;q=0.5"})
    assert '<html lang="sv"' in browser.page
    browser.get("/", headers={"Accept-Language": "de"})
    assert '<html lang="fi"' in browser.page


@pytest.mark.parametrize(
    "wish",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "", None,
     "/ok\n//evil", "/\t/evil.example", "http:///x", "///evil.example", "/[bad"],
)  # fmt: skip
def test_no_address_sends_a_reader_to_another_site(world: Any, wish: str | None) -> None:
    with world.app.test_request_context("/"):
        assert local_address(wish) in ("/", "/[bad")
        assert local_address("/desk?state=due") == "/desk?state=due"


def test_what_is_missing_gives_one_page_and_a_method_that_is_wrong_another(world: Any) -> None:
    browser = world.browser()
    assert browser.get("/nowhere").status_code == 404
    assert browser.get("/sign-out").status_code == 405


def test_a_request_that_is_too_large_is_refused(world: Any) -> None:
    browser = world.browser()
    browser.get("/c")
    assert browser.post("/c", {"code": "A" * 400_000}).status_code == 413


def test_a_defect_shows_a_reference_number_and_nothing_else(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object, **_rest: object) -> None:
        raise ValueError("Aino Esimerkki")

    monkeypatch.setattr("evalplat.web.client_door.open_invitation", fail)
    browser = world.browser()
    browser.get("/c")
    response = browser.post("/c", {"code": "ABCD-EFGH-JKMN"})
    assert response.status_code == 500
    assert "Aino" not in browser.page
    reference = browser.page.split("<strong>")[1].split("<")[0]
    assert reference in caplog.text
    assert "ABCD" not in caplog.records[-1].getMessage()


def test_the_health_checks_answer(world: Any) -> None:
    browser = world.browser()
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/readyz").status_code == 200


def test_text_that_no_database_can_hold_is_refused_at_the_gate(world: Any) -> None:
    browser = world.browser()
    browser.get("/c")
    assert browser.post("/c", {"code": "AB\0CD"}).status_code == 400
    assert browser.get("/sign-in?next=%00").status_code == 400
    assert browser.get("/c/l/%00").status_code == 404


def test_while_the_database_is_away_pages_ask_for_patience_and_nobody_is_thrown_out(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    worker, client = world.browser("worker@birch.example"), world.browser()
    client.client.set_cookie("language", "en")
    client.get("/c")
    assert client.post("/c", {"code": world.invite(world.open_episode()).code}).status_code == 303
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    away = build_wiring(
        Settings(nowhere, nowhere), catalogue=world.wiring.catalogue, clock=world.clock
    )
    world.app.extensions[EXTENSION] = away
    visitor = world.browser()
    assert visitor.get("/sign-in").status_code == 200
    sent = visitor.post("/sign-in", {"email": "worker@birch.example", "password": "x"})
    for answer in (worker.get("/desk"), sent, client.get("/c/welcome")):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert "The service is not available just now" in client.page
    assert client.page.split("<strong>")[1].split("<")[0] in caplog.text
    assert client.get("/c/l/some-token").status_code == 200
    assert '"event": "not available"' in caplog.text
    assert '"route": "/desk"' in caplog.text
    world.app.extensions[EXTENSION] = world.wiring
    away.close()
    assert worker.get("/desk").status_code == 200
    assert client.get("/c/welcome").status_code == 200
