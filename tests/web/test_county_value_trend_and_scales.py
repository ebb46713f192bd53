"""The county's pages on value for money, the trend and several scales: empty, few, faulty, and their files."""

from typing import Any

import pytest

ANALYST, ADMINISTRATOR = "analyst@county.example", "admin@county.example"
QUERY = "?chosen=1&scale=whodas-2.0-12/total&adjust=baseline&adjust=age"
PAGES = ("/county/value", "/county/trend", "/county/scales")
FEW = ("too few clients", "No client has", "No provider has enough clients")


@pytest.mark.parametrize("email", [ANALYST, ADMINISTRATOR])
@pytest.mark.parametrize("page", PAGES)
def test_the_pages_open_without_any_data_and_say_so(world: Any, page: str, email: str) -> None:
    browser = world.browser(email)
    assert browser.get(page).status_code == 200
    assert browser.get(f"{page}{QUERY}").status_code == 200
    assert any(words in browser.page for words in FEW)
    assert "<script" not in browser.page and " style=" not in browser.page


@pytest.mark.parametrize("page", PAGES)
def test_few_clients_show_no_figure(world: Any, page: str) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    assert browser.get(f"{page}{QUERY}").status_code == 200
    assert any(words in browser.page for words in FEW)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "query", ["?scale=nothing/total", "?scale=whodas-2.0-12/total&from=31.2.2026", "?scale=%3Cb%3E"]
)
def test_a_query_that_cannot_be_answered_is_explained(world: Any, page: str, query: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"{page}{query}").status_code == 422
    assert "error-summary" in browser.page and "<b>" not in browser.page


@pytest.mark.parametrize("worth", ["7", "much", "-1", "nan", "1e400"])
def test_a_worth_that_is_not_offered_is_explained_at_its_field(world: Any, worth: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"/county/value{QUERY}&worth={worth}").status_code == 422
    assert 'href="#worth"' in browser.page


@pytest.mark.parametrize("beside", ["gas/t", "nothing/at-all", "%3Cb%3E"])
def test_scales_that_cannot_stand_beside_the_chosen_one_are_refused(
    world: Any, beside: str
) -> None:
    browser = world.browser(ANALYST)
    page = browser.get(f"/county/scales{QUERY}&beside=1&with={beside}")
    assert page.status_code == 422 and "<b>" not in browser.page


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


def test_the_composite_is_shown_only_where_it_is_ticked(world: Any) -> None:
    browser = world.browser(ANALYST)
    browser.get(f"/county/scales{QUERY}&beside=1&with=who-5/total")
    assert "A composite of these scales" not in browser.page
    browser.get(f"/county/scales{QUERY}&beside=1&with=who-5/total&composite=1")
    assert "A composite of these scales" in browser.page
    assert "so there is no composite" in browser.page


@pytest.mark.parametrize("page", PAGES)
def test_a_provider_s_worker_is_refused(world: Any, page: str) -> None:
    assert world.browser("worker@birch.example").get(page).status_code == 403
