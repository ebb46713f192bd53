"""The form on paper, from the episode's page."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from evalplat.language import PLAIN_FINNISH
from evalplat.services.actors import Actor
from evalplat.services.goals import agree_goals
from evalplat.services.requests import GoalRequest

WORKER = "worker@birch.example"
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def path_of(world: Any, episode: Any, instrument: str) -> str:
    administration = world.administration(episode, instrument)
    return f"/desk/episodes/{episode.id}/administrations/{administration}/form"


def print_it(world: Any, episode: Any, instrument: str, **form: str) -> str:
    browser = world.browser(WORKER)
    path = path_of(world, episode, instrument)
    assert browser.get(path).status_code == 200
    response = browser.post(path, form)
    assert response.mimetype == "application/pdf"
    assert response.headers["Cache-Control"] == "no-store"
    pages = PdfReader(io.BytesIO(response.get_data())).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_a_form_carries_a_code_that_opens_the_same_questions_and_no_name(
    world: Any, episode: Any
) -> None:
    text = print_it(world, episode, "whodas-2.0-12", language="en", code="1")
    code = CODE.search(text)
    assert code is not None
    assert "Aino" not in text and "Esimerkki" not in text
    assert "V-1 · Baseline" in text
    client = world.browser()
    client.get("/c")
    assert client.post("/c", {"code": code[0]}).location == "/c/welcome"


def test_a_form_without_a_code_leaves_the_code_that_the_client_has(
    world: Any, episode: Any
) -> None:
    given = world.invite(episode)
    browser = world.browser(WORKER)
    browser.get(path_of(world, episode, "whodas-2.0-12"))
    assert given.code[:4] in browser.page
    assert not re.search(r'name="code"[^>]* checked', browser.page)
    assert CODE.search(print_it(world, episode, "whodas-2.0-12", language=PLAIN_FINNISH)) is None
    client = world.browser()
    client.get("/c")
    assert client.post("/c", {"code": given.code}).status_code == 303


def test_a_form_of_goals_has_the_client_s_own_goals_and_levels(world: Any, episode: Any) -> None:
    levels = ("not at all", "once a month", "once a week", "twice a week", "every day")
    goal = GoalRequest(
        title="Going out", levels=levels, baseline_level=-1, own_words="to see people"
    )
    system = Actor.system("test")
    with world.wiring.transaction(system) as session:
        agree_goals(
            session, world.wiring.catalogue, system, episode_id=episode.id, goals=[goal],
            at=world.clock(),
        )  # fmt: skip
    text = print_it(world, episode, "gas", language="en", code="1")
    for told in ("Going out", "to see people", "+2 every day", "−1 once a month (at the start)"):
        assert told in text
    assert CODE.search(text) is None


def test_what_only_the_worker_answers_gets_no_code(world: Any, episode: Any) -> None:
    text = print_it(world, episode, "worker-observation", language="en", code="1")
    assert CODE.search(text) is None
    assert "give the form to your worker" not in text


def test_another_provider_s_form_is_not_there(world: Any, episode: Any) -> None:
    other = world.browser("worker@maple.example")
    assert other.get(path_of(world, episode, "whodas-2.0-12")).status_code == 404
