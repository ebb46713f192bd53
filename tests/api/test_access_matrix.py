"""Every address for other programs, as every caller, on an own, a foreign and a missing object."""

import re
from typing import Any

import pytest
from flask import Flask

from evalplat.api.app import list_operations
from evalplat.services.actors import Actor
from evalplat.services.client_standing import restrict_client
from evalplat.services.tokens import SCOPES_OF
from evalplat.storage.tables import Sheet
from evalplat.vocabulary import MeasurementPoint, Role

from .conftest import CALLERS, NAMES, World, make_key, sheet

SYSTEM = Actor.system("test")
OWN = {"worker": 200, "stranger": 404, "manager": 200, "case worker": 200, "colleague": 404,
       "analyst": 403, "administrator": 403, "": 401}  # fmt: skip
"""An address about a client of Provider A and of the county's case worker."""

CARE = {**OWN, "stranger": 200, "colleague": 200}
ANYBODY = dict.fromkeys(CALLERS, 200) | {"": 401}
COUNTY = {caller: 200 if caller in ("analyst", "administrator") else 403 for caller in CALLERS} | {
    "": 401
}
MATRIX: dict[tuple[str, str], dict[str, int]] = {
    ("GET", "/me"): ANYBODY,
    ("GET", "/instruments"): ANYBODY,
    ("GET", "/instruments/<key>"): ANYBODY,
    ("GET", "/due"): CARE,
    ("GET", "/administrations/<administration_id>"): OWN,
    ("POST", "/administrations/<administration_id>/sheets"): {**OWN, "worker": 201, "manager": 200},
    ("GET", "/administrations/<administration_id>/scores"): OWN,
    ("GET", "/episodes/<episode_id>/course"): OWN,
    ("GET", "/comparison"): COUNTY,
    ("GET", "/comparison/scales"): COUNTY,
    ("GET", "/openapi.json"): dict.fromkeys((*CALLERS, ""), 200),
}
"""The manager sends what the worker has sent, with another key: 409. See `expected`."""

MISSING = {
    "administration_id": "AAAAAAAAAAAAAAAA",
    "episode_id": "AAAAAAAAAAAAAAAA",
    "key": "who-5-x",
}
QUERY = {"/comparison": "?instrument=whodas-2.0-12&scale=total"}
PLACE = re.compile(r"<(\w+)>")


def test_every_address_has_a_row(api: Flask) -> None:
    walked = {
        (methods, path.removeprefix("/api/v1")) for path, methods, _rule in list_operations(api)
    }
    assert walked == set(MATRIX)


def own_of(world: World) -> dict[str, str]:
    made = world.county.here
    planned = made.administration("whodas-2.0-12", MeasurementPoint.MIDPOINT)
    return {"administration_id": planned.id, "episode_id": made.episode.id, "key": "whodas-2.0-12"}


def call(world: World, caller: str, method: str, path: str, ids: dict[str, str]) -> Any:
    here = PLACE.sub(lambda found: ids[found[1]], path) + QUERY.get(path, "")
    program = world.program(caller)
    return program.get(here) if method == "GET" else program.post(here, sheet(), "a-key-of-a-test")


def expected(method: str, caller: str, status: int) -> int:
    """The first caller who may has stored the sheet; everybody else who may meets it."""
    return 409 if method == "POST" and status == 200 else status


@pytest.mark.parametrize(("method", "path"), sorted(MATRIX))
def test_each_caller_reaches_what_is_theirs_and_nothing_else(
    world: World, method: str, path: str
) -> None:
    ids = own_of(world)
    for caller, status in MATRIX[method, path].items():
        answer = call(world, caller, method, path, ids)
        assert answer.status_code == expected(method, caller, status), (caller, answer.text)
        reached = answer.status_code in (200, 201)
        assert reached or answer.mimetype == "application/problem+json"
        assert not any(name in answer.text for name in NAMES)
        if not reached and caller in ("stranger", "colleague", "analyst"):
            assert world.county.here.episode.voucher.number not in answer.text


