"""The county's pages: one comparison as a page, a file, a report and a picture."""

from typing import Any

import pytest

ANALYST, ADMINISTRATOR = "analyst@county.example", "admin@county.example"
QUERY = "?chosen=1&scale=whodas-2.0-12/total&adjust=baseline&adjust=age"


@pytest.mark.parametrize("email", [ANALYST, ADMINISTRATOR])
def test_the_comparison_opens_without_any_data(world: Any, email: str) -> None:
    browser = world.browser(email)
    assert browser.get("/county/comparison").status_code == 200
    assert browser.get(f"/county/comparison{QUERY}").status_code == 200
    assert "<script" not in browser.page
    assert " style=" not in browser.page


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("?scale=nothing/total", ""),
        ("?scale=whodas-2.0-12/nothing", ""),
        ("?scale=", ""),
        ("?scale=whodas-2.0-12/total&from=31.2.2026", "#from"),
        ("?scale=whodas-2.0-12/total&from=2026-05-01&until=2026-01-01", ""),
        ("?scale=%3Cscript%3E", ""),
    ],
)
def test_a_query_that_cannot_be_answered_is_explained(world: Any, query: str, where: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"/county/comparison{query}").status_code == 422
    assert "error-summary" in browser.page
    assert where in browser.page
    assert "<script" not in browser.page


def test_a_period_is_widened_to_whole_months_so_that_no_day_can_be_subtracted(world: Any) -> None:
    browser = world.browser(ANALYST)
    browser.get(f"/county/comparison{QUERY}&from=2026-02-10&until=15.2.2026")
    assert 'value="2026-02-01"' in browser.page and 'value="2026-02-28"' in browser.page
    day, month = (
        browser.client.get(f"/county/comparison/data.csv{QUERY}&from={first}&until={last}").data
        for first, last in (("2026-02-10", "2026-02-15"), ("2026-02-01", "2026-02-28"))
    )
    assert day == month


def test_the_files_carry_the_same_query_and_the_right_kind(world: Any) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    browser.get(f"/county/comparison{QUERY}")
    kinds = {
        "table.csv": "text/csv",
        "data.csv": "text/csv",
        "report.pdf": "application/pdf",
        "funnel.svg": "image/svg+xml",
        "caterpillar.svg": "image/svg+xml",
    }
    for name, kind in kinds.items():
        drawn = f"/county/comparison/{name}{QUERY.replace('&', '&amp;')}" in browser.page
        assert drawn is not name.endswith("svg"), "there is a table of one client, and no picture"
        response = browser.client.get(f"/county/comparison/{name}{QUERY}")
        assert (response.status_code, response.mimetype) == (200, kind)
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["Cache-Control"] == "no-store"


def test_a_picture_opened_on_its_own_runs_nothing(world: Any) -> None:
    browser = world.browser(ANALYST)
    response = browser.client.get(f"/county/comparison/funnel.svg{QUERY}")
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_the_administrator_reads_the_lists(world: Any) -> None:
    browser = world.browser(ADMINISTRATOR)
    for path, word in (
        ("/county", "Overview"),
        ("/county/providers", "Birch Oy"),
        ("/county/accounts", ANALYST),
        ("/county/instruments", "whodas-2.0-12"),
    ):
        assert browser.get(path).status_code == 200
        assert word in browser.page


@pytest.mark.parametrize("path", ["/county/providers", "/county/accounts"])
def test_the_analyst_does_not_manage_the_county(world: Any, path: str) -> None:
    assert world.browser(ANALYST).get(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/county", "/county/overview/data.json", "/county/comparison", "/county/comparison/table.csv"],
)
def test_a_provider_s_worker_sees_no_comparison(world: Any, path: str) -> None:
    assert world.browser("worker@birch.example").get(path).status_code == 403
