"""The county's analyses: each page fits and reads well, and all of them tell the same of the same clients."""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from journeys.installation import Site
from journeys.steps import expect_message, follow, go_by, press, read_table, word
from journeys.windows import PHONE, Windows, look
from playwright.sync_api import Page, expect

from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

PAGES = {
    "comparison": "Comparison of providers",
    "outcomes": "Coverage, change and goals",
    "effects": "Effect sizes",
    "attrition": "What the missing end measurements may hide",
    "sustained": "Does it last?",
    "value": "Value for money",
    "trend": "Trend over quarters",
    "scales": "Several scales",
    "agreement": "Agreement and reliability",
}
"""The page's place in its address, and its heading; the tabs stand in this order."""

SCALE = "whodas-2.0-12/sum_simple"
FROM, UNTIL = "2023-06-01", "2026-06-30"
NOBODY = "chosen=1&scale=3x10d/life&from=2035-01-01"
FAULTY = "chosen=1&scale=3x10d/life&from=31.2.2024&until=soon"


@pytest.mark.parametrize("place", PAGES)
def test_a_page_fits_and_reads_well_on_a_phone_and_on_a_desk(
    windows: Windows, site: Site, place: str
) -> None:
    page = windows.open_for(site.sign_in_of(Role.ANALYST).email)
    page.goto(f"/county/{place}?scale={SCALE}")
    expect_message(page, PAGES[place])
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    look(page)
    page.set_viewport_size(PHONE)
    look(page)


@pytest.mark.parametrize("query", [NOBODY, FAULTY], ids=["nobody", "faulty"])
def test_pages_without_figures_say_why_and_keep_the_choices(
    windows: Windows, site: Site, query: str
) -> None:
    page = windows.open_for(site.sign_in_of(Role.ANALYST).email)
    page.set_viewport_size(PHONE)
    for place in PAGES:
        answered = page.goto(f"/county/{place}?{query}")
        assert answered is not None
        assert answered.status == (422 if query == FAULTY else 200)
        expect(page.get_by_label(word(page, "Scale"), exact=True)).to_have_value("3x10d/life")
        if query == FAULTY:
            expect(page.get_by_role("alert")).to_be_focused()
        else:
            figures = " ".join(page.locator("main table").all_inner_texts())
            assert not re.search(r"\d[.,]\d", figures), figures
        assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"] + 1
    look(page)


def test_the_analyst_goes_through_the_tabs_and_every_page_tells_the_same(
    windows: Windows, site: Site
) -> None:
    page = windows.open_for(site.sign_in_of(Role.ANALYST).email)
    page.goto("/")
    follow(page, "Comparison of providers")
    choose(page)
    average = read_figure(page, "Average improvement")
    pairs = read_figure(page, "Clients with both measurements")
    compared = total_on(page)
    check_csv(page, compared)
    assert compared[word(page, "Measured twice")] == pairs
    assert compared[word(page, "Adjusted")] == average
    started = compared[word(page, "Started")]

    found: dict[str, Mapping[str, str]] = {}
    for place, heading in list(PAGES.items())[1:]:
        tab = page.get_by_role("navigation", name=word(page, "Analyses")).get_by_role("link")
        go_by(page, tab.nth(list(PAGES).index(place)))
        assert f"/county/{place}?" in page.url
        expect_message(page, heading)
        expect_choices(page)
        if page.locator("table.comparison tfoot").count():
            found[place] = total_on(page)
        if place in ("outcomes", "value"):
            check_csv(page, found[place])
    both = f"{word(page, 'Both scores')}, {word(page, 'of those who started')}"
    assert numbers_in(found["outcomes"][both])[-1:] == numbers_in(pairs)
    assert found["outcomes"][word(page, "Started")] == started
    assert found["effects"][word(page, "Measured twice")] == pairs
    assert found["effects"][word(page, "Improvement")].split()[0] == average
    assert found["value"][word(page, "Measured twice")] == pairs
    assert found["value"][word(page, "Started")] == started
    assert found["value"][word(page, "Improvement")] == average

    go_by(
        page, page.get_by_role("navigation", name=word(page, "Analyses")).get_by_role("link").first
    )
    expect_choices(page)
    assert total_on(page) == compared


def choose(page: Page) -> None:
    """A scale, a period, and no more than the baseline to adjust for."""
    page.get_by_label(word(page, "Scale"), exact=True).select_option(SCALE)
    page.get_by_label(word(page, "Episodes opened from"), exact=True).fill(FROM)
    page.get_by_label(word(page, "Episodes opened until"), exact=True).fill(UNTIL)
    for label in ("Age", "Sex"):
        page.get_by_role("checkbox", name=word(page, label), exact=True).uncheck()
    press(page, "Show")
    expect_choices(page)


def expect_choices(page: Page) -> None:
    """The choices of before are still chosen, on whichever page."""
    expect(page.get_by_label(word(page, "Scale"), exact=True)).to_have_value(SCALE)
    expect(page.get_by_label(word(page, "Episodes opened from"), exact=True)).to_have_value(FROM)
    expect(page.get_by_label(word(page, "Episodes opened until"), exact=True)).to_have_value(UNTIL)
    kept = page.locator("#choices [name=adjust]:checked, #choices [name=adjust][type=hidden]")
    assert [one.get_attribute("value") for one in kept.all()] == ["baseline"]


def read_figure(page: Page, message: str) -> str:
    """One of the figures on top of the comparison."""
    terms = page.locator("dl.figures > div").filter(
        has=page.get_by_text(word(page, message), exact=True)
    )
    return terms.locator("dd").first.inner_text().strip()


def total_on(page: Page) -> dict[str, str]:
    """What the page's first table of providers says of all together, by header."""
    table = page.locator("table.comparison:has(tfoot)").first
    rows = read_table(table)
    assert rows[-1][0] == word(page, "All together")
    return dict(zip(rows[0], rows[-1], strict=True))


def check_csv(page: Page, total: Mapping[str, str]) -> None:
    """The file of the page's first table has the same total in its last row."""
    link = page.get_by_role("link", name=word(page, "Table (CSV)"), exact=True).first
    with page.expect_download() as saved:
        link.click()
    text = Path(saved.value.path()).read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    filed = dict(zip(rows[0], rows[-1], strict=True))
    assert {header: filed[header] for header in total} == total


def numbers_in(cell: str) -> list[int]:
    """Whole figures of a cell: `53 % (1 070)` has two."""
    return [int(re.sub(r"\D", "", one)) for one in re.findall(r"\d[\d\s\u00a0]*", cell)]
