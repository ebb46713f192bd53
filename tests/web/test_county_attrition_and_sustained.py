"""The county's pages on the lost and on lasting change: empty, few, faulty, and their files."""

from typing import Any

import pytest

ANALYST, ADMINISTRATOR = "analyst@county.example", "admin@county.example"
QUERY = "?chosen=1&scale=whodas-2.0-12/total&adjust=baseline&adjust=age"
PAGES = ("/county/attrition", "/county/sustained")


@pytest.mark.parametrize("email", [ANALYST, ADMINISTRATOR])
@pytest.mark.parametrize("page", PAGES)
def test_the_pages_open_without_any_data_and_say_so(world: Any, page: str, email: str) -> None:
    browser = world.browser(email)
    assert browser.get(page).status_code == 200
    assert browser.get(f"{page}{QUERY}").status_code == 200
    assert "No client has" in browser.page or "Too few clients" in browser.page
    assert "<script" not in browser.page and " style=" not in browser.page


@pytest.mark.parametrize("page", PAGES)
def test_few_clients_show_no_figure(world: Any, page: str) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    assert browser.get(f"{page}{QUERY}").status_code == 200
    assert "Too few clients" in browser.page or "No client" in browser.page
    assert "<svg" not in browser.page.partition("<main")[2]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "query", ["?scale=nothing/total", "?scale=whodas-2.0-12/total&from=31.2.2026", "?scale=%3Cb%3E"]
)
def test_a_query_that_cannot_be_answered_is_explained(world: Any, page: str, query: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"{page}{query}").status_code == 422
    assert "error-summary" in browser.page and "<b>" not in browser.page


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("name", "kind"),
    [("table.csv", "text/csv"), ("data.csv", "text/csv"), ("picture.svg", "image/svg+xml")],
)
def test_the_files_come_as_files(world: Any, page: str, name: str, kind: str) -> None:
    browser = world.browser(ANALYST)
    response = browser.client.get(f"{page}/{name}{QUERY}")
    assert (response.status_code, response.mimetype) == (200, kind)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("page", PAGES)
def test_the_tabs_carry_the_query_from_page_to_page(world: Any, page: str) -> None:
    browser = world.browser(ANALYST)
    browser.get(f"{page}{QUERY}")
    for other in ("/county/comparison", *PAGES):
        assert f'href="{other}{QUERY.replace("&", "&amp;")}"' in browser.page


@pytest.mark.parametrize("page", PAGES)
def test_a_provider_s_worker_is_refused(world: Any, page: str) -> None:
    assert world.browser("worker@birch.example").get(page).status_code == 403
