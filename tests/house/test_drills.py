"""Every drill is in the list that `make drills` goes through, and none outlives its run."""

import ast
from pathlib import Path

from drills.__main__ import DRILLS, main

FOLDER = Path(__file__).resolve().parents[2] / "drills"


def runs(path: Path) -> list[str] | None:
    """The names of what a drill's `run` is given; None for a module that is no drill."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "run":
            return [argument.arg for argument in node.args.args]
    return None


def test_every_drill_is_listed_with_what_it_does_and_is_told_how_much_to_do():
    found = {path.stem: runs(path) for path in FOLDER.glob("*.py")}
    assert {name: given for name, given in found.items() if given is not None} == {
        name: ["effort"] for name in DRILLS
    }


def test_an_unknown_drill_is_named_beside_those_that_there_are(capsys):
    try:
        main(["--only", "nothing"])
    except SystemExit as stopped:
        assert stopped.code == 2
    assert "crashes" in capsys.readouterr().err
