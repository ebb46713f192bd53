"""Files of sheets as providers have them: real-looking ones are understood, hostile ones are refused with words."""

import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalplat.errors import FileRejected
from evalplat.exchange.days import read_day
from evalplat.exchange.faults import FaultList, column_letter
from evalplat.exchange.import_answers import answer_reader
from evalplat.exchange.import_rows import RowReader
from evalplat.exchange.import_table import (
    looks_like_header,
    pack_table,
    read_import_table,
    unpack_table,
)
from evalplat.exchange.limits import IMPORT, UPLOAD, Limits
from evalplat.exchange.tables import open_stream
from evalplat.instruments.catalogue import load_catalogue
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent

CATALOGUE = load_catalogue()
HEAD = "Palveluseteli;Mittauspiste;Pvm;W1;W2;W3;W4;W5"
ROW = "VS-1;alku;9.3.2026;1;2;3;4;5"


def read(content, name="sheets.csv", *, limits=UPLOAD, sheet=""):
    content = content.encode() if isinstance(content, str) else content
    with open_stream(
        name, BytesIO(content), limits=limits, sheet=sheet, is_header=looks_like_header
    ) as table:
        return read_import_table(table)


def rows_of(content, chosen="who-5", **rest):
    """What is understood of a file, and what is said of the rest."""
    faults = FaultList(2_000)
    table = read(content, **rest)
    faults.extend(table.faults)
    reader = RowReader(table, CATALOGUE, chosen, faults)
    return list(reader.rows()), [str(fault) for fault in faults.shown]


def book_of(rows, *, change=lambda _sheet: None):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    change(made.active)
    stream = BytesIO()
    made.save(stream)
    return stream.getvalue()


def refused(content, name="sheets.csv", **rest):
    with pytest.raises(FileRejected) as caught:
        read(content, name, **rest)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_finnish_file_of_any_program_is_understood(encoding, separator):
    text = f"{HEAD};Läsnä\r\n{ROW};Äiti\r\n\r\nVS-2;loppu;1.9.2026;1;2;3;4;5;\r\n"
    rows, faults = rows_of(text.replace(";", separator).encode(encoding))
    assert faults == []
    assert [(r.number, r.who, r.point, r.measured_on, r.present) for r in rows] == [
        (2, "VS-1", MeasurementPoint.BASELINE, date(2026, 3, 9), "Äiti"),
        (4, "VS-2", MeasurementPoint.END, date(2026, 9, 1), ""),
    ]


def test_a_title_and_empty_rows_above_the_header_and_columns_after_it_are_passed_over():
    text = f"Mittaukset 2026;;;;;;;;;\n;;;;;;;;;\n{HEAD};;\n{ROW};;\n\n;;;;;;;;;\n"
    rows, faults = rows_of(text)
    assert (faults, [row.number for row in rows]) == ([], [4])


def test_decimal_commas_and_quoted_line_breaks_do_not_shift_columns():
    text = f'{HEAD};Läsnä\nVS-1;alku;9.3.2026;1,0;2,0;3,0;4,0;5,0;"Äiti;\nja ""veli"""\n'
    rows, faults = rows_of(text)
    assert (faults, rows[0].present) == ([], 'Äiti;\nja "veli"')


def test_a_workbook_with_days_numbers_and_cached_formulas_is_understood():
    rows, faults = rows_of(
        book_of(
            [
                ["Mittaukset"],
                ["Voucher", "Point", "Measured on", "W1", "W2", "W3", "W4", "W5", "Respondent"],
                ["VS-1", "baseline", date(2026, 3, 9), 1, 2.0, "3", 4, 5, "asiakas"],
                ["VS-2", "end", 46_266, 1, 2, 3, 4, 5, None],
            ]
        ),
        name="sheets.xlsx",
    )
    assert faults == []
    assert [row.measured_on for row in rows] == [date(2026, 3, 9), date(2026, 9, 1)]
    assert rows[0].respondent is Respondent.CLIENT


