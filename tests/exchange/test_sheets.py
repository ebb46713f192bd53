"""Scoring a table row by row."""

import pytest

from evalplat.errors import FileRejected
from evalplat.exchange.sheets import list_ignored_columns, score_table
from evalplat.exchange.tables import open_table
from evalplat.instruments.catalogue import load_catalogue

CATALOGUE = load_catalogue()
WHO5 = CATALOGUE.get("who-5")
HEAD = "id,W1,W2,W3,W4,W5\n"


@pytest.fixture
def run(tmp_path):
    def score(content, definition=WHO5):
        path = tmp_path / "file.csv"
        path.write_text(content, encoding="utf-8")
        with open_table(path) as table:
            return [row for rows in score_table(definition, table) for row in rows]

    return score


@pytest.fixture
def refuse(run):
    def faults(content, definition=WHO5):
        with pytest.raises(FileRejected) as caught:
            run(content, definition)
        return [str(fault) for fault in caught.value.faults] or [str(caught.value)]

    return faults


def test_each_sheet_gives_one_long_row_for_each_scale(run):
    assert run(HEAD + "a,3,2,3,1,2\nb,3,2,3,1,\n") == [
        ("a", "total", 44.0, "ok", 5, 0, ""),
        ("b", "total", None, "not_assessable", 4, 1, ""),
    ]


def test_values_as_spreadsheets_write_them(run):
    rows = run("id;W1;W2;W3;W4;W5\n1;3,0;2.0; 3 ;1;declined\n2;3,0;2;3;1;+2\n")
    assert [row[2] for row in rows] == [None, 44]


def test_every_fault_has_row_column_value_and_what_is_allowed(refuse):
    faults = refuse(HEAD + "a,9,2,3,1,x\n,1,2,3,1,2\na,1,1,1,1,1\nb,1\n")
    assert faults == [
        "row 2, column W1: '9' is not an answer here; give one of 5, 4, 3, 2, 1, 0, or leave it empty",
        "row 2, column W5: 'x' is not an answer here; give one of 5, 4, 3, 2, 1, 0, or leave it empty",
        "row 3, column id: the id is missing; give each sheet one",
        "row 5: 2 cells where the header has 6; fill the row up or delete it",
        "row 4, column id: the id of row 2 stands here again; each sheet needs its own",
    ]


def test_an_id_that_stands_three_times_is_named_twice(refuse):
    sheet = ",1,1,1,1,1\n"
    faults = refuse(HEAD + "".join(f"{key}{sheet}" for key in "abcabdab"))
    assert [fault.split(":")[0] for fault in faults] == [
        f"row {row}, column id" for row in (5, 6, 8, 9)
    ]


def test_missing_columns_are_named_with_what_is_near(refuse):
    assert refuse("id,w1,W2,W3,W5\n1,1,1,1,1\n") == [
        "column W1: the column is missing; is 'w1' meant? Rename it",
        "column W4: the column is missing; add it, empty if need be",
    ]
    assert refuse("ID,W1,W2,W3,W4,W5\n1,1,1,1,1,1\n") == [
        "column id: the column is missing; is 'ID' meant? Rename it"
    ]


def test_a_condition_field_must_be_there_but_may_be_empty(refuse, run):
    whodas = CATALOGUE.get("whodas-2.0-12")
    head = "id," + ",".join(f"S{n}" for n in range(1, 13))
    assert "column works_or_studies" in refuse(f"{head}\na{',1' * 12}\n", whodas)[0]
    rows = run(f"{head},works_or_studies\na{',1' * 12},\nb{',1' * 12},ei\nc{',1' * 12},1\n", whodas)
    assert [(row[2], row[6]) for row in rows if row[1] == "sum_simple"] == [
        (None, ""),
        (11, "11_items"),
        (12, "12_items"),
    ]


def test_free_text_columns_may_be_left_out(run):
    feedback = CATALOGUE.get("client-feedback")
    codes = "recommendation,access,encounter,participation,safety,information,usefulness,content"
    assert run(f"id,{codes}\na,9,5,5,5,5,5,5,5\n", feedback)[0][2] == 9
    assert run(f"id,{codes},went_well\na,9,5,5,5,5,5,5,5,=hyvä\n", feedback)[0][2] == 9


def test_columns_that_are_not_used_are_listed():
    assert list_ignored_columns(WHO5, ("id", "W1", "name", "date")) == ("name", "date")
    assert list_ignored_columns(CATALOGUE.get("gas"), ("id", "goal", "level", "x")) == ("x",)


def test_a_table_without_rows_is_refused(refuse):
    assert "no rows" in refuse(HEAD)[0]
    assert "no rows" in refuse("id,goal,level\n", CATALOGUE.get("gas"))[0]


def test_ids_cannot_run_as_formulas(run):
    rows = run(HEAD + "=1+1,1,1,1,1,1\n-5,1,1,1,1,1\n@x,1,1,1,1,1\n")
    assert [row[0] for row in rows] == ["'=1+1", "-5", "'@x"]


def test_goals_of_one_id_may_stand_apart(run):
    gas = CATALOGUE.get("gas")
    rows = run('id,goal,level,weight\na,x,1,\nb,x,-1,2\na,y,"1,0",1\nc,x,,\nb,y,,\n', gas)
    assert [row[0] for row in rows] == ["a", "b", "c"]
    assert rows[0][2] == pytest.approx(62.403473, abs=1e-6)
    assert rows[1][2:6] == (40.0, "partial", 1, 1)
    assert rows[2][2:6] == (None, "not_assessable", 0, 1)
    assert run("id,goal,level\na,x,2\n", gas)[0][2] == 70


def test_every_faulty_goal_row_is_named(refuse):
    gas = CATALOGUE.get("gas")
    faults = refuse("id,goal,level,weight\na,x,3,\nb,x,-1.5,2\na,x,0,0\n,y,1,-1\nd,,x,heavy\n", gas)
    assert [fault.split(":")[0] for fault in faults] == [
        "row 2, column level",
        "row 3, column level",
        "row 4, column weight",
        "row 4, column goal",
        "row 5, column id",
        "row 5, column weight",
        "row 6, column goal",
        "row 6, column level",
        "row 6, column weight",
    ]


def test_too_many_goals_of_one_id_are_refused(refuse):
    rows = "".join(f"a,goal {n},0\n" for n in range(11))
    assert "at most 10" in refuse("id,goal,level\n" + rows, CATALOGUE.get("gas"))[0]
    faults = refuse("id,goal,level\n" + rows + "b,x,9\n", CATALOGUE.get("gas"))
    assert [fault.split(":")[0] for fault in faults] == ["row 13, column level", "row 2, id 'a'"]
