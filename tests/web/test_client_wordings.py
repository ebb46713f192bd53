"""Plain Finnish on clients' pages, and who answered, who helped, who was there: all stored with the sheet."""

from typing import Any

import pytest
from sqlalchemy import update

from evalplat.instruments import questions
from evalplat.language import PLAIN_FINNISH, get_translator
from evalplat.services.actors import Actor
from evalplat.storage.tables import Client
from evalplat.vocabulary import Mode, Respondent

SYSTEM = Actor.system("test")
PLAIN = get_translator(PLAIN_FINNISH)
PROMISE = (
    "Your own worker sees your answers. The county sees figures about groups, never your name."
)
ELSEWHERE = (
    "These questions are not available in the language you chose, so they are shown in another one."
)
CHECK = {"helped": "worker", "respondent": "proxy", "present": "interpreter"}


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


@pytest.fixture
def plain(world: Any, episode: Any) -> Any:
    """The same episode, its client known to read plain language better."""
    with world.wiring.transaction(SYSTEM) as session:
        session.execute(update(Client).values(plain_language=True))
    return episode


def begin(world: Any, episode: Any, **wish: Any) -> Any:
    browser = world.browser()
    browser.get("/c")
    browser.post("/c", {"code": world.invite(episode).code})
    return browser


def answer_all(browser: Any) -> None:
    for code in (*(f"S{n}" for n in range(1, 12)), "works_or_studies"):
        browser.get(f"/c/q/{code}")
        browser.post(f"/c/q/{code}", {"answer": "0"})


def test_the_door_opens_in_plain_finnish_for_who_reads_that_better(world: Any, plain: Any) -> None:
    browser = begin(world, plain)
    browser.get("/c/welcome")
    assert f'<html lang="{PLAIN_FINNISH}" dir="ltr">' in browser.page
    assert PLAIN(PROMISE) in browser.page
    answer_all(browser)
    browser.get("/c/check")
    assert browser.post("/c/check").location == "/c/thanks"
    assert world.sheet(plain).language == PLAIN_FINNISH


