"""Plain words, a language written from the right, a lent device that keeps nothing, pages light for any phone."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from journeys.installation import LIFE, SYSTEM, WHODAS, Site, administration_of, today
from journeys.steps import (
    answer,
    checked_answer,
    choose,
    enter_code,
    expect_heading,
    expect_message,
    follow,
    go_by,
    press,
    questions_of,
    row_of,
    switch_to,
    tab_to,
    text_of,
    word,
)
from journeys.windows import PATIENCE, Windows, look
from playwright.sync_api import Browser, Locator, Page, Response, expect
from werkzeug.serving import make_server

from evalplat import language
from evalplat.app import create_app
from evalplat.instruments.definition import Instrument, ItemText
from evalplat.language import PLAIN_FINNISH
from evalplat.services.answers import submit_answers
from evalplat.services.goals import agree_goals
from evalplat.services.requests import GoalRequest
from evalplat.vocabulary import MeasurementPoint, Respondent, Role
from evalplat.web import languages
from evalplat.wiring import Wiring

pytestmark = pytest.mark.browser

ANSWERS: dict[str, object] = {
    **{f"S{number}": number % 5 for number in range(1, 12)}, "works_or_studies": False
}  # fmt: skip
ARABIC = "العربية"
HEAVIEST = 60_000
PAGES = ("/c/welcome", "/c/q/S1", "/c/check")
AFTERWARDS = ("/c/thanks", "/c/contact", "/c/feedback", "/c/looked", "/c/rights")


def test_lesson_10_switching_to_plain_finnish_keeps_page_and_answers(
    windows: Windows, site: Site
) -> None:
    episode = site.open_episode("PLAIN-1", "Selma Selkonen")
    phone = windows.open_phone()
    enter_code(phone, site.invite(episode).code)
    follow(phone, "Begin")
    choose(phone, questions_of(phone, site.instrument())["S1"].show(3))
    switch_to(phone, PLAIN_FINNISH)
    question = questions_of(phone, site.instrument())["S1"]
    expect_heading(phone, question.label)
    assert question.label == site.instrument().texts[PLAIN_FINNISH].items["S1"].label
    assert checked_answer(phone) == question.show(3)
    look(phone)
    press(phone, "Continue")
    answer(phone, site.instrument(), {code: v for code, v in ANSWERS.items() if code != "S1"})
    expect_message(phone, "Check your answers")
    look(phone)
    choose(phone, word(phone, "Yes, somebody else"))
    phone.get_by_label(word(phone, "Was somebody there while you answered?")).fill("tulkki")
    switch_to(phone, "fi")
    switch_to(phone, PLAIN_FINNISH)
    press(phone, "Send my answers")
    expect_message(phone, "Thank you. Your answers have been sent.")
    sheet = site.sheet(administration_of(episode, WHODAS))
    assert sheet is not None
    assert (sheet.language, sheet.answered_with, sheet.present) == (
        PLAIN_FINNISH,
        "other",
        "tulkki",
    )


def test_a_lent_device_shows_the_next_person_nothing(windows: Windows, site: Site) -> None:
    episode = site.open_episode("LENT-1", "Laina Laitteinen")
    device = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    stored: list[str] = []
    device.on("response", lambda r: stored.extend(_may_be_kept(r)))
    device.goto(f"/desk/episodes/{episode.id}")
    go_by(
        device,
        row_of(device, site.instrument(), "Baseline").get_by_role(
            "link", name=word(device, "Answer on this device")
        ),
    )
    look(device)
    press(device, "Sign me out and begin")
    expect_heading(device, site.instrument().text("fi").title)
    device.go_back()
    assert "/desk" not in device.url.partition("?")[0]
    device.goto(f"/desk/episodes/{episode.id}")
    assert "/sign-in" in device.url
    device.goto("/c/welcome")
    follow(device, "Begin")
    answer(device, site.instrument(), ANSWERS)
    expect_message(device, "Check your answers")
    secret = questions_of(device, site.instrument())["S1"].label
    device.get_by_label(word(device, "Somebody else answered for the person")).check()
    device.get_by_role("button", name=word(device, "Send my answers")).dblclick()
    expect(device.get_by_role("heading", level=1)).to_have_text(
        word(device, "Thank you. Your answers have been sent.")
    )
    look(device)
    follow(device, "Ask to be contacted")
    look(device)
    press(device, "Ask to be contacted")
    assert word(device, "You have asked to be contacted") in text_of(device)
    look(device)
    press(device, "I am ready")
    expect_message(device, "Thank you. Your answers have been sent.")
    assert device.context.cookies() == []
    assert device.evaluate("localStorage.length + sessionStorage.length") == 0
    for _step in range(6):
        device.go_back(wait_until="domcontentloaded")
        assert secret not in text_of(device)
        assert "/c/q/" not in device.url and "/c/check" not in device.url
    assert stored == []
    sheet = site.sheet(administration_of(episode, WHODAS))
    assert sheet is not None
    assert sheet.respondent is Respondent.PROXY
    assert site.count_sheets(administration_of(episode, WHODAS)) == 1


def _may_be_kept(response: Response) -> list[str]:
    """Pages that a browser may keep; style sheets say nothing of a person."""
    personal = response.url.count("/static/") == 0 and not response.url.startswith("data:")
    kept = response.headers.get("cache-control") != "no-store"
    return [response.url] if personal and kept else []


def test_a_device_at_its_start_page_takes_a_code_by_keyboard_and_without_scripts(
    windows: Windows, site: Site
) -> None:
    code = site.invite(site.open_episode("LENT-2", "Koodi Kirjoittaja"), LIFE).code
    device = windows.open_phone(scripts=False)
    device.goto("/c/kiosk")
    assert device.context.cookies() == []
    go_by(device, device.get_by_role("link", name=word(device, "Enter the code")))
    device.get_by_label(word(device, "Code"), exact=True).fill(code)
    press(device, "Continue")
    follow(device, "Begin")
    press(device, "Stop now and go on later")
    expect(device.get_by_role("heading", level=1)).to_have_text(
        word(device, "This device is ready for the next person.")
    )
    assert device.context.cookies() == []
    keyboard = windows.open_desk()
    keyboard.goto("/c/kiosk")
    tab_to(keyboard, "a.button")
    keyboard.keyboard.press("Enter")
    expect_message(keyboard, "Enter your code")


def test_a_client_gets_through_by_keyboard_without_scripts_on_320_pixels_and_finds_the_receipt_again(
    windows: Windows, site: Site
) -> None:
    """320 pixels are also what is left of a screen of 1280 at 400 % zoom."""
    invitation = site.invite(site.open_episode("NARROW-1", "Näppäin Kapeanen"))
    phone = windows.open_phone(scripts=False)
    phone.set_viewport_size({"width": 320, "height": 640})
    enter_code(phone, invitation.code)
    site.answer(invitation, {code: value for code, value in ANSWERS.items() if code != "S1"})
    for address in ("/c/q/S1", "/c/check"):
        phone.goto(address)
        assert phone.evaluate("document.scrollingElement.scrollWidth") <= 321
    phone.goto("/c/q/S1")
    tab_to(phone, "input[type=radio]")
    phone.keyboard.press("Space")
    tab_to(phone, "main button.first")
    with phone.expect_navigation():
        phone.keyboard.press("Enter")
    phone.goto("/c/check")
    press(phone, "Send my answers")
    expect_message(phone, "Thank you. Your answers have been sent.")
    again = windows.open_phone()
    enter_code(again, invitation.code)
    expect_message(again, "Thank you. Your answers have been sent.")
    assert "/c/thanks" in again.url
    look(again)


def test_every_client_page_weighs_less_than_60_kilobytes_on_a_first_visit(
    windows: Windows, site: Site
) -> None:
    invitation = site.invite(site.open_episode("LIGHT-1", "Kevyt Sivu"))
    phone = windows.open_phone()
    for address in (
        "/c",
        f"/c/l/{invitation.token}",
        "/c/kiosk",
        "/c/kiosk/code",
        "/saavutettavuus",
        "/tietosuoja",
    ):
        _weigh(phone, address)
    enter_code(phone, invitation.code)
    site.answer(invitation, ANSWERS)
    for language_of_page in (PLAIN_FINNISH, "en"):
        switch_to(phone, language_of_page)
        for address in PAGES:
            _weigh(phone, address)
    press(phone, "Send my answers")
    for address in AFTERWARDS:
        _weigh(phone, address)


def test_a_used_code_s_receipt_and_a_lent_device_s_thanks_are_light_too(
    windows: Windows, site: Site
) -> None:
    invitation = site.invite(site.open_episode("LIGHT-3", "Kevyt Kuitti"))
    site.answer(invitation, ANSWERS)
    device = windows.open_phone()
    device.goto("/c/kiosk/code")
    device.get_by_label(word(device, "Code"), exact=True).fill(invitation.code)
    press(device, "Continue")
    for address in ("/c/kiosk/still", "/c/kiosk/still?code=S1", "/c/check"):
        _weigh(device, address)
    press(device, "Send my answers")
    for address in ("/c/thanks", "/c/contact", "/c/feedback", "/c/kiosk/still"):
        _weigh(device, address)
    expect_message(device, "Are you still there?")
    again = windows.open_phone()
    enter_code(again, invitation.code)
    assert again.locator("main ul li").count() == 2, "a used code's receipt shows no own change"
    for address in AFTERWARDS:
        _weigh(again, address)


def test_the_page_with_the_own_change_and_goals_is_light_too(windows: Windows, site: Site) -> None:
    opened = today() - timedelta(days=170)
    episode = site.open_episode("LIGHT-2", "Kevyt Kuva", opened)
    at = site.wiring.clock()
    levels = ("Ei lainkaan", "Kerran kuussa", "Kerran viikossa", "Kahdesti viikossa", "Joka päivä")
    goals = [
        GoalRequest(title=f"Lähden kotoa {n}", levels=levels, baseline_level=-1) for n in (1, 2, 3)
    ]
    with site.wiring.transaction(SYSTEM) as session:
        submit_answers(
            session, site.wiring.catalogue, SYSTEM, raw={**ANSWERS, "works_or_studies": False},
            administration_id=administration_of(episode, WHODAS), measured_on=opened, at=at,
            idempotency_key="light-baseline",
        )  # fmt: skip
        agree_goals(
            session, site.wiring.catalogue, SYSTEM, episode_id=episode.id, goals=goals, at=at
        )
    end = site.invite_to(administration_of(episode, WHODAS, MeasurementPoint.END))
    site.answer(end, {**ANSWERS, "S3": 0, "S4": 0})
    phone = windows.open_phone()
    enter_code(phone, end.code)
    follow(phone, "Check your answers")
    press(phone, "Send my answers")
    assert phone.locator(".picture svg").count() > 0
    _weigh(phone, "/c/thanks")


def _weigh(page: Page, address: str) -> None:
    """Load a page with nothing in the browser's store, and count what came over the wire, headers too."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.clearBrowserCache")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="load")
    icon = page.request.get("/static/mark.svg")
    total = sum(sizes) + len(icon.body()) + 500
    wire.detach()
    assert sizes and page.url.endswith(address), f"{page.url} was weighed for {address}"
    assert total < HEAVIEST, f"{address} weighs {total:.0f} bytes"


