"""Instruments for other programs: REDCap's dictionary, XLSForm, and answers that come back by the import."""

import csv
import re
import tempfile
from dataclasses import replace
from io import BytesIO, StringIO

import pytest
from export_records import CATALOGUE
from pyxform.xls2xform import convert

from evalplat.exchange.faults import FaultList
from evalplat.exchange.forms.conditions import Atom, Joined, simplify, write_logic
from evalplat.exchange.forms.redcap import COLUMNS, make_dictionary, write_dictionary
from evalplat.exchange.forms.xlsform import make_form, write_form
from evalplat.exchange.import_rows import RowReader
from evalplat.exchange.import_table import looks_like_header, read_import_table
from evalplat.exchange.limits import UPLOAD
from evalplat.exchange.tables import open_stream
from evalplat.instruments.definition import All, Any, Comparison, Not

ASKED = [definition for definition in CATALOGUE.list() if definition.items]
WHODAS = CATALOGUE.get("whodas-2.0-36")
NAME = "Variable / Field Name"
LOGIC = "Branching Logic (Show field only if...)"
CHOICES = "Choices, Calculations, OR Slider Labels"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("definition", ASKED, ids=lambda d: d.key)
def test_a_dictionary_has_what_redcap_takes(definition, language):
    content = write_dictionary(definition, language).decode()
    head, *rows = list(csv.reader(StringIO(content, newline="")))
    assert tuple(head) == COLUMNS
    names = [row[0] for row in rows]
    assert names[0] == "record_id" and len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name) for name in names)
    assert len(rows) == len(definition.items) + len(definition.conditions) + 4
    for row in make_dictionary(definition, language):
        assert row["Field Type"] in ("text", "notes", "radio", "dropdown")
        assert bool(row[CHOICES]) == (row["Field Type"] in ("radio", "dropdown"))
        for choice in filter(None, row[CHOICES].split(" | ")):
            assert re.fullmatch(r"[-\w]+, .+", choice), choice


def test_branching_asks_what_applies_and_every_choice_may_be_declined():
    rows = {row[NAME]: row for row in make_dictionary(WHODAS, "fi")}
    assert rows["d5_5"][LOGIC] == "[works_or_studies] = '1'"
    assert rows["works_or_studies"][CHOICES] == "1, Kyllä | 0, Ei | declined, En halua vastata"
    assert rows["d1_1"][CHOICES].startswith("0, Ei lainkaan vaikeaa | 1, Vähän vaikeaa")


def test_what_redcap_hands_out_is_imported_back():
    """Its file has other columns, and the codes without points."""
    rows = make_dictionary(WHODAS, "en")
    names = [row[NAME] for row in rows]
    values = {"record_id": "1", "voucher": "VS-1", "point": "baseline", "measured_on": "2026-03-09"}
    cells = [values.get(name, "declined" if name == "d1_2" else "1") for name in names]
    text = ",".join([*names, "form_complete"]) + "\n" + ",".join([*cells, "2"]) + "\n"
    with open_stream(
        "redcap.csv", BytesIO(text.encode()), limits=UPLOAD, is_header=looks_like_header
    ) as table:
        read = read_import_table(table)
    faults = FaultList()
    reader = RowReader(read, CATALOGUE, "whodas-2.0-36", faults)
    (row,) = list(reader.rows())
    assert faults.shown == []
    assert row.who == "VS-1"
    assert set(reader.plan.answers["whodas-2.0-36"]) == {
        *(item.code for item in WHODAS.items), "works_or_studies",
    }  # fmt: skip


@pytest.mark.parametrize("definition", ASKED, ids=lambda d: d.key)
def test_a_form_is_one_that_pyxform_makes_an_xform_of(definition):
    for language in ("en", "fi"):
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            file.write(write_form(definition, language))
            file.flush()
            made = convert(file.name, validate=False)
        # Plain Finnish has no code that forms know; its name is shown all the same.
        assert [told for told in made.warnings if "Selkosuomi" not in told] == []
        for item in definition.items:
            assert f"/{item.code.replace('.', '_').lower()}" in made.xform
        for code in ("fi", "sv", "en"):
            label = definition.text(code).items[definition.items[0].code].label
            assert label in made.xform.replace("&apos;", "'")


def test_a_form_that_asks_for_what_is_not_there_would_be_noticed():
    broken = replace(WHODAS.items[0], applicable_when=Comparison("nothing", "equals", True))
    definition = replace(WHODAS, items=(broken, *WHODAS.items[1:]))
    with (
        tempfile.NamedTemporaryFile(suffix=".xlsx") as file,
        pytest.raises(Exception, match="nothing"),
    ):
        file.write(write_form(definition))
        file.flush()
        convert(file.name, validate=False)


def test_a_form_asks_what_applies_in_every_language():
    form = make_form(WHODAS, "fi")
    rows = {row["name"]: row for row in form["survey"]}
    assert rows["d5_5"]["relevant"] == "${works_or_studies} = '1'"
    assert rows["d1_1"]["label::Suomi (fi)"] == "Keskittyminen kymmenen minuutin ajan"
    listed = [row["name"] for row in form["choices"] if row["list_name"] == "d1_1"]
    assert listed == ["0", "1", "2", "3", "4", "declined"]
    assert form["settings"][0]["default_language"] == "Suomi (fi)"


def test_a_condition_is_turned_inside_out_where_it_is_denied():
    small = CATALOGUE.get("whodas-2.0-12")
    one = Comparison("S1", "in", (1, 2))
    other = Comparison("works_or_studies", "equals", True)
    answered = Comparison("S2", "answered", True)
    assert simplify(Not(one), small) == Joined(True, (Atom("S1", "!=", "1"), Atom("S1", "!=", "2")))
    assert simplify(Not(All((one, other))), small) == Joined(
        False,
        (
            Joined(True, (Atom("S1", "!=", "1"), Atom("S1", "!=", "2"))),
            Atom("works_or_studies", "!=", "1"),
        ),
    )
    assert simplify(Not(Not(other)), small) == Atom("works_or_studies", "=", "1")
    below = simplify(Comparison("S1", "less", 2), small)
    assert below == Joined(False, (Atom("S1", "=", "0"), Atom("S1", "=", "1")))
    logic = simplify(Any((other, Not(answered))), small)
    assert write_logic(logic, "[%s]", "<>", "declined") == (
        "([works_or_studies] = '1' or ([S2] = '' or [S2] = 'declined'))"
    )
