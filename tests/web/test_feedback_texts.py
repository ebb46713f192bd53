"""The analyst's page of texts, and the provider's page that shows what was released."""

import re
from typing import Any

from evalplat.services.feedback import FeedbackAnswers, add_feedback

from .conftest import SYSTEM

ANALYST, MANAGER = "analyst@county.example", "manager@birch.example"
PATH = "/county/feedback/texts"


def fill(world: Any) -> None:
    from .test_access_matrix import make_staff

    make_staff(world)
    words = [f"Maija helped <b>{n}</b>" for n in range(5)] + [""] * 5
    given = [
        FeedbackAnswers(
            world.provider_ids()[0],
            20262,
            {"recommendation": 8, **({"went_well": one} if one else {})},
        )
        for one in words
    ]
    with world.wiring.transaction(SYSTEM) as session:
        add_feedback(session, world.wiring.catalogue, SYSTEM, given)


def decide(browser: Any, act: str, **more: str) -> Any:
    browser.get(PATH)
    key = re.search(
        r'name="text" value="([^"]+)"><input type="hidden" name="base" value="(\d+)"', browser.page
    )
    assert key
    return browser.post(PATH, {"text": key[1], "base": key[2], "act": act, **more})


def test_the_queue_is_worked_off_and_the_provider_reads_what_was_released(world: Any) -> None:
    fill(world)
    browser, own = world.browser(ANALYST), world.browser(MANAGER)
    browser.get(PATH)
    assert browser.page.count("Maija helped &lt;b&gt;") >= 5 and "<b>0" not in browser.page
    own.get("/desk/feedback")
    assert "Maija" not in own.page
    assert decide(browser, "hide", reason="Names a worker").status_code == 303
    for n in range(4):
        assert decide(browser, "edit", edited=f"My worker helped {n}").status_code == 303
    assert "No text waits" in (browser.get(PATH), browser.page)[1]
    own.get("/desk/feedback")
    assert "My worker helped 3" in own.page and "Maija" not in own.page


def test_a_hidden_text_without_a_reason_is_explained_and_the_words_are_kept(world: Any) -> None:
    fill(world)
    browser = world.browser(ANALYST)
    assert decide(browser, "hide").status_code == 422
    assert "Say why the text is hidden" in browser.page and 'href="#reason"' in browser.page
    assert decide(browser, "edit", edited="").status_code == 422
    assert browser.post(PATH, {"text": "nothing", "base": "0", "act": "publish"}).status_code == 404
    browser.get(PATH)
    assert browser.post(PATH, {"text": "nothing", "base": "0", "act": "other"}).status_code == 200


def test_without_feedback_the_queue_is_empty_and_nobody_else_opens_it(world: Any) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(PATH).status_code == 200
    assert "No text waits" in browser.page
    for email in ("worker@birch.example", "case@county.example", "admin@county.example"):
        assert world.browser(email).get(PATH).status_code == 403
