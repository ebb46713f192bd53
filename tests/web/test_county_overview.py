"""The overview: coverage first, its period in the address, nothing of few clients, the same figures as files."""

import json
from typing import Any

import pytest

ANALYST, ADMINISTRATOR = "analyst@county.example", "admin@county.example"
FILES = {
    "coverage.csv": "text/csv",
    "providers.csv": "text/csv",
    "times.csv": "text/csv",
    "provider-times.csv": "text/csv",
    "data.json": "application/json",
    "coverage.svg": "image/svg+xml",
    "coverage.png": "image/png",
}
HERE = "/county?from=2026-11-01&until=2026-11-30"


@pytest.mark.parametrize("email", [ANALYST, ADMINISTRATOR])
def test_it_is_where_the_county_s_readers_start_and_shows_coverage_first(
    world: Any, email: str
) -> None:
    browser = world.browser(email)
    assert browser.get("/").location == "/county"
    assert browser.get("/county").status_code == 200
    page = browser.page
    assert page.index("Coverage first") < page.index("Outcomes in the four domains")
    assert page.index("Outcomes in the four") < page.index("<h2>Goals") < page.index("<h2>Value")
    assert 'href="#definitions"' in page and 'id="definitions"' in page
    assert "<script" not in page and " style=" not in page


def test_without_a_choice_it_is_of_the_last_four_quarters_that_are_over(world: Any) -> None:
    browser = world.browser(ANALYST)
    browser.get("/county")
    assert 'value="2025-10-01"' in browser.page and 'value="2026-09-30"' in browser.page


def test_one_client_shows_no_figure_of_it(world: Any) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    browser.get(HERE)
    assert "not shown" in browser.page
    assert '<td class="num">1</td>' not in browser.page
    told = json.loads(browser.client.get(HERE.replace("?", "/overview/data.json?")).data)
    assert [row["n_started"] for row in told["times"]] == [None, None]
    assert told["started"] == [{"provider": "Birch Oy", "2026-Q4": None}]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("from=31.2.2026", "#from"),
        ("from=2026-05-01&until=2026-01-01", "#until"),
        ("scale=nothing/total", "#scale"),
        ("by=month&from=2020-01-01&until=2026-01-31", "#by"),
        ("by=month&from=&until=", "#by"),
    ],
)
def test_a_query_that_cannot_be_answered_is_explained(world: Any, query: str, where: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"/county?{query}").status_code == 422
    assert "error-summary" in browser.page and where in browser.page


@pytest.mark.parametrize("name", FILES)
def test_the_files_carry_the_same_query(world: Any, name: str) -> None:
    browser = world.browser(ANALYST)
    response = browser.client.get(
        f"/county/overview/{name}?from=2026-11-01&until=2026-11-30&by=month"
    )
    assert (response.status_code, response.mimetype) == (200, FILES[name])
    assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("path", ["", *(f"/overview/{name}" for name in FILES)])
@pytest.mark.parametrize("email", ["worker@birch.example", "case@county.example"])
def test_nobody_else_sees_it(world: Any, path: str, email: str) -> None:
    assert world.browser(email).get(f"/county{path}").status_code == 403
