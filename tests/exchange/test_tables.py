"""Tables as people send them."""

import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import FileRejected
from evalplat.exchange import workbook
from evalplat.exchange.tables import open_table, parse_number, safe_cell


@pytest.fixture
def write(tmp_path):
    def run(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return run


def read(path):
    with open_table(path) as table:
        return table.columns, list(table.rows())


def fault_of(path):
    with pytest.raises(FileRejected) as caught:
        read(path)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "id,x\n1,3\n2,ä\n",
        "id;x\r\n1;3\r\n2;ä\r\n",
        "id\tx\n1\t3\n2\tä\n",
        "\ufeffid;x\n1;3\n2;ä\n",
        "sep=;\nid;x\n1;3\n2;ä\n",
        '"id","x"\n"1","3"\n"2","ä"\n',
        " id , x \n 1 , 3 \n 2 , ä \n",
        "id;x;\n1;3;\n2;ä;\n",
        "id,x\n1,3\n2,ä",
        "id\r1\r2\r".replace("\r1\r2\r", ";x\r1;3\r2;ä\r"),
    ],
)
def test_any_spreadsheet_program_s_csv_is_read(write, content):
    columns, rows = read(write(content))
    assert columns == ("id", "x")
    assert [cells for _, cells in rows] == [["1", "3"], ["2", "ä"]]


def test_windows_text_is_read(write):
    assert read(write("id;x\n1;äöå–\n".encode("cp1252")))[1] == [(2, ["1", "äöå–"])]


def test_decimal_commas_stand_in_semicolon_files_and_in_quotes(write):
    assert read(write("id;x\n1;3,5\n2;4,5\n"))[1] == [(2, ["1", "3,5"]), (3, ["2", "4,5"])]
    assert read(write('id,x\n1,"3,5"\n'))[1] == [(2, ["1", "3,5"])]
    assert read(write("a;b, with a comma;c\n1;2;3\n"))[0] == ("a", "b, with a comma", "c")
    assert read(write("x\n3,5\n"))[1] == [(2, ["3,5"])]


def test_row_numbers_are_those_of_a_spreadsheet(write):
    rows = read(write('id,x\n\n1,"two\nlines"\n,\n2,3\n'))[1]
    assert [number for number, _ in rows] == [3, 5]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "file.csv", "is empty"),
        (b"\n\n  \n", "file.csv", "is empty"),
        (b"\xef\xbb\xbf", "file.csv", "is empty"),
        (b"PK\x03\x04rest", "file.csv", "not a text file though its name says so"),
        (b"%PDF-1.7", "file.csv", "not a text file though its name says so"),
        (b"id,x\n1,\x00\n", "file.csv", "binary content"),
        ("id,x\n1,2\n".encode("utf-16-le"), "file.csv", "binary content"),
        ("id,x\n1,2\n".encode("utf-16")[:-1], "file.csv", "begins as UTF-16"),
        (b"id,x\n1,2\n", "file.xlsx", "is not an XLSX file though its name says so"),
        (b"\xd0\xcf\x11\xe0rest", "file.xlsx", "protected by a password"),
        (b"id,x\n", "file.ods", "must end in .csv or .xlsx"),
        (b"id,x,x\n1,2,3\n", "file.csv", "'x' is already used by column 2"),
        (b"id,,x\n1,2,3\n", "file.csv", "row 1, column 2: the column has no name"),
        (b",,\n1,2,3\n", "file.csv", "has no header"),
        (b'id,x\n1,"2\n3,4\n', "file.csv", "not a whole CSV table"),
        (b'id,x\n1,"2"3\n', "file.csv", "not a whole CSV table"),
        (b"id,x\n1,\x81\x8d\n", "file.csv", "neither UTF-8 nor Windows-1252"),
        (b"id," + b",".join(b"c%d" % n for n in range(3000)), "file.csv", "too many columns"),
        (b"id,x\n1," + b"9" * 5_000_000, "file.csv", "endless line"),
    ],
)
def test_what_is_no_table_is_refused_with_words(write, content, name, words):
    assert words in fault_of(write(content, name))


def test_every_ragged_row_is_named(write):
    said = fault_of(write("id,x\n1,2\n3\n4,5,6\n7,8,\n"))
    assert "row 3: 1 cells where the header has 2" in said
    assert "row 4: 3 cells where the header has 2; if the file uses decimal commas" in said
    assert "row 5" not in said


