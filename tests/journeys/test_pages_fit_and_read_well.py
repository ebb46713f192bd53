"""Every kind of page, narrow and wide, by axe's rules; the client's and the public ones in three languages."""

import pytest
from journeys.installation import LIFE, WHODAS, Site, administration_of
from journeys.steps import (
    answer,
    choose,
    enter_code,
    expect_heading,
    expect_message,
    follow,
    language_of,
    make_code,
    press,
    questions_of,
    sign_in,
    switch_to,
    word,
)
from journeys.windows import LOCALES, Windows, look
from playwright.sync_api import Page, expect

from evalplat.vocabulary import MeasurementPoint, Role

pytestmark = pytest.mark.browser

PUBLIC = (
    "/",
    "/sign-in",
    "/saavutettavuus",
    "/tietosuoja",
    "/c",
    "/c/l/no-such-token",
    "/no-such-page",
)
WHODAS_ANSWERS: dict[str, object] = {
    "works_or_studies": False, **{f"S{number}": number % 4 for number in range(1, 12)}
}  # fmt: skip
languages = pytest.mark.parametrize("language", LOCALES)


@languages
def test_public_pages_are_in_the_browsers_language_fit_and_read_well(
    windows: Windows, language: str
) -> None:
    phone = windows.open_phone(language)
    for address in PUBLIC:
        phone.goto(address)
        assert language_of(phone) == language
        look(phone)
    phone.goto("/c/l/no-such-token")
    press(phone, "Begin")
    expect(phone.get_by_role("alert")).to_be_focused()
    look(phone)
    phone.goto("/c")
    press(phone, "Continue")
    expect(phone.get_by_role("alert")).to_be_focused()
    look(phone)
    phone.goto("/sign-in")
    phone.get_by_label(word(phone, "E-mail address")).fill("nobody@nowhere.example")
    phone.get_by_label(word(phone, "Password")).fill("not a password of anybody")
    press(phone, "Sign in")
    expect(phone.get_by_role("alert")).to_be_focused()
    expect(phone.get_by_label(word(phone, "E-mail address"))).to_have_value(
        "nobody@nowhere.example"
    )
    look(phone)


@languages
def test_client_pages_are_in_the_clients_language_fit_and_read_well(
    windows: Windows, site: Site, language: str
) -> None:
    episode = site.open_episode(f"PAGES-{language}", "Usva Lukija", language=language)
    phone = windows.open_phone(language)
    look_at_questions_side_by_side(phone, site, site.invite(episode, LIFE).code)

    invitation = site.invite(episode)
    whodas = site.instrument()
    enter_code(phone, invitation.code)
    expect_heading(phone, whodas.text(language).title)
    assert language_of(phone) == language
    look(phone)
    follow(phone, "Begin")
    expect_heading(phone, whodas.text(language).items["S1"].label)
    press(phone, "Continue")
    expect(phone.get_by_role("alert")).to_be_focused()
    look(phone)
    choose(phone, word(phone, "I do not want to answer"))
    press(phone, "Continue")
    expect_heading(phone, whodas.text(language).items["S2"].label)
    phone.goto("/c/check")
    look(phone)
    site.answer(invitation, WHODAS_ANSWERS)
    phone.goto("/c/q/works_or_studies")
    look(phone)
    phone.goto("/c/check")
    press(phone, "Send my answers")
    expect_message(phone, "Thank you. Your answers have been sent.")
    look(phone)
    press(phone, "Close this page")
    expect_message(phone, "The page is closed")
    look(phone)


def look_at_questions_side_by_side(phone: Page, site: Site, code: str) -> None:
    """A question whose answers are the numbers from 0 to 10, and stopping in the middle."""
    enter_code(phone, code)
    follow(phone, "Begin")
    life = site.instrument(LIFE)
    first, second, third = list(questions_of(phone, life))[:3]
    answer(phone, life, {first: 10, second: 0})
    expect_heading(phone, questions_of(phone, life)[third].label)
    look(phone)
    press(phone, "Stop now and go on later")
    expect_message(phone, "Your answers are saved")
    look(phone)


def test_a_client_who_answers_again_sees_the_change_on_a_page_that_fits(
    windows: Windows, site: Site
) -> None:
    """Two measurements make a picture and words of change, at the end of the second."""
    episode = site.open_episode("PAGES-AGAIN", "Usva Uudestaan")
    for point, hardship in ((MeasurementPoint.BASELINE, 3), (MeasurementPoint.END, 0)):
        invitation = site.invite_to(administration_of(episode, WHODAS, point))
        site.answer(invitation, {**WHODAS_ANSWERS, "S1": hardship, "S2": hardship, "S3": hardship})
        phone = windows.open_phone()
        enter_code(phone, invitation.code)
        follow(phone, "Check your answers")
        press(phone, "Send my answers")
        expect_message(phone, "Thank you. Your answers have been sent.")
    expect(
        phone.get_by_role("heading", name=word(phone, "How things have changed"))
    ).to_be_visible()
    expect(phone.locator(".picture svg")).to_have_count(1)
    look(phone)


