"""The county's page of effect sizes: empty, few, faulty, and its files."""

from typing import Any

import pytest

ANALYST, ADMINISTRATOR = "analyst@county.example", "admin@county.example"
PAGE = "/county/effects"
QUERY = "?chosen=1&scale=whodas-2.0-12/total&adjust=baseline&adjust=age"


@pytest.mark.parametrize("email", [ANALYST, ADMINISTRATOR])
def test_the_page_opens_without_any_data_and_says_so(world: Any, email: str) -> None:
    browser = world.browser(email)
    assert browser.get(PAGE).status_code == 200
    assert browser.get(f"{PAGE}{QUERY}").status_code == 200
    assert "too few clients with both measurements" in browser.page
    assert "<script" not in browser.page and " style=" not in browser.page


def test_few_clients_show_no_figure(world: Any) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    assert browser.get(f"{PAGE}{QUERY}").status_code == 200
    assert "too few clients with both measurements" in browser.page
    assert "<svg" not in browser.page.partition("<main")[2]
    data = browser.client.get(f"{PAGE}/data.csv{QUERY}").get_data(as_text=True).splitlines()
    assert data[0].startswith("provider,instrument,scale,n_started,n_pairs,mean_baseline")
    assert all(line.count("withheld") == 1 for line in data[1:])


@pytest.mark.parametrize(
    "query", ["?scale=nothing/total", "?scale=whodas-2.0-12/total&from=31.2.2026", "?scale=%3Cb%3E"]
)
def test_a_query_that_cannot_be_answered_is_explained(world: Any, query: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"{PAGE}{query}").status_code == 422
    assert "error-summary" in browser.page and "<b>" not in browser.page


@pytest.mark.parametrize(
    ("name", "kind"),
    [("table.csv", "text/csv"), ("data.csv", "text/csv"), ("picture.svg", "image/svg+xml")],
)
def test_the_files_come_as_files(world: Any, name: str, kind: str) -> None:
    response = world.browser(ANALYST).client.get(f"{PAGE}/{name}{QUERY}")
    assert (response.status_code, response.mimetype) == (200, kind)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Cache-Control"] == "no-store"


def test_the_tabs_carry_the_query_after_outcomes(world: Any) -> None:
    browser = world.browser(ANALYST)
    browser.get(f"{PAGE}{QUERY}")
    asked = QUERY.replace("&", "&amp;")
    places = [browser.page.index(f'href="/county/{p}{asked}"') for p in ("outcomes", "effects")]
    assert places == sorted(places)


def test_a_provider_s_worker_is_refused(world: Any) -> None:
    assert world.browser("worker@birch.example").get(PAGE).status_code == 403
