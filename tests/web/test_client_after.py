"""After sending: asking to be contacted, anonymous feedback, goals with their steps, and who has looked."""

import re
from datetime import timedelta
from typing import Any

import pytest
from web.conftest import SYSTEM
from web.test_client_door import answer_everything, begin

from evalplat.services.contact_requests import list_open_requests
from evalplat.services.goals import agree_goals
from evalplat.services.requests import GoalRequest
from evalplat.storage.tables import ContactRequest, FeedbackSheet

WORKER, MANAGER, OTHER = "worker@birch.example", "manager@birch.example", "worker@maple.example"
ANALYST = "analyst@county.example"
LEVELS = ("never", "once a month", "once a week", "twice a week", "every day")
PAGES = ("/c/contact", "/c/feedback", "/c/looked")


@pytest.fixture
def sent(world: Any) -> Any:
    """A client's browser after sending, in English."""
    browser = begin(world, world.invite(world.open_episode()))
    browser.client.set_cookie("language", "en")
    answer_everything(browser, "1")
    browser.get("/c/check")
    assert browser.post("/c/check").location == "/c/thanks"
    return browser


def count(world: Any, table: Any) -> int:
    from sqlalchemy import func, select

    with world.wiring.reading(SYSTEM) as session:
        return int(session.scalar(select(func.count()).select_from(table)))


def test_before_sending_there_is_no_page_after_sending(world: Any) -> None:
    browser = begin(world, world.invite(world.open_episode()))
    for page in PAGES:
        assert browser.get(page).location == "/c/welcome"
    browser.get("/c/welcome")
    assert browser.post("/c/feedback", {"f-access": "5"}).location == "/c/welcome"
    assert count(world, FeedbackSheet) == 0


def test_the_page_of_thanks_leads_to_contact_feedback_and_who_has_looked(sent: Any) -> None:
    sent.get("/c/thanks")
    for page in PAGES:
        assert f'href="{page}"' in sent.page


def test_asking_for_contact_promises_a_day_and_is_answered_on_the_desk(
    world: Any, sent: Any
) -> None:
    sent.get("/c/contact")
    assert "by 26/11/2026" in sent.page and "call 112" in sent.page
    assert count(world, ContactRequest) == 0
    answer = sent.post("/c/contact", {"message": "The bus card"})
    assert (answer.status_code, answer.location) == (303, "/c/thanks#contact")
    sent.get("/c/thanks")
    assert "You have asked to be contacted" in sent.page and "26/11/2026" in sent.page

    desk = world.browser(WORKER)
    desk.get("/desk")
    assert desk.page.index("Aino Esimerkki") < desk.page.index('id="filters"')
    where = re.search(r'href="(/desk/requests/[^"]+)"', desk.page)[1]
    desk.get(where)
    assert "The bus card" in desk.page
    assert desk.post(where, {"answer": "We talked, and agreed on Monday."}).status_code == 303
    desk.get("/desk")
    assert "Asked to be contacted" not in desk.page
    desk.get("/desk/requests")
    assert "We talked, and agreed on Monday." in desk.page
    sent.get("/c/thanks")
    assert "has been answered" in sent.page and "We talked, and agreed on Monday." in sent.page


def test_the_own_case_worker_sees_that_a_client_asked_and_none_of_the_words(
    world: Any, sent: Any
) -> None:
    sent.get("/c/contact")
    sent.post("/c/contact", {"message": "The bus card"})
    case_worker = world.browser("case@county.example")
    case_worker.get("/cases")
    assert "Asked to be contacted" in case_worker.page and "Waiting" in case_worker.page
    assert "asked on 24/11/2026, promised by 26/11/2026" in case_worker.page
    assert "The bus card" not in case_worker.page and "/desk/requests" not in case_worker.page
    there = re.search(r'href="(/cases/[\w-]{16,})"', case_worker.page)[1]
    desk = world.browser(WORKER)
    desk.get("/desk")
    where = re.search(r'href="(/desk/requests/[^"]+)"', desk.page)[1]
    assert case_worker.get(where).status_code == 403
    desk.get(where)
    desk.post(where, {"answer": "We talked, and agreed on Monday."})
    case_worker.get(there)
    assert "answered on 24/11/2026" in case_worker.page
    assert "We talked" not in case_worker.page and "The bus card" not in case_worker.page


