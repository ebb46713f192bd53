"""A client's course on paper: in the client's language, the same bytes each time, foreign to other providers."""

import io
from typing import Any

from pypdf import PdfReader

WORKER, OTHER = "worker@birch.example", "worker@maple.example"


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_the_paper_tells_goals_and_scores_in_the_client_s_language(world: Any) -> None:
    episode = world.open_episode()
    world.answer(episode, 3)
    world.answer(episode, 1, end=True)
    browser = world.browser(WORKER)
    goals = f"/desk/episodes/{episode.id}/goals"
    browser.get(goals)
    levels = {f"level{n}": f"taso numero {n} viikossa" for n in range(1, 6)}
    sent = {
        "title": "Käyn ulkona",
        "own_words": "Ulos!",
        "indicator": "kerrat",
        "baseline": "-1",
        **levels,
    }
    page = browser.post(goals, sent)
    if page.status_code == 200:
        seen = browser.page.split('name="seen" value="')[1].split('"')[0]
        assert browser.post(goals, {**sent, "seen": seen}).status_code == 303
    there = f"/desk/episodes/{episode.id}/course.pdf"
    first = browser.client.get(there)
    assert first.mimetype == "application/pdf" and first.status_code == 200
    assert browser.client.get(there).data == first.data
    text = text_of(first.data)
    assert "Käyn ulkona" in text and "taso numero 5 viikossa" in text and "WHODAS" in text
    assert "24.11.2026" in text
    english = text_of(browser.client.get(f"{there}?language=en").data)
    assert "24/11/2026" in english and "My goals" in english


def test_an_episode_without_measurements_gives_a_paper_that_says_so(world: Any) -> None:
    episode = world.open_episode()
    browser = world.browser(WORKER)
    content = browser.client.get(f"/desk/episodes/{episode.id}/course.pdf?language=en").data
    assert "Nothing is measured yet" in text_of(content)


def test_another_provider_gets_no_paper(world: Any) -> None:
    episode = world.open_episode()
    browser = world.browser(OTHER)
    assert browser.get(f"/desk/episodes/{episode.id}/course.pdf").status_code == 404
