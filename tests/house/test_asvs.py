"""What the OWASP standard asks (ASVS 5.0, levels 1 and 2) stands in `docs/asvs.csv` with code and tests that exist.

The words are ours; the standard's own are to be read there. What is not met says so, and says why.
"""

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["requirement", "level", "in short", "status", "where", "tests", "remark"]
STATUSES = {"met", "not met", "does not apply"}
REQUIREMENTS = 253
"""Of levels 1 and 2 in version 5.0.0; level 3 is left out."""


def read_rows() -> list[dict[str, str]]:
    with (ROOT / "docs/asvs.csv").open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == COLUMNS
        return list(reader)


@cache
def list_tests(path: str) -> frozenset[str]:
    file = ROOT / path
    if not path.startswith("tests/") or not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def faults_of(row: dict[str, str]) -> list[str]:
    faults = []
    if not re.fullmatch(r"V\d{1,2}\.\d{1,2}\.\d{1,2}", row["requirement"]):
        faults.append("no requirement")
    if row["level"] not in ("1", "2") or row["status"] not in STATUSES or not row["in short"]:
        faults.append("no level, no status or no words")
    faults += [f"no {path}" for path in row["where"].split() if not (ROOT / path).exists()]
    for named in row["tests"].split():
        path, _, name = named.partition("::")
        if not name.startswith("test_") or name not in list_tests(path):
            faults.append(f"no {named}")
    if row["status"] == "met" and not row["where"]:
        faults.append("met nowhere")
    if (
        row["status"] == "met"
        and not row["tests"]
        and not row["remark"]
        and "README" not in row["where"]
    ):
        faults.append("met without a test or a word why")
    if row["status"] != "met" and not row["remark"]:
        faults.append("no word why")
    return faults


def test_every_requirement_stands_once_with_code_and_tests_that_exist() -> None:
    rows = read_rows()
    twice = [
        name for name, count in Counter(row["requirement"] for row in rows).items() if count > 1
    ]
    assert twice == []
    assert len(rows) == REQUIREMENTS
    assert {row["requirement"]: found for row in rows if (found := faults_of(row))} == {}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"requirement": "1.2.3"}, {"level": "3"}, {"status": "almost"}, {"in short": ""}, {"where": ""},
        {"where": "evalplat/nowhere.py"}, {"tests": "tests/house/test_asvs.py::test_that_is_not_there"},
        {"tests": "tests/house/test_nowhere.py::test_x"}, {"tests": "", "remark": ""},
        {"status": "not met", "remark": ""}, {"status": "does not apply", "remark": ""},
    ],
)  # fmt: skip
def test_a_row_that_names_what_is_not_there_would_be_noticed(spoilt: dict[str, str]) -> None:
    good = dict(
        zip(
            COLUMNS,
            ("V1.2.3", "1", "words", "met", "evalplat/app.py",
             "tests/house/test_asvs.py::test_every_requirement_stands_once_with_code_and_tests_that_exist", ""),
            strict=True,
        )
    )  # fmt: skip
    assert faults_of(good) == []
    assert faults_of({**good, **spoilt})


def test_the_readme_counts_them_as_the_table_does() -> None:
    counts = Counter(row["status"] for row in read_rows())
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    said = (
        f"{counts['met']} met, {counts['not met']} not met, {counts['does not apply']} do not apply"
    )
    assert said in text
