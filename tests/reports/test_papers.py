"""The county's and the provider's report on paper."""

import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from evalplat.errors import NotFound
from evalplat.reports.county_pdf import write_county_report
from evalplat.reports.provider_pdf import write_provider_report
from evalplat.reports.tables import comparison_table
from evalplat.statistics.results import ProviderComparison

Make = Callable[..., ProviderComparison]
TITLES = {"whodas-2.0-12/total": "Toimintakyky – åäö ≥ €"}


def write(
    comparison: ProviderComparison, language: str = "en", county: str = "Testilän alue"
) -> bytes:
    return write_county_report(
        comparison, language, county=county, titles=TITLES, made_on=date(2026, 11, 24)
    )


def read(pdf: bytes) -> str:
    """The paper's text; line breaks inside a cell count as spaces."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


@pytest.fixture(scope="module")
def paper(comparison: ProviderComparison) -> bytes:
    """The county's report in English."""
    return write(comparison)


def test_a_county_report_is_the_same_bytes_twice(
    comparison: ProviderComparison, paper: bytes
) -> None:
    assert write(comparison) == paper


def test_a_county_report_is_the_same_in_another_process(comparison: ProviderComparison) -> None:
    program = (
        "import sys, hashlib, importlib.util as u;"
        "spec = u.spec_from_file_location('builders', sys.argv[1]); m = u.module_from_spec(spec);"
        "spec.loader.exec_module(m);"
        "from evalplat.reports.county_pdf import write_county_report;"
        "print(hashlib.sha256(write_county_report(m.build_comparison(), 'en')).hexdigest())"
    )
    builders = str(Path(__file__).with_name("conftest.py"))
    other = subprocess.run(
        [sys.executable, "-c", program, builders],
        env={"PYTHONHASHSEED": "99", "PATH": ""}, capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert other.stdout.strip() == hashlib.sha256(write_county_report(comparison, "en")).hexdigest()


def test_a_paper_keeps_its_letters_and_numbers_its_pages(paper: bytes) -> None:
    text = read(paper)
    pages = len(PdfReader(io.BytesIO(paper)).pages)
    for words in (
        "Toimintakyky – åäö ≥ €",
        "Testilän alue",
        "Ähtäri & Öhman",
        "Åbolands Stöd r.f.",
    ):
        assert words in text
    for page in range(1, pages + 1):
        assert f"Page {page} of {pages}" in text


def test_every_cell_of_the_table_stands_on_paper(comparison: ProviderComparison) -> None:
    text = read(write(comparison, "fi"))
    table = comparison_table(comparison, "fi")
    for row in (*table.rows, table.total):
        cells = " ".join(cell.replace("\u00a0", " ") for cell in row if cell)
        assert cells in text.replace("\u00a0", " ")


def test_a_paper_names_coverage_model_and_sources(paper: bytes) -> None:
    text = read(paper)
    for words in (
        "Left out: No end measurement 1,310 42%",
        "Expected end score = 8.125 + 0.642 × baseline score + 0.0312 × age in years − 0.800 × sex: Man.",
        "Rankability 0.62 (moderate)",
        "Fewer than 20 providers: the limits are uncertain.",
        "3f2a" * 16,
        "Data until 01/11/2026",
        "evalplat 0.1.0",
    ):
        assert words in text


def test_a_paper_has_a_title_a_language_an_outline_and_embedded_fonts(
    paper: bytes,
) -> None:
    reader = PdfReader(io.BytesIO(paper))
    assert reader.metadata is not None
    assert reader.metadata.title
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert len(reader.outline) >= 7
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "DejaVu" in font.get_object()["/BaseFont"]


def test_figures_on_paper_are_vectors_with_real_text(paper: bytes) -> None:
    reader = PdfReader(io.BytesIO(paper))
    assert not [image for page in reader.pages for image in page.images]
    assert "Improvement adjusted for case-mix" in read(paper)


def test_several_scales_become_chapters(comparison: ProviderComparison) -> None:
    short = replace(comparison, rows=comparison.rows[:5])
    pdf = write_county_report([short, replace(short, scale="participation")], "en", titles=TITLES)
    outline = PdfReader(io.BytesIO(pdf)).outline
    assert [entry.title for entry in outline if not isinstance(entry, list)] == [
        "Toimintakyky – åäö ≥ €",
        "whodas-2.0-12/participation",
    ]


def test_papers_of_nothing_say_so(empty: ProviderComparison, make_comparison: Make) -> None:
    assert "nothing can be compared yet" in read(write(empty))
    assert "There is no comparison to report." in read(write_county_report([], "en"))
    for odd in (make_comparison(sizes=(3, 4)), make_comparison(names=("A",), sizes=(50,))):
        assert read(write(replace(odd, provenance=None, coefficients=())))


def test_many_providers_with_long_names_fit_on_paper(make_comparison: Make) -> None:
    names = [f"{i:03d} {'Erittäin pitkä tuottajan nimi ' * 4}{'Ö' * 80}" for i in range(45)]
    pdf = write(make_comparison(names=names, sizes=[30 + i for i in range(45)]))
    text = read(pdf)
    assert all(f"{i:03d} Erittäin" in text for i in range(45))


def test_a_name_on_paper_is_only_ever_a_name(make_comparison: Make) -> None:
    names = (
        "<b>A</b> & <i>", "</para><para>", "<img src='/etc/passwd'/>", "&lt;&#0;", "\x00\x07A\u202eB",
        "{x} %(y)s %%",
    )  # fmt: skip
    odd = make_comparison(names=names, sizes=(40, 50, 60, 70, 80, 90))
    text = read(write(odd, county=names[0]))
    own = read(write_provider_report(odd, names[1], "en"))
    for name in names:
        assert "".join(letter for letter in name if letter.isprintable()) in text
    assert names[1] in own


def test_a_provider_report_names_nobody_else(comparison: ProviderComparison) -> None:
    pdf = write_provider_report(
        comparison, "Laitilan Lähde", "en", county="Testilän alue", titles=TITLES
    )
    text = read(pdf)
    assert "Own results: Laitilan Lähde" in text
    assert not [
        row.provider for row in comparison.rows
        if row.provider != "Laitilan Lähde" and row.provider in text
    ]  # fmt: skip
    for words in (
        "270",
        "150",
        "+0.1",
        "−1.8 … +2.0",
        "below expected variation",
        "improved less than",
    ):
        assert words in text
    assert pdf == write_provider_report(
        comparison, "Laitilan Lähde", "en", county="Testilän alue", titles=TITLES
    )


def test_a_withheld_provider_gets_a_report_without_figures(comparison: ProviderComparison) -> None:
    text = read(write_provider_report(comparison, "Aurajoen Tuki Oy", "en"))
    assert "Your results are not shown" in text
    assert "Your position" not in text


def test_a_provider_that_is_not_compared_gets_no_report(comparison: ProviderComparison) -> None:
    with pytest.raises(NotFound, match="no provider Nobody"):
        write_provider_report(comparison, "Nobody", "en")