# A language written from the right


def test_pages_mirror_for_a_language_written_from_the_right(
    arabic: str, browser: Browser, site: Site
) -> None:
    """The words are made up; what counts is that everything fits and stands on the right side."""
    invitation = site.invite(site.open_episode("RIGHT-1", "Oikea Oikeanen"))
    with closing(
        browser.new_context(base_url=arabic, locale="ar", viewport={"width": 390, "height": 844})
    ) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto("/c")
        _arrive_by(page, page.get_by_role("button", name=ARABIC, exact=True))
        assert page.locator("html").get_attribute("dir") == "rtl"
        look(page)
        page.locator("input.code").fill(invitation.code)
        _arrive_by(page, page.locator("main button.button"))
        look(page)
        _arrive_by(page, page.locator("a.button"))
        mark = page.locator(".option input").first.bounding_box()
        line = page.locator(".option label").first.bounding_box()
        assert mark is not None and line is not None
        assert mark["x"] > line["x"] + line["width"] / 2
        assert page.locator("h1").evaluate("e => getComputedStyle(e).direction") == "rtl"
        look(page)
        _arrive_by(page, page.locator("main button.first"))
        look(page)
        assert page.locator(".error-summary").evaluate(
            "e => parseFloat(getComputedStyle(e).borderRightWidth)"
        ) == pytest.approx(8, abs=0.5)
        site.answer(invitation, ANSWERS)
        page.goto("/c/check")
        look(page)


