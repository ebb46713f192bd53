"""Requests without a valid token: a network that sends too many of them waits, whichever process answers."""

from datetime import timedelta
from typing import Any

import pytest

from evalplat.app import create_app
from evalplat.services.signing_in import wrong_tries
from evalplat.wiring import build_wiring

from .conftest import World

AWAY = {"REMOTE_ADDR": "192.0.2.77"}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrong_tries, "MOST_TRIES", 3)


def flood(world: World, *keys: str) -> list[int]:
    return [world.program(key).get("/me").status_code for key in keys]


def test_too_many_make_the_network_wait_and_say_how_long(world: World) -> None:
    assert flood(world, "", "evp_", "another guess") == [401, 401, 401]
    answer = world.program("").get("/me")
    told = answer.get_json()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert answer.mimetype == "application/problem+json" and "15 min" in told["detail"]
    assert world.app.test_client().get("/api/v1/me", environ_overrides=AWAY).status_code == 401
    world.clock.at += timedelta(minutes=15)
    assert flood(world, "") == [401]


def test_who_has_a_valid_token_is_let_in_all_the_same(world: World) -> None:
    flood(world, *["wrong"] * 4)
    assert flood(world, "worker", "wrong", "worker") == [200, 429, 200]


def test_valid_tokens_and_addresses_that_need_none_count_nothing(world: World) -> None:
    assert flood(world, *["worker"] * 5) == [200] * 5
    for _ in range(5):
        assert world.app.test_client().get("/api/v1/openapi.json").status_code == 200
    assert flood(world, "wrong") == [401]


def test_another_process_knows_what_came_before(world: World) -> None:
    """Counted in the database: an application with connections of its own, as a second process has."""
    flood(world, "wrong", "wrong")
    mine: Any = world.wiring
    other = build_wiring(mine.settings, catalogue=mine.catalogue, clock=world.clock)
    try:
        client = create_app(other).test_client()
        assert client.get("/api/v1/me").status_code == 401
        assert client.get("/api/v1/me").status_code == 429
    finally:
        other.engine.dispose()
    assert flood(world, "wrong") == [429]


def test_a_flood_that_is_refused_writes_nothing(world: World, monkeypatch: Any) -> None:
    flood(world, *["wrong"] * 3)
    monkeypatch.setattr("evalplat.api.admission.count_stranger", None)
    assert flood(world, *["wrong"] * 3) == [429] * 3
