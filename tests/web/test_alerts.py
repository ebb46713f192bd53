"""Alerts on the desk: a list, the client's scales, a note that is needed and kept, nothing of other providers."""

from datetime import UTC, datetime
from typing import Any

import pytest

WORKER, OTHER = "worker@birch.example", "worker@maple.example"


@pytest.fixture
def worse(world: Any) -> Any:
    episode = world.open_episode()
    world.answer(episode, 1)
    world.answer(episode, 4, end=True)
    return episode


def test_an_alert_is_listed_looked_at_and_noted(world: Any, worse: Any) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk/alerts")
    there = f"/desk/episodes/{worse.id}/alerts"
    assert there in browser.page and "WHODAS" in browser.page
    browser.get(there)
    assert "Needs attention" in browser.page and "What you can do" in browser.page
    form = {
        name: browser.page.split(f'name="{name}" value="')[1].split('"')[0]
        for name in ("administration", "scale")
    }
    assert browser.post(there, {**form, "done": " "}).status_code == 422
    assert "Write what was done" in browser.page and 'aria-invalid="true"' in browser.page
    world.clock.at = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    browser = world.browser(WORKER)
    browser.get(there)
    assert browser.post(there, {**form, "done": "A visit <b>today</b>"}).status_code == 303
    browser.get(there)
    assert "A visit &lt;b&gt;today" in browser.page and "Seen to" in browser.page
    assert "25/11/2026" in browser.page, "it is past midnight in Finland"
    browser.get("/desk/alerts")
    assert "Nobody calls for attention" in browser.page


def test_nothing_is_shown_to_another_provider(world: Any, worse: Any) -> None:
    browser = world.browser(OTHER)
    assert browser.get("/desk/alerts").status_code == 200
    assert "Nobody calls for attention" in browser.page
    there = f"/desk/episodes/{worse.id}/alerts"
    assert browser.get(there).status_code == 404
    assert (
        browser.post(there, {"administration": "x", "scale": "y", "done": "z"}).status_code == 404
    )
