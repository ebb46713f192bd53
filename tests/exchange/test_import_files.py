"""What an import hands out: templates that it reads back, and files with their faults; nothing in them runs."""

import csv
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import Fault, Message
from evalplat.exchange.faults import CellFault, FaultList
from evalplat.exchange.import_files import FORMS, TemplateRow, write_annotated, write_template
from evalplat.exchange.import_rows import RowReader
from evalplat.exchange.import_table import ImportTable, looks_like_header, read_import_table
from evalplat.exchange.limits import UPLOAD
from evalplat.exchange.tables import open_stream
from evalplat.instruments.catalogue import load_catalogue
from evalplat.vocabulary import MeasurementPoint, Respondent

CATALOGUE = load_catalogue()
WAITING = [
    TemplateRow("VS-1", MeasurementPoint.BASELINE, Respondent.CLIENT),
    TemplateRow("3-2026", MeasurementPoint.FOLLOW_UP, Respondent.CLIENT),
]


def read(content, form):
    with open_stream(
        f"file.{form}", BytesIO(content), limits=UPLOAD, is_header=looks_like_header
    ) as table:
        return read_import_table(table)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("key", ["whodas-2.0-36", "3x10d", "worker-observation"])
def test_a_template_is_read_back_with_every_column_known(key, language, form):
    definition = CATALOGUE.get(key)
    table = read(write_template(definition, WAITING, language, form), form)
    faults = FaultList()
    reader = RowReader(table, CATALOGUE, "", faults)
    assert (list(reader.rows()), faults.shown, reader.plan.unread) == ([], [], ())
    assert reader.waiting == 2
    assert [cells[0] for _, cells in table.rows] == ["VS-1", "3-2026"]
    wanted = {i.code for i in definition.items} | {c.code for c in definition.conditions}
    assert set(reader.plan.answers[key]) == wanted


def test_a_workbook_template_lists_every_code_and_what_may_be_written():
    content = write_template(CATALOGUE.get("whodas-2.0-12"), WAITING, "fi", "xlsx")
    book = openpyxl.load_workbook(BytesIO(content))
    answers, codes = book.worksheets
    listed = {row[0]: row for row in codes.iter_rows(values_only=True)}
    assert listed["S1"][1] == "Seisominen noin puoli tuntia"
    assert "0 = Ei lainkaan vaikeaa; 1 = Vähän vaikeaa" in listed["S1"][2]
    assert "alku, puoliväli, loppu, seuranta" in listed["mittauspiste"][2]
    assert answers["A3"].number_format == "@" and answers["D2"].number_format == "d.m.yyyy"
    lists = {v.formula1: str(v.sqref) for v in answers.data_validations.dataValidation}
    assert lists['"0,1,2,3,4"'].startswith("J2")
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)


def annotate(rows, faults, form, columns=("voucher", "point", "S1", "faults")):
    table = ImportTable("x", columns, tuple((n, tuple(r)) for n, r in enumerate(rows, start=2)))
    content = write_annotated(table, faults, "en", form)
    if form == "csv":
        return list(csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=";")), content
    sheet = openpyxl.load_workbook(BytesIO(content)).active
    return [
        ["" if c is None else str(c) for c in row] for row in sheet.iter_rows(values_only=True)
    ], content


@pytest.mark.parametrize("form", FORMS)
def test_every_fault_stands_in_its_row_and_the_file_can_be_sent_again(form):
    faults = [
        Fault("column day", Message("the column is missing")),
        CellFault("", Message("give one of 0, 1"), row=3, column=3, name="S1", value="9"),
        CellFault("", Message("too few cells"), row=3),
    ]
    rows, content = annotate(
        [["VS-1", "alku", "1", "old"], ["VS-2", "loppu", "9", "old"]], faults, form
    )
    assert rows == [
        ["voucher", "point", "S1", "faults"],
        ["VS-1", "alku", "1", "column day: the column is missing"],
        ["VS-2", "loppu", "9", "S1: give one of 0, 1; too few cells"],
    ]
    again = read(content, form)
    assert again.columns == ("voucher", "point", "S1", "faults")
    if form == "xlsx":
        sheet = openpyxl.load_workbook(BytesIO(content)).active
        assert sheet["C3"].fill.fgColor.rgb == "00FFF4E0" != sheet["C2"].fill.fgColor.rgb


HARM = ["=1+1", "+SUM(A1)", "-2+3", "@x", "\t=1", "\r=1", " =1", "＝1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("form", FORMS)
def test_no_cell_of_a_file_that_comes_back_runs_as_a_formula(form):
    rows, content = annotate([[harm, "alku", harm, ""] for harm in HARM], [], form)
    for row in rows[1:]:
        assert row[0].startswith("'") and row[2].startswith("'")
    if form == "xlsx":
        book = openpyxl.load_workbook(BytesIO(content))
        assert all(cell.data_type != "f" for row in book.active for cell in row)


@given(st.lists(st.lists(st.text(max_size=20), min_size=3, max_size=3), min_size=1, max_size=3))
def test_any_content_can_be_written_back(rows):
    for form in FORMS:
        _, content = annotate(rows, [], form, ("voucher", "point", "S1"))
        assert content


def test_a_short_row_keeps_its_place_in_the_file_that_comes_back():
    faults = [CellFault("", Message("too few cells"), row=2)]
    rows, _ = annotate([["VS-1"]], faults, "csv")
    assert rows[1] == ["VS-1", "", "", "too few cells"]
