"""Pages about reaching clients: the address, what was sent, stopping, and the calendar file."""

import re
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from evalplat.config import MessageSettings
from evalplat.delivery.outgoing import DeliveryFailed, DeliveryUnknown, Trouble
from evalplat.services.actors import Actor
from evalplat.services.contacts import sign_stop
from evalplat.services.sending import Post, send_reminders
from evalplat.vocabulary import Channel

WORKER, OTHER, MANAGER = "worker@birch.example", "worker@maple.example", "manager@birch.example"
GOOD = {"email": "aino@client.example", "phone": "040 123 4567", "channel": "email"}
ROBOT = Actor.system("reminders")


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def page_of(episode: Any) -> str:
    return f"/desk/episodes/{episode.id}/contact"


def base_of(page: str) -> str:
    return re.search(r'name="base" value="([^"]*)"', page)[1]


def save(browser: Any, episode: Any, **values: str) -> Any:
    browser.get(page_of(episode))
    return browser.post(page_of(episode), {**GOOD, "base": base_of(browser.page), **values})


class Recorder:
    """Takes every message, or fails as it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.taken = error, []

    def send(self, message: Any) -> None:
        if self.error:
            raise self.error
        self.taken.append(message)


def remind(world: Any, sender: Recorder) -> Any:
    settings = MessageSettings(public_url="https://county.example")
    return send_reminders(
        Post(
            begin=lambda: world.wiring.transaction(ROBOT), catalogue=world.wiring.catalogue,
            actor=ROBOT, senders={Channel.EMAIL: sender}, settings=settings,
            secret_key=world.wiring.settings.secret_key, clock=world.clock,
        )
    )  # fmt: skip


def test_an_address_is_saved_and_shown_again(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    browser.get(f"/desk/episodes/{episode.id}")
    assert page_of(episode) in browser.page
    assert save(browser, episode).location.endswith("?saved=1")
    browser.get(page_of(episode))
    assert 'value="aino@client.example"' in browser.page and 'value="+358401234567"' in browser.page
    assert re.search(r'value="email" checked', browser.page)


def test_faults_stand_at_their_fields_and_what_was_typed_stays(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    response = save(browser, episode, email="not one", phone="12", paused_until="31.2.2026")
    assert response.status_code == 422
    assert 'value="31.2.2026"' in browser.page and 'id="paused_until-error"' in browser.page
    response = save(browser, episode, email="not one", phone="12")
    assert response.status_code == 422
    assert 'value="not one"' in browser.page and 'value="12"' in browser.page
    assert 'id="email-error"' in browser.page and 'id="phone-error"' in browser.page
    assert 'href="#email"' in browser.page


def test_the_same_form_sent_twice_is_one_change(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    browser.get(page_of(episode))
    sent = {**GOOD, "base": base_of(browser.page)}
    assert [browser.post(page_of(episode), sent).status_code for _ in range(2)] == [303, 303]


def test_a_page_that_is_out_of_date_shows_what_is_stored_before_it_saves(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    save(browser, episode)
    response = browser.post(page_of(episode), {**GOOD, "email": "new@client.example", "base": ""})
    assert response.status_code == 422
    assert "Stored now" in browser.page and 'value="new@client.example"' in browser.page
    sent = {**GOOD, "email": "new@client.example", "base": base_of(browser.page)}
    assert browser.post(page_of(episode), sent).status_code == 303


def test_another_provider_sees_no_address_and_the_case_worker_does(
    world: Any, episode: Any
) -> None:
    save(world.browser(WORKER), episode)
    assert world.browser(OTHER).get(page_of(episode)).status_code == 404
    browser = world.browser("case@county.example")
    assert browser.get(page_of(episode)).status_code == 200
    assert "aino@client.example" in browser.page


def test_a_scanner_that_opens_the_stop_address_stops_nothing(world: Any, episode: Any) -> None:
    """Every address gives the same page; the button stops, and an address that is not ours says so."""
    worker, stranger = world.browser(WORKER), world.browser()
    stranger.client.set_cookie("language", "en")
    save(worker, episode)
    sender = Recorder()
    assert remind(world, sender).sent == 1
    there = sender.taken[0].stop_url.removeprefix("https://county.example")
    pages = []
    for address in (there, "/c/stop/wrong", f"/c/stop/{sign_stop('another key' * 4, 'x')}"):
        stranger.get(address)
        pages.append(stranger.page.replace(address, "").replace(stranger.token, ""))
    assert len(set(pages)) == 1
    assert "Aino" not in pages[0]
    worker.get(page_of(episode))
    assert "has wanted no reminders" not in worker.page
    stranger.get("/c/stop/wrong")
    assert stranger.post("/c/stop/wrong").status_code == 422
    assert "does not work" in stranger.page
    stranger.get(there)
    for _ in range(2):
        stranger.post(there)
        assert "You get no more messages" in stranger.page
        stranger.get(there)
    worker.get(page_of(episode))
    assert "has wanted no reminders since 24/11/2026" in worker.page
    world.clock.at += timedelta(days=7)
    assert remind(world, sender).sent == 0


def test_the_manager_sees_what_was_sent_what_failed_and_what_comes(world: Any) -> None:
    first, second = world.open_episode(), world.open_episode("V-2")
    worker, manager = world.browser(WORKER), world.browser(MANAGER)
    manager.get("/desk/reminders")
    assert "Nobody is reminded" in manager.page and "No message has gone out yet" in manager.page
    save(worker, first)
    remind(world, Recorder(DeliveryFailed(Trouble.ADDRESS_REFUSED, 550)))
    save(worker, second)
    remind(world, Recorder(DeliveryUnknown(Trouble.NO_ANSWER)))
    manager.get("/desk/reminders")
    assert "does not know the address" in manager.page
    assert "Look into these" in manager.page and "before the server confirmed it" in manager.page
    assert manager.page.count("Aino Esimerkki") == 2  # failed, and coming tomorrow
    (resolve,) = re.findall(r'action="(/desk/reminders/[^"]+/resolve)"', manager.page)
    assert manager.post(resolve, {"went_out": "yes"}).status_code == 303
    manager.get("/desk/reminders")
    assert "Look into these" not in manager.page and "looked into by hand" in manager.page
    worker.get(f"/desk/episodes/{first.id}")
    assert "does not know the address" in worker.page
    assert worker.get("/desk/reminders").status_code == 403
    assert worker.post(resolve, {"went_out": "yes"}).status_code == 403


def test_the_manager_sees_what_should_have_gone_out_and_nobody_sent(world: Any) -> None:
    """The day on which the address was typed counts, and the days before it do not."""
    save(world.browser(WORKER), world.open_episode())

    def look() -> str:
        manager = world.browser(MANAGER)
        manager.get("/desk/reminders")
        return str(manager.page)

    assert "Should have gone out" not in look()
    world.clock.at += timedelta(days=1)
    missed = look()
    assert "Should have gone out" in missed and "by 24/11/2026" in missed
    remind(world, Recorder())
    world.clock.at += timedelta(days=1)
    assert "Should have gone out" not in look()


def test_the_calendar_file_says_what_is_due_and_names_nobody(world: Any) -> None:
    world.open_episode()
    world.open_episode("V-2")
    browser = world.browser(WORKER)
    browser.get("/desk")
    assert "/desk/calendar.ics" in browser.page
    response = browser.get("/desk/calendar.ics")
    assert response.mimetype == "text/calendar"
    text = response.get_data(as_text=True)
    assert not [word for word in ("Aino", "Esimerkki", "Bo", "Exempel", "VALARM") if word in text]
    events = Calendar.from_ical(text).walk("VEVENT")
    told = [(str(one["summary"]), one.decoded("dtstart")) for one in events]
    today = world.clock().date()
    assert ("A.E. Baseline", today) in told and ("B.E. Baseline", today) in told
    assert [summary for summary, _day in told].count("A.E. End") == 1
    assert len({str(one["uid"]) for one in events}) == len(events) == 4
    again = Calendar.from_ical(browser.get("/desk/calendar.ics").get_data(as_text=True))
    assert [str(one["uid"]) for one in again.walk("VEVENT")] == [str(one["uid"]) for one in events]
    other = world.browser(OTHER).get("/desk/calendar.ics").get_data(as_text=True)
    assert "VEVENT" not in other
    assert world.browser("case@county.example").get("/desk/calendar.ics").status_code == 403
