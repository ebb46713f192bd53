"""The administrator's page of the access log: how it stood when last verified, search, pages."""

import re
from pathlib import Path
from typing import Any

import evalplat
from evalplat.services.actors import Actor
from evalplat.services.audit_chain import verify_access_log
from evalplat.storage import audit
from evalplat.web.log_words import ACTS, KINDS

ADDRESS = "/county/data-protection/access-log"
SYSTEM = Actor.system("test")


def verify(world: Any) -> None:
    with world.wiring.reading(SYSTEM) as session:
        verify_access_log(session, SYSTEM, world.wiring.settings)


def test_it_says_when_the_chain_was_last_verified_and_how_it_stood(world: Any) -> None:
    browser = world.browser("admin@county.example")
    assert browser.get(ADDRESS).status_code == 200
    assert "It has never been verified" in browser.page
    verify(world)
    browser.get(ADDRESS)
    assert "Nothing in it was changed" in browser.page
    with world.wiring.reading(SYSTEM) as session:
        audit.record(session, "verify_access_log", "access_log", "broken 12 2")
    browser.get(ADDRESS)
    assert "Not as it was written in 2 places" in browser.page


def test_what_is_searched_for_is_posted_stays_in_its_fields_and_finds_lines(world: Any) -> None:
    browser = world.browser("admin@county.example")
    browser.get(ADDRESS)
    assert browser.post(ADDRESS, {"action": "sign in", "role": "system"}).status_code == 200
    assert "sign in" in browser.page and 'value="sign in"' in browser.page
    assert '<option value="system" selected>' in browser.page
    browser.post(ADDRESS, {"action": "never done"})
    assert "No line matches" in browser.page


def test_faults_of_days_are_listed_together_and_nothing_is_searched(world: Any) -> None:
    browser = world.browser("admin@county.example")
    browser.get(ADDRESS)
    answer = browser.post(ADDRESS, {"first": "yesterday", "last": "31.2.2026", "who": "Bo"})
    assert answer.status_code == 422
    assert '<a href="#first">' in browser.page and '<a href="#last">' in browser.page
    assert 'value="Bo"' in browser.page and "<tbody" not in browser.page
    answer = browser.post(ADDRESS, {"first": "24.11.2026", "last": "23.11.2026"})
    assert answer.status_code == 422 and "comes before the first" in browser.page


def test_pages_lead_on_and_keep_what_was_searched_for(world: Any) -> None:
    for number in range(60):
        with world.wiring.transaction(SYSTEM) as session:
            audit.record(session, "many_acts", "thing", f"t{number}")
    browser = world.browser("admin@county.example")
    browser.get(ADDRESS)
    browser.post(ADDRESS, {"action": "many acts"})
    assert "Earlier lines" in browser.page and "Newer lines" not in browser.page
    browser.post(ADDRESS, {"action": "many acts", "page": "2"})
    assert "Newer lines" in browser.page and "Earlier lines" not in browser.page
    assert browser.page.count("many acts</td>") == 10


def test_only_administrators_open_it(world: Any) -> None:
    for who in ("analyst@county.example", "worker@birch.example"):
        assert world.browser(who).get(ADDRESS).status_code == 403


def test_every_act_and_every_kind_of_object_has_words() -> None:
    acts, kinds = set(), set()
    for file in (Path(evalplat.__file__).parent / "services").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for act, kind in re.findall(r'audit\.record\(\s*\w+,\s*"(\w+)",\s*"(\w*)"', text):
            acts.add(act)
            kinds.add(kind)
    assert len(acts) > 80 and len(kinds) > 20, "the pattern finds nothing any more"
    assert acts - set(ACTS) == set()
    assert kinds - set(KINDS) - {""} == set()


def test_acts_are_told_and_searched_for_in_the_readers_language(world: Any) -> None:
    with world.wiring.transaction(SYSTEM) as session:
        audit.record(session, "read_scores", "administration", "some-id")
    browser = world.browser("admin@county.example")
    browser.get(ADDRESS)
    browser.post("/language", {"switch_language": "fi"})
    browser.get(ADDRESS)
    browser.post(ADDRESS, {"action": "pisteitä"})
    assert "Pisteitä katsottiin" in browser.page and "some-id" in browser.page
    browser.post(ADDRESS, {"thing": "mittau"})
    assert "some-id" in browser.page
    browser.post(ADDRESS, {"action": "vastauksia korjattiin"})
    assert "some-id" not in browser.page
