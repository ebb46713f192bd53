"""`evalplat score` as a person meets it."""

import os

import openpyxl
import pytest
from click.testing import CliRunner

from evalplat.cli.main import cli
from evalplat.errors import EvalplatError
from evalplat.instruments.catalogue import instruments_folder

HEAD = "id,W1,W2,W3,W4,W5\n"


@pytest.fixture
def score(tmp_path):
    def run(*arguments, content=None):
        file = tmp_path / "sheets.csv"
        if content is not None:
            file.write_text(content, encoding="utf-8")
        words = [str(file) if word == "FILE" else str(word) for word in arguments]
        return CliRunner().invoke(cli, ["score", *words])

    return run


def test_long_rows_come_out_as_csv(score):
    found = score("who-5", "FILE", content=HEAD + "a,3,2,3,1,2\nb,3,2,3,1,\n")
    assert found.exit_code == 0
    assert found.stdout == (
        "id,scale,score,status,items_used,items_missing,variant\n"
        "a,total,44.0,ok,5,0,\n"
        "b,total,,not_assessable,4,1,\n"
    )
    assert found.stderr == ""


def test_columns_that_are_not_used_get_one_note(score):
    found = score("who-5", "FILE", content="name," + HEAD + "Ä,a,3,2,3,1,2\n")
    assert found.exit_code == 0
    assert found.stderr.count("\n") == 1
    assert "name" in found.stderr


def test_a_score_is_written_unrounded(score):
    found = score("gas", "FILE", content="id,goal,level\na,x,2\na,y,2\na,z,2\n")
    assert "a,t,77.38612787525831,ok,3,0,\n" in found.stdout


def test_nothing_is_written_when_a_row_has_a_fault(score, tmp_path):
    content = HEAD + "a,3,2,3,1,2\nb,7,2,3,1,\n"
    found = score("who-5", "FILE", content=content)
    assert found.stdout == ""
    assert isinstance(found.exception, EvalplatError)
    assert "row 3, column W1: '7'" in str(found.exception)
    out = tmp_path / "out.csv"
    score("who-5", "FILE", "-o", out)
    assert sorted(os.listdir(tmp_path)) == ["sheets.csv"]
    out.write_text("kept")
    score("who-5", "FILE", "-o", out)
    assert out.read_text() == "kept"


def test_a_file_takes_the_rows(score, tmp_path):
    out = tmp_path / "out.csv"
    found = score("who-5", "FILE", "-o", out, content=HEAD + "ä,3,2,3,1,2\n")
    assert (found.exit_code, found.stdout) == (0, "")
    assert "ä,total,44.0" in out.read_text(encoding="utf-8")
    assert sorted(os.listdir(tmp_path)) == ["out.csv", "sheets.csv"]


def test_a_place_that_cannot_be_written_is_said(score, tmp_path):
    found = score(
        "who-5", "FILE", "-o", tmp_path / "no" / "out.csv", content=HEAD + "a,3,2,3,1,2\n"
    )
    assert "cannot be written" in str(found.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ("who-6", "FILE"),
        ("who-5",),
        ("who-5", "FILE", "--version", "9.9"),
        ("who-5", "FILE", "-o", "FILE"),
        ("who-5", "FILE", "--wrong"),
    ],
)
def test_wrong_use_is_two(score, arguments):
    found = score(*arguments, content=HEAD + "a,3,2,3,1,2\n")
    assert found.exit_code == 2
    assert found.stdout == ""


def test_a_workbook_gives_what_the_csv_gives(score, tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["id", "W1", "W2", "W3", "W4", "W5"],
        ["a", 3, 2.0, 3, 1, 2],
        ["b", 3, 2, 3, 1, None],
    ):
        book.active.append(row)
    book.save(tmp_path / "sheets.xlsx")
    found = score("who-5", tmp_path / "sheets.xlsx")
    assert found.stdout.splitlines()[1:] == ["a,total,44.0,ok,5,0,", "b,total,,not_assessable,4,1,"]


def test_a_definition_file_can_stand_for_the_key(score):
    path = instruments_folder() / "who-5" / "1.0.toml"
    assert score(path, "FILE", content=HEAD + "a,3,2,3,1,2\n").exit_code == 0
    assert score(path, "FILE", "--version", "1.0").exit_code == 2


def test_what_has_no_computed_score_says_so(score):
    found = score("who-5", "FILE", content="")
    assert "is empty" in str(found.exception)
