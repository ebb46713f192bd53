"""Erasing a client on the pages: the case worker decides, somebody else confirms, nobody else gets there."""

from typing import Any

import pytest
from sqlalchemy import update

from evalplat.services.actors import Actor
from evalplat.storage.tables import Episode, Voucher

CASE, ADMIN = "case@county.example", "admin@county.example"
NAME = "Aino Esimerkki"
SYSTEM = Actor.system("test")


@pytest.fixture
def episode(world: Any) -> Any:
    """A service that has ended."""
    episode = world.open_episode()
    with world.wiring.transaction(SYSTEM) as session:
        session.execute(update(Episode).values(closed_on=world.clock().date()))
    return episode


def propose(world: Any, episode: Any, **words: str) -> tuple[Any, Any]:
    desk, there = world.browser(CASE), f"/cases/{episode.client_id}/erasure"
    desk.get(there)
    return desk, desk.post(there, {"ground": "not_needed", "reason": "It was asked for.", **words})


def test_a_case_worker_proposes_and_an_administrator_erases(world: Any, episode: Any) -> None:
    desk, sent = propose(world, episode, ground="", reason="")
    assert sent.status_code == 422 and 'id="ground-error"' in desk.page
    desk, sent = propose(world, episode)
    assert (sent.status_code, sent.location) == (303, "/erasures?done=proposed")
    desk.get("/erasures")
    there = "/erasures/" + desk.page.partition('href="/erasures/')[2].partition('"')[0]
    assert desk.get(there).status_code == 200 and "Confirm and erase" not in desk.page
    assert desk.post(there, {"part": "confirm"}).status_code == 403
    office = world.browser(ADMIN)
    office.get("/county/data-protection")
    assert '/erasures">Erasures <span class="count">1' in office.page
    office.get("/erasures")
    assert NAME not in office.page and "You can confirm" in office.page
    office.get(there)
    assert "It was asked for." in office.page and NAME not in office.page
    assert office.post(there, {"part": "confirm"}).location == f"{there}?done=erased"
    office.get(there)
    assert "It was asked for." not in office.page and "It went with the person." in office.page
    desk.get("/cases")
    assert NAME not in desk.page and "Erased person" not in desk.page
    desk.get(desk.get(f"/cases/{episode.client_id}").location)
    assert "figures of nobody" in desk.page and "lifts the restriction" not in desk.page
    with world.wiring.reading(SYSTEM) as session:
        numbers = set(session.query(Voucher.number).all())
    assert ("V-1",) not in numbers
    worker = world.browser("worker@birch.example")
    worker.get("/desk")
    worker.post("/desk/open", {"voucher_number": "V-1"})
    assert NAME not in worker.page


def test_a_request_that_has_to_be_kept_is_refused_with_words_for_the_client(
    world: Any, episode: Any
) -> None:
    desk, there = world.browser(CASE), f"/cases/{episode.client_id}/rights"
    desk.get(there)
    asked = {"part": "request", "kind": "erasure", "asked_on": "2026-11-20", "message": "Please."}
    assert desk.post(there, asked).status_code == 303
    desk.get("/cases/requests")
    request = desk.page.partition('href="/cases/requests/')[2].partition('"')[0]
    desk.get(f"/cases/requests/{request}")
    assert f"/cases/{episode.client_id}/erasure" in desk.page and 'name="outcome"' not in desk.page
    desk, sent = propose(world, episode, ground="must_be_kept")
    assert sent.status_code == 422 and 'id="answer-error"' in desk.page
    desk, sent = propose(world, episode, ground="must_be_kept", answer="Until 2056.")
    assert sent.location.endswith("/rights?done=refused")
    desk.get(f"/cases/requests/{request}")
    assert "Until 2056." in desk.page


def test_an_administrator_proposes_by_an_id_and_somebody_declines(world: Any, episode: Any) -> None:
    office = world.browser(ADMIN)
    office.get("/erasures/propose")
    sent = {"client_id": "nobody", "ground": "by_mistake", "reason": "Twice."}
    assert office.post("/erasures/propose", sent).status_code == 404
    sent["client_id"] = episode.client_id
    assert office.post("/erasures/propose", sent).status_code == 303
    desk = world.browser(CASE)
    desk.get(f"/cases/{episode.client_id}/erasure")
    there = "/erasures/" + desk.page.partition('href="/erasures/')[2].partition('"')[0]
    desk.get(there)
    assert desk.post(there, {"part": "decline", "note": ""}).status_code == 422
    assert desk.post(there, {"part": "decline", "note": "She is one."}).status_code == 303
    assert desk.get(there).status_code == 200 and "She is one." in desk.page


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_pages_speak_the_reader_s_language(world: Any, episode: Any, language: str) -> None:
    desk = world.browser(CASE)
    desk.get("/cases")
    desk.post("/language", {"switch_language": language, "next": "/cases"})
    desk.get(f"/cases/{episode.client_id}/erasure")
    assert {"fi": "Peruste", "sv": "Grund"}[language] in desk.page
    desk.get("/erasures")
    assert {"fi": "Poistamiset", "sv": "Raderingar"}[language] in desk.page


@pytest.mark.parametrize(
    "who", ["worker@birch.example", "manager@birch.example", "analyst@county.example"]
)
def test_nobody_else_gets_there(world: Any, episode: Any, who: str) -> None:
    browser = world.browser(who)
    for path in ("/erasures", "/erasures/x", "/erasures/propose"):
        assert browser.get(path).status_code == 403
    assert browser.get(f"/cases/{episode.client_id}/erasure").status_code == 403
    desk = world.browser(CASE)
    for path in ("/erasures/x", "/cases/x/erasure"):
        assert desk.get(path).status_code == 404