def shape(answer: Any) -> tuple[Any, ...]:
    """All of an answer but its reference, which is drawn anew for each."""
    body = re.sub(r'"reference": "[0-9A-F]{8}"', "", answer.text)
    return answer.status_code, len(answer.get_data()), body, sorted(answer.headers.items())


@pytest.mark.parametrize(
    ("method", "path"), [one for one in sorted(MATRIX) if PLACE.search(one[1])]
)
def test_a_foreign_a_missing_and_an_odd_id_give_one_and_the_same_answer(
    world: World, method: str, path: str
) -> None:
    odd = dict.fromkeys(MISSING, "%2e%2e%27%00")
    callers = ("worker",) if "<key>" in path else ("stranger", "colleague", "analyst", "")
    for caller in callers:
        shapes = [shape(call(world, caller, method, path, MISSING))]
        if "<key>" not in path:
            shapes.append(shape(call(world, caller, method, path, own_of(world))))
        if caller not in ("analyst", ""):
            shapes.append(shape(call(world, caller, method, path, odd)))
            assert shapes[0][0] == 404
        assert all(one == shapes[0] for one in shapes), caller


def test_a_stranger_s_sheet_leaves_no_trace(world: World) -> None:
    from sqlalchemy import func, select

    path = f"/administrations/{world.planned()}/sheets"
    with world.wiring.reading(SYSTEM) as session:
        before = session.scalar(select(func.count()).select_from(Sheet))
    for caller in ("stranger", "colleague", "analyst", "administrator", ""):
        world.program(caller).post(path, sheet(), "a-strangers-key")
    with world.wiring.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Sheet)) == before


def test_a_narrow_key_does_only_what_it_is_for(world: World) -> None:
    ids = own_of(world)
    wide = SCOPES_OF[Role.PROVIDER_WORKER]
    for scope in wide:
        key = make_key(world.wiring, "provider_worker.providera@example.fi", [scope], f"{scope}")
        for (method, path), row in MATRIX.items():
            if row is not OWN and path != "/due":
                continue
            here = PLACE.sub(lambda found: ids[found[1]], path)
            answer = world.program(key).open(here, method=method)
            needed = (
                "due:read"
                if path in ("/due", "/administrations/<administration_id>")
                else "scores:read"
            )
            assert answer.status_code == (200 if scope == needed else 403), (scope, path)
            if answer.status_code == 403:
                assert f'scope="{needed}"' in answer.headers["WWW-Authenticate"]


def test_nothing_is_read_or_stored_of_a_client_whose_data_is_restricted(world: World) -> None:
    made, worker = world.county.here, world.program("worker")
    with world.wiring.transaction(made.case_worker) as session:
        restrict_client(
            session, world.wiring.catalogue, made.case_worker, client_id=made.episode.client_id,
            reason="The client asked for it", at=world.clock(),
        )  # fmt: skip
    paths = (f"/administrations/{world.planned()}", f"/administrations/{world.planned()}/scores",
             f"/episodes/{made.episode.id}/course")  # fmt: skip
    for program in (worker, world.program("case worker")):
        for path in paths:
            answer = program.get(path, headers={"Accept-Language": "en"})
            assert answer.status_code == 403
            assert "on the pages only" in answer.get_json()["detail"]
    sent = worker.post(f"/administrations/{world.planned()}/sheets", sheet(), "a-key-of-a-test")
    assert sent.status_code == 409
    assert worker.get("/due?state=due&state=overdue&state=coming").get_json()["items"] == []
    items = world.program("case worker").get("/due").get_json()["items"]
    assert {one["client_id"] for one in items} == {world.county.there.episode.client_id}
    assert world.program("stranger").get(paths[0]).status_code == 404


def test_no_reason_opens_a_colleagues_client_here(world: World) -> None:
    """A written reason is for people at a page; no header, cookie or parameter stands for it."""
    path = f"/episodes/{world.county.here.episode.id}/course"
    colleague = world.program("colleague")
    for headers in ({"Purpose": "ill colleague"}, {"X-Purpose": "ill"}, {"Cookie": "look=1"}):
        assert colleague.get(path, headers=headers).status_code == 404
    assert colleague.get(f"{path}?purpose=ill+colleague").status_code == 400
