"""Clients' rights on the pages: asking, answering, restricting, correcting, and reading with a reason only."""

from typing import Any

import pytest

from evalplat.services.actors import Actor
from evalplat.services.lookers import list_lookers
from evalplat.storage.tables import Client

CASE = "case@county.example"
WORKER = "worker@birch.example"


def client_of(world: Any, episode: Any) -> str:
    return str(episode.client_id)


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def enter(world: Any, episode: Any) -> Any:
    phone = world.browser()
    phone.get("/c")
    phone.post("/c", {"code": world.invite(episode).code})
    phone.get("/c/welcome")
    return phone


def restrict(world: Any, episode: Any) -> Any:
    desk = world.browser(CASE)
    there = f"/cases/{episode.client_id}/rights"
    desk.get(there)
    done = desk.post(there, {"part": "restrict", "reason": "An answer is being cleared up."})
    assert done.status_code == 303
    return desk


@pytest.mark.parametrize("language", ["fi", "sv", "en", "fi-x-selko"])
def test_a_client_asks_before_or_after_answering_and_reads_the_answer(
    world: Any, episode: Any, language: str
) -> None:
    phone = enter(world, episode)
    phone.client.set_cookie("language", language)
    assert phone.get("/c/rights").status_code == 200
    assert phone.post("/c/rights", {"kind": "", "message": "x"}).status_code == 422
    sent = phone.post("/c/rights", {"kind": "copy", "message": "<b>On paper</b>"})
    assert (sent.status_code, sent.location) == (303, "/c/rights?sent=1")
    phone.get("/c/rights")
    assert "&lt;b&gt;On paper" in phone.page
    desk = world.browser(CASE)
    desk.get("/cases")
    assert 'href="/cases/requests"' in desk.page
    desk.get("/cases/requests")
    assert "Aino Esimerkki" in desk.page
    there = desk.page.partition('href="/cases/requests/')[2].partition('"')[0]
    assert desk.post(f"/cases/requests/{there}", {"answer": ""}).status_code == 422
    words = {"outcome": "refused", "answer": "Not today."}
    assert desk.post(f"/cases/requests/{there}", words).status_code == 303
    phone.get("/c/rights")
    assert "Not today." in phone.page and "tietosuoja.fi" in phone.page


def test_every_client_page_leads_to_asking(world: Any, episode: Any) -> None:
    phone = enter(world, episode)
    for path in ("/c/welcome", "/c/q/S1", "/c/check"):
        phone.get(path)
        assert 'href="/c/rights"' in phone.page.partition("<footer")[2], path


def test_a_provider_neither_sees_nor_does_what_belongs_to_the_county(
    world: Any, episode: Any
) -> None:
    desk = world.browser(WORKER)
    for path in ("/cases/requests", f"/cases/{episode.client_id}/rights"):
        assert desk.get(path).status_code == 403
    assert desk.get(f"/cases/{episode.client_id}/facts").status_code == 403


def test_a_restricted_client_is_read_with_a_reason_that_the_client_can_read(
    world: Any, episode: Any
) -> None:
    restrict(world, episode)
    desk = world.browser(WORKER)
    there = f"/desk/episodes/{episode.id}"
    asked = desk.get(there)
    assert asked.status_code == 303 and asked.location.startswith("/desk/reason?client=")
    desk.get(asked.location)
    assert "Aino Esimerkki" not in desk.page
    form = {"client": episode.client_id, "next": there}
    assert desk.post("/desk/reason", {**form, "reason": "short"}).status_code == 422
    reason = "The client asked me to look at the answer."
    gone = desk.post("/desk/reason", {**form, "reason": reason})
    assert (gone.status_code, gone.location) == (303, there)
    desk.get(there)
    assert "Aino Esimerkki" in desk.page and reason in desk.page
    assert desk.get(f"{there}/course").status_code == 200
    assert desk.post("/desk/reason/end").status_code == 303
    assert desk.get(there).status_code == 303
    with world.wiring.transaction(Actor.system("test")) as session:
        (client,) = [c for c in session.query(Client) if c.public_id == episode.client_id]
        client.restricted_at = None
    visit = world.invite(episode)
    with world.wiring.transaction(Actor.system("client door")) as session:
        from evalplat.services.invitations import open_invitation

        actor = open_invitation(session, token=visit.token, at=world.clock()).actor
    with world.wiring.reading(actor) as session:
        told = [(look.action, look.reason) for look in list_lookers(session, actor).rows]
    assert ("read_episode", reason) in told


