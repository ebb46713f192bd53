"""The case worker's desk: own clients and their one plan, follow-up after the service, a colleague's with a reason."""

import re
from typing import Any

import pytest

from evalplat.services.access_log import list_access_log
from evalplat.services.accounts import create_account
from evalplat.services.passwords import make_secret
from evalplat.vocabulary import Role

from .conftest import PASSWORD, SYSTEM

OWN, COLLEAGUE = "case@county.example", "other@county.example"
REASON = "I stand in for the worker, who is on leave"


@pytest.fixture
def episode(world: Any) -> Any:
    with world.wiring.transaction(SYSTEM) as session:
        create_account(
            session, SYSTEM, email=COLLEAGUE, name="Olli Other", role=Role.CASE_WORKER,
            password=make_secret(PASSWORD), language="en",
        )  # fmt: skip
    return world.open_episode()


def client_link(browser: Any) -> str:
    browser.get("/cases")
    found = re.search(r'href="(/cases/[\w-]{16,})"', browser.page)
    assert found is not None
    return found[1]


def test_own_clients_are_listed_with_what_is_due_and_found_by_name(
    world: Any, episode: Any
) -> None:
    browser = world.browser(OWN)
    there = client_link(browser)
    assert "Birch Oy" in browser.page and "Due now" in browser.page
    browser.get(there)
    for words in ("V-1", "Birch Oy", "under way", "No plan yet"):
        assert words in browser.page
    browser.get("/cases")
    browser.post("/cases", {"search": "nobody at all"})
    assert "None of your clients has that name" in browser.page


def test_the_plan_is_agreed_once_and_written_for_another_system(world: Any, episode: Any) -> None:
    browser = world.browser(OWN)
    there = client_link(browser) + "/plan"
    browser.get(there)
    assert (
        browser.post(there, {"part": "goal", "title": "", "own_words": "out!"}).status_code == 422
    )
    assert "out!" in browser.page and 'id="title-error"' in browser.page
    goal = {"part": "goal", "title": "=Out every day", "own_words": "out!", "indicator": "days"}
    for _ in range(2):
        assert browser.post(there, goal).status_code == 303
    record = {"part": "record", "base": "0", "situational_factors": "debts\n\ndebts\n housing ",
              "services": "debt counselling", "methods": "", "summary": "Step by step."}  # fmt: skip
    browser.get(there)
    assert browser.page.count("=Out every day") == 2, "once in the list, once to be replaced"
    assert browser.post(there, record).status_code == 303
    assert browser.post(there, record).status_code == 303, "the same again changes nothing"
    assert browser.post(there, {**record, "summary": "Another's words"}).status_code == 409
    assert "Another&#39;s words" in browser.page
    text = browser.client.get(there + ".csv").data.decode("utf-8-sig")
    assert "goal,'=Out every day,out!,days,2026-11-24,1" in text
    assert text.count("situational_factors,") == 2 and "summary,Step by step." in text


def test_a_plan_without_a_word_is_not_saved(world: Any, episode: Any) -> None:
    browser = world.browser(OWN)
    there = client_link(browser)
    browser.get(there + "/plan")
    record = {"part": "record", "base": "0", "situational_factors": " \n", "services": "",
              "methods": "", "summary": ""}  # fmt: skip
    assert browser.post(there + "/plan", record).status_code == 422
    assert 'id="summary-error"' in browser.page
    browser.get(there)
    assert "No plan yet" in browser.page


def test_a_case_worker_follows_up_after_the_service_with_the_same_pages(
    world: Any, episode: Any
) -> None:
    browser = world.browser(OWN)
    browser.get(f"/desk/episodes/{episode.id}")
    assert "Close the episode" not in browser.page and "Worklist" not in browser.page
    number = world.administration(episode, "whodas-2.0-12")
    there = f"/desk/episodes/{episode.id}/administrations/{number}/sheet"
    browser.get(there)
    sent = {f"a-S{n}": "2" for n in range(1, 13)} | {
        "a-works_or_studies": "1", "measured_on": "2026-11-24", "mode": "interview",
        "respondent": "client", "language": "fi",
    }  # fmt: skip
    key = re.search(r'name="key" value="([^"]+)"', browser.page)
    assert browser.post(there, {**sent, "key": key[1] if key else ""}).status_code == 303
    assert world.sheet(episode) is not None
    assert browser.get(f"/desk/episodes/{episode.id}/close").status_code == 403
    assert browser.get("/desk").status_code == 403


def test_another_worker_s_client_is_closed_until_a_reason_is_given(
    world: Any, episode: Any
) -> None:
    there = client_link(world.browser(OWN))
    browser = world.browser(COLLEAGUE)
    browser.get("/cases")
    assert "No clients yet" in browser.page
    pages = (there, f"/desk/episodes/{episode.id}", f"/desk/episodes/{episode.id}/course")
    assert [browser.get(page).status_code for page in pages] == [404, 404, 404]
    browser.get("/cases/look")
    for wrong in ({"number": "V-1"}, {"number": "V-1", "reason": "look"}, {"reason": REASON},
                  {"number": "V-99", "reason": REASON}, {"name": "Aino", "reason": REASON}):  # fmt: skip
        assert browser.post("/cases/look", wrong).status_code == 422
    assert browser.get(there).status_code == 404
    browser.get("/cases/look")
    response = browser.post("/cases/look", {"number": "v-1", "reason": REASON})
    assert response.location.endswith(there)
    assert [browser.get(page).status_code for page in pages] == [200, 200, 200]
    assert REASON in browser.page


