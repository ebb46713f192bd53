"""What goes wrong on phones: sent twice, two windows, no network, ended sessions, scanners of links, no pointer."""

import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from journeys.installation import WHODAS, Site, administration_of
from journeys.steps import (
    answer,
    checked_answer,
    choose,
    enter_code,
    expect_heading,
    expect_message,
    follow,
    listed_answers,
    press,
    questions_of,
    switch_to,
    tab_to,
    text_of,
    word,
    worded,
)
from journeys.windows import Windows, look
from playwright.sync_api import Page, Route, expect

from evalplat.instruments.definition import Instrument
from evalplat.services.views import Invitation

pytestmark = pytest.mark.browser

ANSWERS: dict[str, object] = {
    **{f"S{number}": number % 5 for number in range(1, 12)}, "works_or_studies": False
}  # fmt: skip
WEIGHT_OF_A_QUESTION = 60_000


@dataclass(frozen=True)
class Invited:
    """A new client's code, and the sheet that it opens."""

    invitation: Invitation
    administration_id: str

    @property
    def code(self) -> str:
        return self.invitation.code


@pytest.fixture
def invite(site: Site) -> Callable[[str], Invited]:
    def make(number: str) -> Invited:
        episode = site.open_episode(number, "Kide Koodinsaaja")
        return Invited(site.invite(episode), administration_of(episode, WHODAS))

    return make


@pytest.fixture
def whodas(site: Site) -> Instrument:
    return site.instrument()


def begin(page: Page, code: str, message: str = "Begin") -> None:
    enter_code(page, code)
    follow(page, message)


def test_sending_twice_gives_one_sheet_and_the_same_receipt(
    windows: Windows, site: Site, invite: Callable[[str], Invited]
) -> None:
    client = invite("TWICE-1")
    site.answer(client.invitation, ANSWERS)
    first = windows.open_phone()
    begin(first, client.code, "Check your answers")
    second = first.context.new_page()
    second.goto(first.url)
    first.get_by_role("button", name=word(first, "Send my answers")).dblclick()
    expect_message(first, "Thank you. Your answers have been sent.")
    receipt = text_of(first)
    stored = site.sheet(client.administration_id)

    press(second, "Send my answers")
    expect_message(second, "Thank you. Your answers have been sent.")
    assert text_of(second) == receipt
    first.go_back()
    expect_message(first, "Thank you. Your answers have been sent.")
    assert text_of(first) == receipt
    assert stored is not None
    assert site.sheet(client.administration_id) == stored
    assert site.count_sheets(client.administration_id) == 1


def test_two_windows_at_once_lose_nothing(
    windows: Windows, invite: Callable[[str], Invited], whodas: Instrument
) -> None:
    client = invite("WINDOWS-1")
    first = windows.open_phone()
    begin(first, client.code)
    second = first.context.new_page()
    second.goto(first.url)
    answer(first, whodas, {"S1": 4, "S2": 3, "S3": 2})
    choose(second, questions_of(second, whodas)["S1"].show(0))
    press(second, "Continue")
    expect_heading(second, questions_of(second, whodas)["S2"].label)
    press(second, "Continue")
    answer(first, whodas, {"S4": 1})
    answer(second, whodas, {"S3": 2})
    first.goto("/c/check")
    kept = {q: a for q, a in listed_answers(first).items() if a != word(first, "No answer")}
    assert kept == worded(first, whodas, {"S1": 0, "S2": 3, "S3": 2, "S4": 1})


def test_a_session_that_ends_halfway_keeps_what_was_saved(
    windows: Windows, invite: Callable[[str], Invited], whodas: Instrument
) -> None:
    client = invite("ENDED-1")
    phone = windows.open_phone()
    begin(phone, client.code)
    answer(phone, whodas, {"S1": 1, "S2": 2, "S3": 3})
    questions = questions_of(phone, whodas)
    expect_heading(phone, questions["S4"].label)
    phone.context.clear_cookies()
    choose(phone, questions["S4"].show(4))
    press(phone, "Continue")
    expect_message(phone, "Enter your code")
    begin(phone, client.code, "Go on where you were")
    expect_heading(phone, questions["S4"].label)
    assert checked_answer(phone) == ""
    for code, value in {"S3": 3, "S2": 2, "S1": 1}.items():
        press(phone, "Back")
        expect_heading(phone, questions[code].label)
        assert checked_answer(phone) == questions[code].show(value)


