"""The house rules that a machine can check."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import (
    PackageNotFoundError,
    distribution,
    packages_distributions,
    requires,
)
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement

from evalplat.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "evalplat"
MODULES = sorted(PACKAGE.rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_imports_go_in_one_direction():
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_no_file_is_longer_than_400_lines():
    sources = [*MODULES, *PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.css")]
    assert [p for p in names(sources) if len((ROOT / p).read_text().splitlines()) > 400] == []


def test_no_function_is_longer_than_60_lines():
    long = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno
                if lines > 60:
                    long.append(f"{path.relative_to(ROOT)}:{node.name} {lines}")
    assert long == []


def test_init_files_are_empty():
    assert [str(p) for p in PACKAGE.rglob("__init__.py") if p.read_text().strip()] == []


def test_no_module_has_a_name_that_says_nothing():
    assert [p for p in MODULES if p.stem in VAGUE or p.parent.name in VAGUE] == []


def test_every_module_and_public_function_says_what_it_is_for():
    silent = []
    for path in MODULES:
        if path.name == "__init__.py":
            continue
        tree = ast.parse(path.read_text())
        if not ast.get_docstring(tree):
            silent.append(str(path.relative_to(ROOT)))
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith(
                "_"
            )
            if public and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert silent == []


def test_pingouin_is_imported_in_two_statistics_modules_at_most_and_lazily():
    users = []
    for path in MODULES:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and "pingouin" in ast.unparse(node):
                users.append(path)
                assert node not in tree.body, f"{path} imports pingouin at module level"
    assert {p.stem for p in users} <= {"agreement", "inference"}
    assert all("statistics" in p.parts for p in users)


def test_pyplot_is_never_used():
    assert [
        p
        for p in MODULES
        if "pyplot" in p.read_text() and "import matplotlib.pyplot" in p.read_text()
    ] == []


def test_no_download_address_stands_in_the_pins():
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text and " @ " not in text


def test_what_the_package_imports_comes_with_it_and_not_with_the_test_tools():
    """A library that only the tests' extra brings is missing on every installation that is not a developer's."""
    installed = libraries_of("evalplat", {"", "cluster"})
    owners = packages_distributions()
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in MODULES
        for name in imported_by(path)
        if name not in sys.stdlib_module_names
        and name != "evalplat"
        and not {canonical(owner) for owner in owners.get(name, [])} & installed
    }
    assert missing == set()


def imported_by(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def libraries_of(name: str, extras: set[str]) -> set[str]:
    """Everything that installing a library brings, itself included; of the first one also these extras."""
    found, waiting = set(), [(name, extras)]
    while waiting:
        one, wanted = waiting.pop()
        if one in found:
            continue
        found.add(one)
        for line in lines_of(one):
            rule = Requirement(line)
            marker = rule.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted):
                waiting.append((canonical(rule.name), {"", *rule.extras}))
    return found


def lines_of(name: str) -> list[str]:
    """What a library asks for; of our own, what this tree says, whatever was installed before."""
    if name != "evalplat":
        return (requires(name) if is_installed(name) else None) or []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    more = [only_with(extra, line) for extra, lines in extras.items() for line in lines]
    return [*project["dependencies"], *more]


def only_with(extra: str, line: str) -> str:
    library, _, where = line.partition(";")
    return f"{library}; {f'({where}) and ' * bool(where)}extra == '{extra}'"


def is_installed(name: str) -> bool:
    try:
        return bool(distribution(name))
    except PackageNotFoundError:
        return False


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_and_stands_in_the_readme(name):
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"evalplat {name}" in (ROOT / "README.md").read_text()


def test_help_answers_without_heavy_libraries():
    code = (
        "import sys; from evalplat.cli.main import cli; cli(['--help'], standalone_mode=False);"
        "heavy = {'pandas','numpy','scipy','matplotlib','sqlalchemy','flask','reportlab'} & set(sys.modules);"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
