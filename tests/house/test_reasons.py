"""Every reason that the program itself writes into the access log has words in each language of the reader."""

import ast
from collections.abc import Iterator
from pathlib import Path

from evalplat.errors import Message
from evalplat.web.reason_words import COMMANDS, REASONS, find_reasons, name_reason, tell

PACKAGE = Path(__file__).parents[2] / "evalplat"
CALLS = {"system": 0, "crossing": 1}
"""Which argument of which call is a reason."""


def list_reasons() -> Iterator[tuple[str, str]]:
    """(reason, file) of each that is written in the code; those put together begin with {."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                place = CALLS.get(name)
                if place is None or len(node.args) <= place:
                    continue
                value = node.args[place]
                value = known.get(getattr(value, "id", ""), value)
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value, path.name


def test_every_reason_of_the_program_has_words() -> None:
    found = dict(list_reasons())
    assert len(found) > 40
    assert sorted(found.keys() - REASONS.keys()) == []


def test_no_words_are_left_over() -> None:
    assert sorted(REASONS.keys() - dict(list_reasons()).keys()) == []


def test_what_people_wrote_stays_as_they_wrote_it() -> None:
    assert name_reason("sign-in", "case_worker") == "sign-in"
    assert isinstance(name_reason("sign-in", "system"), Message)
    assert tell("an act of an earlier version") == "an act of an earlier version"
    assert isinstance(tell(f"another role{COMMANDS}"), Message)


def test_a_reason_is_found_by_its_words_in_the_reader_s_language() -> None:
    assert "sign-in" in find_reasons("kirjautum", "fi")
    assert find_reasons("kirjautum", "sv") == ()
