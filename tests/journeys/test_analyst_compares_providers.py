"""An analyst compares providers: whatever is chosen, the page, the files and the paper say the same."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from journeys.installation import PROVIDERS, Site
from journeys.steps import (
    expect_message,
    follow,
    press,
    read_table,
    sign_in,
    switch_to,
    text_of,
    word,
)
from journeys.windows import PHONE, Windows, look
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"
NO_FIGURE = "–"
CHOICES = [
    ("whodas-2.0-12/total", ("baseline", "age", "sub_region")),
    ("3x10d/life", ()),
    ("worker-observation/participation", ("sex",)),
]
COVARIATES = {
    "baseline": "Score at the baseline", "age": "Age", "sex": "Sex", "sub_region": "Sub-region",
    "language": "Language", "living_situation": "Living situation", "employment": "Employment",
}  # fmt: skip
UNROUNDED = {
    "Started": ("n_started",),
    "Measured twice": ("n",),
    "Adjusted": ("improvement",),
    "Improvement": ("improvement",),
    "Interval (95%)": ("improvement_low", "improvement_high"),
    "Cautious estimate": ("shrunken",),
}


def choose(page: Page, scale: str, adjust: Sequence[str]) -> None:
    """Choose a scale and what is adjusted for, and compare."""
    page.get_by_label(word(page, "Scale"), exact=True).select_option(scale)
    for name, label in COVARIATES.items():
        box = page.get_by_role("checkbox", name=word(page, label), exact=True)
        box.set_checked(name in adjust)
    press(page, "Show")


def download(page: Page, message: str) -> Path:
    """Save the file behind a link, as a person does."""
    with page.expect_download() as saved:
        page.get_by_role("link", name=word(page, message), exact=True).click()
    return Path(saved.value.path())


def table_of(page: Page) -> list[list[str]]:
    return read_table(page.locator("table.comparison").first)


def numbers_in(cell: str) -> list[float]:
    """The figures of a cell of a Finnish, Swedish or English table."""
    plain = cell.replace("\xa0", "").replace("−", "-").replace(",", ".")
    return [float(text) for text in re.findall(r"[-+]?\d+(?:\.\d+)?", plain)]


def decimals_of(cell: str) -> int:
    found = re.search(r"[.,](\d+)$", cell)
    return len(found[1]) if found else 0


def squeeze(parts: Iterable[str]) -> str:
    """Texts without any white space: a paper breaks its lines where it likes."""
    return re.sub(r"\s", "", "".join(parts))


@pytest.mark.parametrize(("scale", "adjust"), CHOICES, ids=[scale for scale, _ in CHOICES])
def test_the_page_the_csv_the_pdf_and_the_unrounded_figures_are_the_same(
    windows: Windows, site: Site, scale: str, adjust: tuple[str, ...]
) -> None:
    page = windows.open_for(site.sign_in_of(Role.ANALYST).email)
    page.goto("/")
    follow(page, "Comparison of providers")
    expect_message(page, "Comparison of providers")
    usual = table_of(page)
    choose(page, scale, adjust)
    table = table_of(page)
    assert table != usual
    assert {row[0] for row in table[1:-1]} == set(PROVIDERS)
    assert table[-1][0] == word(page, "All together")

    text = download(page, "Table (CSV)").read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=";")) == table

    paper = PdfReader(download(page, "Report (PDF)"))
    printed = squeeze(sheet.extract_text() for sheet in paper.pages)
    missing = [row for row in table[1:] if squeeze(row) not in printed]
    assert missing == []

    data = download(page, "Figures for programs (CSV)").read_text(encoding="utf-8")
    compare_unrounded(page, table, list(csv.DictReader(io.StringIO(data))), site, scale)


def compare_unrounded(
    page: Page, table: list[list[str]], data: list[dict[str, str]], site: Site, scale: str
) -> None:
    """Every figure on the page is the unrounded one, rounded as the page shows it; a dash is an empty cell."""
    headers = {
        place: names
        for place, header in enumerate(table[0])
        for message, names in UNROUNDED.items()
        if word(page, message) == header
    }
    unadjusted = word(page, "Unadjusted")
    instrument, _slash, key = scale.partition("/")
    direction = site.instrument(instrument).scale(key).direction
    assert direction is not None
    assert [row[0] for row in table[1:-1]] == [row["provider"] for row in data]
    for row, plain in zip(table[1:-1], data, strict=True):
        for place, names in headers.items():
            expect_figures(row[place], [plain[name] for name in names])
        if unadjusted in table[0]:
            gain = plain["gain"]
            turned = str(direction.sign * float(gain)) if gain else ""
            expect_figures(row[table[0].index(unadjusted)], [turned])
        withheld = NO_FIGURE in row[2:]
        assert withheld == (plain["reason"] != ""), row


def expect_figures(cell: str, unrounded: list[str]) -> None:
    if cell == NO_FIGURE:
        assert unrounded == [""] * len(unrounded)
        return
    half = 0.5 * 10 ** -decimals_of(cell) + 1e-9
    shown = numbers_in(cell)
    assert len(shown) == len(unrounded), cell
    for figure, exact in zip(shown, unrounded, strict=True):
        assert abs(figure - float(exact)) <= half, (cell, unrounded)


def test_funnel_and_caterpillar_say_in_words_what_they_show(windows: Windows, site: Site) -> None:
    page = windows.open_for(site.sign_in_of(Role.ANALYST).email)
    page.goto("/county/comparison?scale=whodas-2.0-12/total")
    look(page)
    pictures = page.locator(".chart svg:visible")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        expect(picture).to_have_attribute("role", "img")
        assert picture.locator(":scope > title").text_content()
        assert picture.locator(":scope > desc").text_content()
    page.set_viewport_size(PHONE)
    expect(page.locator(".chart .for-desks svg:visible")).to_have_count(0)
    expect(pictures).to_have_count(2)
    for message in ("Save the funnel plot (SVG)", "Save the caterpillar plot (SVG)"):
        drawing = ElementTree.parse(download(page, message)).getroot()
        assert drawing.tag == f"{SVG}svg"
        assert drawing.findtext(f"{SVG}title")
        assert drawing.findtext(f"{SVG}desc")


def test_an_address_passed_on_shows_the_same_to_somebody_who_signs_in(
    windows: Windows, site: Site
) -> None:
    analyst = site.sign_in_of(Role.ANALYST)
    page = windows.open_for(analyst.email)
    page.goto("/county/comparison")
    page.get_by_label(word(page, "Episodes opened from"), exact=True).fill("2024-06-01")
    choose(page, *CHOICES[0])

    other = windows.open_desk()
    other.goto(page.url)
    expect_message(other, "Sign in")
    sign_in(other, analyst.email, analyst.password)
    assert other.url == page.url
    assert text_of(other) == text_of(page)


def test_another_language_changes_the_words_and_no_figure(windows: Windows, site: Site) -> None:
    administrator = site.sign_in_of(Role.ADMINISTRATOR)
    page = windows.open_for(administrator.email)
    page.goto("/county/comparison")
    choose(page, *CHOICES[0])
    address, finnish = page.url, table_of(page)
    for language in ("sv", "en"):
        switch_to(page, language)
        assert page.url == address
        table = table_of(page)
        assert table[0] != finnish[0]
        for row, same in zip(table[1:], finnish[1:], strict=True):
            assert list(map(numbers_in, row[1:-1])) == list(map(numbers_in, same[1:-1]))
    assert "." in table[-1][3], "English figures have a decimal point"
    switch_to(page, "fi")
    assert table_of(page) == finnish


def test_dates_that_are_none_are_named_and_the_other_choices_kept(
    windows: Windows, site: Site
) -> None:
    page = windows.open_for(site.sign_in_of(Role.ANALYST).email)
    page.goto("/county/comparison?chosen=1&scale=3x10d/life&from=31.2.2024&until=soon&adjust=sex")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("31.2.2024")
    expect(alert).to_contain_text("soon")
    expect(page.get_by_label(word(page, "Scale"), exact=True)).to_have_value("3x10d/life")
    expect(page.get_by_label(word(page, "Sex"), exact=True)).to_be_checked()
    look(page)
