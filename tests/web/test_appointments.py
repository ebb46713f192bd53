"""Meetings on the desk: one line to add, what was typed stays, wrong ones struck out, foreign to all others."""

from typing import Any

import pytest

WORKER, OTHER = "worker@birch.example", "worker@maple.example"


@pytest.fixture
def there(world: Any) -> str:
    return f"/desk/episodes/{world.open_episode().id}/appointments"


LINE = {
    "held_on": "23.11.2026",
    "minutes": "75",
    "form": "group",
    "place": "home",
    "outcome": "held",
}


def test_a_meeting_is_added_summed_up_and_struck_out(world: Any, there: str) -> None:
    browser = world.browser(WORKER)
    browser.get(there)
    assert "No meetings are recorded yet" in browser.page
    assert browser.post(there, LINE).location.endswith("?saved=1")
    browser.get(there)
    assert "23/11/2026" in browser.page and "1.2 of the voucher" in browser.page
    assert "At the client’s home" in browser.page
    strike = browser.page.split('action="')[-1].split('"')[0]
    assert strike.endswith("/strike")
    browser.post(strike, {})
    browser.get(there)
    assert "Struck out" in browser.page and "0 meetings" in browser.page


def test_the_same_form_sent_twice_is_one_meeting(world: Any, there: str) -> None:
    browser = world.browser(WORKER)
    browser.get(there)
    key = browser.page.split('name="key" value="')[1].split('"')[0]
    for _ in range(2):
        assert browser.post(there, {**LINE, "key": key}).status_code == 303
    browser.get(there)
    assert "1 meeting<" in browser.page


def test_faults_stand_at_their_fields_and_what_was_typed_stays(world: Any, there: str) -> None:
    browser = world.browser(WORKER)
    browser.get(there)
    response = browser.post(there, {**LINE, "held_on": "31.2.2026", "minutes": "an hour"})
    assert response.status_code == 422
    assert 'value="31.2.2026"' in browser.page and 'value="an hour"' in browser.page
    assert 'id="held_on-error"' in browser.page and 'id="minutes-error"' in browser.page
    assert '<option value="group" selected' in browser.page


def test_another_provider_sees_nothing(world: Any, there: str) -> None:
    browser = world.browser(OTHER)
    assert browser.get(there).status_code == 404
    assert browser.post(there, LINE).status_code == 404


def test_every_fault_is_named_at_once_and_a_missed_meeting_needs_no_minutes(
    world: Any, there: str
) -> None:
    browser = world.browser(WORKER)
    browser.get(there)
    nothing = dict.fromkeys(LINE, "")
    assert browser.post(there, nothing | {"minutes": "99999"}).status_code == 422
    for name in LINE:
        assert f'id="{name}-error"' in browser.page, name
    missed = {**LINE, "minutes": "", "outcome": "no_show"}
    assert browser.post(there, missed).status_code == 303
    assert browser.post(there, {**LINE, "minutes": ""}).status_code == 422
