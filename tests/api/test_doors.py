"""How the interface is entered and left: tokens only, no cookies, no other sites, problems with a number, a limit."""

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from builders import PASSWORD
from flask import Flask

from evalplat.api.app import list_operations
from evalplat.logs import KEYS, JsonFormatter
from evalplat.services.actors import Actor
from evalplat.services.tokens import revoke_token
from evalplat.storage.database import DatabaseBusy

from .conftest import NAMES, World, sheet

SYSTEM = Actor.system("test")
NEEDED = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PROBLEM = {"type", "title", "status", "detail", "reference"}


@pytest.fixture
def kind() -> str:
    """SQLite only: nothing here depends on the database."""
    return "sqlite"


def check_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    told: dict[str, Any] = answer.get_json()
    assert set(told) >= PROBLEM and told["status"] == status
    assert re.fullmatch("[0-9A-F]{8}", told["reference"])
    assert told["type"].startswith("urn:evalplat:problem:")
    return told


def sign_in(world: World) -> Any:
    """A browser of the worker, signed in on the pages."""
    browser = world.app.test_client()
    page = browser.get("/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"email": "provider_worker.providera@example.fi", "password": PASSWORD}
    answer = browser.post("/sign-in", data={**form, "csrf_token": token[1]})
    assert answer.status_code == 303
    return browser


def test_without_a_token_nothing_opens_and_a_session_is_none(world: World) -> None:
    browser = sign_in(world)
    assert browser.get("/desk").status_code == 200
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"},
                    {"Authorization": "Bearer evp_"}, {"X-Api-Key": world.county.keys["worker"]}):  # fmt: skip
        answer = browser.get("/api/v1/me", headers=headers)
        told = check_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="evalplat"'
        assert told["type"] == "urn:evalplat:problem:unauthorized"
    key = world.county.keys["worker"]
    assert browser.get(f"/api/v1/me?access_token={key}").status_code == 401
    assert browser.get("/api/v1/me", headers={"Authorization": f"bearer {key}"}).status_code == 200


def test_no_cookie_is_set_and_none_is_needed(world: World) -> None:
    browser = sign_in(world)
    for path in ("/api/v1/me", "/api/v1/nothing", "/api/v1/openapi.json"):
        assert "Set-Cookie" not in browser.get(path).headers
    assert "Set-Cookie" not in world.program("worker").get("/due").headers


def test_other_sites_are_told_nothing(world: World) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("GET", "OPTIONS"):
        answer = world.program("worker").open("/due", method=method, headers=origin)
        assert answer.status_code == 200
        assert not [name for name, _value in answer.headers if name.startswith("Access-Control")]


