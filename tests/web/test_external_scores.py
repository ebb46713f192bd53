"""Typing the scores that an instrument's owner gives, on the desk; and what there is not for such an instrument."""

from dataclasses import replace
from typing import Any

import pytest
from web.conftest import OPENED, SYSTEM

from evalplat.instruments.adopting import Stated, adopt
from evalplat.instruments.catalogue import instruments_folder, load_catalogue
from evalplat.services.episodes import open_episode
from evalplat.services.plans import add_plan
from evalplat.services.requests import PlanRow
from evalplat.vocabulary import MeasurementPoint
from evalplat.web.context import EXTENSION

WORKER, ADMIN = "worker@birch.example", "admin@county.example"
POINT = MeasurementPoint
SCALES = ("inclusion", "mind", "everyday_life", "skills", "body", "work_ability")


@pytest.fixture
def episode(world: Any, tmp_path: Any) -> Any:
    own = tmp_path / "own"
    stated = [Stated(s, 0, 10 if s == "work_ability" else 100, "higher", "A guide") for s in SCALES]
    adopt(instruments_folder() / "kykyviisari" / "1.0.toml", stated, own)
    world.wiring = replace(world.wiring, catalogue=load_catalogue(None, own))
    world.app.extensions[EXTENSION] = world.wiring
    rows = [PlanRow("kykyviisari", POINT.BASELINE), PlanRow("kykyviisari", POINT.END)]
    with world.wiring.transaction(SYSTEM) as session:
        add_plan(session, world.wiring.catalogue, SYSTEM, key="ttl", titles={"en": "T"}, rows=rows)
        return open_episode(
            session, world.wiring.catalogue, SYSTEM, voucher_number="V-1", opened_on=OPENED,
            provider_id=world.provider_ids()[0], plan_key="ttl", at=world.clock(),
        )  # fmt: skip


def path_of(world: Any, episode: Any, what: str) -> str:
    planned = world.administration(episode, "kykyviisari")
    return f"/desk/episodes/{episode.id}/administrations/{planned}/{what}"


def test_scores_are_typed_checked_stored_and_corrected(world: Any, episode: Any) -> None:
    desk, path = world.browser(WORKER), path_of(world, episode, "sheet")
    desk.get(f"/desk/episodes/{episode.id}")
    assert "Enter the scores" in desk.page and "Make a code" not in desk.page
    assert "Print the form" not in desk.page
    desk.get(path)
    assert "0–10, higher is better" in desk.page and "as the owner’s form" in desk.page
    sent = {"measured_on": OPENED.isoformat(), "mode": "self", "respondent": "client"}
    wrong = desk.post(path, {**sent, "a-mind": "101", "a-work_ability": "much"})
    assert wrong.status_code == 422
    assert 'id="mind-error"' in desk.page and 'id="work_ability-error"' in desk.page
    right = {**sent, "a-mind": "62,5", "a-work_ability": "7"}
    assert desk.post(path, right).status_code == 303
    desk.get(path)
    assert "62.5" in desk.page and "Given by its owner" in desk.page
    assert "<h2>Answers</h2>" not in desk.page
    desk.get(f"{path}?correct=1")
    again = {**right, "correct": "1", "a-body": "40", "reason": "Left out", "base_revision": "1"}
    assert desk.post(path, again).status_code == 303
    desk.get(path)
    assert "40.0" in desk.page and "Left out" in desk.page


def test_there_is_no_code_no_paper_and_no_home_visit_for_it(world: Any, episode: Any) -> None:
    desk = world.browser(WORKER)
    desk.get(f"/desk/episodes/{episode.id}")
    assert desk.post(path_of(world, episode, "code")).status_code == 409
    assert desk.get(path_of(world, episode, "form")).status_code == 409
    desk.get("/desk/visits")
    assert "Kykyviisari" not in desk.page


def test_the_county_s_pages_say_what_is_stated_and_what_is_not(world: Any, episode: Any) -> None:
    county = world.browser(ADMIN)
    county.get("/county/instruments")
    assert "ranges not stated yet" in county.page and "for groups only" in county.page
    county.get("/county/instruments/kykyviisari")
    assert "0–100" in county.page and "not stated yet" not in county.page
    county.get("/county/instruments/pks-hyvinvointimittari")
    assert "evalplat instruments adopt pks-hyvinvointimittari" in county.page
    assert "0–0" not in county.page
    county.get("/county/instruments/avain")
    assert "No score is made of it" in county.page and "Methods of work" in county.page
