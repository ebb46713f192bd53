"""After sending: a client asks to be contacted and is answered, gives feedback once, and sees who has looked."""

import pytest
from journeys.installation import Site, today
from journeys.steps import (
    enter_code,
    expect_message,
    follow,
    go_by,
    press,
    tab_to,
    text_of,
    word,
)
from journeys.windows import Windows, look
from playwright.sync_api import Page, expect

from evalplat.instruments.questions import list_all_steps
from evalplat.language import write_date
from evalplat.services.contact_requests import promise_day
from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

ANSWERS: dict[str, object] = {f"S{n}": 1 for n in range(1, 13)} | {"works_or_studies": True}


def send_all(windows: Windows, site: Site, name: str, *, scripts: bool = True) -> Page:
    """A client's phone on the page of thanks."""
    episode = site.open_episode(f"AFTER-{name}".upper(), name)
    invitation = site.invite(episode)
    site.answer(invitation, ANSWERS)
    phone = windows.open_phone(scripts=scripts)
    enter_code(phone, invitation.code)
    follow(phone, "Check your answers")
    press(phone, "Send my answers")
    expect_message(phone, "Thank you. Your answers have been sent.")
    return phone


def test_a_client_asks_to_be_contacted_and_reads_the_answer(windows: Windows, site: Site) -> None:
    phone = send_all(windows, site, "Kaino Kysyjä")
    look(phone)
    follow(phone, "Ask to be contacted")
    look(phone)
    by = write_date(promise_day(today(), 2), "fi")
    assert by in text_of(phone) and "112" in text_of(phone)
    phone.locator("textarea").fill("Bussikortti on hukassa.")
    press(phone, "Ask to be contacted")
    look(phone)
    expect(phone.locator("#contact")).to_contain_text(by)

    desk = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    desk.goto("/desk")
    look(desk)
    follow_name(desk, "Kaino Kysyjä")
    look(desk)
    expect(desk.locator("main")).to_contain_text("Bussikortti on hukassa.")
    desk.locator("#answer").fill("Soitimme. Uusi kortti tulee postissa.")
    press(desk, "Save the answer")
    look(desk)
    desk.goto("/desk")
    expect(desk.locator(".asked-for").get_by_text("Kaino Kysyjä")).to_have_count(0)

    phone.goto("/c/thanks")
    look(phone)
    expect(phone.locator("#contact")).to_contain_text("Uusi kortti tulee postissa.")


def follow_name(page: Page, name: str) -> None:
    """From the top of the worklist to the request of this client."""
    go_by(page, page.locator(".asked-for").get_by_role("link", name=name))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_feedback_without_a_name_is_given_once(windows: Windows, site: Site, scripts: bool) -> None:
    phone = send_all(windows, site, f"Palaute {scripts}", scripts=scripts)
    follow(phone, "Give feedback")
    if scripts:  # a page without scripts cannot be walked by axe
        look(phone)
    press(phone, "Send the feedback")
    expect(phone.get_by_role("alert")).to_be_visible()
    form = site.wiring.catalogue.get("client-feedback")
    steps = {step.code: step for step in list_all_steps(form, "fi")}
    if scripts:
        look(phone)
        tab_to(phone, "#recommendation-1")
        phone.keyboard.press("ArrowRight")
        assert phone.locator("input[name=f-recommendation]:checked").get_attribute("value") == "1"
    else:
        phone.locator("#recommendation-10").check()
    group = phone.get_by_role("group", name=steps["access"].label)
    choose_in(group, steps["access"].options[3].label)
    phone.get_by_label(steps["went_well"].label).fill("Ihmiset.")
    press(phone, "Send the feedback")
    expect(phone.get_by_role("status")).to_be_visible()
    assert phone.get_by_role("link", name=word(phone, "Give feedback")).count() == 0
    phone.goto("/c/feedback")
    assert "/c/thanks" in phone.url


def choose_in(group: object, label: str) -> None:
    """Choose an answer of one question among many on the page."""
    group.get_by_label(label, exact=True).check()  # type: ignore[attr-defined]


def test_the_list_of_who_has_looked_reads_well(windows: Windows, site: Site) -> None:
    phone = send_all(windows, site, "Luku Lista")
    follow(phone, "Who has looked at my answers")
    look(phone)
    expect_message(phone, "Who has looked at my answers")
    assert "Luku Lista" not in text_of(phone)
    follow(phone, "Back")
    expect_message(phone, "Thank you. Your answers have been sent.")


def test_pages_of_feedback_fit_and_read_well(windows: Windows, site: Site) -> None:
    for role, page in (
        (Role.PROVIDER_MANAGER, "/desk/feedback"),
        (Role.ANALYST, "/county/feedback"),
    ):
        window = windows.open_for(site.sign_in_of(role).email)
        window.goto(page)
        look(window)
