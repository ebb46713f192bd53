"""The page on agreement and reliability: without data, with few sheets, with a faulty query, as files."""

from typing import Any

import pytest

ANALYST, ADMINISTRATOR = "analyst@county.example", "admin@county.example"
QUERY = "?scale=3x10d/coping&point=baseline"


@pytest.mark.parametrize("email", [ANALYST, ADMINISTRATOR])
@pytest.mark.parametrize("query", ["", QUERY, "?scale=whodas-2.0-12/total&point=end"])
def test_it_opens_without_any_data(world: Any, email: str, query: str) -> None:
    browser = world.browser(email)
    assert browser.get(f"/county/agreement{query}").status_code == 200
    for words in ("Do clients and workers see the same?", "How reliable are the scales here?"):
        assert words in browser.page
    assert "Test and retest cannot be told" in browser.page
    assert "<script" not in browser.page
    assert " style=" not in browser.page


def test_a_scale_that_nobody_else_rates_leads_to_those_that_have_a_counterpart(world: Any) -> None:
    browser = world.browser(ANALYST)
    browser.get("/county/agreement?scale=who-5/total&point=end")
    assert "Nobody else rates what this scale measures" in browser.page
    assert "/county/agreement?scale=3x10d%2Fcoping&amp;point=end" in browser.page


def test_one_sheet_shows_no_figure_of_it(world: Any) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    browser.get(f"/county/agreement{QUERY}")
    assert "Too few clients were rated by both" in browser.page
    assert "not shown: few sheets" in browser.page


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("?scale=nothing/total", ""),
        ("?scale=gas/t", ""),
        ("?scale=3x10d/coping&point=later", "#point"),
        ("?scale=3x10d/coping&from=31.2.2026", "#from"),
        ("?scale=3x10d/coping&from=2026-05-01&until=2026-01-01", "#until"),
        ("?point=%3Cscript%3E", ""),
    ],
)
def test_a_query_that_cannot_be_answered_is_explained(world: Any, query: str, where: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"/county/agreement{query}").status_code == 422
    assert "error-summary" in browser.page
    assert where in browser.page
    assert "<script" not in browser.page


def test_the_files_carry_the_same_query(world: Any) -> None:
    browser = world.browser(ANALYST)
    browser.get(f"/county/agreement{QUERY}")
    assert f"/county/agreement/reliability.csv{QUERY.replace('&', '&amp;')}" in browser.page
    for name, header in (("agreement.csv", "Compared with;"), ("reliability.csv", "Scale;Sheets;")):
        response = browser.client.get(f"/county/agreement/{name}{QUERY}")
        assert (response.status_code, response.mimetype) == (200, "text/csv")
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["Cache-Control"] == "no-store"
        assert response.get_data(as_text=True).removeprefix("\ufeff").startswith(header)


@pytest.mark.parametrize("path", ["", "/agreement.csv", "/reliability.csv"])
def test_a_provider_s_worker_does_not_see_it(world: Any, path: str) -> None:
    browser = world.browser("worker@birch.example")
    assert browser.get(f"/county/agreement{path}").status_code == 403