def test_the_countys_pages_fit_and_read_well(windows: Windows, site: Site) -> None:
    page = windows.open_for(site.sign_in_of(Role.ADMINISTRATOR).email)
    addresses = (
        "/county",
        "/county/instruments",
        "/county/providers",
        "/county/accounts",
        "/county/no-such-page",
        "/desk",
    )
    for address in addresses:
        page.goto(address)
        look(page)
    case_worker = windows.open_for(site.sign_in_of(Role.CASE_WORKER).email)
    case_worker.goto("/county/vouchers/grant")
    look(case_worker)
    press(case_worker, "Grant the voucher")
    expect(case_worker.get_by_role("alert")).to_be_focused()
    look(case_worker)


def test_the_pages_of_export_fit_read_well_and_give_a_file(windows: Windows, site: Site) -> None:
    page = windows.open_for(site.sign_in_of(Role.PROVIDER_MANAGER).email)
    page.goto("/desk")
    follow(page, "Export sheets")
    look(page)
    page.locator("#from").fill("2001-01-01")
    page.locator("#until").fill("2001-01-02")
    press(page, "Download the file")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.locator("#from").fill("")
    page.locator("#until").fill("")
    with page.expect_download() as begun:
        page.get_by_role("button", name=word(page, "Download the file")).click()
    assert begun.value.suggested_filename.startswith("sheets-wide-")
    analyst = windows.open_for(site.sign_in_of(Role.ANALYST).email)
    analyst.goto("/county/export")
    look(analyst)


def test_the_desks_other_pages_fit_and_read_well(windows: Windows, site: Site) -> None:
    episode = site.open_episode("PAGES-DESK", "Usva Lipukkeensaaja")
    page = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    page.goto(f"/desk/episodes/{episode.id}")
    make_code(page, site.instrument())
    look(page)
    page.goto(f"/desk/episodes/{episode.id}")
    look(page)
    page.goto(f"/desk/episodes/{episode.id}/course")
    look(page)
    page.goto("/desk/open")
    number = page.get_by_label(word(page, "Number of the voucher"))
    number.fill("NO-SUCH-VOUCHER")
    press(page, "Look up the voucher")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    number.fill("PAGES-DESK")
    press(page, "Look up the voucher")
    expect(page.get_by_role("link", name=word(page, "Go to the episode"))).to_be_visible()
    look(page)
    page.goto("/desk?state=not_applicable")
    look(page)
    page.goto("/county/instruments/whodas-2.0-36")
    look(page)


def test_a_signed_out_window_is_asked_to_sign_in_and_comes_back_to_its_page(
    windows: Windows, site: Site
) -> None:
    episode = site.open_episode("PAGES-BACK", "Usva Palaaja")
    administration = administration_of(episode, LIFE)
    address = f"/desk/episodes/{episode.id}/administrations/{administration}/sheet"
    worker = site.sign_in_of(Role.PROVIDER_WORKER)
    page = windows.open_desk()
    page.goto(address)
    expect_message(page, "Sign in")
    look(page)
    sign_in(page, worker.email, worker.password)
    assert page.url == site.address + address


def test_what_a_page_must_not_do_would_be_noticed(windows: Windows) -> None:
    """The proof of the windows themselves: a style or a picture from elsewhere does not go by unseen."""
    page = windows.open_desk()
    page.goto("/")
    assert windows.complaints == []
    page.evaluate("document.body.innerHTML += '<p style=\"color: red\">red</p>'")
    page.evaluate('document.body.innerHTML += \'<img alt="" src="http://127.0.0.2:9/x.png">\'')
    page.wait_for_timeout(100)
    told = " ".join(windows.complaints)
    windows.complaints.clear()
    assert "style" in told and "img-src" in told


def test_a_page_that_is_too_wide_or_hard_to_read_would_be_noticed(windows: Windows) -> None:
    page = windows.open_phone()
    page.goto("/")
    page.evaluate("document.querySelector('main').style.minWidth = '500px'")
    with pytest.raises(AssertionError, match="500 pixels wide on a screen of 320"):
        look(page)
    page.goto("/c")
    page.evaluate("document.querySelector('label').remove()")
    with pytest.raises(AssertionError, match="label"):
        look(page)


@languages
def test_the_longest_menu_stands_in_one_row_on_a_desks_screen(
    windows: Windows, site: Site, language: str
) -> None:
    page = windows.open_for(site.sign_in_of(Role.ADMINISTRATOR).email)
    page.goto("/county")
    if language_of(page) != language:
        switch_to(page, language)
    entries = page.locator(".menu li")
    tops = entries.evaluate_all("found => found.map(one => one.getBoundingClientRect().top)")
    assert len(tops) > 7 and len(set(tops)) == 1
    who = page.locator("header .who")
    expect(who.get_by_role("button", name=word(page, "Sign out"))).to_be_visible()
    look(page)
