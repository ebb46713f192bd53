"""Worked examples: the shipped ones hold, and a wrong one is named."""

import shutil

import pytest

from evalplat.errors import DefinitionRejected
from evalplat.instruments.catalogue import instruments_folder, list_definition_files
from evalplat.instruments.loader import load_definition
from evalplat.scoring.examples import check_examples, examples_path

FILES = list_definition_files(instruments_folder())


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name} {file.stem}")
def test_every_shipped_instrument_proves_every_scale(file):
    definition = load_definition(file)
    count = check_examples(definition, examples_path(file))
    assert count > 0 or definition.kind in ("external", "record")


@pytest.fixture
def who5(tmp_path):
    shutil.copytree(instruments_folder() / "who-5", tmp_path / "who-5")
    return tmp_path / "who-5" / "1.0.toml"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "case,W1,W2,W3,W4,W5,expect.total\na,5,5,5,5,5,99\n",
            "99 is expected, the definition gives 100",
        ),
        ("case,W1,W2,W3,W4,W5,expect.total\na,5,5,5,5,,80\n", "no score (too_many_missing)"),
        (
            "case,W1,W2,W3,W4,W5,expect.total\na,5,5,5,5,5,\n",
            "no example proves a score of this scale",
        ),
        ("case,W1,W2,W3,W4,W5,expect.total\na,9,5,5,5,5,100\n", "a: W1: '9' is not an answer"),
        ("case,W1,W2,W3,W4,W6,expect.total\na,1,5,5,5,5,100\n", "W6: there is no such item"),
        ("case,W1,expect.total\na,1\n", "2 cells where the header has 3"),
        ("case,W1,W2,W3,W4,W5,expect.total\na,5,5,5,5,5,x\n", "'x' is not a number"),
        ("case,W1,W2,W3,W4,W5,expect.total\n,5,5,5,5,5,100\n", "needs a name"),
        ("case,W1,W2,W3,W4,W5,expect.total\na,5,5,5,5,5,100\na,5,5,5,5,5,100\n", "stands twice"),
        ("case,W1,W1\n", "name each column once"),
        ("", "name each column once"),
        ('case,"W1\n', "cannot be read as CSV"),
    ],
)
def test_a_wrong_example_says_where_and_what(who5, content, words):
    examples_path(who5).write_text(content, encoding="utf-8")
    with pytest.raises(DefinitionRejected) as caught:
        check_examples(load_definition(who5), examples_path(who5))
    assert words in str(caught.value)
    assert "1.0.cases.csv" in str(caught.value)


def test_an_instrument_without_examples_is_refused(who5):
    examples_path(who5).unlink()
    with pytest.raises(DefinitionRejected, match="there are no worked examples"):
        check_examples(load_definition(who5), examples_path(who5))


def test_binary_rubbish_is_refused(who5):
    examples_path(who5).write_bytes(b"\xff\xfe\x00\x01" * 50)
    with pytest.raises(DefinitionRejected):
        check_examples(load_definition(who5), examples_path(who5))


HEAD = "case,W1,W2,W3,W4,W5,expect.total\n"


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        # Who wrote the file mends all of it at once: each faulty row is named, the ones after it too.
        (
            "a,5,5,5,5,5,x\n,5,5,5,5,5,100\nb,5,5,5,5,5,y\nb,5,5,5,5,5,100\n,5,5,5,5,5,4\n",
            ["row 2, expect.total", "row 3", "row 4, expect.total", "row 5", "row 6"],
        ),
        ("a,5\nb,5,5,5,5,5,100\nc,5,5\n", ["row 2", "row 4"]),
        (
            "a,9,5,5,5,8,100\nb,5,5,5,5,5,99\nc,0,0,0,0,0,0\nd,5,5,5,5,5,98\n",
            ["a: W1", "a: W5", "b: expect.total", "d: expect.total"],
        ),
        ("a,,,,,,\n", ["expect.total"]),
    ],
)
def test_every_faulty_row_is_named_with_its_number(who5, rows, places):
    examples_path(who5).write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(DefinitionRejected) as caught:
        check_examples(load_definition(who5), examples_path(who5))
    assert [fault.where for fault in caught.value.faults] == [
        f"1.0.cases.csv: {place}" for place in places
    ]
    assert str(examples_path(who5)) in str(caught.value)


def test_as_many_examples_are_counted_as_there_are_cases(who5):
    examples_path(who5).write_text(
        "\ufeff" + HEAD + "a,5,5,5,5,5,100\nb,0,0,0,0,0,0\n", encoding="utf-8"
    )
    assert check_examples(load_definition(who5), examples_path(who5)) == 2
