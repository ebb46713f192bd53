"""Reports to take along: the county's for the county, the own one for a provider's manager, in three forms."""

import io
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

ANALYST, MANAGER, WORKER = "analyst@county.example", "manager@birch.example", "worker@birch.example"
FILE = "/county/reports/file"


def fill(world: Any) -> None:
    episode = world.open_episode()
    world.answer(episode, 2)
    world.answer(episode, 1, end=True)
    world.open_episode("V-2", provider=1)


def test_the_county_takes_its_report_in_each_form(world: Any) -> None:
    fill(world)
    browser = world.browser(ANALYST)
    assert browser.get("/county/reports").status_code == 200
    assert "Which report" in browser.page and "Maple" in browser.page
    paper = browser.client.get(f"{FILE}?kind=pdf&labels=sv")
    assert paper.mimetype == "application/pdf"
    assert PdfReader(io.BytesIO(paper.data)).root_object["/Lang"] == "sv"
    page = browser.client.get(f"{FILE}?kind=html&labels=fi")
    assert page.mimetype == "text/html" and b'<html lang="fi"' in page.data
    book = browser.client.get(f"{FILE}?kind=xlsx&labels=en")
    assert len(openpyxl.load_workbook(io.BytesIO(book.data)).sheetnames) > 8
    for answer in (paper, page, book):
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "no-store" in answer.headers["Cache-Control"]


def test_the_county_takes_one_providers_report_that_names_no_other(world: Any) -> None:
    fill(world)
    browser = world.browser(ANALYST)
    own = world.provider_ids()[1]
    page = browser.client.get(f"{FILE}?about=provider&provider={own}&kind=html&labels=en")
    text = page.data.decode()
    assert page.status_code == 200 and "Maple" in text and "Birch" not in text


def test_the_quarter_by_municipality_shows_no_small_number(world: Any) -> None:
    fill(world)
    page = world.browser(ANALYST).client.get(f"{FILE}?about=municipalities&kind=html&labels=en")
    text = page.data.decode()
    assert page.status_code == 200 and text.count(">Turku<") == 4
    assert text.count(">not shown<") == 24


def test_a_manager_takes_the_own_report_only(world: Any) -> None:
    fill(world)
    browser = world.browser(MANAGER)
    browser.get("/desk/results/reports")
    assert "Own report" in browser.page and "Maple" not in browser.page
    other = world.provider_ids()[1]
    page = browser.client.get(
        f"/desk/results/reports/file?about=provider&provider={other}&kind=html&labels=en"
    )
    text = page.data.decode()
    assert page.status_code == 200 and "Birch" in text and "Maple" not in text


def test_others_find_no_such_page(world: Any) -> None:
    for who in (WORKER, MANAGER):
        assert world.browser(who).client.get(FILE).status_code in (403, 404)
    assert world.browser(WORKER).client.get("/desk/results/reports/file").status_code in (403, 404)


@pytest.mark.parametrize(
    "query",
    ["from=31.2.2026", "from=2026-05-01&until=2025-05-01", "about=provider&provider=nobody"],
)
def test_a_choice_that_cannot_be_is_explained_at_its_field(world: Any, query: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"{FILE}?{query}").status_code == 422
    assert "error-summary" in browser.page and "field-error" in browser.page
