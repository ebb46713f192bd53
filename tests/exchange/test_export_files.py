"""Files of an export: nothing in them runs, SPSS reads them back as they were meant, codebooks tell every column."""

import csv
import tempfile
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from random import Random

import openpyxl
import pyreadstat
import pytest
from export_records import CATALOGUE, draw_episode, make_episode_record, make_record, outline_of
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import FileRejected
from evalplat.exchange.export import workbook_file
from evalplat.exchange.export.codebook import code_missing, make_codebook
from evalplat.exchange.export.columns import Column, Sheetful, Value
from evalplat.exchange.export.csv_file import write_csv
from evalplat.exchange.export.long_form import make_long
from evalplat.exchange.export.names import Wanted, give_names
from evalplat.exchange.export.records import Missing
from evalplat.exchange.export.spss_file import cut, write_spss
from evalplat.exchange.export.wide_form import make_wide
from evalplat.exchange.export.workbook_file import write_workbook
from evalplat.vocabulary import MeasurementPoint

WHODAS = CATALOGUE.get("whodas-2.0-12")
BEFORE = "baseline_whodas_2_0_12_client"
AFTER = "follow_up_whodas_2_0_12_client"
HARM = [
    *("=1+1", "+SUM(A1)", "-2+3", "@x", "\t=1", "\r=1", "\n=1", " =1", "   +1+1", "＝1", "#REF!"),
    *("=cmd|' /C calc'!A0", "=HYPERLINK(A1)", "\u00a0=1"),
]
ALL_REASONS = (Missing.NOT_ASKED, Missing.NOT_SHOWN, Missing.SKIPPED, Missing.DECLINED)


def csv_of(table, language="fi", separator=""):
    stream = BytesIO()
    write_csv(table, stream, language, separator)
    return stream.getvalue()


def rows_of(content, delimiter=";"):
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def book_of(table, language="en"):
    stream = BytesIO()
    write_workbook(table, stream, language)
    return openpyxl.load_workbook(BytesIO(stream.getvalue()))


def spss_of(table, folder: Path, language="en"):
    path = folder / "file.sav"
    with path.open("wb") as stream:
        write_spss(table, stream, language)
    frame, meta = pyreadstat.read_sav(str(path), user_missing=True)
    return frame, meta


def text_table(cells, heads=None):
    columns = tuple(Column(head, head, "text") for head in heads or ["text"])
    return Sheetful("wide", columns, [list(row) for row in cells])


@pytest.mark.parametrize("harm", HARM)
def test_lesson_13_neither_header_nor_value_runs_as_a_formula(harm):
    head, (cell,) = rows_of(csv_of(text_table([[harm]], [harm])))
    assert head == [f"'{harm}"] or harm == "#REF!"
    assert cell == f"'{harm}" or harm == "#REF!"
    book = book_of(text_table([[harm]], [harm]))
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [c for c in cells if str(c.value).lstrip().startswith(("=", "+", "-", "@"))]


@given(st.text(max_size=30))
def test_no_text_whatever_it_is_becomes_anything_but_text(text):
    table = text_table([[text]])
    (cell,) = rows_of(csv_of(table))[1] or [""]
    assert not cell.lstrip().startswith(("=", "@"))
    sheet = book_of(table).worksheets[0]
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "inlineStr"}


def test_a_text_that_reads_like_a_reason_is_told_from_the_reason():
    table = text_table([["skipped"], [Missing.SKIPPED], ["declined by me"]])
    assert [row for (row,) in rows_of(csv_of(table))[1:]] == [
        "'skipped",
        "skipped",
        "declined by me",
    ]


def answered(**raw):
    return {**{f"S{n}": 2 for n in range(1, 13)}, "works_or_studies": True, **raw}


@pytest.fixture
def episode():
    raw = answered(S1="declined", works_or_studies=False)
    return make_episode_record(
        make_record(WHODAS, {k: v for k, v in raw.items() if k not in ("S2", "S12")}),
        make_record(WHODAS, answered(S3=3), 2, point=MeasurementPoint.FOLLOW_UP),
    )


