"""A closing that was a mistake, on the desk: corrected or taken back, with the reason and what was before readable."""

from datetime import timedelta
from typing import Any

import pytest

WORKER, OTHER, CASE_WORKER = "worker@birch.example", "worker@maple.example", "case@county.example"


@pytest.fixture
def there(world: Any) -> str:
    """A closed episode's address."""
    address = f"/desk/episodes/{world.open_episode().id}"
    browser = world.browser(WORKER)
    browser.get(f"{address}/close")
    assert "can be mended for 90 days" in browser.page
    sent = {"closed_on": "23.11.2026", "reason": "interrupted"}
    assert browser.post(f"{address}/close", sent).status_code == 303
    return address


def test_an_episode_is_opened_again_with_a_written_reason(world: Any, there: str) -> None:
    browser = world.browser(WORKER)
    browser.get(there)
    assert f"{there}/reopen" in browser.page and "22/02/2027" in browser.page
    browser.get(f"{there}/reopen")
    assert browser.post(f"{there}/reopen", {"note": "so"}).status_code == 422
    assert "Write why" in browser.page and "so</textarea>" in browser.page
    sent = {"note": "Closed by mistake, he goes on.", "planned_end": "1.6.2027"}
    response = browser.post(f"{there}/reopen", sent)
    assert response.status_code == 303
    browser.get(response.location)
    assert "is open again" in browser.page and "planned until 01/06/2027" in browser.page
    assert "Closed by mistake, he goes on." in browser.page and "ended 23/11/2026" in browser.page
    assert f"{there}/reopen" not in browser.page and f"{there}/close" in browser.page
    case_worker = world.browser(CASE_WORKER)
    case_worker.get(there)
    assert "Closed by mistake, he goes on." in case_worker.page


def test_a_closing_is_corrected_and_every_fault_is_told_with_the_input_kept(
    world: Any, there: str
) -> None:
    browser = world.browser(WORKER)
    browser.get(f"{there}/close/correct")
    assert 'value="2026-11-23"' in browser.page
    wrong = {"closed_on": "1.1.2020", "reason": "moved", "note": ""}
    assert browser.post(f"{there}/close/correct", wrong).status_code == 422
    assert "before the opening" in browser.page and "Write why" in browser.page
    assert 'value="moved" selected' in browser.page
    assert browser.post(f"{there}/close/correct", wrong | {"closed_on": "soon"}).status_code == 422
    sent = {"closed_on": "22.11.2026", "reason": "moved", "note": "The day was typed wrongly."}
    response = browser.post(f"{there}/close/correct", sent)
    assert response.status_code == 303
    browser.get(response.location)
    assert "22/11/2026 (The client moved)" in browser.page
    assert "The day was typed wrongly." in browser.page


def test_after_the_declared_time_the_page_offers_it_no_more_and_the_address_says_why(
    world: Any, there: str
) -> None:
    world.clock.at += timedelta(days=91)
    browser = world.browser(WORKER)
    browser.get(there)
    assert f"{there}/reopen" not in browser.page
    sent = {"note": "The client goes on after all.", "planned_end": "1.6.2027"}
    assert browser.post(f"{there}/reopen", sent).status_code == 409
    assert "could be changed until" in browser.page


def test_an_open_episodes_pages_lead_back_to_it(world: Any) -> None:
    address = f"/desk/episodes/{world.open_episode().id}"
    browser = world.browser(WORKER)
    for page in ("reopen", "close/correct"):
        assert browser.get(f"{address}/{page}").location.endswith(address)


def test_another_providers_closing_is_missing(world: Any, there: str) -> None:
    browser = world.browser(OTHER)
    for page in ("reopen", "close/correct"):
        assert browser.get(f"{there}/{page}").status_code == 404
        assert browser.post(f"{there}/{page}", {"note": "x" * 20}).status_code in (403, 404)