def test_a_reason_for_one_client_opens_no_other_and_no_foreign_one(
    world: Any, episode: Any
) -> None:
    second = world.open_episode("V-2")
    for one in (episode, second):
        restrict(world, one)
    desk = world.browser(WORKER)
    there = f"/desk/episodes/{episode.id}"
    desk.get(f"/desk/reason?client={episode.client_id}&next={there}")
    desk.post(
        "/desk/reason",
        {"client": episode.client_id, "next": there, "reason": "To look at one answer."},
    )
    assert desk.get(there).status_code == 200
    assert desk.get(f"/desk/episodes/{second.id}").status_code == 303
    stranger = world.browser("worker@maple.example")
    assert stranger.get(f"/desk/reason?client={episode.client_id}&next=/desk").status_code == 404
    assert stranger.get(there).status_code == 404


def test_nothing_is_written_about_a_restricted_client(world: Any, episode: Any) -> None:
    desk = world.browser(WORKER)
    there = f"/desk/episodes/{episode.id}"
    administration = world.administration(episode, "whodas-2.0-12")
    desk.get(f"{there}/administrations/{administration}/sheet")
    restrict(world, episode)
    for path in (f"{there}/administrations/{administration}/code", f"{there}/contact"):
        assert desk.post(path, {"phone": "040 123 4567"}).status_code in (403, 409)
    desk.get("/desk")
    assert "Aino Esimerkki" not in desk.page


def test_the_case_worker_lifts_it_and_the_notice_goes(world: Any, episode: Any) -> None:
    desk = restrict(world, episode)
    desk.get("/cases")
    assert "Restricted" in desk.page
    assert desk.get(f"/cases/{episode.client_id}").status_code == 303
    there = f"/cases/{episode.client_id}/rights"
    desk.get(there)
    assert desk.post(there, {"part": "restrict", "reason": "Once more."}).status_code == 409
    assert desk.post(there, {"part": "lift", "reason": " "}).status_code == 422
    assert desk.post(there, {"part": "lift", "reason": "Cleared up."}).status_code == 303
    assert desk.get(f"/cases/{episode.client_id}").status_code == 200


def test_basic_details_are_corrected_with_a_reason(world: Any, episode: Any) -> None:
    desk = world.browser(CASE)
    there = f"/cases/{episode.client_id}/facts"
    desk.get(there)
    right = {
        "name": "Aino Oikea", "birth_year": "1979", "sex": "female", "language": "sv",
        "municipality": "853", "living_situation": "alone", "employment": "studying", "base": "0",
        "services": episode.id,
    }  # fmt: skip
    wrong = desk.post(there, {**right, "reason": "", "birth_year": "79"})
    assert wrong.status_code == 422 and "Aino Oikea" in desk.page
    assert desk.post(there, {**right, "reason": "It was mistyped."}).status_code == 303
    desk.get(there)
    assert "It was mistyped." in desk.page and "Aino Esimerkki" in desk.page
    assert desk.post(there, {**right, "reason": "Again."}).status_code == 409
    desk.get("/cases")
    assert "Aino Oikea" in desk.page


def test_a_request_in_person_is_noted(world: Any, episode: Any) -> None:
    desk = world.browser(CASE)
    there = f"/cases/{episode.client_id}/rights"
    desk.get(there)
    note = {
        "part": "request",
        "kind": "erasure",
        "message": "By telephone",
        "asked_on": "31.2.2026",
    }
    assert desk.post(there, note).status_code == 422
    assert desk.post(there, {**note, "asked_on": "20.11.2026"}).status_code == 303
    desk.get("/cases/requests")
    assert "20/12/2026" in desk.page


def test_the_comparison_says_how_many_are_left_out_at_their_own_wish(world: Any) -> None:
    episode = world.open_episode("V-3")
    world.answer(episode, 2)
    world.answer(episode, 1, end=True)
    desk = world.browser("analyst@county.example")
    desk.get("/county/comparison")
    assert "fewer than 5 clients" in desk.page


def test_the_case_worker_hands_over_a_copy_on_paper_and_as_a_file(world: Any, episode: Any) -> None:
    world.answer(episode, 2)
    desk = world.browser(CASE)
    there = f"/cases/{episode.client_id}/rights"
    desk.get(there)
    file = desk.post(f"/cases/{episode.client_id}/copy", {"form": "json", "language": "en"})
    assert file.status_code == 200 and file.json["person"]["name"] == "Aino Esimerkki"
    assert file.headers["Cache-Control"] == "no-store"
    assert "attachment" in file.headers["Content-Disposition"]
    paper = desk.post(f"/cases/{episode.client_id}/copy", {"form": "pdf", "language": "sv"})
    assert paper.data.startswith(b"%PDF-")
    assert desk.post("/cases/no-such-client-0/copy", {"form": "json"}).status_code == 404
    stranger = world.browser(WORKER)
    stranger.get("/desk")
    foreign = stranger.post(f"/cases/{episode.client_id}/copy", {"form": "json"})
    assert foreign.status_code == 403 and b"Aino" not in foreign.data
