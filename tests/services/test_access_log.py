"""Searching the access log: by day in Finland, person, role, act, object, client and reason; page after page."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from builders import SYSTEM, make_actor, make_everything
from databases import Clock

from evalplat.errors import Refused
from evalplat.services.access_log import LogSearch, list_access_log, search_access_log
from evalplat.services.actors import Actor
from evalplat.storage import audit
from evalplat.vocabulary import Role


def search(wiring, page=1, page_size=50, **wish):
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        return search_access_log(
            session, administrator, LogSearch(**wish), page=page, page_size=page_size
        )


def write(wiring, at, action, purpose="test", clients=()):
    moved = replace(wiring, clock=Clock(at))
    with moved.transaction(Actor.system(purpose)) as session:
        audit.record(session, action, "thing", "t1", clients)


def test_lines_are_found_by_what_is_looked_for(wiring):
    made = make_everything(wiring)
    worker = made.worker
    everything = search(wiring, page_size=500)
    assert {line.role for line in everything.lines} >= {"system", "provider_worker", "case_worker"}
    by_name = search(wiring, who="WORKER.PROVIDERA", page_size=500).lines
    assert {line.account_id for line in by_name} == {worker.account_id}
    assert search(wiring, who=worker.account_id, page_size=500).lines == by_name
    assert everything.people[worker.account_id] == worker.name
    assert everything.providers[worker.provider_id] == "Provider A"
    assert {line.role for line in search(wiring, role="case_worker").lines} == {"case_worker"}
    assert {line.action for line in search(wiring, action="Submit Ans").lines} == {"submit_answers"}
    planned = made.administration().id
    assert {line.object_id for line in search(wiring, thing=planned).lines} == {planned}
    assert {line.object_kind for line in search(wiring, thing="administration").lines} == {
        "administration"
    }
    client = next(line.client_ids[0] for line in everything.lines if line.client_ids)
    assert all(client in line.client_ids for line in search(wiring, client=client).lines)
    assert search(wiring, client=client).lines
    assert not search(wiring, client=client[:-1]).lines
    assert not search(wiring, who="nobody at all").lines
    assert not search(wiring, action="%").lines


def test_days_are_those_of_finland(wiring):
    write(wiring, datetime(2026, 3, 28, 21, 59, tzinfo=UTC), "the_28th", "A reason for it")
    write(wiring, datetime(2026, 3, 28, 22, 1, tzinfo=UTC), "the_29th")
    write(wiring, datetime(2026, 3, 29, 20, 59, tzinfo=UTC), "still_the_29th")
    write(wiring, datetime(2026, 3, 29, 21, 1, tzinfo=UTC), "the_30th")
    day = date(2026, 3, 29)
    found = [line.action for line in search(wiring, first=day, last=day).lines]
    assert found == ["still_the_29th", "the_29th"]
    assert [line.action for line in search(wiring, purpose="a REASON for").lines] == ["the_28th"]


def test_pages_follow_one_another_without_a_gap(wiring):
    for number in range(7):
        write(wiring, wiring.clock(), f"act_{number}")
    first = search(wiring, action="act_", page_size=3)
    rest = search(wiring, action="act_", page=2, page_size=3)
    end = search(wiring, action="act_", page=3, page_size=3)
    assert [page.has_more for page in (first, rest, end)] == [True, True, False]
    told = [line.action for page in (first, rest, end) for line in page.lines]
    assert told == [f"act_{number}" for number in range(6, -1, -1)]


def test_looking_stands_in_the_log_and_what_was_mistyped_does_not(wiring):
    write(wiring, wiring.clock(), "known", clients=["abcdefgh"])
    search(wiring, client="abcdefgh")
    search(wiring, client="Testi Asiakas")
    with wiring.reading(SYSTEM) as session:
        last, before = list_access_log(session, SYSTEM)[:2]
    assert (last.action, last.object_id) == ("read_access_log", "page 1")
    assert (before.action, before.object_id) == ("read_access_log", "abcdefgh")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_reads_it(wiring, role):
    someone = make_actor(wiring, role)
    with pytest.raises(Refused), wiring.reading(someone) as session:
        search_access_log(session, someone, LogSearch())