def test_merged_cells_are_refused_with_their_place_unless_they_are_a_title():
    rows = [["Otsikko"], HEAD.split(";"), ROW.split(";"), ROW.split(";")]
    said = refused(book_of(rows, change=lambda s: s.merge_cells("A3:A4")), "sheets.xlsx")
    assert "merged" in said and "A3:A4" in said
    titled = book_of(rows, change=lambda s: s.merge_cells("A1:H1"))
    assert len(read(titled, "sheets.xlsx").rows) == 2


def test_hidden_rows_are_read_and_said_and_other_sheets_are_named():
    def change(sheet):
        sheet.row_dimensions[3].hidden = True
        sheet.parent.create_sheet("Toinen").append(["x"])

    content = book_of([HEAD.split(";"), ROW.split(";"), ROW.split(";")], change=change)
    table = read(content, "sheets.xlsx")
    assert len(table.rows) == 2
    assert [str(note) for note in table.notes] == [
        "The sheet “Sheet” is read, and no other: Toinen.",
        "Hidden rows are read like all others (1). Delete them if they do not belong.",
    ]
    assert "no sheet named nowhere. It has Sheet, Toinen" in refused(
        content, "sheets.xlsx", sheet="nowhere"
    )
    assert "no rows below it" in refused(content, "sheets.xlsx", sheet="toinen")


def test_too_much_of_anything_is_refused_with_its_limit():
    few = Limits(text_bytes=1 << 20, rows=3, columns=12, cell_characters=100)
    many = read("\n".join([HEAD, *[ROW] * 9]), limits=few)
    assert (len(many.rows), str(many.faults[0].message)) == (3, "at most 3 rows are read at a time")
    assert "larger than 1 MiB" in refused(HEAD + "\n" + f"{ROW}\n" * 60_000, limits=few)
    assert "too many columns" in refused(";" * 40 + "\n1", limits=few)
    long = read(f"{HEAD}\n{ROW}{'5' * 500}\n", limits=few)
    assert "more than 100 characters" in str(long.faults[0])
    assert len(long.rows[0][1][-1]) == 100


def test_a_hundred_thousand_rows_are_read_in_bounded_memory_and_one_more_is_refused():
    text = "\n".join([HEAD, *[ROW] * 100_001]).encode()
    tracemalloc.start()
    table = read(text, limits=IMPORT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(table.rows), table.fault_count) == (100_000, 1)
    assert "at most 100000 rows are read at a time" in str(table.faults[0])
    assert peak < 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("part", "mebibytes"),
    [("xl/worksheets/sheet1.xml", 70), ("xl/sharedStrings.xml", 70), ("xl/styles.xml", 2)],
)
def test_a_workbook_that_unpacks_to_very_much_is_refused_unread(part, mebibytes):
    stream = BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open(part, "w") as inside,
    ):
        for _ in range(mebibytes):
            inside.write(b"<c/>" * (1 << 18))
    assert "is too large" in refused(stream.getvalue(), "bomb.xlsx")


@pytest.mark.parametrize(
    "row",
    [b'<row r="1"><c r="A1"/></row>', b'<row r="1"/>', b"<x:row>" + b"<x:c/>" * 60 + b"</x:row>"],
)
def test_a_workbook_of_empty_rows_by_the_hundred_thousand_is_refused_before_it_is_read(row):
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", "<workbook/>")
        bomb.writestr("xl/worksheets/sheet1.xml", row * 100_001)
    assert len(stream.getvalue()) < 200_000
    assert "too many cells, most of them empty" in refused(stream.getvalue(), "empty.xlsx")