def test_csv_is_what_a_double_click_opens_in_each_language(episode):
    outline = outline_of(episode)
    finnish = csv_of(make_wide(outline, [episode], "fi"), "fi")
    english = csv_of(make_wide(outline, [episode], "en"), "en")
    tabbed = csv_of(make_wide(outline, [episode], "sv"), "sv", "tab")
    assert all(content.startswith(b"\xef\xbb\xbf") for content in (finnish, english, tabbed))
    for content, delimiter, mark in ((finnish, ";", ","), (english, ",", "."), (tabbed, "\t", ".")):
        names, values = rows_of(content, delimiter)
        row = dict(zip(names, values, strict=True))
        assert row[f"{AFTER}_score_total"].count(mark) == 1
        assert row["opened_on"] == "2026-03-02"
        assert (row[f"{BEFORE}_S1"], row[f"{BEFORE}_S2"]) == ("declined", "skipped")
        assert (row[f"{BEFORE}_S12"], row[f"{BEFORE}_S3"]) == ("not_shown", "2")
        assert row[f"{AFTER}_S1"] == "2"


def test_a_workbook_has_typed_cells_and_the_codebook_of_every_column(episode):
    table = make_wide(outline_of(episode), [episode], "fi")
    book = book_of(table, "fi")
    answers, codes = book.worksheets
    row = {head.value: cell for head, cell in zip(answers[1], answers[2], strict=True)}
    assert row[f"{BEFORE}_S3"].value == 2
    assert row["opened_on"].value.date() == date(2026, 3, 2)
    assert isinstance(row[f"{AFTER}_score_total"].value, float)
    listed = {line[0]: line for line in codes.iter_rows(values_only=True)}
    assert set(row) <= set(listed)
    told = listed[f"{BEFORE}_S3"]
    assert told[1].endswith("Uuden tehtävän oppiminen")
    assert "0 = Ei lainkaan vaikeaa; 1 = Vähän vaikeaa" in told[3]
    assert all(reason.value in told[5] for reason in ALL_REASONS[1:])
    assert (told[6], told[7], told[8]) == ("whodas-2.0-12", "1.0", "baseline")
    assert listed[f"{BEFORE}_score_total"][9]


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_codebook_tells_every_column_of_both_forms_in_every_language(language):
    episode = draw_episode(Random(11))
    outline = outline_of(episode)
    for table in (make_wide(outline, [episode], language), make_long(outline, [episode], language)):
        for codes in ("words", "numbers"):
            lines = list(make_codebook(table.columns, language, codes))
            told = {line[0]: line for line in lines if line[0]}
            assert list(told) == [column.name for column in table.columns]
            assert all(line[1] and line[2] for line in told.values())
    scored = [line for line in told.values() if line[9]]
    assert scored == [] or all(len(line[9]) > 10 for line in scored)