def _arrive_by(page: Page, way: Locator) -> None:
    """Click, and be on the next page with its style sheets: without them there is nothing to measure."""
    with page.expect_navigation(wait_until="load"):
        way.click()


@pytest.fixture
def arabic(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The same county's pages in this process, with a made-up Arabic among the clients' languages."""
    (tmp_path / "ar" / "LC_MESSAGES").mkdir(parents=True)
    catalogue = Catalog(locale="ar")
    for message, words in _made_up_messages().items():
        catalogue.add(message, words)
    with (tmp_path / "ar" / "LC_MESSAGES" / "messages.mo").open("wb") as stream:
        write_mo(stream, catalogue)
    (tmp_path / "fi").symlink_to(language.FOLDER / "fi")
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setitem(languages.CLIENT_NAMES, "ar", ARABIC)
    language.get_catalogue.cache_clear()
    instruments = {
        key: _in_arabic(instrument) for key, instrument in site.wiring.catalogue.instruments.items()
    }
    wiring = replace(
        site.wiring,
        catalogue=replace(site.wiring.catalogue, instruments=instruments),
        settings=replace(site.wiring.settings, secret_key="0123456789abcdef" * 3),
    )
    with _serve(wiring) as address:
        yield address
    language.get_catalogue.cache_clear()


def _made_up_messages() -> dict[str, str]:
    from babel.messages.pofile import read_po

    with (language.FOLDER / PLAIN_FINNISH / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        ids = [m.id for m in read_po(stream) if isinstance(m.id, str) and m.id]
    return {text: _made_up(text) for text in ids}


def _made_up(text: str) -> str:
    """Arabic letters for Latin ones, places left as they are."""
    letters = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
    out = []
    for part in text.split(" "):
        plain = part.isascii() and part.isalpha()
        out.append("".join(letters[ord(c) % len(letters)] for c in part) if plain else part)
    return " ".join(out)


def _in_arabic(instrument: Instrument) -> Instrument:
    english = instrument.texts["en"]

    def all_of(texts: Any) -> dict[str, str]:
        return {key: _made_up(text) for key, text in texts.items()}

    texts = replace(
        english,
        language="ar",
        title=_made_up(english.title),
        introduction=_made_up(english.introduction),
        recall=_made_up(english.recall),
        items={c: ItemText(_made_up(t.label), _made_up(t.help)) for c, t in english.items.items()},
        conditions={
            c: ItemText(_made_up(t.label), _made_up(t.help)) for c, t in english.conditions.items()
        },
        options=all_of(english.options),
    )
    return replace(instrument, texts={**instrument.texts, "ar": texts})


@contextmanager
def _serve(wiring: Wiring) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(wiring), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
