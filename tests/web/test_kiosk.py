"""A lent device: the worker is signed out of it, and nothing stays on it."""

from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def path_of(world: Any, episode: Any, instrument: str = "whodas-2.0-12") -> str:
    administration = world.administration(episode, instrument)
    return f"/desk/episodes/{episode.id}/administrations/{administration}/kiosk"


def lend(world: Any, episode: Any, instrument: str = "whodas-2.0-12") -> Any:
    browser = world.browser("worker@birch.example")
    browser.get(path_of(world, episode, instrument))
    assert browser.post(path_of(world, episode, instrument)).location == "/c/welcome"
    return browser


def cookies(browser: Any) -> set[str]:
    return {cookie.key for cookie in browser.client._cookies.values()}


def test_looking_at_the_page_before_changes_nothing(world: Any, episode: Any) -> None:
    browser = world.browser("worker@birch.example")
    assert browser.get(path_of(world, episode)).status_code == 200
    assert browser.get("/desk").status_code == 200


def test_handing_over_signs_the_worker_out_of_this_browser_only(world: Any, episode: Any) -> None:
    elsewhere = world.browser("worker@birch.example")
    browser = lend(world, episode)
    assert browser.get(f"/desk/episodes/{episode.id}").location.startswith("/sign-in")
    assert elsewhere.get("/desk").status_code == 200
    assert browser.get("/c/welcome").status_code == 200


def test_a_measurement_of_others_or_one_that_is_done_cannot_be_handed_over(
    world: Any, episode: Any
) -> None:
    other = world.browser("worker@maple.example")
    assert other.get(path_of(world, episode)).status_code == 404
    browser = world.browser("worker@birch.example")
    for instrument in ("worker-observation", "gas"):
        assert browser.get(path_of(world, episode, instrument)).status_code == 409
    world.answer(episode, 1)
    assert browser.get(path_of(world, episode)).status_code == 409
    assert browser.post(path_of(world, episode)).status_code == 409
    assert browser.get("/desk").status_code == 200


def test_lesson_7_after_sending_nothing_is_left_on_the_device(world: Any, episode: Any) -> None:
    browser = lend(world, episode)
    for code in (*(f"S{n}" for n in range(1, 12)), "works_or_studies"):
        response = browser.get(f"/c/q/{code}")
        assert response.headers["Cache-Control"] == "no-store"
        browser.post(f"/c/q/{code}", {"answer": "0"})
    browser.get("/c/check")
    response = browser.post("/c/check")
    assert response.location == "/c/thanks"
    assert response.headers["Clear-Site-Data"] == '"cache"'
    browser.get("/c/thanks")
    response = browser.post("/c/later")
    assert response.location == "/c/kiosk?sent=1"
    assert response.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    response = browser.get("/c/kiosk?sent=1")
    assert "Set-Cookie" not in response.headers
    assert "csrf_token" not in browser.page
    assert cookies(browser) == set()
    assert browser.client.get("/c/q/S1").location == "/c"
    assert world.sheet(episode).raw["S1"] == 0


def send_all(world: Any, episode: Any, *, end: bool = False) -> Any:
    """A lent device after sending, in English."""
    browser = world.browser()
    browser.get("/c/kiosk/code")
    browser.post("/c/kiosk/code", {"code": world.invite(episode, end=end).code})
    browser.client.set_cookie("language", "en")
    for code in (*(f"S{n}" for n in range(1, 12)), "works_or_studies"):
        browser.get(f"/c/q/{code}")
        browser.post(f"/c/q/{code}", {"answer": "0"})
    browser.get("/c/check")
    assert browser.post("/c/check").location == "/c/thanks"
    return browser


def test_after_sending_a_lent_device_offers_contact_and_feedback_and_then_forgets(
    world: Any, episode: Any
) -> None:
    browser = send_all(world, episode)
    browser.get("/c/thanks")
    assert 'href="/c/contact"' in browser.page and 'href="/c/feedback"' in browser.page
    browser.get("/c/contact")
    assert browser.post("/c/contact", {"message": "The bus"}).location == "/c/thanks#contact"
    browser.get("/c/thanks")
    assert "You have asked to be contacted" in browser.page and "The bus" not in browser.page
    browser.get("/c/feedback")
    assert browser.post("/c/feedback", {"f-access": "4"}).location == "/c/thanks?feedback=1"
    browser.get("/c/thanks?feedback=1")
    assert 'href="/c/contact"' not in browser.page and 'href="/c/feedback"' not in browser.page
    assert browser.post("/c/later").location == "/c/kiosk?sent=1"
    assert cookies(browser) == set()
    assert browser.get("/c/thanks").location == "/c"


