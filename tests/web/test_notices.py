"""The notices: what happens to clients' data, and the accessibility statement with its form."""

from typing import Any

import pytest

from evalplat.services.accessibility_notes import list_notes
from evalplat.services.actors import Actor

SYSTEM = Actor.system("test")


def notes(world: Any) -> Any:
    with world.wiring.reading(SYSTEM) as session:
        return list_notes(session, SYSTEM, at=world.clock())


@pytest.mark.parametrize("language", ["fi", "sv", "en", "fi-x-selko"])
def test_the_privacy_notice_is_whole_in_every_language_plain_finnish_too(
    world: Any, language: str
) -> None:
    browser = world.browser()
    browser.client.set_cookie("language", language)
    assert browser.get("/tietosuoja").status_code == 200
    assert f'<html lang="{language}"' in browser.page
    years = {"fi": "30 vuotta", "sv": "30 år", "en": "30 years", "fi-x-selko": "30 vuotta"}
    assert years[language] in browser.page


@pytest.mark.parametrize("path", ["/", "/c", "/c/l/some-token", "/sign-in", "/saavutettavuus"])
def test_every_foot_leads_to_both_notices(world: Any, path: str) -> None:
    browser = world.browser()
    browser.get(path)
    foot = browser.page.partition("<footer")[2]
    assert 'href="/tietosuoja"' in foot and 'href="/saavutettavuus"' in foot


def test_feedback_is_kept_and_its_answer_noted(world: Any) -> None:
    browser = world.browser()
    browser.get("/saavutettavuus")
    sent = {"message": "The text is too pale.", "place": "", "email": "bo@example.com"}
    response = browser.post("/saavutettavuus", sent)
    assert (response.status_code, response.location) == (303, "/saavutettavuus?sent=1#feedback")
    (note,) = notes(world)
    assert (note.message, note.email) == ("The text is too pale.", "bo@example.com")
    admin = world.browser("admin@county.example")
    admin.get("/county/data-protection/accessibility")
    assert "The text is too pale." in admin.page and "bo@example.com" in admin.page
    wrong = admin.post(f"/county/data-protection/accessibility/{note.id}", {"answer": ""})
    assert wrong.status_code == 422
    admin.post(f"/county/data-protection/accessibility/{note.id}", {"answer": "Made darker."})
    assert notes(world)[0].answer == "Made darker."


def test_what_was_written_stays_when_something_is_to_mend(world: Any) -> None:
    browser = world.browser()
    browser.get("/saavutettavuus")
    response = browser.post("/saavutettavuus", {"message": "<b>Hi</b>", "email": "wrong"})
    assert response.status_code == 422
    assert "&lt;b&gt;Hi&lt;/b&gt;" in browser.page and "<b>Hi</b>" not in browser.page
    assert notes(world) == ()


def test_switching_the_language_keeps_what_was_written_and_sends_nothing(world: Any) -> None:
    browser = world.browser()
    browser.get("/saavutettavuus")
    browser.post("/saavutettavuus", {"message": "Half a sentence", "switch_language": "sv"})
    assert '<html lang="sv"' in browser.page and "Half a sentence" in browser.page
    assert notes(world) == ()


def test_a_note_without_the_page_s_token_is_not_kept(world: Any) -> None:
    response = world.app.test_client().post("/saavutettavuus", data={"message": "spam"})
    assert response.status_code == 200
    assert notes(world) == ()


@pytest.mark.parametrize("email", ["worker@birch.example", "case@county.example"])
def test_only_administrators_read_the_feedback(world: Any, email: str) -> None:
    browser = world.browser(email)
    assert browser.get("/county/data-protection/accessibility").status_code == 403
    assert browser.get("/county/data-protection").status_code == 403
