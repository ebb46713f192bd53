"""A measurement that was not obtained: marked with a reason, told on the pages, reopened, foreign to all others."""

import re
from typing import Any

import pytest

WORKER, OTHER = "worker@birch.example", "worker@maple.example"


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def path_of(episode: Any) -> str:
    return f"/desk/episodes/{episode.id}"


def part_of(world: Any, episode: Any, rest: str, **which: Any) -> str:
    number = world.administration(episode, which.pop("instrument", "whodas-2.0-12"), **which)
    return f"{path_of(episode)}/administrations/{number}/{rest}"


def mark(world: Any, browser: Any, episode: Any, reason: str = "not_reached") -> None:
    there = part_of(world, episode, "not-obtained")
    assert browser.get(there).status_code == 200
    response = browser.post(there, {"reason": reason})
    assert response.status_code == 303
    assert browser.get(response.location).status_code == 200


def test_what_is_due_has_a_link_and_what_is_coming_has_none(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    browser.get(path_of(episode))
    for instrument in ("whodas-2.0-12", "3x10d", "worker-observation", "gas"):
        assert part_of(world, episode, "not-obtained", instrument=instrument) in browser.page
    assert part_of(world, episode, "not-obtained", end=True) not in browser.page
    assert browser.page.count("not-obtained") == 4


def test_it_is_marked_with_a_reason_told_everywhere_and_reopened(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    mark(world, browser, episode)
    assert "is marked as not obtained" in browser.page
    assert "Not obtained: the client was not reached" in browser.page
    assert part_of(world, episode, "sheet") not in browser.page
    assert part_of(world, episode, "not-obtained") not in browser.page
    browser.get("/desk?state=due")
    assert part_of(world, episode, "sheet") not in browser.page
    browser.get("/desk?state=not_applicable")
    assert browser.page.count("Not obtained: the client was not reached") == 1
    browser.get(path_of(episode))
    response = browser.post(part_of(world, episode, "reopen"))
    assert response.status_code == 303
    browser.get(response.location)
    assert "is open again" in browser.page
    assert "Not obtained: " not in browser.page
    assert part_of(world, episode, "sheet") in browser.page


@pytest.mark.parametrize("sent", [{}, {"reason": ""}, {"reason": "bored"}])
def test_without_a_reason_nothing_is_marked_and_the_page_says_so(
    world: Any, episode: Any, sent: dict[str, str]
) -> None:
    browser = world.browser(WORKER)
    there = part_of(world, episode, "not-obtained")
    browser.get(there)
    assert browser.post(there, sent).status_code == 422
    summary = browser.page.split("error-summary")[1].split("</div>")[0]
    assert 'href="#reason1"' in summary
    assert 'id="reason1"' in browser.page
    assert browser.page.count("Choose why the measurement was not obtained.") == 2
    browser.get(path_of(episode))
    assert "Not obtained: " not in browser.page


def test_what_is_marked_twice_is_marked_once_and_another_reason_conflicts(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    there = part_of(world, episode, "not-obtained")
    browser.get(there)
    token = browser.token
    for _ in range(2):
        sent = {"reason": "declined", "csrf_token": token}
        assert browser.post(there, sent).status_code == 303
    assert browser.post(there, {"reason": "other", "csrf_token": token}).status_code == 409
    assert "for another reason" in browser.page
    assert browser.get(there).location == path_of(episode)


def test_an_answered_one_is_not_marked(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    there = part_of(world, episode, "not-obtained")
    browser.get(there)
    world.answer(episode, 1)
    assert browser.post(there, {"reason": "declined"}).status_code == 409
    assert "answered already" in browser.page
    assert browser.get(there).location == path_of(episode)
    browser.get(path_of(episode))
    assert browser.post(part_of(world, episode, "reopen")).status_code == 409


def test_a_closed_sheet_is_not_shown_to_be_filled_in_for_nothing(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    mark(world, browser, episode)
    assert browser.get(part_of(world, episode, "sheet")).status_code == 409
    assert "takes no answers any more" in browser.page


def test_the_client_s_code_stops_working(world: Any, episode: Any) -> None:
    code = world.invite(episode).code
    client = world.browser()
    client.get("/c")
    assert client.post("/c", {"code": code}).status_code == 303
    mark(world, world.browser(WORKER), episode)
    assert client.get("/c/welcome").location == "/c?ended=1"
    client.get("/c")
    assert client.post("/c", {"code": code}).status_code == 422


@pytest.mark.parametrize(
    ("language", "said"),
    [("fi", "Ei saatu: asiakasta ei tavoitettu"), ("sv", "Inte erhållen: klienten nåddes inte")],
)
def test_it_is_told_in_the_reader_s_language(
    world: Any, episode: Any, language: str, said: str
) -> None:
    browser = world.browser(WORKER)
    mark(world, browser, episode)
    browser.post("/language", {"switch_language": language, "next": path_of(episode)})
    browser.get(path_of(episode))
    assert said in browser.page


def test_the_choice_survives_switching_the_language(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    there = part_of(world, episode, "not-obtained")
    browser.get(there)
    response = browser.post(there, {"reason": "too_unwell", "switch_language": "fi"})
    assert response.status_code == 200
    assert re.search(r'value="too_unwell" checked', browser.page)
    assert "Miksi mittausta ei saatu?" in browser.page


def test_what_is_another_provider_s_looks_like_what_does_not_exist(
    world: Any, episode: Any
) -> None:
    other = world.open_episode("V-2", provider=1)
    stranger = world.browser(OTHER)
    stranger.get("/desk")
    token = stranger.token
    number = world.administration(episode, "whodas-2.0-12")
    mixed = f"{path_of(other)}/administrations/{number}"
    missing = f"{path_of(other)}/administrations/nothing-here"
    foreign = part_of(world, episode, "")[:-1]
    shown = set()
    for folder in (mixed, missing, foreign):
        page = stranger.get(f"{folder}/not-obtained")
        assert page.status_code == 404
        shown.add(re.sub(r'value="[^"]*"', "", page.get_data(as_text=True)))
        for rest in ("not-obtained", "reopen"):
            sent = {"reason": "declined", "csrf_token": token}
            assert stranger.post(f"{folder}/{rest}", sent).status_code == 404
    assert len(shown) == 1
    owner = world.browser(WORKER)
    owner.get(path_of(episode))
    assert "Not obtained: " not in owner.page


@pytest.mark.parametrize("email", ["analyst@county.example", "admin@county.example"])
def test_the_county_s_staff_do_not_mark_at_a_provider_s_desk(
    world: Any, episode: Any, email: str
) -> None:
    browser = world.browser(email)
    assert browser.get(part_of(world, episode, "not-obtained")).status_code == 403
    sent = {"reason": "declined"}
    assert browser.post(part_of(world, episode, "not-obtained"), sent).status_code == 403
    assert browser.post(part_of(world, episode, "reopen")).status_code == 403


def test_without_the_form_s_token_nothing_is_changed(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    there = part_of(world, episode, "not-obtained")
    response = browser.client.post(there, data={"reason": "declined"})
    assert response.status_code == 200
    assert browser.client.post(part_of(world, episode, "reopen")).status_code == 403
    browser.get(path_of(episode))
    assert "Not obtained: " not in browser.page