def test_a_lent_device_shows_no_scores_goals_or_lookers_after_sending(
    world: Any, episode: Any
) -> None:
    """On the client's own phone the same receipt shows the change and who has looked."""
    world.answer(episode, 3)
    world.clock.at += timedelta(days=1)
    browser = send_all(world, episode, end=True)
    browser.get("/c/thanks")
    assert "<svg" not in browser.page and "How things have changed" not in browser.page
    assert "/c/looked" not in browser.page and "/c/rights" not in browser.page
    for page in ("/c/looked", "/c/rights", "/c/check", "/c/q/S1", "/c/welcome"):
        response = browser.get(page)
        assert response.location == "/c/thanks", page
    browser.get("/c/thanks")
    assert browser.post("/c/rights", {"kind": "copy"}).location == "/c/thanks"


def test_a_lent_device_that_is_left_after_sending_forgets_in_two_minutes(
    world: Any, episode: Any
) -> None:
    browser = send_all(world, episode)
    assert browser.get("/c/thanks").headers["Refresh"] == "60; url=/c/kiosk/still"
    world.clock.at += timedelta(seconds=60)
    still = browser.get("/c/kiosk/still")
    assert still.headers["Refresh"] == "60; url=/c/kiosk"
    assert 'href="/c/thanks"' in browser.page and "have been sent" in browser.page
    world.clock.at += timedelta(seconds=61)
    assert browser.get("/c/contact").location == "/c/kiosk"
    assert cookies(browser) == set()


def test_a_device_that_stands_still_forgets_the_visit_and_the_answers_stay(
    world: Any, episode: Any
) -> None:
    browser = lend(world, episode)
    browser.get("/c/q/S1")
    response = browser.post("/c/q/S1", {"answer": "2"})
    assert response.headers["Refresh"] == "240; url=/c/kiosk/still?code=S1"
    world.clock.at += timedelta(minutes=4)
    still = browser.get("/c/kiosk/still?code=S1")
    assert still.headers["Refresh"] == "60; url=/c/kiosk"
    assert 'href="/c/q/S1"' in browser.page
    world.clock.at += timedelta(seconds=61)
    response = browser.get("/c/q/S2")
    assert response.location == "/c/kiosk"
    assert cookies(browser) == set()
    world_again = lend(world, episode)
    world_again.get("/c/welcome")
    assert 'href="/c/q/S2"' in world_again.page


def test_somebody_who_is_still_there_goes_on(world: Any, episode: Any) -> None:
    browser = lend(world, episode)
    for _time in range(3):
        world.clock.at += timedelta(minutes=4, seconds=30)
        assert browser.get("/c/kiosk/still?code=S1").status_code == 200
        assert browser.get("/c/q/S1").status_code == 200


def test_stopping_on_a_lent_device_leads_to_its_start_page(world: Any, episode: Any) -> None:
    browser = lend(world, episode)
    browser.get("/c/welcome")
    assert browser.post("/c/later").location == "/c/kiosk"
    assert cookies(browser) == set()


def test_opening_the_start_page_signs_nobody_out_and_ends_no_ordinary_visit(
    world: Any, episode: Any
) -> None:
    worker = world.browser("worker@birch.example")
    response = worker.get("/c/kiosk")
    assert "Clear-Site-Data" not in response.headers
    assert worker.get("/desk").status_code == 200
    client = world.browser()
    client.get("/c")
    client.post("/c", {"code": world.invite(episode).code})
    client.get("/c/kiosk")
    assert client.get("/c/welcome").status_code == 200


def test_a_code_typed_at_the_start_page_begins_a_visit_that_leaves_nothing(
    world: Any, episode: Any
) -> None:
    browser = world.browser()
    browser.get("/c/kiosk/code")
    assert browser.post("/c/kiosk/code", {"code": ""}).status_code == 422
    assert browser.post("/c/kiosk/code", {"code": "ABCD-EFGH-JKMN"}).status_code == 422
    assert 'value="ABCD-EFGH-JKMN"' in browser.page
    code = world.invite(episode).code
    assert browser.post("/c/kiosk/code", {"code": code}).location == "/c/welcome"
    assert "Refresh" in browser.get("/c/welcome").headers
    world.clock.at += timedelta(minutes=6)
    assert browser.get("/c/welcome").location == "/c/kiosk"


def test_an_ordinary_visit_has_no_clock(world: Any, episode: Any) -> None:
    browser = world.browser()
    browser.get("/c")
    browser.post("/c", {"code": world.invite(episode).code})
    assert "Refresh" not in browser.get("/c/q/S1").headers
    assert browser.get("/c/kiosk/still").location == "/c/welcome"