def test_a_request_that_waits_beyond_its_day_is_marked_overdue(world: Any, sent: Any) -> None:
    sent.get("/c/contact")
    sent.post("/c/contact")
    desk = world.browser(WORKER)
    desk.get("/desk")
    block = desk.page[: desk.page.index('id="filters"')]
    assert "promised by" in block and "Overdue" not in block
    world.clock.at += timedelta(days=3)
    desk = world.browser(WORKER)
    desk.get("/desk")
    assert "Overdue" in desk.page[: desk.page.index('id="filters"')]


def test_asking_twice_from_two_windows_is_one_request(world: Any, sent: Any) -> None:
    sent.get("/c/contact")
    token = sent.token
    for message in ("first", "second"):
        sent.post("/c/contact", {"csrf_token": token, "message": message})
    assert count(world, ContactRequest) == 1
    assert sent.get("/c/contact").location == "/c/thanks#contact"
    with world.wiring.reading(SYSTEM) as session:
        (one,) = list_open_requests(session, SYSTEM, on=world.clock().date())
    assert one.message == "first"


def test_an_answer_without_words_and_a_colleagues_other_answer_keep_what_was_typed(
    world: Any, sent: Any
) -> None:
    sent.get("/c/contact")
    sent.post("/c/contact")
    one, two = world.browser(WORKER), world.browser(MANAGER)
    one.get("/desk/requests")
    where = re.search(r'href="(/desk/requests/[^"]+)"', one.page)[1]
    one.get(where)
    two.get(where)
    assert one.post(where, {"answer": "  "}).status_code == 422
    assert 'id="answer-error"' in one.page
    assert one.post(where, {"answer": "Called at noon."}).status_code == 303
    assert two.post(where, {"answer": "Sent a letter."}).status_code == 409
    assert "Called at noon." in two.page and "Sent a letter." in two.page


def test_another_provider_finds_no_request(world: Any, sent: Any) -> None:
    sent.get("/c/contact")
    sent.post("/c/contact")
    with world.wiring.reading(SYSTEM) as session:
        (one,) = list_open_requests(session, SYSTEM, on=world.clock().date())
    other = world.browser(OTHER)
    assert other.get(f"/desk/requests/{one.id}").status_code == 404
    other.get("/desk/requests")
    assert other.post(f"/desk/requests/{one.id}", {"answer": "Seen."}).status_code == 404
    assert "Aino" not in other.page


def test_feedback_is_given_once_on_one_page_that_works_without_scripts(
    world: Any, sent: Any
) -> None:
    sent.get("/c/feedback")
    assert sent.page.count("<fieldset") == sent.page.count("<legend") == 8
    assert "<script" not in sent.page and "checked" not in sent.page
    assert 'type="range"' not in sent.page
    token, answers = sent.token, {"f-recommendation": "9", "f-went_well": "The people."}
    for _ in range(2):
        answer = sent.post("/c/feedback", {"csrf_token": token, **answers})
        assert (answer.status_code, answer.location) == (303, "/c/thanks?feedback=1")
    assert count(world, FeedbackSheet) == 1
    sent.get("/c/thanks?feedback=1")
    assert "Feedback on this service has been given" in sent.page
    assert 'href="/c/feedback"' not in sent.page
    assert sent.get("/c/feedback").location == "/c/thanks?feedback=1"


