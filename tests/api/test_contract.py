"""The description is true: what it says is answered so, and what it does not allow is refused, for every role."""

import json
from typing import Any

import jsonschema_rs
import pytest
from api_county import CALLERS
from contract_walk import Contract

from evalplat.api.app import DOCUMENT
from evalplat.vocabulary import TokenScope

from .conftest import World, sheet

EXAMPLES = 4
"""Few here, to look at every operation as every role; `make drills` sends hundreds."""

ROLES = ("worker", "manager", "case worker", "analyst", "administrator")


@pytest.fixture
def kind() -> str:
    """SQLite only: what is drawn here rarely gets as far as a database."""
    return "sqlite"


def ids_of(world: World) -> dict[str, str]:
    return {
        "administration_id": world.planned(),
        "episode_id": world.county.here.episode.id,
        "key": "whodas-2.0-12",
    }


@pytest.mark.parametrize("caller", ["", *ROLES])
def test_drawn_requests_are_answered_as_described(world: World, caller: str) -> None:
    contract = Contract(world.app)
    key = world.county.keys[caller] if caller else ""
    assert list(contract.walk(key, examples=EXAMPLES, ids=ids_of(world))) == []
    reached = {status for _mode, status in contract.answered}
    assert reached >= {200, 400} if caller else reached == {401, 429}
    assert not [one for one in contract.answered if one[0] == "negative" and one[1] < 400]
    assert not [one for one in contract.answered if one == ("positive", 400)]


def test_a_description_that_is_not_true_is_found(world: World) -> None:
    """The control: three lies, each about what is answered or what is allowed."""

    def lie(document: Any) -> None:
        del document["paths"]["/instruments/{key}"]["get"]["responses"]["404"]
        document["components"]["schemas"]["Me"]["properties"]["role"] = {"type": "integer"}
        limit = document["paths"]["/due"]["get"]["parameters"][1]
        assert limit["name"] == "limit"
        limit["schema"] = {"type": "integer", "minimum": 1_000, "maximum": 1_001}

    contract = Contract(world.app, lie)
    lied = ("/me", "/instruments/{key}", "/due")
    key = world.county.keys["worker"]
    broken = list(contract.walk(key, examples=6, ids=ids_of(world), only=lied))
    for part in ("GET /me positive", "GET /instruments/{key}", "GET /due positive"):
        assert [line for line in broken if line.startswith(part)], part


def test_answers_that_hold_something_are_as_described(pairs: World) -> None:
    contract, worker = Contract(pairs.app), pairs.program("worker")
    analyst, planned = pairs.program("analyst"), pairs.planned()
    one = "/administrations/{administration_id}"
    scale = "instrument=whodas-2.0-12&scale=total"
    post = worker.post(f"/administrations/{planned}/sheets", sheet(), "a-key-of-the-contract")
    again = worker.post(f"/administrations/{planned}/sheets", sheet(), "a-key-of-the-contract")
    other = worker.post(f"/administrations/{planned}/sheets", sheet(), "another-key-of-it")
    assert [answer.status_code for answer in (post, again, other)] == [201, 200, 409]
    for answer in (post, again, other):
        contract.check(f"{one}/sheets", "POST", answer)
    contract.check("/due", "GET", worker.get("/due?limit=1"))
    contract.check(one, "GET", worker.get(f"/administrations/{planned}"))
    contract.check(f"{one}/scores", "GET", worker.get(f"/administrations/{planned}/scores"))
    episode = pairs.county.here.episode.id
    contract.check(
        "/episodes/{episode_id}/course", "GET", worker.get(f"/episodes/{episode}/course")
    )
    for query in ("", "&adjust=none", "&from=2026-03", "&from=2030-01"):
        told = analyst.get(f"/comparison?{scale}{query}")
        assert told.status_code == 200
        contract.check("/comparison", "GET", told)
    contract.check("/comparison/scales", "GET", analyst.get("/comparison/scales"))
    for instrument in pairs.wiring.catalogue.list():
        path = f"/instruments/{instrument.key}?version={instrument.version}&language=fi-x-selko"
        contract.check("/instruments/{key}", "GET", worker.get(path))


def test_the_document_is_openapi_and_each_schema_is_one(api: Any) -> None:
    document = api.extensions[DOCUMENT]
    assert document["openapi"] == "3.1.0" and document["servers"] == [{"url": "/api/v1"}]
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"] and operation["description"]
            assert {"401", "403", "429"} <= set(operation["responses"])
    for scope in TokenScope:
        assert f"`{scope}`" in document["components"]["securitySchemes"]["token"]["description"]


def test_every_caller_of_the_matrix_has_a_key(world: World) -> None:
    assert set(world.county.keys) == set(CALLERS) >= set(ROLES)
