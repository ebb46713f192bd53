"""A worker brings in a spreadsheet: the template, a file with faults, the mended file, and the same file again."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from journeys.installation import WHODAS, Site, administration_of, today
from journeys.steps import expect_message, follow, go_by, press, read_table, switch_to, word
from journeys.windows import Windows, look
from playwright.sync_api import Locator, Page, expect

from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

ANSWERS = [str((number * 3) % 5) for number in range(1, 13)]


def download(page: Page, way: Locator, folder: Path) -> Path:
    """Click on what gives a file, and keep the file."""
    with page.expect_download() as waiting:
        way.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def read_rows(path: Path) -> list[list[str]]:
    return list(csv.reader(StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))


def send(page: Page, rows: list[list[str]], path: Path) -> None:
    """Save rows as a Finnish Excel does, and let the page check them."""
    stream = StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows(rows)
    path.write_bytes(stream.getvalue().encode("cp1252"))
    page.goto("/desk/import")
    page.get_by_label(word(page, "The file"), exact=True).set_input_files(path)
    press(page, "Check the file")


def test_a_worker_fills_in_a_template_mends_what_is_named_and_stores_it_once(
    windows: Windows, site: Site, tmp_path: Path
) -> None:
    """Lesson 12: every fault before anything is written, a file with them back, the second time changes nothing."""
    episode = site.open_episode("IMPORT-1", "Taina Taulukko")
    administration = administration_of(episode, WHODAS)
    page = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    page.goto("/desk")
    follow(page, "Import sheets")
    look(page)
    press(page, "Check the file")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)

    template = page.locator(f"a[href$='/{WHODAS}.csv']")
    head, *rows = read_rows(download(page, template, tmp_path))
    mine = next(row for row in rows if row[0] == "IMPORT-1" and row[2] == "alku")
    day = today()
    mine[3], mine[8:] = f"{day.day}.{day.month}.{day.year}", ["kyllä", *ANSWERS]
    faulty = [*mine]
    faulty[3], faulty[10] = "31.2.2026", "9"
    send(page, [head, faulty], tmp_path / "virheet.csv")
    expect_message(page, "Check of the file")
    expect(page.get_by_role("alert")).to_be_focused()
    places = [row[:3] for row in read_table(page.locator("main table").first)[1:]]
    assert places == [["2", "mittauspäivä (D)", "31.2.2026"], ["2", "S2 (K)", "9"]]
    look(page)
    button = page.get_by_role("button", name=word(page, "Download the file with the faults"))
    told = download(page, button, tmp_path)
    assert "S2: " in read_rows(told)[1][-1]
    assert site.sheet(administration) is None

    send(page, [head, mine], tmp_path / "vastaukset.csv")
    look(page)
    switch_to(page, "sv")
    expect_message(page, "Check of the file")
    switch_to(page, "fi")
    go_by(page, page.locator("#held-file .btn-primary"))
    expect_message(page, "The file is stored")
    look(page)
    sheet = site.sheet(administration)
    assert sheet is not None
    assert [sheet.raw[f"S{number}"] for number in range(1, 13)] == [int(one) for one in ANSWERS]

    send(page, [head, mine], tmp_path / "vastaukset.csv")
    expect(page.locator("#held-file .btn-primary")).to_have_count(0)
    assert site.count_sheets(administration) == 1