def replace_sheet(content, xml):
    """A workbook with another first sheet."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(stream, "w", 8) as new:
        for part in old.infolist():
            body = xml if part.filename == "xl/worksheets/sheet1.xml" else old.read(part)
            new.writestr(part.filename, body)
    return stream.getvalue()


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{}</sheetData></worksheet>"
)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="99999999"><c r="A99999999"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row>' + '<row><c r="XFD1"/></row>' * 400,
        "<row>" * 20_000,
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="A1" t="d"><v>never</v></c></row>',
    ],
)
def test_a_sheet_made_to_hurt_is_refused(rows):
    content = replace_sheet(book_of([["x"]]), SHEET.format(rows))
    with pytest.raises(FileRejected):
        found = read(content, "sheets.xlsx")
        raise FileRejected(found.faults[0].message)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("24.11.2026", date(2026, 11, 24)),
        ("1.9.2026", date(2026, 9, 1)),
        ("2026-11-24", date(2026, 11, 24)),
        ("2026-11-24T08:30:00", date(2026, 11, 24)),
        ("24.11.2026 8.30", date(2026, 11, 24)),
        ("24.11.2026 klo 8:30", date(2026, 11, 24)),
        ("46350", date(2026, 11, 24)),
        ("46350,5", date(2026, 11, 24)),
        ("31.2.2026", None),
        ("24.11.26", None),
        ("11/24/2026", None),
        ("24/11/2026", None),
        ("12345", None),
        ("99999", None),
        ("ensi viikolla", None),
        ("", None),
        ("٢٤.١١.٢٠٢٦", None),
    ],
)
def test_days_are_read_as_they_are_written_here_and_nothing_is_guessed(text, day):
    assert read_day(text) == day


def test_headers_are_found_in_three_languages_whatever_their_capitals_and_spaces():
    for head in (
        "voucher number;MEASUREMENT POINT;measured_on;who-answered;How;Language;present",
        "PALVELUSETELI;mittaus piste;Mittaus-päivä;Kuka vastasi;miten;KIELI;läsnä",
        "servicesedel;mättidpunkt;Mätdag;vem svarade;hur;språk;närvarande",
    ):
        row = "VS-1;Slut;1.9.2026;Klient;Papper;svenska;äiti;1;2;3;4;5"
        rows, faults = rows_of(f"{head};w1;W 2;W3;W4;W5\n{row}\n")
        assert faults == []
        assert (rows[0].point, rows[0].mode) == (MeasurementPoint.END, Mode.PAPER)
        assert (rows[0].language, rows[0].present) == ("sv", "äiti")


def test_labels_of_questions_and_codes_with_words_are_headers_too():
    labels = [text.label for text in CATALOGUE.get("who-5").text("fi").items.values()]
    head = ";".join(["voucher;point;date", labels[0], f"W2 {labels[1]}", "W3: x", *labels[3:]])
    assert rows_of(f"{head}\n{ROW}\n")[1] == []


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (HEAD.replace("W5", "W6"), "row 1, column W6: there is no such item; did you mean W"),
        (HEAD.replace("W5", "W4 "), "row 1, column 8: the name 'W4' is already used by column 7"),
        (HEAD.replace("W5", "w4"), "row 1, column w4: this says the same as the column W4"),
        (f"{HEAD};Seteli", "row 1, column Seteli: this says the same as the column Palveluseteli"),
        (HEAD.replace(";W5", ""), "columns of who-5 are missing: W5"),
        (HEAD.replace("Pvm", "Viikko"), "column measured on: the column is missing"),
        (HEAD.replace("Palveluseteli", "Nimi"), "column voucher: the column is missing"),
        (HEAD.replace("Mittauspiste", "Huom"), "column point: the column is missing"),
    ],
)
def test_a_header_that_cannot_be_used_says_what_to_change(head, said):
    try:
        faults = rows_of(f"{head}\n{ROW}{';1' if head.count(';') > 7 else ''}\n")[1]
    except FileRejected as rejected:
        faults = [str(rejected)]
    assert said in "\n".join(faults)


def test_a_column_that_means_nothing_here_is_named_and_not_read():
    table = read(f"{HEAD};Asiakkaan nimi;virheet\n{ROW};Aino;x\n")
    reader = RowReader(table, CATALOGUE, "who-5", FaultList())
    assert reader.plan.unread == ("Asiakkaan nimi",)


def test_every_fault_of_a_row_is_named_at_once():
    _, faults = rows_of(f"{HEAD};kieli\n;puolessa;31.2.2026;9;x;3;4;5;klingon\n")
    assert [fault.split(":")[0] for fault in faults] == [
        f"row 2, column {name}"
        for name in ("Palveluseteli", "Mittauspiste", "kieli", "Pvm", "W1", "W2")
    ]


def test_ragged_rows_keep_their_place_and_rows_not_filled_in_wait():
    table = read(f"{HEAD}\nVS-1;alku\n{ROW}\nVS-3;loppu;;;;;;\n")
    assert [number for number, _ in table.rows] == [2, 3, 4]
    assert "row 2: 2 cells where the header has 8" in str(table.faults[0])
    reader = RowReader(table, CATALOGUE, "who-5", FaultList())
    assert ([row.number for row in reader.rows()], reader.waiting) == ([3], 1)


def test_labels_are_read_and_what_is_ambiguous_or_contradicts_itself_stays_as_it_is():
    reader = answer_reader(CATALOGUE.get("whodas-2.0-12"))
    read_cell = lambda cell: reader.read("S1", cell)  # noqa: E731
    assert [read_cell(c) for c in ("Vähän  vaikeaa", "1 = vähän vaikeaa.", "1", "–", "puuttuu")] == [
        "1", "1", "1", "", "",
    ]  # fmt: skip
    assert read_cell("2 = vähän vaikeaa") == "2 = vähän vaikeaa"
    assert read_cell("x") == "x"
    feedback = answer_reader(CATALOGUE.get("client-feedback"))
    assert feedback.read("went_well", "'=SUM(A1)") == "=SUM(A1)"
    assert feedback.read("went_well", "-") == "-"


def test_a_table_is_the_same_after_it_was_packed():
    table = read(f"{HEAD}\nVS-1;alku\n{ROW}\n")
    assert unpack_table(pack_table(table)) == table


def test_columns_are_named_as_spreadsheet_programs_do():
    assert [column_letter(n) for n in (0, 1, 26, 27, 702, 703)] == ["", "A", "Z", "AA", "ZZ", "AAA"]


HEADER_BYTES = st.sampled_from(
    [b"", f"{HEAD}\n".encode(), "\ufeffvoucher;point\n".encode("utf-16")]
)


@given(HEADER_BYTES, st.binary(max_size=400), st.sampled_from(["a.csv", "a.xlsx", "a.ods"]))
@settings(max_examples=150)
def test_any_bytes_are_understood_or_refused_with_words(head, content, name):
    with suppress(FileRejected):
        rows_of(head + content, name=name)


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["alku", "9.3.2026", "1", "=1+1", "46350", "who-5", "gas", '"', "1e400", "9" * 40]
)


@given(st.lists(st.lists(CELLS, min_size=8, max_size=8), min_size=1, max_size=4))
def test_any_cells_under_a_right_header_are_understood_or_named(cells):
    quoted = [";".join('"' + c.replace('"', '""') + '"' for c in row) for row in cells]
    try:
        rows, faults = rows_of("\n".join([HEAD, *quoted]))
    except FileRejected:
        return
    assert len(rows) + len({f.partition(":")[0] for f in faults}) > 0 or not any(
        any(c.strip() for c in row[2:]) for row in cells
    )


BOOK = book_of([HEAD.split(";"), ROW.split(";")])


@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=80)
def test_any_damage_to_a_workbook_is_survived(place, damage):
    with suppress(FileRejected):
        read(BOOK[:place] + damage + BOOK[place + len(damage) :], "sheets.xlsx")


def test_words_that_providers_write_for_vouchers_days_and_points_are_understood():
    head = "Setelin nro;Vaihe;Päiväys;W1;W2;W3;W4;W5"
    points = ["Alkuarvio", "alkukartoitus", "väliarviointi", "mitt", "Loppuarviointi"]
    rows, faults = rows_of("\n".join([head, *(f"VS-1;{p};9.3.2026;1;2;3;4;5" for p in points)]))
    assert faults == []
    assert [row.point.value for row in rows] == [
        *("baseline", "baseline", "midpoint", "midpoint", "end")
    ]


def test_a_file_that_does_not_say_its_instrument_is_told_that_it_can_be_chosen():
    _rows, faults = rows_of(f"{HEAD}\n{ROW}", chosen="")
    assert any("or choose the instrument for the whole file" in fault for fault in faults)