def test_lesson_10_a_wording_that_is_missing_is_shown_in_finnish_and_said(
    world: Any, episode: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    instrument = world.wiring.catalogue.get("whodas-2.0-12")
    texts = {code: text for code, text in instrument.texts.items() if code != PLAIN_FINNISH}
    monkeypatch.setitem(instrument.__dict__, "texts", texts)
    monkeypatch.setattr(questions, "_in_order", questions._in_order.__wrapped__)
    browser = begin(world, episode)
    browser.client.set_cookie("language", PLAIN_FINNISH)
    browser.get("/c/welcome")
    assert f'lang="fi" dir="ltr">{texts["fi"].title}' in browser.page
    assert PLAIN(ELSEWHERE) in browser.page
    browser.get("/c/q/S1")
    assert f'<h1 lang="fi" dir="ltr">{texts["fi"].items["S1"].label}' in browser.page
    answer_all(browser)
    browser.get("/c/check")
    browser.post("/c/check")
    assert world.sheet(episode).language == "fi"


def test_staff_pages_and_open_pages_have_no_plain_finnish(world: Any) -> None:
    browser = world.browser("worker@birch.example")
    browser.client.set_cookie("language", PLAIN_FINNISH)
    browser.get("/desk")
    assert "Selkokieli" not in browser.page
    stranger = world.browser()
    stranger.client.set_cookie("language", PLAIN_FINNISH)
    stranger.get("/")
    assert '<html lang="fi" dir="ltr">' in stranger.page
    assert "Selkokieli" not in stranger.page
    stranger.get("/c")
    assert f'<html lang="{PLAIN_FINNISH}"' in stranger.page


def test_a_client_s_page_does_not_care_who_is_signed_in(world: Any) -> None:
    browser = world.browser("worker@birch.example")
    browser.client.set_cookie("language", "sv")
    browser.get("/c")
    assert '<html lang="sv"' in browser.page


def test_who_answered_who_helped_and_who_was_there_are_stored_with_the_sheet(
    world: Any, episode: Any
) -> None:
    browser = begin(world, episode)
    answer_all(browser)
    browser.get("/c/check")
    assert browser.post("/c/check", CHECK).location == "/c/thanks"
    sheet = world.sheet(episode)
    assert (sheet.respondent, sheet.mode) == (Respondent.PROXY, Mode.PROXY)
    assert (sheet.answered_with, sheet.present) == ("worker", "interpreter")


def test_lesson_4_too_long_a_word_about_who_was_there_discards_nothing(
    world: Any, episode: Any
) -> None:
    browser = begin(world, episode)
    answer_all(browser)
    browser.get("/c/check")
    long = "x" * 201
    assert browser.post("/c/check", {**CHECK, "present": long}).status_code == 422
    assert f'value="{long}"' in browser.page
    assert 'href="#present"' in browser.page
    assert 'value="proxy" checked' in browser.page
    assert 'value="worker" checked' in browser.page
    assert world.sheet(episode) is None


def test_switching_the_language_on_the_last_page_keeps_what_was_said_there(
    world: Any, episode: Any
) -> None:
    browser = begin(world, episode)
    answer_all(browser)
    browser.get("/c/check")
    browser.post("/c/check", {**CHECK, "switch_language": PLAIN_FINNISH})
    assert 'value="interpreter"' in browser.page
    assert 'value="proxy" checked' in browser.page
    assert world.sheet(episode) is None


def test_a_proxy_s_answers_are_told_apart_on_the_sheet_and_in_the_course(
    world: Any, episode: Any
) -> None:
    administration = world.administration(episode, "whodas-2.0-12")
    worker = world.browser("worker@birch.example")
    path = f"/desk/episodes/{episode.id}/administrations/{administration}/sheet"
    worker.get(path)
    answers = {f"a-S{n}": "1" for n in range(1, 13)} | {"a-works_or_studies": "1"}
    form = {
        **answers, "measured_on": "2026-11-24", "mode": "self", "respondent": "proxy", "answered_with": "other",
        "present": "daughter", "language": PLAIN_FINNISH, "key": "a-key-of-the-test-1",
    }  # fmt: skip
    assert worker.post(path, form).status_code == 422
    assert "so the client did not fill it in" in worker.page
    assert 'value="daughter"' in worker.page
    assert worker.post(path, {**form, "mode": "paper"}).status_code == 303
    worker.get(path)
    for told in ("Somebody close to the client", "daughter", "Selkokieli", "On paper"):
        assert told in worker.page
    worker.get(f"/desk/episodes/{episode.id}/course")
    assert "Answered by: Somebody close to the client" in worker.page
    sheet = world.sheet(episode)
    assert (sheet.mode, sheet.language, sheet.present) == (Mode.PAPER, PLAIN_FINNISH, "daughter")


def test_a_correction_keeps_how_the_sheet_was_filled_in(world: Any, episode: Any) -> None:
    browser = begin(world, episode)
    answer_all(browser)
    browser.get("/c/check")
    browser.post("/c/check", CHECK)
    administration = world.administration(episode, "whodas-2.0-12")
    worker = world.browser("worker@birch.example")
    path = f"/desk/episodes/{episode.id}/administrations/{administration}/sheet"
    worker.get(f"{path}?correct=1")
    answers = {f"a-S{n}": "1" for n in range(1, 12)} | {"a-works_or_studies": "0"}
    form = {
        **answers, "measured_on": "2026-11-24", "mode": "self", "respondent": "client", "reason": "typed wrongly",
        "correct": "1", "base_revision": "1", "key": "a-key-of-the-test-2",
    }  # fmt: skip
    assert worker.post(path, form).status_code == 303
    sheet = world.sheet(episode)
    assert (sheet.revision, sheet.respondent, sheet.present) == (2, Respondent.PROXY, "interpreter")
