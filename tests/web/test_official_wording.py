"""What clients and staff see where the county has loaded an owner's official wording, and where it has not."""

import io
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from web.conftest import SYSTEM
from web.test_client_door import answer_everything, begin

from evalplat.instruments.official import list_places
from evalplat.services.wordings import WordingRequest, load_wording

WORKER, ADMIN = "worker@birch.example", "admin@county.example"
KEY = "whodas-2.0-12"


@pytest.fixture
def episode(world: Any) -> Any:
    definition = world.wiring.catalogue.get(KEY, "1.0")
    words = [(p, f"{ours} [made up]" if ours else "") for p, ours in list_places(definition, "en")]
    until = world.clock().date() + timedelta(days=10)
    request = WordingRequest(KEY, "1.0", "en", words, "WHO", "permit 7", until)
    with world.wiring.transaction(SYSTEM) as session:
        load_wording(session, world.wiring.catalogue, SYSTEM, request, at=world.clock())
    return world.open_episode()


def test_a_client_reads_the_owner_s_words_and_the_sheet_says_so(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    browser.client.set_cookie("language", "en")
    browser.get("/c/q/S1")
    assert "[made up]" in browser.page
    answer_everything(browser, "1")
    browser.get("/c/check")
    browser.post("/c/check")
    assert world.sheet(episode).shown_wording != ""
    desk = world.browser(WORKER)
    planned = world.administration(episode, KEY)
    desk.get(f"/desk/episodes/{episode.id}/administrations/{planned}/sheet")
    assert "official wording: WHO (permit 7)" in desk.page
    assert "not the official wording" not in desk.page


def test_in_another_language_our_labels_are_shown_and_staff_are_told(
    world: Any, episode: Any
) -> None:
    browser = begin(world, world.invite(episode))
    browser.client.set_cookie("language", "sv")
    answer_everything(browser, "1")
    browser.get("/c/check")
    assert "[made up]" not in browser.page
    browser.post("/c/check")
    assert world.sheet(episode).shown_wording == ""
    desk = world.browser(WORKER)
    planned = world.administration(episode, KEY)
    desk.get(f"/desk/episodes/{episode.id}/administrations/{planned}/sheet")
    assert "Descriptive labels, not the official wording" in desk.page


def test_after_the_permit_has_ended_our_labels_come_back(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    browser.client.set_cookie("language", "en")
    world.clock.at += timedelta(days=11)
    browser = begin(world, world.invite(episode))
    browser.client.set_cookie("language", "en")
    browser.get("/c/q/S1")
    assert "[made up]" not in browser.page


def test_paper_and_the_desk_have_the_same_words(world: Any, episode: Any) -> None:
    desk = world.browser(WORKER)
    planned = world.administration(episode, KEY)
    path = f"/desk/episodes/{episode.id}/administrations/{planned}"
    desk.get(f"{path}/form")
    pdf = desk.post(f"{path}/form", {"language": "en"}).get_data()
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "[made up]" in " ".join(text.split())
    desk.get(f"{path}/sheet")
    assert "[made up]" in desk.page and "not the official wording" not in desk.page
    answers = {f"a-S{n}": "1" for n in range(1, 13)} | {"a-works_or_studies": "1"}
    head = {"measured_on": "2026-11-24", "mode": "paper", "respondent": "client", "language": "en"}
    assert desk.post(f"{path}/sheet", {**head, **answers}).status_code == 303
    assert world.sheet(episode).shown_wording != ""


def test_the_county_sees_whose_wording_is_in_use(world: Any, episode: Any) -> None:
    county = world.browser(ADMIN)
    county.get(f"/county/instruments/{KEY}")
    assert "official wording of WHO (permit 7)" in county.page and "until 04/12/2026" in county.page
    county.get("/county/instruments")
    assert county.page.count("Official wording") == 1 and "Our own form" in county.page
    worker = world.browser(WORKER)
    worker.get(f"/county/instruments/{KEY}")
    assert "permit 7" not in worker.page
