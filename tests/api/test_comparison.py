"""The comparison is the page's: the same query, the same released figures, the same withheld cells."""

import csv
import io
import re

import pytest
from builders import PASSWORD

from .conftest import World


def read_page(world: World, query: str) -> list[dict[str, str]]:
    """The page's own file for programs, by a signed-in analyst."""
    browser = world.app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
    assert token
    form = {"email": "analyst.county@example.fi", "password": PASSWORD, "csrf_token": token[1]}
    assert browser.post("/sign-in", data=form).status_code == 303
    answer = browser.get(f"/county/comparison/data.csv?{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


SCALE = "instrument=whodas-2.0-12&scale=total"


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("", "scale=whodas-2.0-12/total"),
        ("&adjust=age", "scale=whodas-2.0-12/total&chosen=1&adjust=age"),
        ("&adjust=none", "scale=whodas-2.0-12/total&chosen=1"),
        ("&from=2026-03&until=2026-03", "scale=whodas-2.0-12/total&from=2026-03-02&until=2026-03-20"),
        ("&from=2026-04", "scale=whodas-2.0-12/total&from=2026-04-17"),
    ],
)  # fmt: skip
def test_every_figure_is_the_pages(pairs: World, asked: str, page: str) -> None:
    told = pairs.program("analyst").get(f"/comparison?{SCALE}{asked}").get_json()
    rows = read_page(pairs, page)
    assert told["released"] is True
    assert [one["provider"] for one in told["providers"]] == [row["provider"] for row in rows]
    for one, row in zip(told["providers"], rows, strict=True):
        for name, cell in row.items():
            value = one[name]
            assert cell == (
                "" if value is None else value if isinstance(value, str) else repr(value)
            )
    if asked != "&from=2026-04":
        shown = {one["provider"]: one["n"] for one in told["providers"]}
        assert shown == {"Provider A": 15, "Provider B": 10, "Provider C": None}
        assert told["providers"][2]["reason"] == "withheld"
        assert told["n_pairs"] is None or told["n_pairs"] % 5 == 0


def test_every_fault_of_a_query_is_told_with_its_parameter(pairs: World) -> None:
    program = pairs.program("administrator")
    answer = program.get("/comparison?instrument=none&scale=none&from=2026-05&until=2026-04")
    assert answer.status_code == 422
    assert [one["name"] for one in answer.get_json()["errors"]] == ["until", "scale"]
    answer = program.get("/comparison?instrument=none&from=2026-5&until=2026-13&adjust=height")
    assert answer.status_code == 400
    assert {one["name"] for one in answer.get_json()["errors"]} == {
        "scale",
        "from",
        "until",
        "adjust",
    }
    for unknown in ("providers=Provider+A", "version=1.0", "disclosure=none", "at=2020-01-01"):
        assert program.get(f"/comparison?{SCALE}&{unknown}").status_code == 400


def test_reasons_are_in_the_readers_language(pairs: World) -> None:
    program = pairs.program("analyst")
    told = {
        language: program.get(
            f"/comparison?{SCALE}", headers={"Accept-Language": language}
        ).get_json()
        for language in ("en", "fi")
    }
    english, finnish = told["en"], told["fi"]
    assert english["providers"] == finnish["providers"]
    assert len(english["exclusions"]) == len(finnish["exclusions"])
    assert [e["reason"] for e in english["exclusions"]] != [
        e["reason"] for e in finnish["exclusions"]
    ]


def test_the_scales_that_can_be_compared_are_listed(pairs: World) -> None:
    items = pairs.program("analyst").get("/comparison/scales").get_json()["items"]
    found = {(one["instrument"], one["scale"]): one["has_pairs"] for one in items}
    assert found["whodas-2.0-12", "total"] is True
    assert False in found.values()


def test_it_is_logged_like_the_page(pairs: World) -> None:
    from sqlalchemy import select

    from evalplat.services.actors import Actor
    from evalplat.storage.tables import AuditEntry

    program = pairs.program("analyst")
    program.get(f"/comparison?{SCALE}")
    token = program.get("/me").get_json()["token"]["id"]
    with pairs.wiring.reading(Actor.system("test")) as session:
        line = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "compare_providers")
        ).one()
        assert (line.role, line.purpose) == ("analyst", f"api {token}")
