"""Importing sheets on the desk: check, mend, store, never twice, never somebody else's."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from evalplat.web import imports

WORKER, OTHER = "worker@birch.example", "worker@maple.example"
HEAD = ["voucher", "instrument", "point", "measured_on", "works_or_studies"]
HEAD += [f"S{n}" for n in range(1, 13)]
HELD = re.compile(r'name="held" value="([^"]+)"')


def row(voucher: str = "V-1", day: str = "22.11.2026", answers: str = "1" * 12) -> list[str]:
    return [voucher, "whodas-2.0-12", "baseline", day, "1", *answers]


def csv_of(*rows: list[str], head: list[str] = HEAD) -> bytes:
    return "\r\n".join(";".join(cells) for cells in (head, *rows)).encode("utf-8-sig")


def send(browser: Any, content: bytes, name: str = "sheets.csv", **rest: str) -> Any:
    browser.get("/desk/import")
    data = {"file": (BytesIO(content), name), **rest}
    return browser.post("/desk/import", data, content_type="multipart/form-data")


def held_by(browser: Any) -> str:
    found = HELD.search(browser.page)
    assert found, browser.page
    return found[1]


@pytest.fixture
def browser(world: Any) -> Any:
    return world.browser(WORKER)


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def test_a_file_is_checked_then_stored_and_storing_twice_makes_one_sheet(
    world: Any, browser: Any, episode: Any
) -> None:
    assert send(browser, csv_of(row(answers="123401234012"))).status_code == 200
    assert "Store 1 sheet<" in browser.page and "12/12" in browser.page
    assert world.sheet(episode) is None
    held = held_by(browser)
    places = [browser.post("/desk/import/store", {"held": held}) for _ in range(2)]
    assert [response.status_code for response in places] == [303, 303]
    sheet = world.sheet(episode)
    assert (sheet.revision, sheet.raw["S1"], sheet.raw["S4"]) == (1, 1, 4)
    browser.get(places[0].location)
    assert "1 sheet was stored." in browser.page
    browser.get(places[1].location)
    assert "0 sheets were stored. 1 had been stored before" in browser.page
    assert send(browser, csv_of(row(answers="123401234012"))).status_code == 200
    assert "nothing new" in browser.page and "Store 1 sheet" not in browser.page


def test_every_fault_is_listed_and_comes_back_in_the_file_it_stood_in(
    world: Any, browser: Any, episode: Any
) -> None:
    content = csv_of(row(answers="9" + "1" * 11), row("V-9", "31.2.2026"))
    assert send(browser, content).status_code == 422
    assert "3 faults: nothing can be stored yet" in browser.page
    for said in ("S1 <span", "(F)", "31.2.2026", "Give one of 0, 1, 2, 3, 4".lower()):
        assert said in browser.page
    assert 'formaction="/desk/import/faults"' in browser.page
    held = held_by(browser)
    response = browser.post("/desk/import/faults", {"held": held})
    assert response.mimetype == "text/csv"
    lines = response.get_data(as_text=True).splitlines()
    assert lines[0].endswith(";S12;faults")
    assert "give one of 0, 1, 2, 3, 4" in lines[1] and "this is not a day" in lines[2]
    assert "no episode of yours with this voucher" in lines[2]
    browser.post("/desk/import/store", {"held": held})
    assert world.sheet(episode) is None
    browser.get("/desk/import")
    assert send(browser, response.data, "mended.csv").status_code == 422


def test_a_workbook_comes_back_as_a_workbook(browser: Any, episode: Any) -> None:
    book = openpyxl.Workbook()
    for cells in (HEAD, row(answers="9" * 12)):
        book.active.append(cells)
    stream = BytesIO()
    book.save(stream)
    assert send(browser, stream.getvalue(), "sheets.xlsx").status_code == 422
    response = browser.post("/desk/import/faults", {"held": held_by(browser)})
    made = openpyxl.load_workbook(BytesIO(response.data)).active
    assert made["R2"].value.count("is not an answer here") == 12


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "", "Choose a file, then check it."),
        (b"", "sheets.csv", "sheets.csv is empty"),
        (b"\xd0\xcf\x11\xe0", "old.xls", "its name must end in .csv or .xlsx"),
        (b"%PDF-1.7", "sheets.xlsx", "is not an XLSX file though its name says so"),
        (b"a;b\n", "C:\\own\\sheets.csv", "sheets.csv has a header but no rows below it"),
        (csv_of(row()), "../../<b>sheets.pdf", "&lt;b&gt;sheets.pdf cannot be read"),
    ],
)
def test_what_is_no_table_is_refused_and_the_choices_stay(
    browser: Any, content: bytes, name: str, said: str
) -> None:
    response = send(browser, content, name, instrument="who-5", sheet="Data")
    assert response.status_code == 422
    assert said in browser.page
    assert 'value="who-5" selected' in browser.page and 'value="Data"' in browser.page


def test_a_file_that_is_too_large_is_refused_and_other_pages_take_no_more_than_before(
    browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as smaller:
        smaller.setattr(imports, "LARGEST_REQUEST", 10_000)
        assert send(browser, b"x" * 20_000).status_code == 413
    assert send(browser, csv_of(*[row()] * 6_000)).status_code == 422
    assert "at most 5000 rows are read at a time" in browser.page.lower()
    browser.get("/desk/open")
    big = browser.post("/desk/open", {"number": "x" * 300_000})
    assert big.status_code == 413


def test_what_holds_too_much_for_a_form_is_refused(
    browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "LONGEST_HELD", 100)
    assert send(browser, csv_of(row())).status_code == 422
    assert "too much for one go" in browser.page


def test_another_providers_voucher_reads_like_one_that_is_not_there(
    world: Any, episode: Any
) -> None:
    other = world.browser(OTHER)
    pages = []
    for voucher in ("V-1", "V-0"):
        assert send(other, csv_of(row(voucher))).status_code == 422
        pages.append(re.sub(r'value="[^"]{40,}"', "", other.page).replace(voucher, "V"))
    assert pages[0] == pages[1]
    assert "Aino" not in pages[0]


def test_what_was_checked_is_stored_by_the_same_person_only_and_unchanged(
    world: Any, browser: Any, episode: Any
) -> None:
    send(browser, csv_of(row()))
    held = held_by(browser)
    other = world.browser(OTHER)
    other.get("/desk/import")
    manager = world.browser("manager@birch.example")
    manager.get("/desk/import")
    for one, content in (
        (other, held),
        (manager, held),
        (browser, held[:-2] + "xx"),
        (browser, ""),
    ):
        response = one.post("/desk/import/store", {"held": content})
        assert response.status_code == 422
        assert "Choose the file again" in one.page
        assert one.post("/desk/import/faults", {"held": content}).status_code == 422
    assert world.sheet(episode) is None
    response = browser.post("/desk/import/store", {"held": held})
    assert other.get(response.location).status_code == 404
    assert browser.get("/desk/import/done?stored=x").status_code == 404


def test_answers_that_were_stored_in_the_meantime_are_not_written_over(
    world: Any, browser: Any, episode: Any
) -> None:
    send(browser, csv_of(row(answers="2" * 12)))
    held = held_by(browser)
    world.answer(episode, 3)
    assert browser.post("/desk/import/store", {"held": held}).status_code == 422
    assert "Other answers are stored" in browser.page
    assert world.sheet(episode).raw["S1"] == 3


def test_the_check_is_read_in_another_language_without_choosing_the_file_again(
    world: Any, browser: Any, episode: Any
) -> None:
    send(browser, csv_of(row()))
    held = held_by(browser)
    response = browser.post("/desk/import/store", {"held": held, "switch_language": "fi"})
    assert response.status_code == 200
    assert 'lang="fi"' in browser.page and held_by(browser) == held
    assert world.sheet(episode) is None


def test_a_session_that_ended_between_check_and_storing_stores_nothing_and_says_so(
    world: Any, browser: Any, episode: Any
) -> None:
    send(browser, csv_of(row()))
    held = held_by(browser)
    world.clock.at += timedelta(hours=1)
    response = browser.post("/desk/import/store", {"held": held})
    assert response.status_code == 401
    assert held not in browser.page
    assert world.sheet(episode) is None


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_template_names_own_vouchers_and_no_client(
    world: Any, browser: Any, episode: Any, form: str
) -> None:
    world.open_episode("V-2", provider=1)
    response = browser.get(f"/desk/import/template/whodas-2.0-12.{form}")
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"
    content = response.data
    if form == "xlsx":
        sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
        content = repr(list(sheet.iter_rows(values_only=True))).encode()
    assert b"V-1" in content and b"V-2" not in content and b"Aino" not in content
    for path in ("gas.xlsx", "client-feedback.xlsx", "nothing.xlsx", "who-5.ods"):
        assert browser.get(f"/desk/import/template/{path}").status_code == 404


def test_a_filled_template_is_stored(world: Any, browser: Any, episode: Any) -> None:
    response = browser.get("/desk/import/template/whodas-2.0-12.xlsx")
    book = openpyxl.load_workbook(BytesIO(response.data))
    sheet = book.worksheets[0]
    first = next(r for r in range(2, 9) if sheet.cell(r, 3).value in ("alku", "baseline"))
    sheet.cell(first, 4).value = world.clock().date()
    for place in range(9, 22):
        sheet.cell(first, place).value = 1
    stream = BytesIO()
    book.save(stream)
    assert send(browser, stream.getvalue(), "sheets.xlsx").status_code == 200
    browser.post("/desk/import/store", {"held": held_by(browser)})
    assert world.sheet(episode).raw["S12"] == 1


def test_a_file_that_cannot_be_read_says_in_which_cells_it_is_wrong(browser: Any) -> None:
    send(browser, csv_of(row(), head=[*HEAD[:-1], "S11"]))
    assert "Row 1, column Q: the name" in browser.page
    assert "already used by column 16 (P)" in browser.page
    made = openpyxl.Workbook()
    for cells in (HEAD, row(), row(), row()):
        made.active.append(cells)
    made.active["F4"] = "=1+1"
    formulas = BytesIO()
    made.save(formulas)
    send(browser, formulas.getvalue(), "sheets.xlsx")
    assert "Row 4, column F: the formula" in browser.page
    made.active["F4"] = "1"
    made.active.merge_cells("A2:A3")
    merged = BytesIO()
    made.save(merged)
    send(browser, merged.getvalue(), "sheets.xlsx")
    assert "Cells A2:A3: these cells are merged" in browser.page


def test_a_file_without_the_columns_of_the_answers_says_so_once_and_not_in_every_row(
    browser: Any, episode: Any
) -> None:
    send(browser, csv_of(row()[:4], head=HEAD[:4]))
    assert "columns of whodas-2.0-12 are missing" in browser.page.casefold()
    assert "1 fault: nothing can be stored yet" in browser.page
