"""What the pages say of an instrument for groups only: that it was measured, and no score of one person."""

from typing import Any

import pytest
from web.conftest import OPENED, SYSTEM
from web.test_client_door import answer_everything, begin
from web.test_course_paper import text_of

from evalplat.services.answers import submit_answers
from evalplat.services.episodes import open_episode
from evalplat.services.plans import add_plan
from evalplat.services.requests import PlanRow
from evalplat.services.views import EpisodeView
from evalplat.vocabulary import MeasurementPoint

WORKER = "worker@birch.example"
POINT = MeasurementPoint


@pytest.fixture
def episode(world: Any) -> EpisodeView:
    rows = [PlanRow("esis", POINT.BASELINE), PlanRow("esis", POINT.END)]
    with world.wiring.transaction(SYSTEM) as session:
        add_plan(
            session, world.wiring.catalogue, SYSTEM, key="groups", titles={"en": "G"}, rows=rows
        )
        return open_episode(
            session, world.wiring.catalogue, SYSTEM, voucher_number="V-1", opened_on=OPENED,
            provider_id=world.provider_ids()[0], plan_key="groups", at=world.clock(),
        )  # fmt: skip


def answer(world: Any, episode: EpisodeView) -> str:
    planned = world.administration(episode, "esis")
    with world.wiring.transaction(SYSTEM) as session:
        submit_answers(
            session, world.wiring.catalogue, SYSTEM, raw={f"E{n}": 4 for n in range(1, 11)},
            idempotency_key="sheet for groups", administration_id=planned, measured_on=OPENED,
            at=world.clock(),
        )  # fmt: skip
    return str(planned)


def test_staff_see_the_answers_and_no_score(world: Any, episode: EpisodeView) -> None:
    planned = answer(world, episode)
    desk = world.browser(WORKER)
    desk.get(f"/desk/episodes/{episode.id}/administrations/{planned}/sheet")
    assert "for groups only" in desk.page and "Rather true" in desk.page
    assert "75.0" not in desk.page
    desk.get(f"/desk/episodes/{episode.id}/course")
    assert "Measured for groups only" in desk.page and "Social inclusion" not in desk.page
    paper = desk.client.get(f"/desk/episodes/{episode.id}/course.pdf?language=en").data
    assert "ESIS" not in text_of(paper)


def test_the_client_is_told_why_there_is_no_own_result(world: Any, episode: EpisodeView) -> None:
    browser = begin(world, world.invite(episode, "esis"))
    browser.client.set_cookie("language", "en")
    answer_everything(browser, "4")
    browser.get("/c/check")
    browser.post("/c/check")
    browser.get("/c/thanks")
    assert "to look at groups of people" in browser.page
    assert "when you answer the same questions again" not in browser.page.lower()