def test_one_faulty_answer_and_an_old_token_discard_no_other_answer(world: Any, sent: Any) -> None:
    sent.get("/c/feedback")
    typed = {"f-access": "77", "f-safety": "4", "f-to_improve": "More time."}
    assert sent.post("/c/feedback", typed).status_code == 422
    assert 'id="access-error"' in sent.page and 'href="#access-1"' in sent.page
    assert sent.post("/c/feedback", {**typed, "csrf_token": "old"}).status_code == 200
    assert 'value="4" checked' in sent.page and "More time.</textarea>" in sent.page
    assert (
        sent.post("/c/feedback", {**typed, "f-access": "2", "switch_language": "sv"}).status_code
        == 200
    )
    assert '<html lang="sv"' in sent.page and "More time.</textarea>" in sent.page
    assert count(world, FeedbackSheet) == 0


def test_an_empty_form_is_no_feedback_and_says_so(world: Any, sent: Any) -> None:
    sent.get("/c/feedback")
    assert sent.post("/c/feedback").status_code == 422
    assert "Answer at least one question" in sent.page
    assert count(world, FeedbackSheet) == 0


def test_pages_of_feedback_say_where_there_is_too_little(world: Any, sent: Any) -> None:
    sent.get("/c/feedback")
    sent.post("/c/feedback", {"f-recommendation": "10"})
    manager, analyst = world.browser(MANAGER), world.browser(ANALYST)
    manager.get("/desk/feedback")
    assert "No feedback yet" in manager.page
    analyst.get("/county/feedback")
    assert "There is no feedback yet" in analyst.page
    world.clock.at += timedelta(days=60)
    manager, analyst = world.browser(MANAGER), world.browser(ANALYST)
    manager.get("/desk/feedback")
    assert "Fewer than 5 clients" in manager.page
    analyst.get("/county/feedback?year=2026")
    assert "under 5" in analyst.page and "Birch Oy" in analyst.page
    assert world.browser(WORKER).get("/desk/feedback").status_code == 403


def test_goals_are_shown_as_their_five_steps_with_where_the_client_stands(world: Any) -> None:
    episode = world.open_episode()
    goal = GoalRequest("Goes out alone", LEVELS, -1, agreed_on=episode.opened_on)
    with world.wiring.transaction(SYSTEM) as session:
        agree_goals(
            session, world.wiring.catalogue, SYSTEM, episode_id=episode.id, goals=[goal],
            at=world.clock(),
        )  # fmt: skip
    browser = begin(world, world.invite(episode))
    browser.client.set_cookie("language", "en")
    answer_everything(browser, "1")
    browser.get("/c/check")
    browser.post("/c/check")
    browser.get("/c/thanks")
    steps = re.findall(r"<li( class=\"here\")?><span>([^<]+)</span>", browser.page)
    assert [text for _here, text in steps] == list(reversed(LEVELS))
    assert [text for here, text in steps if here] == ["once a month"]
    assert "Where you began" in browser.page and "You have not looked yet" in browser.page


def test_who_has_looked_is_told_by_role_and_organisation_without_names(
    world: Any, sent: Any
) -> None:
    episode = re.search(r"episodes/([\w-]+)", _worklist(world))[1]
    desk = world.browser(WORKER)
    desk.get(f"/desk/episodes/{episode}/course")
    sent.get("/c/looked")
    assert "A worker of Birch Oy" in sent.page
    assert "looked at how your answers have changed" in sent.page
    assert "You, or somebody who had your code" in sent.page
    for name in ("Worker", "Aino", "Case"):
        assert name not in sent.page
    assert sent.get("/c/looked?page=x").status_code == 200
    assert "There is nothing more to see" in sent.get("/c/looked?page=99").get_data(as_text=True)


def _worklist(world: Any) -> str:
    browser = world.browser(WORKER)
    browser.get("/desk")
    return str(browser.page)


def test_opening_the_pages_changes_nothing(world: Any, sent: Any) -> None:
    for page in PAGES:
        for _ in range(3):
            assert sent.get(page).status_code == 200
    assert count(world, ContactRequest) == count(world, FeedbackSheet) == 0
