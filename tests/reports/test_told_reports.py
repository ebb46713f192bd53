"""The county's and a provider's report: the same figures on paper, page and in the workbook, the same bytes twice."""

import io
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import openpyxl
import pytest
from pypdf import PdfReader
from told_examples import NAMES, make_facts

from evalplat.reports.report_files import write_report
from evalplat.reports.told import KINDS, Drawn, Grid, Prose
from evalplat.reports.told_book import read_figure
from evalplat.reports.told_county import tell_county_report
from evalplat.reports.told_provider import tell_provider_report

OWN = "Kuntoutus Kurki"
LANGUAGES = ("fi", "sv", "en")


@cache
def told(which, language="fi"):
    facts = made_facts(language)
    return tell_county_report(facts) if which == "county" else tell_provider_report(facts, OWN)


@cache
def made_facts(language="fi"):
    return make_facts(language)


@cache
def written(which, kind, language="fi"):
    return write_report(told(which, language), kind)


class Tables(HTMLParser):
    """The rows of every table of a page, and which identifiers and addresses it names."""

    def __init__(self):
        super().__init__()
        self.tables, self.addresses, self.ids, self.text = [], [], [], None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.addresses += [found[name] for name in ("src", "href", "action") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.text = ""
            if tag == "th":
                assert found["scope"] in ("row", "col")

    def handle_data(self, data):
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag):
        if tag in ("th", "td"):
            self.tables[-1][-1].append(self.text)
            self.text = None


def read_page(content):
    page = Tables()
    page.feed(content.decode())
    return page


def rows_of(table):
    return [table.headers, *table.rows, *([table.total] if table.total else [])]


def squeeze(text):
    """A text without its spaces: paper breaks lines, and words that are wider than their column."""
    return re.sub(r"\s", "", text)


def differences(report, contents):
    """Every cell that paper, page or workbook says otherwise than the story."""
    found = []
    paper = squeeze("".join(p.extract_text() for p in PdfReader(io.BytesIO(contents["pdf"])).pages))
    page = read_page(contents["html"])
    book = openpyxl.load_workbook(io.BytesIO(contents["xlsx"]))
    sheets = book.worksheets[1:]
    tables = list(report.tables())
    assert len(tables) == len(page.tables) == len(sheets) > 5
    for (heading, table), on_page, sheet in zip(tables, page.tables, sheets, strict=True):
        if [list(row) for row in rows_of(table)] != on_page:
            found.append(("html", heading))
        for place, row in enumerate(rows_of(table)):
            for column, text in enumerate(row):
                if squeeze(text) not in paper:
                    found.append(("pdf", heading, text))
                cell = sheet.cell(4 + place, column + 1)
                number = read_figure(text, report.language) if table.numeric[column] else None
                same = cell.value == number[0] if number and place else harmless(cell.value) == text
                if not same:
                    found.append(("xlsx", heading, text, cell.value))
    return found


def harmless(value):
    return (value or "").removeprefix("'")


@pytest.mark.parametrize(
    ("which", "language"), [("county", "fi"), *(("provider", language) for language in LANGUAGES)]
)
def test_paper_page_and_workbook_say_the_same(which, language):
    contents = {kind: written(which, kind, language) for kind in KINDS}
    assert differences(told(which, language), contents) == []


