"""Every analysis of the county as files: the same query, the right kind, and no count of few clients in any of them."""

import csv
import json
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook

ANALYST = "analyst@county.example"
QUERY = "?chosen=1&scale=whodas-2.0-12/total&adjust=baseline&adjust=age"
KINDS = {
    "csv": "text/csv",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
USUAL = ("table.csv", "tables.xlsx", "data.csv", "data.json", "picture.svg", "picture.png")
ANALYSES = {
    "comparison": (
        *("table.csv", "tables.xlsx", "data.csv", "data.json", "report.pdf"),
        *("funnel.svg", "funnel.png", "caterpillar.svg", "caterpillar.png"),
    ),
    "outcomes": ("coverage.csv", "change.csv", "goals.csv", *USUAL[1:]),
    **dict.fromkeys(("effects", "attrition", "sustained", "value", "trend", "scales"), USUAL),
    "agreement": ("agreement.csv", "reliability.csv", "tables.xlsx", "data.json"),
}
SIGNATURES = {
    "xlsx": b"PK\x03\x04",
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n",
    "svg": b"<svg",
    "csv": b"",
    "json": b"",
}
COUNTS = ("n", "count", "of", "pairs", "clients", "episodes")


@pytest.mark.parametrize("analysis", ANALYSES)
def test_the_files_of_an_analysis_are_of_the_kind_that_they_say(world: Any, analysis: str) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    for name in ANALYSES[analysis]:
        response = browser.client.get(f"/county/{analysis}/{name}{QUERY}")
        ending = name.rpartition(".")[2]
        assert (response.status_code, response.mimetype) == (200, KINDS[ending]), name
        assert response.headers["Content-Disposition"].startswith("attachment"), name
        assert response.headers["Content-Disposition"].rstrip('"').endswith(name), name
        assert response.headers["Cache-Control"] == "no-store", name
        assert response.data.startswith(SIGNATURES[ending]), name


@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_query_that_cannot_be_answered_makes_no_file(world: Any, analysis: str) -> None:
    browser = world.browser(ANALYST)
    for name in ANALYSES[analysis]:
        response = browser.client.get(f"/county/{analysis}/{name}?scale=nothing/total")
        assert response.status_code == 422, name
        assert "Content-Disposition" not in response.headers, name


@pytest.mark.parametrize("analysis", ANALYSES)
def test_json_tells_no_count_of_one_to_four_clients(world: Any, analysis: str) -> None:
    """There is one client in the county: whatever is said of it would be said of a person."""
    world.open_episode()
    content = world.browser(ANALYST).client.get(f"/county/{analysis}/data.json{QUERY}").data
    found = dict(list_numbers(json.loads(content)))
    counts = {place: value for place, value in found.items() if is_count(place)}
    assert not {place for place, value in counts.items() if 1 <= value <= 4}


@pytest.mark.parametrize(("analysis", "sheets"), [("outcomes", 3), ("agreement", 2), ("trend", 1)])
def test_a_workbook_holds_each_table_of_its_analysis_as_the_page_shows_it(
    world: Any, analysis: str, sheets: int
) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    content = browser.client.get(f"/county/{analysis}/tables.xlsx{QUERY}").data
    assert content == browser.client.get(f"/county/{analysis}/tables.xlsx{QUERY}").data
    book = load_workbook(BytesIO(content))
    assert len(book.sheetnames) == sheets
    heads = [[cell.value for cell in sheet[4] if cell.value] for sheet in book]
    csvs = [name for name in ANALYSES[analysis] if name.endswith(".csv") and name != "data.csv"]
    for head, name in zip(heads, csvs, strict=True):
        text = browser.client.get(f"/county/{analysis}/{name}{QUERY}").data.decode("utf-8-sig")
        assert head == next(csv.reader(StringIO(text), delimiter=";"))


def list_numbers(value: Any, place: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from list_numbers(part, f"{place}/{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from list_numbers(part, f"{place}/{number}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place, value


def is_count(place: str) -> bool:
    """Whether a name is that of a count: `n`, `n_started`, `count`, `…_of`."""
    name = next((part for part in reversed(place.split("/")) if not part.isdigit()), "")
    return name in COUNTS or name.startswith("n_") or name.endswith("_of")