def test_lesson_7_a_network_that_drops_between_two_answers_loses_nothing(
    windows: Windows, invite: Callable[[str], Invited], whodas: Instrument
) -> None:
    """Once before the answer reached the server, and once when only the server's reply was lost."""
    phone = windows.open_phone()
    begin(phone, invite("NETWORK-1").code)
    answer(phone, whodas, {"S1": 1, "S2": 2})
    questions = questions_of(phone, whodas)
    choose(phone, questions["S3"].show(3))
    going_on = word(phone, "Continue")
    phone.context.set_offline(True)
    phone.get_by_role("button", name=going_on, exact=True).click()
    phone.wait_for_url("chrome-error://**")
    phone.context.set_offline(False)
    phone.reload()
    expect_heading(phone, questions["S4"].label)

    def lose_the_reply(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    phone.route("**/c/q/S4", lose_the_reply)
    choose(phone, questions["S4"].show(4))
    phone.get_by_role("button", name=going_on, exact=True).click()
    phone.wait_for_url("chrome-error://**")
    phone.unroute("**/c/q/S4")
    phone.go_back()
    for code, value in {"S2": 2, "S3": 3}.items():
        expect_heading(phone, questions[code].label)
        assert checked_answer(phone) == questions[code].show(value)
        press(phone, "Continue")
    expect_heading(phone, questions["S4"].label)
    assert checked_answer(phone) == questions["S4"].show(4)
    look(phone)
    press(phone, "Continue")
    phone.goto("/c/check")
    kept = {q: a for q, a in listed_answers(phone).items() if a != word(phone, "No answer")}
    assert kept == worded(phone, whodas, {"S1": 1, "S2": 2, "S3": 3, "S4": 4})
    look(phone)


def test_the_browsers_own_back_button_shows_what_is_stored_and_sends_nothing_twice(
    windows: Windows, site: Site, invite: Callable[[str], Invited], whodas: Instrument
) -> None:
    client = invite("BACK-1")
    phone = windows.open_phone()
    begin(phone, client.code)
    answer(phone, whodas, {"S1": 1, "S2": 2, "S3": 3})
    questions = questions_of(phone, whodas)
    for code, value in {"S3": 3, "S2": 2}.items():
        phone.go_back()
        expect_heading(phone, questions[code].label)
        assert checked_answer(phone) == questions[code].show(value)
    answer(phone, whodas, {"S2": 0})
    expect_heading(phone, questions["S3"].label)
    phone.go_forward()
    look(phone)
    site.answer(client.invitation, {**ANSWERS, "S1": 1, "S2": 0, "S3": 3})
    phone.goto("/c/check")
    press(phone, "Send my answers")
    expect_message(phone, "Thank you. Your answers have been sent.")
    for _ in range(2):
        phone.go_back()
        expect_message(phone, "Thank you. Your answers have been sent.")
    assert site.count_sheets(client.administration_id) == 1


def test_an_answer_not_yet_sent_comes_along_when_the_language_is_switched(
    windows: Windows, invite: Callable[[str], Invited], whodas: Instrument
) -> None:
    phone = windows.open_phone()
    begin(phone, invite("SWITCH-1").code)
    choose(phone, questions_of(phone, whodas)["S1"].show(3))
    for language in ("en", "sv", "fi"):
        switch_to(phone, language)
        question = questions_of(phone, whodas)["S1"]
        expect_heading(phone, question.label)
        assert checked_answer(phone) == question.show(3)


def test_a_scanner_that_opens_the_link_uses_nothing_up(
    windows: Windows, site: Site, invite: Callable[[str], Invited], whodas: Instrument
) -> None:
    client = invite("SCANNER-1")
    address = f"{site.address}/c/l/{client.invitation.token}"
    for number in range(20):
        method = "HEAD" if number % 2 else "GET"
        with urllib.request.urlopen(urllib.request.Request(address, method=method)) as response:
            assert response.status == 200
            assert "visit" not in str(response.headers.get_all("Set-Cookie"))
    phone = windows.open_phone()
    phone.goto(address)
    expect_message(phone, "Questions for you")
    press(phone, "Begin")
    follow(phone, "Begin")
    answer(phone, whodas, {"S1": 2})
    expect_heading(phone, questions_of(phone, whodas)["S2"].label)


def test_a_question_is_answered_with_the_keyboard_alone(
    windows: Windows, invite: Callable[[str], Invited], whodas: Instrument
) -> None:
    desk = windows.open_desk()
    desk.goto("/c")
    tab_to(desk, "#code")
    desk.keyboard.type(invite("KEYS-1").code)
    desk.keyboard.press("Enter")
    expect_heading(desk, whodas.text("fi").title)
    desk.get_by_role("link", name=word(desk, "Begin"), exact=True).press("Enter")
    questions = questions_of(desk, whodas)
    expect_heading(desk, questions["S1"].label)
    tab_to(desk, "input[type=radio]")
    desk.keyboard.press("Space")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    assert checked_answer(desk) == questions["S1"].show(2)
    tab_to(desk, "button[value=continue]")
    desk.keyboard.press("Enter")
    expect_heading(desk, questions["S2"].label)
    tab_to(desk, "button[value=back]")
    desk.keyboard.press("Enter")
    expect_heading(desk, questions["S1"].label)
    assert checked_answer(desk) == questions["S1"].show(2)


def test_going_on_without_an_answer_says_so_and_moves_the_focus_there(
    windows: Windows, invite: Callable[[str], Invited], whodas: Instrument
) -> None:
    phone = windows.open_phone()
    begin(phone, invite("EMPTY-1").code)
    press(phone, "Continue")
    expect(phone.get_by_role("alert")).to_be_focused()
    expect_heading(phone, questions_of(phone, whodas)["S1"].label)
    choose(phone, word(phone, "I do not want to answer"))
    press(phone, "Continue")
    expect_heading(phone, questions_of(phone, whodas)["S2"].label)


def test_a_question_weighs_little_and_its_answers_are_easy_to_hit(
    windows: Windows, invite: Callable[[str], Invited]
) -> None:
    phone = windows.open_phone()
    begin(phone, invite("WEIGHT-1").code)
    wire = phone.context.new_cdp_session(phone)
    weights: list[int] = []
    wire.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    phone.reload(wait_until="networkidle")
    assert len(weights) >= 3, "the page and its two style sheets"
    assert sum(weights) < WEIGHT_OF_A_QUESTION
    heights = phone.locator(".option label, .button, .languages button").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert len(heights) > 8
    assert min(heights) >= 44
