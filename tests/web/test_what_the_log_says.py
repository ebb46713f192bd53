"""The log tells what happened to the program and nothing about a person."""

import json
import logging
from typing import Any

import pytest
from sqlalchemy import text

from evalplat.logs import KEYS, JsonFormatter, code_of, describe_error, log_of

CANARIES = (
    "Aino", "Esimerkki", "worker@birch.example", "manager@birch.example", "canary", "Canary",
    "+358 40 123 4567", "0401234567", "wrong password", "a long password",
)  # fmt: skip


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """Everything that is logged at any level, as it would be written."""
    caplog.set_level(logging.DEBUG)
    return lambda: [JsonFormatter().format(record) for record in caplog.records]


def test_no_name_code_token_or_address_is_ever_logged(
    world: Any, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    episode = world.open_episode()
    invitation = world.invite(episode)
    secrets = [*CANARIES, invitation.code, invitation.token, episode.id, "V-1"]
    browser = world.browser()
    browser.get("/sign-in")
    browser.post("/sign-in?next=/canary", {"email": "canary@x.example", "password": "canary"})
    worker = world.browser("worker@birch.example")
    worker.get(f"/desk/episodes/{episode.id}")
    worker.get("/desk?q=Aino+Esimerkki")
    worker.get("/desk/episodes/canary-that-is-not-there")
    worker.get("/county/comparison?canary=1")
    client = world.browser()
    client.get(f"/c/l/{invitation.token}")
    client.post(f"/c/l/{invitation.token}", {"csrf_token": "canary"})
    client.get("/c")
    client.post("/c", {"code": "ABCD-CANA-RYCA"})
    client.post("/c", {"code": invitation.code})
    client.get("/c/welcome", headers={"Referer": "https://canary.example/", "User-Agent": "canary"})
    client.post("/nowhere/canary", {"name": "Aino Esimerkki"})
    client.get("/", headers={"Host": "canary.example"})

    def fail(session: Any, *_args: object, **_rest: object) -> None:
        session.execute(text("SELECT 'Aino Esimerkki' FROM canary"))

    monkeypatch.setattr("evalplat.web.client_door.open_invitation", fail)
    client.post("/c", {"code": "ABCD-EFGH-JKMN"})
    written = "\n".join(lines())
    found = [secret for secret in secrets if secret in written]
    assert found == [], written
    assert '"route": "/c/l/<token>"' in written
    assert '"route": "/desk/episodes/<episode_id>"' in written


def test_every_line_is_json_with_known_keys_and_the_template_of_the_route(
    world: Any, lines: Any
) -> None:
    world.browser("worker@birch.example").get("/desk")
    said = [json.loads(line) for line in lines()]
    assert all(set(line) <= set(KEYS) for line in said)
    last = [line for line in said if line["event"] == "request"][-1]
    assert (last["method"], last["route"], last["status"]) == ("GET", "/desk", 200)
    assert last["role"] == "provider_worker"
    assert last["milliseconds"] >= 0


def test_the_number_that_a_reader_sees_finds_the_defect_in_the_log(
    world: Any, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_rest: object) -> None:
        try:
            raise KeyError("Aino Esimerkki")
        except KeyError as error:
            raise ValueError("canary@x.example") from error

    monkeypatch.setattr("evalplat.web.client_door.open_invitation", fail)
    browser = world.browser()
    browser.get("/c")
    assert browser.post("/c", {"code": "ABCD-EFGH-JKMN"}).status_code == 500
    reference = browser.page.split("<strong>")[1].split("<")[0]
    (line,) = [json.loads(line) for line in lines() if reference in line]
    assert line["error"] == "ValueError < KeyError"
    assert any(frame.startswith("evalplat/web/client.py:") for frame in line["frames"])
    assert "Aino" not in str(line) and "canary" not in str(line)


def test_what_is_not_on_the_list_is_left_out(lines: Any) -> None:
    log_of("test").error("something", name="Aino", body="Aino", email="Aino", route="/r" * 500)
    (line,) = map(json.loads, lines())
    assert set(line) == {"at", "level", "event", "route"}
    assert len(line["route"]) == 200


@pytest.mark.parametrize(
    ("name", "message", "values", "said"),
    [
        ("gunicorn.error", "Error handling request %s", ("/c/l/Aino",), "Error handling request %s"),
        ("gunicorn.error", "Invalid request from ip=::1: '/c/l/Aino'", (), "Invalid request from ip"),
        ("gunicorn.error", "/c/l/Aino", (), "said something"),
        ("gunicorn.error", "Worker with pid %s was lost", (7,), "Worker with pid 7 was lost"),
        ("py.warnings", "Aino is deprecated", (), "said something"),
        ("some.library", "bad value %r", ("Aino",), "said something"),
    ],
)  # fmt: skip
def test_libraries_are_quoted_without_what_they_fill_in(
    name: str, message: str, values: tuple[object, ...], said: str
) -> None:
    error = ValueError("Aino")
    record = logging.LogRecord(
        name, logging.ERROR, "x.py", 1, message, values, (ValueError, error, None)
    )
    line = json.loads(JsonFormatter().format(record))
    assert line["event"] == said
    assert line["error"] == "ValueError"
    assert "Aino" not in str(line)


def test_an_error_is_known_by_its_kind_and_the_database_s_own_code() -> None:
    class Full(Exception):
        sqlite_errorname = "SQLITE_FULL"

    class Wrapped(Exception):
        orig = Full("Aino")

    assert code_of(Wrapped()) == "SQLITE_FULL"
    assert code_of(ValueError("Aino")) == "ValueError"
    assert describe_error(Wrapped("Aino")) == "Wrapped"
