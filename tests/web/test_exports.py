"""Exporting sheets on pages: who may, what the page says, and files that are named, private and harmless."""

import csv
import io
import zipfile
from typing import Any

import openpyxl
import pyreadstat
import pytest

from evalplat.services.looker_words import ACTIONS
from evalplat.web import exports

MANAGER, ANALYST, CASE = "manager@birch.example", "analyst@county.example", "case@county.example"
NAMES = (b"Aino", b"Esimerkki")


@pytest.fixture
def episode(world: Any) -> Any:
    episode = world.open_episode()
    world.answer(episode, 2)
    world.answer(episode, 1, end=True)
    other = world.open_episode("V-2", provider=1)
    world.answer(other, 3)
    return episode


def rows_of(content: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=delimiter))


def unzip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name.rsplit("-", 1)[-1]
            if "codebook" in name
            else name.rsplit(".", 1)[-1]: archive.read(name)
            for name in archive.namelist()
        }


def test_a_manager_downloads_a_workbook_of_the_own_sheets_with_its_codebook(
    world: Any, episode: Any
) -> None:
    browser = world.browser(MANAGER)
    browser.get("/desk")
    assert 'href="/desk/export"' in browser.page
    assert browser.get("/desk/export").status_code == 200
    assert "as private as the client’s own file" in browser.page
    answer = browser.client.get("/desk/export/file")
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="sheets-wide-2026-11-24.xlsx"'
    )
    assert answer.headers["Cache-Control"] == "no-store"
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book.worksheets[0]
    row = {head.value: cell.value for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert (row["provider"], row["voucher"], sheet.max_row) == ("Birch Oy", "V-1", 2)
    assert row["baseline_whodas_2_0_12_client_S1"] == 2
    assert row["end_whodas_2_0_12_client_S1"] == 1
    assert book.worksheets[1].max_row > 100


def test_a_csv_and_an_spss_file_come_with_their_codebook(world: Any, episode: Any) -> None:
    browser = world.browser(MANAGER)
    base = "/desk/export/file?chosen=1&instrument=whodas-2.0-12&form=long&labels=fi"
    answer = browser.client.get(f"{base}&kind=csv")
    assert answer.headers["Content-Disposition"].endswith('"sheets-long-2026-11-24.zip"')
    files = unzip(answer.data)
    rows = rows_of(files["csv"], ";")
    assert {row["instrument"] for row in rows} == {"whodas-2.0-12"}
    assert {row["answer"] for row in rows if row["code"] == "S1"} == {
        "Melko vaikeaa",
        "Vähän vaikeaa",
    }
    codebook = rows_of(files["codebook.csv"], ";")
    assert [line["Sarake"] for line in codebook if line["Sarake"]] == list(rows[0])
    files = unzip(browser.client.get(f"{base}&kind=sav").data)
    assert files["sav"].startswith(b"$FL2") and files["codebook.csv"]


def test_a_fhir_bundle_is_for_those_who_see_answers(world: Any, episode: Any) -> None:
    answer = world.browser(MANAGER).client.get("/desk/export/file?kind=fhir")
    assert answer.mimetype == "application/fhir+json"
    assert answer.headers["Content-Disposition"].endswith('"sheets-fhir-2026-11-24.json"')
    assert b'"resourceType": "QuestionnaireResponse"' in answer.data
    refused = world.browser(ANALYST).client.get("/county/export/file?kind=fhir")
    assert refused.headers["Content-Disposition"].endswith('.xlsx"')


def test_a_case_worker_takes_the_sheets_of_own_clients_at_every_provider(
    world: Any, episode: Any
) -> None:
    browser = world.browser(CASE)
    browser.get("/cases")
    assert 'href="/desk/export"' in browser.page
    browser.get("/desk/export")
    assert "your own clients" in browser.page
    files = unzip(browser.client.get("/desk/export/file?kind=csv").data)
    assert {row["provider"] for row in rows_of(files["csv"])} == {"Birch Oy", "Maple Oy"}
    assert not any(name in content for content in files.values() for name in NAMES)


def test_the_county_gets_scores_and_the_page_says_that_it_sees_no_answers(
    world: Any, episode: Any, tmp_path: Any
) -> None:
    browser = world.browser(ANALYST)
    browser.get("/county/export")
    assert "The county sees no single answers" in browser.page
    assert "Publish nothing from this file" in browser.page
    assert "own words</label>" not in browser.page and "GAS" not in browser.page
    files = unzip(browser.client.get("/county/export/file?kind=csv").data)
    (first, second) = rows_of(files["csv"])
    assert first["baseline_whodas_2_0_12_client_score_total"]
    assert "opened_month" in first and "voucher" not in first and "opened_on" not in first
    assert not [name for name in first if name.endswith("_S1")]
    assert b"V-1" not in files["csv"] and second["provider"] == "Maple Oy"
    path = tmp_path / "file.sav"
    path.write_bytes(unzip(browser.client.get("/county/export/file?kind=sav").data)["sav"])
    frame, _ = pyreadstat.read_sav(str(path))
    assert len(frame) == 2


@pytest.mark.parametrize("email", ["worker@birch.example", "admin@county.example"])
def test_nobody_else_opens_either_page(world: Any, episode: Any, email: str) -> None:
    browser = world.browser(email)
    for path in ("/desk/export", "/desk/export/file", "/county/export", "/county/export/file"):
        assert browser.get(path).status_code == 403
    browser.get("/desk")
    assert "/desk/export" not in browser.page


def test_no_role_takes_the_road_of_another(world: Any, episode: Any) -> None:
    assert world.browser(MANAGER).get("/county/export/file").status_code == 403
    assert world.browser(ANALYST).get("/desk/export/file").status_code == 403


def test_every_fault_is_listed_and_what_was_chosen_stays(world: Any, episode: Any) -> None:
    browser = world.browser(MANAGER)
    path = "/desk/export/file?chosen=1&from=31.2.2026&until=x&form=long&kind=sav&all_revisions=1"
    assert browser.get(path).status_code == 422
    for text in ("31.2.2026 is not a date", "x is not a date", "Choose at least one instrument"):
        assert text in browser.page
    assert 'value="long" checked' in browser.page and 'value="sav" checked' in browser.page
    assert 'id="all_revisions" value="1" checked' in browser.page
    path = "/desk/export/file?chosen=1&instrument=3x10d&from=2.2.2026&until=1.2.2026"
    assert browser.get(path).status_code == 422
    assert "ends before it begins" in browser.page
    assert browser.get("/desk/export/file?chosen=1&instrument=3x10d").status_code == 422
    assert "There are no sheets to export here" in browser.page


def test_more_than_a_page_can_hand_out_is_explained(
    world: Any, episode: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(exports, "MOST_IN", {("long", "xlsx"): 1})
    browser = world.browser(MANAGER)
    assert browser.get("/desk/export/file?form=long").status_code == 422
    assert "at most 1 are exported" in browser.page
    assert browser.client.get("/desk/export/file?form=wide").status_code == 200


def test_an_unknown_choice_in_the_address_is_the_usual_one(world: Any, episode: Any) -> None:
    browser = world.browser(MANAGER)
    answer = browser.client.get(
        "/desk/export/file?form=broad&kind=exe&labels=xx&instrument=nothing"
    )
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')


def test_a_client_who_looks_is_told_of_the_export_in_words() -> None:
    assert "export_sheets" in ACTIONS
