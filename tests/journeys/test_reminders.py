"""A worker notes a client's address, a message goes out, the client answers by its link and stops further ones."""

from datetime import timedelta

import pytest
from journeys.installation import Site, today
from journeys.steps import expect_heading, expect_message, follow, press, word
from journeys.windows import Windows, look
from playwright.sync_api import Page, expect
from servers import mail_server

from evalplat.config import MessageSettings
from evalplat.delivery.senders import make_senders
from evalplat.episodes.local_time import HOME
from evalplat.services.actors import Actor
from evalplat.services.sending import Post, Run, send_reminders
from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

CLIENT = "Muisto Käkikello"
ROBOT = Actor.system("reminders")


def test_a_client_is_reminded_answers_by_the_link_and_stops_the_messages(
    windows: Windows, site: Site
) -> None:
    episode = site.open_episode("REMIND-1", CLIENT, opened_on=today() - timedelta(days=3))
    worker = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    note_the_address(worker, episode.id)
    with mail_server() as box:
        run = send(site, box.port)
    (mail,) = [one for one in box.mails if "muisto@" in one["To"]]
    assert run.sent == len(box.mails), "a client of the demo may have been due too"
    links = [part for part in mail.get_content().split() if part.startswith(site.address)]
    phone = windows.open_phone()
    open_the_link(phone, next(link for link in links if "/c/l/" in link))
    stop_the_messages(phone, mail["List-Unsubscribe"].strip("<>"))
    see_it_at_the_desk(worker, episode.id)
    see_it_as_the_manager(windows, site)


def note_the_address(page: Page, episode_id: str) -> None:
    """Faults come at once, at their fields; what was typed stays."""
    page.goto(f"/desk/episodes/{episode_id}")
    follow(page, "Contact and reminders")
    expect_message(page, "Contact and reminders")
    look(page)
    page.get_by_label(word(page, "E-mail address")).fill("muisto@")
    page.get_by_label(word(page, "Telephone")).fill("12")
    page.get_by_label(word(page, "By e-mail")).check()
    press(page, "Save")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label(word(page, "Telephone"))).to_have_value("12")
    look(page)
    page.get_by_label(word(page, "E-mail address")).fill("muisto@client.example")
    page.get_by_label(word(page, "Telephone")).fill("040 123 4567")
    press(page, "Save")
    expect(page.get_by_role("status")).to_have_text(word(page, "The contact details are saved."))


def send(site: Site, port: int) -> Run:
    """A run at noon of today, so that it does not matter when the tests run."""
    noon = site.wiring.clock().astimezone(HOME).replace(hour=12)
    settings = MessageSettings(
        smtp_url=f"smtp://127.0.0.1:{port}?starttls=no",
        mail_from="no-reply@county.example",
        public_url=site.address,
    )
    return send_reminders(
        Post(
            begin=lambda: site.wiring.transaction(ROBOT), catalogue=site.wiring.catalogue,
            actor=ROBOT, senders=make_senders(settings), settings=settings,
            secret_key=site.secret_key, clock=lambda: noon,
        )
    )  # fmt: skip


def open_the_link(page: Page, link: str) -> None:
    page.goto(link)
    expect_message(page, "Questions for you")
    press(page, "Begin")
    page.wait_for_url("**/c/welcome")


def stop_the_messages(page: Page, link: str) -> None:
    page.goto(link)
    expect_message(page, "Stop the messages?")
    look(page)
    press(page, "Send me no more messages")
    expect_message(page, "You get no more messages")
    look(page)


def see_it_at_the_desk(page: Page, episode_id: str) -> None:
    page.goto(f"/desk/episodes/{episode_id}")
    expect_heading(page, CLIENT)
    table = page.get_by_role("region", name=word(page, "Reminders so far"))
    expect(table).to_contain_text(word(page, "Sent"))
    look(page)
    follow(page, "Contact and reminders")
    expect(page.get_by_label(word(page, "The client wants no reminders"))).to_be_checked()
    look(page)


def see_it_as_the_manager(windows: Windows, site: Site) -> None:
    manager = site.sign_in_of(Role.PROVIDER_MANAGER)
    page = windows.open_for(manager.email)
    page.goto("/desk")
    follow(page, "Reminders")
    expect_message(page, "Reminders")
    look(page)