def test_a_figure_that_one_of_them_says_otherwise_is_found():
    report = told("provider")
    contents = {kind: written("provider", kind) for kind in KINDS}
    parts = list(report.parts)
    place = next(i for i, part in enumerate(parts) if isinstance(part.blocks[0], Grid))
    grid = parts[place].blocks[0]
    first = grid.table.rows[0]
    changed = replace(grid.table, rows=((*first[:-1], "987654"), *grid.table.rows[1:]))
    parts[place] = replace(parts[place], blocks=(Grid(changed, grid.widths),))
    found = differences(replace(report, parts=tuple(parts)), contents)
    assert {one[0] for one in found} == {"pdf", "html", "xlsx"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_results_give_the_same_bytes(kind):
    again = tell_provider_report(make_facts("fi"), OWN)
    assert write_report(again, kind) == written("provider", kind)


def test_a_kind_that_is_none_is_refused():
    with pytest.raises(ValueError, match="docx"):
        write_report(told("provider"), "docx")


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_reads_of_no_other_provider(kind):
    content = written("provider", kind, "en")
    if kind == "pdf":
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    elif kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        text = " ".join(
            str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row
        )
    else:
        text = content.decode()
    assert OWN in text
    for name in NAMES:
        assert name == OWN or name not in text, name


def test_what_is_withheld_in_the_result_is_withheld_in_the_report():
    small = "Pieni Piste ry"
    facts = made_facts("en")
    assert next(r for r in facts.scales[0].comparison.rows if r.provider == small).withheld
    checked = 0
    for _heading, table in told("county", "en").tables():
        for row in table.rows:
            if row[0] == small:
                checked += 1
                assert not re.search(r"[1-9]", " ".join(row[1:]).replace("under 5", ""))
    assert checked >= 6


def test_a_provider_without_episodes_gets_a_report_that_says_so():
    report = tell_provider_report(made_facts("en"), "Newcomer")
    texts = [b.text for p in report.parts for b in p.blocks if isinstance(b, Prose)]
    assert any("no episodes in this period" in text for text in texts)
    assert not [b for p in report.parts for b in p.blocks if isinstance(b, Drawn)]
    assert write_report(report, "pdf").startswith(b"%PDF")


@pytest.mark.parametrize("which", ["county", "provider"])
def test_paper_has_title_language_bookmarks_and_its_letters_in_it(which):
    reader = PdfReader(io.BytesIO(written(which, "pdf")))
    assert reader.metadata.title == told(which).title
    assert reader.root_object["/Lang"] == "fi"
    headings = {part.heading for part in told(which).parts}
    marks = set()

    def walk(outline):
        for one in outline:
            if isinstance(one, list):
                walk(one)
            else:
                marks.add(one.title)

    walk(reader.outline)
    assert headings <= marks
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/FontFile2" in font.get_object()["/FontDescriptor"]


def test_a_page_stands_alone_and_can_be_walked():
    content = written("county", "html")
    page = read_page(content)
    assert all(address.startswith("#") for address in page.addresses)
    assert {address[1:] for address in page.addresses} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    text = content.decode()
    assert '<html lang="fi"' in text and text.count("<h1") == 1 and "<script" not in text
    assert text.count("<svg") == text.count("<desc") >= 2
    assert ">Sisältö<" in text and "Contents<" not in text
    names = re.findall(r'role="region" tabindex="0" aria-label="([^"]+)"', text)
    assert len(names) == len(set(names)) == len(page.tables)
    assert "&lt;b&gt;Silta" in text and "<b>Silta" not in text


def test_a_workbook_runs_no_name_as_a_formula_and_names_its_sheets_once():
    book = openpyxl.load_workbook(io.BytesIO(written("county", "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.value == "'=Kaava Oy" for cell in cells)
    titles = [sheet.title.casefold() for sheet in book]
    assert len(titles) == len(set(titles)) and max(map(len, titles)) <= 31


@pytest.mark.parametrize(
    ("text", "language", "value", "shown"),
    [
        ("+4,2", "fi", 4.2, "+#,##0.0;−#,##0.0;#,##0.0"),
        ("−1.3", "en", -1.3, "#,##0.0"),
        ("12\u00a0345", "sv", 12345, "#,##0"),
        ("1,234", "en", 1234, "#,##0"),
        ("45\u00a0%", "fi", 0.45, "#,##0 %"),
        ("45%", "en", 0.45, "#,##0%"),
    ],
)
def test_a_figure_of_words_becomes_the_number_that_it_says(text, language, value, shown):
    assert read_figure(text, language) == (value, shown)


@pytest.mark.parametrize("text", ["", "–", "alle 5", "45 % (30–60 %)", "1 … 2", "1.2.3", "−", "%"])
def test_what_is_more_than_a_figure_stays_a_text(text):
    assert read_figure(text, "fi") is None