def test_only_the_first_fifty_faults_are_shown(write):
    said = fault_of(write("id,x\n" + "1\n" * 120))
    assert said.count("\n  row ") == 50
    assert "and 70 more faults" in said


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert "There is no file" in fault_of(tmp_path / "nothing.csv")
    assert "is not a file" in fault_of(tmp_path)
    assert "There is no file" in fault_of("a\x00b.csv")


@pytest.fixture
def book(tmp_path):
    def run(rows, name="book.xlsx"):
        made = openpyxl.Workbook()
        for row in rows:
            made.active.append(row)
        made.save(tmp_path / name)
        return tmp_path / name

    return run


def test_a_workbook_is_read_as_the_texts_one_would_type(book):
    path = book(
        [
            ["id", "x", "y", "z"],
            [1, 3.0, 2.5, None],
            [],
            ["b", True, date(2026, 11, 24), datetime(2026, 11, 24, 8, 30)],
            ["c"],
        ]
    )
    columns, rows = read(path)
    assert columns == ("id", "x", "y", "z")
    assert rows == [
        (2, ["1", "3", "2.5", ""]),
        (4, ["b", "true", "2026-11-24", "2026-11-24T08:30:00"]),
        (5, ["c", "", "", ""]),
    ]


def test_a_formula_without_a_stored_result_is_not_an_empty_cell(book):
    assert "row 2, column 2" in fault_of(book([["id", "x"], [1, "=1+1"]]))


def test_every_formula_without_a_stored_result_is_named(book):
    said = fault_of(book([["id", "x"], [1, "=1+1"], [2, 3], ["=A2", "=B3"]]))
    for where in ("row 2, column 2", "row 4, column 1", "row 4, column 2"):
        assert f"{where}: the formula has no stored result" in said


def test_a_hidden_sheet_in_front_is_not_the_table(tmp_path):
    made = openpyxl.Workbook()
    made.active.append(["lists and notes"])
    made.active.sheet_state = "hidden"
    shown = made.create_sheet("data")
    shown.append(["id", "x"])
    shown.append([1, 2])
    made.active = 1
    made.save(tmp_path / "book.xlsx")
    assert read(tmp_path / "book.xlsx") == (("id", "x"), [(2, ["1", "2"])])


def test_an_endless_cell_is_named_and_does_not_hide_the_columns(write):
    said = fault_of(write("id,x,y\n1,2,3\n2," + "a" * 200_000 + ",3\n"))
    assert "row 3: a cell has more than 131072 characters" in said


def test_a_workbook_with_more_cells_than_its_header_is_refused(book):
    assert "row 2: 3 cells where the header has 2" in fault_of(book([["id", "x"], [1, 2, 3]]))


def test_a_workbook_without_cells_has_no_header(book):
    assert "no header" in fault_of(book([]))


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(80):
            part.write(b" " * (1 << 20))
    assert "is too large" in fault_of(path)


def test_too_many_parts_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_PARTS", 3)
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(path, "w") as made:
        for number in range(5):
            made.writestr(f"xl/{number}.xml", "")
    assert "is too large" in fault_of(path)


@pytest.mark.parametrize("cut", [30, 200, 1500])
def test_a_cut_or_broken_workbook_is_refused(book, cut):
    path = book([["id", "x"], [1, 2]])
    path.write_bytes(path.read_bytes()[:cut])
    assert "not an XLSX" in fault_of(path)
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("xl/workbook.xml", "<broken")
    assert "cannot be read as an XLSX table" in fault_of(path)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|x", "'+cmd|x"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\rx", "'\rx"),
        ("-5", "-5"),
        ("+358", "+358"),
        ("−5", "−5"),
        ("-3,5", "-3,5"),
        ("K-12", "K-12"),
        (-5, "-5"),
        (2.5, "2.5"),
        (None, ""),
        ("", ""),
    ],
)
def test_lesson_13_no_cell_runs_as_a_formula_and_plain_numbers_stay_readable(value, written):
    assert safe_cell(value) == written


@given(st.text(max_size=20))
def test_a_safe_cell_begins_with_nothing_that_runs(text):
    written = safe_cell(text)
    if written.lstrip()[:1] in tuple("=+-@") and written:
        parse_number(written)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        columns, rows = read(path)
    except FileRejected as error:
        assert str(error)
        return
    assert all(len(cells) == len(columns) for _, cells in rows)
