"""The page on coverage, change and goals: without data, with one client, with a faulty query, as files."""

from typing import Any

import pytest

ANALYST, ADMINISTRATOR = "analyst@county.example", "admin@county.example"
QUERY = "?scale=whodas-2.0-12/sum_simple"
FILES = {
    "coverage.csv": "text/csv",
    "change.csv": "text/csv",
    "goals.csv": "text/csv",
    "data.csv": "text/csv",
    "picture.svg": "image/svg+xml",
}


@pytest.mark.parametrize("email", [ANALYST, ADMINISTRATOR])
@pytest.mark.parametrize("query", ["", QUERY, "?scale=whodas-2.0-12/total"])
def test_it_opens_without_any_data_and_shows_coverage_first(
    world: Any, email: str, query: str
) -> None:
    browser = world.browser(email)
    assert browser.get(f"/county/outcomes{query}").status_code == 200
    page = browser.page
    assert page.index("Coverage first") < page.index("Reliable change") < page.index("Goals")
    assert "<script" not in page and " style=" not in page


def test_without_pairs_or_without_parameters_it_says_so_in_words(world: Any) -> None:
    browser = world.browser(ANALYST)
    browser.get(f"/county/outcomes{QUERY}")
    assert "so there are no shares yet" in browser.page
    browser.get("/county/outcomes?scale=whodas-2.0-12/total")
    assert "So no shares are shown" in browser.page
    assert "reliability" in browser.page


def test_one_client_shows_no_figure_of_it(world: Any) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    browser.get(f"/county/outcomes{QUERY}")
    table = browser.page[browser.page.index("Who started, was measured") :]
    assert "not shown" in table[: table.index("</table>")]
    assert '<td class="num">1</td>' not in browser.page


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("?scale=nothing/total", ""),
        ("?scale=gas/t", ""),
        (f"{QUERY}&from=31.2.2026", "#from"),
        (f"{QUERY}&from=2026-05-01&until=2026-01-01", "#until"),
    ],
)
def test_a_query_that_cannot_be_answered_is_explained(world: Any, query: str, where: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"/county/outcomes{query}").status_code == 422
    assert "error-summary" in browser.page
    assert where in browser.page


@pytest.mark.parametrize("name", FILES)
def test_the_files_carry_the_same_query(world: Any, name: str) -> None:
    browser = world.browser(ANALYST)
    browser.get(f"/county/outcomes{QUERY}")
    response = browser.client.get(f"/county/outcomes/{name}{QUERY}")
    assert (response.status_code, response.mimetype) == (200, FILES[name])
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["", *(f"/{name}" for name in FILES)])
def test_a_provider_s_worker_does_not_see_it(world: Any, path: str) -> None:
    browser = world.browser("worker@birch.example")
    assert browser.get(f"/county/outcomes{path}").status_code == 403


def test_a_scale_that_cannot_be_judged_names_one_of_the_same_answers_that_can(world: Any) -> None:
    browser = world.browser(ANALYST)
    browser.get("/county/outcomes?chosen=1&scale=whodas-2.0-12/total&from=2026-01-01")
    address = "?chosen=1&amp;from=2026-01-01&amp;scale=whodas-2.0-12%2Fsum_simple"
    assert f"/county/outcomes{address}" in browser.page
    browser.get(f"/county/outcomes{address}".replace("&amp;", "&"))
    assert "can be judged on another scale" not in browser.page
