"""What users of other systems suffered from does not happen here: a test for each lesson that no other test has.

tests/house/test_lessons.py lists the tests of every lesson.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import TimestampSigner

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.accounts import create_account
from evalplat.services.actors import Actor
from evalplat.services.passwords import make_secret
from evalplat.vocabulary import Role
from evalplat.web.access import list_routes
from evalplat.web.context import EXTENSION
from evalplat.web.flow import list_all_steps

SYSTEM = Actor.system("test")
WHODAS = "whodas-2.0-12"
NAME, VOUCHER = "Aino Esimerkki", "V-1"
ID = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def begin(world: Any, episode: Any) -> tuple[Any, str]:
    """A client who has typed the code; gives back the browser and the code."""
    code = world.invite(episode).code
    browser = world.browser()
    browser.get("/c")
    assert browser.post("/c", {"code": code}).status_code == 303
    return browser, code


def test_lesson_1_a_new_version_of_a_questionnaire_touches_no_collected_answers(
    world: Any, episode: Any
) -> None:
    world.answer(episode, 2)
    before = world.sheet(episode)
    known = world.wiring.catalogue
    first = known.get(WHODAS)
    changed = tuple(replace(scale, decimals=0, minimum=50) for scale in first.scales)
    second = replace(first, version="1.1", scales=changed, digest="0" * 64)
    later = Catalogue(known.folder, {**known.instruments, (WHODAS, "1.1"): second})
    world.wiring = replace(world.wiring, catalogue=later)
    world.app.extensions[EXTENSION] = world.wiring
    assert world.wiring.catalogue.get(WHODAS) is second
    assert world.sheet(episode) == before
    planned = world.administration(episode, WHODAS)
    browser = world.browser("worker@birch.example")
    browser.get(f"/desk/episodes/{episode.id}/administrations/{planned}/sheet")
    assert "50.0" in browser.page, "the score of twelve answers of 2, as it was"


def test_lesson_3_a_form_that_was_open_for_hours_goes_on_and_an_ended_visit_resumes(
    world: Any, episode: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        TimestampSigner, "get_timestamp", lambda _signer: int(world.clock.at.timestamp())
    )
    assert world.app.config["WTF_CSRF_TIME_LIMIT"] is None
    browser, code = begin(world, episode)
    browser.get("/c/q/S1")
    token = browser.token
    for number in range(1, 6):
        world.clock.at += timedelta(minutes=110)
        sent = {"answer": "2", "csrf_token": token}
        assert browser.post(f"/c/q/S{number}", sent).location == f"/c/q/S{number + 1}"
    world.clock.at += timedelta(hours=3)
    assert browser.post("/c/q/S6", {"answer": "2"}).location == "/c?ended=1"
    browser.get("/c?ended=1")
    browser.post("/c", {"code": code})
    browser.get("/c/welcome")
    assert 'href="/c/q/S6"' in browser.page
    browser.get("/c/q/S5")
    assert re.search(r'value="2"[^>]* checked', browser.page)


class Groups(HTMLParser):
    """What stands in which group of a page: headings, legends, choices."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = f"input {dict(attrs).get('type')}" if tag == "input" else tag
        self.found.append((kind, tuple(self.open)))
        if tag in ("fieldset", "legend", "h1", "table", "label"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            self.open.remove(tag)

    def inside(self, kind: str) -> list[tuple[str, ...]]:
        return [within for found, within in self.found if found == kind]


def read_questions(world: Any, episode: Any) -> Iterator[tuple[str, Groups]]:
    """Every question's page of two instruments, one of words and one of numbers from 0 to 10."""
    for key in (WHODAS, "3x10d"):
        browser = world.browser()
        browser.get("/c")
        browser.post("/c", {"code": world.invite(episode, key).code})
        for step in list_all_steps(world.wiring.catalogue.get(key), "en"):
            assert browser.get(f"/c/q/{step.code}").status_code == 200
            if step.kind in ("choice", "steps"):
                yield browser.page, Groups(browser.page)


def test_lesson_8_every_item_is_one_group_whose_legend_is_the_page_s_heading(
    world: Any, episode: Any
) -> None:
    count = 0
    for _page, groups in read_questions(world, episode):
        count += 1
        assert groups.inside("fieldset") == [()]
        assert groups.inside("h1") == [("fieldset", "legend")]
        assert groups.inside("table") == []
        assert {within[0] for within in groups.inside("input radio")} == {"fieldset"}
    assert count > 20


def test_lesson_9_no_question_is_a_slider_and_no_answer_is_chosen_beforehand(
    world: Any, episode: Any
) -> None:
    for page, groups in read_questions(world, episode):
        assert groups.inside("input range") == []
        assert len(groups.inside("input radio")) >= 3
        assert " checked" not in page
    templates = Path(world.app.root_path, "web", "templates")
    assert not [one for one in templates.rglob("*.html") if 'type="range"' in one.read_text()]


def test_lesson_11_the_rule_for_missing_answers_stands_beside_the_instrument_with_an_example(
    world: Any,
) -> None:
    for email in ("worker@birch.example", "case@county.example", "analyst@county.example"):
        browser = world.browser(email)
        browser.get(f"/county/instruments/{WHODAS}")
        assert "1 of 12" in browser.page
        assert "The mean of the answered questions of the scale" in browser.page
        assert "Missing answers filled in by the instrument’s rule" in browser.page
        assert "No score: too few answers" in browser.page
    for instrument in world.wiring.catalogue.list():
        assert browser.get(f"/county/instruments/{instrument.key}").status_code == 200
        assert browser.page.count("<h1>") == 1
    assert browser.get("/county/instruments/nothing-here").status_code == 404


def ids_of(world: Any, episode: Any) -> dict[str, str]:
    """What another provider would have to guess: the real ids of an episode, its client, a sheet, a code, a meeting."""
    worker = world.browser("worker@birch.example")
    here = f"/desk/episodes/{episode.id}"
    worker.get(f"{here}/appointments")
    key = re.search(r'name="key" value="([^"]+)"', worker.page)
    assert key
    meeting = {"key": key[1], "held_on": "2026-11-23", "minutes": "60", "outcome": "held",
               "form": "individual", "place": "home"}  # fmt: skip
    assert worker.post(f"{here}/appointments", meeting).status_code == 303
    worker.get(f"{here}/appointments")
    struck = re.search(r"/appointments/([^/]+)/strike", worker.page)
    assert struck
    invitation = world.invite(episode, "3x10d")
    browser, _code = begin(world, episode)
    browser.get("/c/q/S1")
    for code in [f"S{n}" for n in range(1, 12)] + ["works_or_studies"]:
        browser.post(f"/c/q/{code}", {"answer": "0"})
    browser.get("/c/check")
    assert browser.post("/c/check").location == "/c/thanks"
    browser.get("/c/contact")
    assert browser.post("/c/contact", {"message": "Please call"}).status_code == 303
    worker.get("/desk/requests")
    request = re.search(r"/desk/requests/([^/\"]+)", worker.page)
    assert request
    return {
        "episode_id": episode.id,
        "client_id": episode.client_id,
        "administration_id": world.administration(episode, WHODAS),
        "invitation_id": invitation.id,
        "appointment_id": struck[1],
        "request_id": request[1],
    }


def read_tables(world: Any) -> list[str]:
    """All rows but those of the access log and of sessions."""
    with closing(world.wiring.engine.raw_connection()) as connection:
        rows = list(connection.driver_connection.iterdump())
    log = ('INSERT INTO "audit_entries"', 'INSERT INTO "audit_heads"')
    return [row for row in rows if not row.startswith(log)]


def test_lesson_14_every_route_to_a_client_is_closed_to_everybody_else(
    world: Any, episode: Any
) -> None:
    """The same page as for what is not there, whatever the address and the method, and nothing is changed."""
    ids = ids_of(world, episode)
    with world.wiring.transaction(SYSTEM) as session:
        create_account(
            session, SYSTEM, email="other@county.example", name="Other", role=Role.CASE_WORKER,
            password=make_secret("a long password of a test"), language="en",
        )  # fmt: skip
    strangers = {
        Role.PROVIDER_WORKER: world.browser("worker@maple.example"),
        Role.CASE_WORKER: world.browser("other@county.example"),
        Role.ANALYST: world.browser("analyst@county.example"),
        Role.ADMINISTRATOR: world.browser("admin@county.example"),
    }
    before = read_tables(world)
    walked, wrong = 0, []
    for path, methods, _endpoint, rule in list_routes(world.app):
        names = ID.findall(path)
        if rule.door != "staff" or not set(names) & set(ids):
            continue
        here = ID.sub(lambda found: ids.get(found[1], "x"), path)
        for role, browser in strangers.items():
            browser.get("/account")
            for method in methods.split():
                answer = (
                    browser.get(here) if method == "GET" else browser.post(here, {"title": "x"})
                )
                walked += 1
                if answer.status_code != (404 if role in rule.roles else 403):
                    wrong.append((method, path, str(role), answer.status_code, answer.location))
                assert NAME.encode() not in answer.get_data()
    assert wrong == []
    assert walked > 100
    assert read_tables(world) == before


def test_lesson_14_no_list_names_another_providers_client(world: Any, episode: Any) -> None:
    ids_of(world, episode)
    seen = set()
    for email in ("worker@maple.example", "analyst@county.example", "admin@county.example"):
        browser = world.browser(email)
        for path, methods, _endpoint, rule in list_routes(world.app):
            if "GET" not in methods or ID.search(path) or rule.door != "staff":
                continue
            answer = browser.get(path)
            if answer.status_code != 403:
                seen.add((email, path))
            body = answer.get_data()
            assert NAME.encode() not in body, path
            assert VOUCHER.encode() not in body, path
    assert len({path for _email, path in seen}) > 40 and len(seen) > 60


def test_what_was_skipped_differs_from_what_was_never_shown(world: Any, episode: Any) -> None:
    browser, _code = begin(world, episode)
    browser.get("/c/q/S1")
    browser.post("/c/q/S1", {"answer": "declined"})
    for code in [f"S{n}" for n in range(2, 12)]:
        browser.post(f"/c/q/{code}", {"answer": "1"})
    assert browser.post("/c/q/works_or_studies", {"answer": "0"}).location == "/c/check"
    browser.get("/c/check")
    browser.post("/c/check")
    sheet = world.sheet(episode)
    assert sheet.raw["S1"] == "declined"
    assert sheet.raw.get("S12") in (None, "not_applicable")
    total = next(score for score in sheet.scores if score.scale == "total")
    assert (total.items_missing, total.items_not_applicable) == (1, 1)
