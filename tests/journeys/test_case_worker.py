"""A case worker's day in a real browser: own clients, the one plan, follow-up, a colleague's client with a reason."""

from collections.abc import Iterator

import pytest
from journeys.installation import Site, today
from journeys.steps import expect_heading, expect_message, follow, go_by, press, sign_in, word
from journeys.windows import Windows, look
from playwright.sync_api import Page, expect

from evalplat.demo.staff import SYSTEM
from evalplat.services.accounts import create_account
from evalplat.services.passwords import make_secret
from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

NAME, NUMBER = "Ilta Esimerkki", "CASE-1"
COLLEAGUE, PASSWORD = "toinen.vastuu@demo.example", "a long password of a test"
REASON = "Sijaistan vastuutyöntekijää tämän viikon"


@pytest.fixture(scope="module")
def episode(site: Site) -> Iterator[str]:
    with site.wiring.transaction(SYSTEM) as session:
        create_account(
            session, SYSTEM, email=COLLEAGUE, name="Toinen Vastuu", role=Role.CASE_WORKER,
            password=make_secret(PASSWORD),
        )  # fmt: skip
    yield site.open_episode(NUMBER, NAME).id


def test_a_case_worker_finds_a_client_and_agrees_the_plan_once(
    windows: Windows, site: Site, episode: str
) -> None:
    page = windows.open_for(site.sign_in_of(Role.CASE_WORKER).email)
    find_the_client(page)
    look(page)
    follow(page, "Work on the plan")
    press(page, "Save the goal")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.get_by_label(word(page, "In the client’s own words")).fill("Haluan ulos kotoa.")
    page.get_by_label(word(page, "Name of the goal")).fill("Ulos joka päivä")
    press(page, "Save the goal")
    expect(page.get_by_role("status")).to_have_text(word(page, "The goal is saved."))
    page.get_by_label(word(page, "Services and support")).fill("velkaneuvonta\nkotipalvelu")
    press(page, "Save the plan")
    expect(page.get_by_role("status")).to_have_text(word(page, "The plan is saved."))
    look(page)
    go_by(page, page.get_by_role("link", name=NAME).first)
    expect(page.get_by_text("Ulos joka päivä")).to_be_visible()
    follow_up_on_the_provider_s_pages(page, site)


def find_the_client(page: Page) -> None:
    page.goto("/")
    expect_message(page, "Clients")
    look(page)
    page.get_by_label(
        word(page, "Client’s name, personal identity code, phone number or e-mail address")
    ).fill("ilta esi")
    press(page, "Search")
    go_by(page, page.get_by_role("link", name=NAME))
    expect_heading(page, NAME)


def follow_up_on_the_provider_s_pages(page: Page, site: Site) -> None:
    """The service's page is open to the client's own case worker, without what is the provider's."""
    go_by(page, page.get_by_role("link", name=site.sign_in_of(Role.PROVIDER_WORKER).provider).first)
    expect_heading(page, NAME)
    expect(page.get_by_role("link", name=word(page, "Close the episode"))).to_have_count(0)
    look(page)


def test_a_colleague_s_client_is_read_with_a_reason_and_nothing_is_written(
    windows: Windows, site: Site, episode: str
) -> None:
    page = windows.open_desk()
    sign_in(page, COLLEAGUE, PASSWORD)
    expect(page.get_by_text(word(page, "No clients yet"))).to_be_visible()
    look(page)
    response = page.goto(f"/desk/episodes/{episode}")
    assert response is not None and response.status == 404
    page.goto("/cases/look")
    look(page)
    page.get_by_label(word(page, "Number of the voucher, or personal identity code")).fill(NUMBER)
    press(page, "Open the client")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.get_by_label(word(page, "Why do you need to see this client?")).fill(REASON)
    press(page, "Open the client")
    expect_heading(page, NAME)
    expect(page.get_by_text(REASON)).to_be_visible()
    look(page)
    page.goto(f"/desk/episodes/{episode}")
    expect(page.get_by_text(REASON)).to_be_visible()
    expect(page.get_by_role("link", name=word(page, "Enter answers"))).to_have_count(0)
    press(page, "End reading")
    response = page.goto(f"/desk/episodes/{episode}")
    assert response is not None and response.status == 404


def test_a_worker_records_meetings_and_sees_alerts_and_own_results(
    windows: Windows, site: Site, episode: str
) -> None:
    page = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    page.goto(f"/desk/episodes/{episode}")
    follow(page, "Meetings")
    look(page)
    page.get_by_label(word(page, "Minutes")).fill("kauan")
    press(page, "Save the meeting")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.get_by_label(word(page, "Minutes")).fill("45")
    page.get_by_label(word(page, "Day")).fill(today().isoformat())
    press(page, "Save the meeting")
    expect(page.get_by_role("status")).to_have_text(word(page, "The meeting is saved."))
    press_first(page, "Strike out")
    expect(page.locator("tr.struck")).to_have_count(1)
    look(page)
    for address in ("/desk/alerts", f"/desk/episodes/{episode}/alerts", "/desk/results"):
        page.goto(address)
        look(page)
    expect(page.locator(".picture svg").first).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 800})
    expect(page.locator(".picture svg").last).to_be_visible()


def press_first(page: Page, message: str) -> None:
    go_by(page, page.get_by_role("button", name=word(page, message)).first)