def test_a_look_is_for_one_client_to_read_and_ends(world: Any, episode: Any) -> None:
    there = client_link(world.browser(OWN))
    second = world.open_episode("V-2", provider=1)
    browser = world.browser(COLLEAGUE)
    browser.get("/cases/look")
    browser.post("/cases/look", {"number": "V-1", "reason": REASON})
    browser.get(f"/desk/episodes/{episode.id}")
    assert "Enter answers" not in browser.page and "Make a code" not in browser.page
    if second.client_id != episode.client_id:
        assert browser.get(f"/desk/episodes/{second.id}").status_code == 404
    browser.get(f"{there}/plan")
    assert browser.post(f"{there}/plan", {"part": "goal", "title": "Mine"}).status_code == 404
    goals = f"/desk/episodes/{episode.id}/goals"
    browser.get(goals)
    levels = {f"level{n}": f"level {n}" for n in range(1, 6)}
    assert browser.post(goals, {"title": "Mine", "baseline": "-1", **levels}).status_code == 404
    browser.get(there)
    assert browser.post("/cases/look/end").status_code == 303
    assert browser.get(there).status_code == 404


def test_a_look_ends_by_itself_after_half_an_hour(world: Any, episode: Any) -> None:
    from datetime import timedelta

    there = client_link(world.browser(OWN))
    browser = world.browser(COLLEAGUE)
    browser.get("/cases/look")
    browser.post("/cases/look", {"number": "V-1", "reason": REASON})
    world.clock.at += timedelta(minutes=29)
    assert browser.get(there).status_code == 200
    world.clock.at += timedelta(minutes=2)
    assert browser.get(there).status_code == 404


def test_the_reason_stands_in_the_access_log_with_every_page(world: Any, episode: Any) -> None:
    there = client_link(world.browser(OWN))
    browser = world.browser(COLLEAGUE)
    browser.get("/cases/look")
    browser.post("/cases/look", {"number": "V-1", "reason": REASON})
    browser.get(there)
    browser.get(f"/desk/episodes/{episode.id}/course")
    with world.wiring.reading(SYSTEM) as session:
        entries = [e for e in list_access_log(session, SYSTEM) if e.purpose == REASON]
    assert {"look_for_client", "read_client", "read_course"} <= {e.action for e in entries}
    assert all(episode.client_id in e.client_ids for e in entries if e.action == "read_client")


def test_a_voucher_is_granted_to_a_client_one_knows_and_the_language_is_set(
    world: Any, episode: Any
) -> None:
    browser = world.browser(OWN)
    there = client_link(browser)
    browser.get(there)
    assert browser.post(f"{there}/language", {"language": "fi", "plain": "1"}).status_code == 303
    browser.get(there)
    assert "plain language" in browser.page
    assert browser.post(f"{there}/language", {"language": "xx"}).status_code == 422
    client = there.rsplit("/", 1)[1]
    grant = f"/county/vouchers/grant?client={client}"
    browser.get(grant)
    assert 'name="birth_year"' not in browser.page
    sent = {"client": client, "number": "PS-9", "value": "100", "hours": "3", "municipality": "853",
            "valid_from": "1.11.2026", "valid_until": "31.10.2027", "service": "", "provider_id": ""}  # fmt: skip
    assert browser.post("/county/vouchers/grant", sent).status_code == 303
    browser.get(there)
    assert "PS-9" in browser.page and "Not used yet" in browser.page
    colleague = world.browser(COLLEAGUE)
    assert colleague.get(grant).status_code == 404


@pytest.mark.parametrize("email", ["worker@birch.example", "analyst@county.example"])
def test_nobody_else_enters_the_case_worker_s_desk(world: Any, episode: Any, email: str) -> None:
    browser = world.browser(email)
    for path in ("/cases", "/cases/look", f"/cases/{episode.client_id}"):
        assert browser.get(path).status_code == 403


def test_clients_with_something_to_do_have_a_tab_of_their_own_also_in_a_search(
    world: Any, episode: Any
) -> None:
    browser = world.browser(OWN)
    there = client_link(browser)
    assert "Aino Esimerkki" in browser.page and "Bo Exempel" in browser.page
    browser.get("/cases?show=waiting")
    assert there in browser.page and "Bo Exempel" not in browser.page
    assert 'All <span class="count">3</span>' in browser.page
    assert 'To do <span class="count">1</span>' in browser.page
    browser.post("/cases", {"search": "Exempel", "show": "waiting"})
    assert "Nothing is due for these clients" in browser.page
    browser.post("/cases", {"search": "Exempel", "show": ["waiting", "all"]})
    assert "Bo Exempel" in browser.page and "Aino" not in browser.page
    world.clock.at = world.clock.at.replace(month=10)
    browser = world.browser(OWN)
    browser.get("/cases?show=waiting")
    assert "Nothing is due for these clients" in browser.page