def test_more_than_excel_holds_is_refused_with_what_to_do_and_nothing_is_left(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(workbook_file, "MOST_ROWS", 2)
    with pytest.raises(FileRejected, match="shorter period"):
        book_of(text_table([["a"], ["b"], ["c"]]))
    monkeypatch.setattr(workbook_file, "MOST_COLUMNS", 1)
    with pytest.raises(FileRejected, match="fewer instruments"):
        book_of(text_table([["a", "b"]], ["x", "y"]))
    assert list(tmp_path.iterdir()) == []


def test_spss_reads_values_labels_reasons_and_measures_back(episode, tmp_path):
    frame, meta = spss_of(make_wide(outline_of(episode), [episode], "fi"), tmp_path, "fi")
    row = frame.iloc[0]
    assert (row[f"{BEFORE}_S1"], row[f"{BEFORE}_S2"], row[f"{BEFORE}_S12"]) == (-94, -93, -92)
    assert row[f"{BEFORE}_S3"] == 2
    labels = meta.variable_value_labels[f"{BEFORE}_S3"]
    assert labels[0] == "Ei lainkaan vaikeaa" and set(labels) == {0, 1, 2, 3, 4, -91, -92, -93, -94}
    assert meta.missing_ranges[f"{BEFORE}_S3"] == [{"lo": -95, "hi": -91}]
    assert meta.column_names_to_labels[f"{BEFORE}_S3"].endswith("Uuden tehtävän oppiminen")
    assert meta.variable_measure[f"{BEFORE}_S3"] == "ordinal"
    assert meta.variable_measure[f"{BEFORE}_score_total"] == "scale"
    assert meta.variable_measure["closing_reason"] == "nominal"
    assert row["opened_on"] == date(2026, 3, 2)
    assert meta.variable_value_labels[f"{BEFORE}_state"][row[f"{BEFORE}_state"]]
    plain, _ = pyreadstat.read_sav(str(tmp_path / "file.sav"))
    assert plain.iloc[0][[f"{BEFORE}_S1", f"{BEFORE}_S2", f"{BEFORE}_S12"]].isna().all()


def test_in_spss_what_was_not_asked_has_its_own_code(tmp_path):
    first = make_episode_record(make_record(WHODAS, answered()), number=1)
    second = make_episode_record(
        make_record(WHODAS, answered(), point=MeasurementPoint.END), number=2
    )
    table = make_wide(outline_of(first, second), [first, second], "en")
    frame, _ = spss_of(table, tmp_path)
    assert list(frame[f"{BEFORE}_S1"]) == [2, -91]
    assert list(frame[f"{BEFORE}_score_total"]) == [50, -91]


def test_the_long_form_goes_through_spss_too(episode, tmp_path):
    table = make_long(outline_of(episode), [episode], "sv")
    rows = list(make_long(outline_of(episode), [episode], "sv"))
    frame, meta = spss_of(table, tmp_path, "sv")
    assert len(frame) == len(rows)
    assert list(frame["code"]) == [row[22] for row in rows]
    reasons = meta.variable_value_labels["missing"]
    assert len({reasons[code] for code in frame["missing"].dropna()}) == 4


NASTY = "ä" * 300, "ö😀" * 150, "å" * 127 + "xyz", "x" * 255 + "ä", "plain", "\0NUL" * 40


def test_spss_limits_hold_with_the_nastiest_names_labels_texts_and_ranges(tmp_path):
    paths = [("ä" * 70, str(n)) for n in range(3)] + [("A" * 70,), ("a" * 70,), ("all",)]
    names = give_names([Wanted(path, path) for path in paths])
    columns = tuple(
        Column(
            name, label, "whole", "ordinal",
            tuple(Value(value, label) for value in (-1000, 5)), -1000, 10, ALL_REASONS,
        )
        for name, label in zip(names, NASTY, strict=True)
    )  # fmt: skip
    words = Column(
        "category", "k", "category", "nominal", (Value("a" * 100, NASTY[0]), Value("ö", ""))
    )
    long = Column("long", NASTY[1], "text", missing=ALL_REASONS)
    rows = [
        [*([-1000] * 6), "a" * 100, "ä" * 40_000],
        [*([Missing.DECLINED] * 6), "ö", Missing.NOT_SHOWN],
        [*([None] * 6), None, None],
    ]
    frame, meta = spss_of(Sheetful("wide", (*columns, words, long), rows), tmp_path)
    assert list(frame.columns) == [*names, "category", "long"]
    for name, label in meta.column_names_to_labels.items():
        assert len(label.encode()) <= 256 and "\ufffd" not in label, name
    for labels in meta.variable_value_labels.values():
        assert all(
            len(label.encode()) <= 120 and "\ufffd" not in label for label in labels.values()
        )
    assert list(frame[names[0]]) == [-1000, -9994, -9991]
    assert meta.missing_ranges[names[0]] == [{"lo": -9995, "hi": -9991}]
    assert list(frame["category"])[:2] == [1, 2]
    assert meta.variable_value_labels["category"][2] == "ö"
    kept = frame["long"][0]
    assert len(kept.encode()) <= 32_767 and kept.endswith("ä…") and frame["long"][1] == "not_shown"


@given(st.text(max_size=400), st.integers(4, 300))
def test_a_cut_text_is_short_enough_and_whole_to_the_last_letter(text, most):
    kept = cut(text, most)
    assert len(kept.encode("utf-8", "replace")) <= most
    assert kept == text.replace("\0", "") or kept.endswith("…")


@given(st.floats(-1e9, 1e6))
def test_a_code_for_a_reason_is_never_a_possible_value(low):
    codes = code_missing(Column("x", "x", "number", low=low)).values()
    assert max(codes) < low and len(set(codes)) == len(Missing)


def test_an_export_without_episodes_is_a_header_in_every_format(tmp_path):
    outline = outline_of()
    for make in (make_wide, make_long):
        assert len(rows_of(csv_of(make(outline, [], "fi")))) == 1
        assert book_of(make(outline, [], "fi")).worksheets[0].max_row == 1
        frame, _ = spss_of(make(outline, [], "fi"), tmp_path)
        assert len(frame) == 0