def test_every_answer_carries_the_headers_and_every_refusal_is_a_problem(
    world: World, api: Flask
) -> None:
    faults = []
    for path, methods, _rule in list_operations(api):
        here = re.sub(r"<\w+>", "AAAAAAAAAAAAAAAA", path.removeprefix("/api/v1"))
        for caller in ("", "worker", "analyst"):
            for method in (methods, "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
                answer = world.program(caller).open(here, method=method)
                missing = [n for n, wanted in NEEDED.items() if answer.headers.get(n) != wanted]
                policy = answer.headers.get("Content-Security-Policy", "")
                if missing or not policy.startswith("default-src 'none'"):
                    faults.append((method, here, missing))
                if answer.status_code >= 500:
                    faults.append((method, here, answer.status_code))
                if answer.status_code >= 400 and answer.mimetype != "application/problem+json":
                    faults.append((method, here, answer.mimetype))
                if method in ("PUT", "DELETE", "PATCH", "TRACE"):
                    check_problem(answer, 405)
                    assert methods in answer.headers["Allow"]
                if method == "OPTIONS":
                    assert (answer.status_code, answer.get_data()) == (200, b"")
                    assert methods in answer.headers["Allow"]
    assert faults == []


def test_what_is_no_address_here_is_a_problem_too(world: World) -> None:
    client = world.app.test_client()
    shown = {**world.program("worker").headers, "Accept-Language": "en"}
    for path in ("/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/me", "/api/v1/me/", "/api/v1//me",
                 "/api/v1/%00", "/api/v1/administrations/%00", "/api/static/theme.css"):  # fmt: skip
        assert check_problem(client.get(path, headers=shown), 404)["detail"].startswith(
            "There is no such thing"
        )
    answer = client.get("/api/v1/me", headers={"Host": "evil.example"})
    assert check_problem(answer, 400) and "evil" not in answer.text


def test_a_token_may_ask_so_often_in_a_minute_and_then_waits(world: World) -> None:
    world.set_limit(3)
    worker, analyst = world.program("worker"), world.program("analyst")
    assert [worker.get("/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = worker.get("/administrations/AAAAAAAAAAAAAAAA")
    assert check_problem(answer, 429)["type"] == "urn:evalplat:problem:too_many_calls"
    assert answer.headers["Retry-After"] == "60"
    assert analyst.get("/me").status_code == 200
    world.clock.at += timedelta(seconds=61)
    assert worker.get("/me").status_code == 200


def test_a_revoked_token_opens_nothing_at_once(world: World) -> None:
    program = world.program("worker")
    token = program.get("/me").get_json()["token"]["id"]
    with world.wiring.transaction(SYSTEM) as session:
        revoke_token(session, SYSTEM, token_id=token, at=world.clock())
    check_problem(program.get("/me"), 401)


@pytest.mark.parametrize(
    ("asked", "said", "language"),
    [
        ("sv, en;q=0.5", "Ingenting hittades", "sv"),
        ("en-GB", "Nothing is found here", "en"),
        ("de, fi;q=0.1", "Täältä ei löydy", "fi"),
        ("de", "", "fi"),
        ("", "", "fi"),
        (";;q=x,\u00e9", "", "fi"),
    ],
)
def test_words_follow_the_wish_then_the_account(
    world: World, asked: str, said: str, language: str
) -> None:
    answer = world.program("worker").get("/administrations/x", headers={"Accept-Language": asked})
    told = check_problem(answer, 404)
    assert answer.headers["Content-Language"] == language
    assert said in told["title"] or language != "en"
    stranger = world.program().get("/me")
    assert stranger.headers["Content-Language"] == "en"


def test_a_defect_and_an_absent_database_are_problems_whose_number_is_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    program = world.program("worker")

    def fail(*_args: object, **_rest: object) -> None:
        raise ValueError(f"{NAMES[0]} and {world.county.keys['worker']}")

    monkeypatch.setattr("evalplat.api.due.list_due_administrations", fail)
    told = check_problem(program.get("/due"), 500)
    assert NAMES[0] not in str(told)

    def be_away(*_args: object, **_rest: object) -> None:
        raise DatabaseBusy.away()

    monkeypatch.setattr("evalplat.api.due.list_due_administrations", be_away)
    answer = program.get("/due")
    away = check_problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    for number, event in ((told["reference"], "defect"), (away["reference"], "not available")):
        assert event in [line["event"] for line in lines if line.get("reference") == number]


def test_the_log_tells_route_and_token_and_neither_secret_nor_client(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    program = world.program("worker")
    planned = world.planned()
    program.get(f"/administrations/{planned}?language=canary")
    program.post(f"/administrations/{planned}/sheets", sheet(present="canary"), "canary-key-1")
    program.get("/canary/nothing?name=canary")
    world.program("evp_canarycana_" + "x" * 43).get("/me")
    lines = [JsonFormatter().format(record) for record in caplog.records]
    written = "\n".join(lines)
    for secret in (world.county.keys["worker"], "canary", planned, *NAMES):
        assert secret not in written
    said = [json.loads(line) for line in lines]
    assert all(set(line) <= set(KEYS) for line in said)
    asked = [line for line in said if line["event"] == "request"]
    assert asked[0]["route"] == "/api/v1/administrations/<administration_id>"
    assert (asked[0]["status"], len(asked[0]["token"]), len(asked[0]["reference"])) == (400, 16, 8)
    assert asked[1]["role"] == "provider_worker" and asked[1]["status"] == 201


def test_behind_tls_programs_are_told_to_stay_there(world: World) -> None:
    answer = world.app.test_client().get("/api/v1/openapi.json", base_url="https://localhost")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
