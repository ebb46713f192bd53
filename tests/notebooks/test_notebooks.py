"""Every notebook runs from top to bottom on a small demo county, and is stored without what it once showed.

The cells are plain Python, so they are run here as they stand, without a kernel: Jupyter is no dependency, and the run
costs what the computing costs.
"""

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest
from keys import MASTER_KEYS

from evalplat.config import Settings, sqlite_url
from evalplat.demo import truth
from evalplat.demo.fill import fill
from evalplat.demo.staff import SYSTEM
from evalplat.services import installation
from evalplat.wiring import build_wiring

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FEWER = {"REPLICATIONS = 400": "REPLICATIONS = 100", "REPLICATIONS = 500": "REPLICATIONS = 50"}
SMALL = tuple(
    replace(provider, episodes=max(40, provider.episodes // 4)) for provider in truth.PROVIDERS[:6]
)

by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The address of a database with six of the demo's providers, a quarter of their size."""
    url = sqlite_url(tmp_path_factory.mktemp("notebooks") / "demo.sqlite3")
    settings = Settings(database_url=url, owner_url=url, master_keys=MASTER_KEYS)
    installation.make_tables(settings)
    wiring = build_wiring(settings)
    with wiring.transaction(SYSTEM) as session:
        installation.load_county(session, wiring.catalogue, SYSTEM, settings)
    fill(wiring, lambda done, total: None, made_up=SMALL)
    wiring.close()
    return url


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def list_code(path):
    return ["".join(c["source"]) for c in read(path)["cells"] if c["cell_type"] == "code"]


def run(code, names, where):
    """Run a cell and show its last expression, as a notebook does."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), where, "eval"), names)
    for form in ("_repr_html_", "_repr_svg_"):
        if hasattr(value, form):
            return getattr(value, form)()
    return repr(value)


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == [
        "a_providers_effect",
        "do_the_intervals_cover",
        "value_for_money",
        "what_attrition_can_hide",
    ]


@by_name
def test_a_notebook_is_stored_without_outputs(path):
    notebook = read(path)
    assert notebook["nbformat"] == 4
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert cells[0]["cell_type"] == "markdown"


@by_name
def test_a_notebook_asks_services_and_changes_nothing(path):
    text = "\n".join(list_code(path))
    assert "evalplat.storage" not in text and "sqlalchemy" not in text
    assert "transaction(" not in text
    assert "reading(" in text


@by_name
def test_a_notebook_runs_from_top_to_bottom(path, county, monkeypatch):
    monkeypatch.setenv("EVALPLAT_DATABASE_URL", county)
    monkeypatch.chdir(path.parent)
    names = {"__name__": "__main__"}
    shown = []
    try:
        for place, code in enumerate(list_code(path)):
            for many, few in FEWER.items():
                code = code.replace(many, few)
            shown.append(run(code, names, f"{path.name}, code cell {place + 1}"))
    finally:
        if "wiring" in names:
            names["wiring"].close()
    assert any("<table" in one for one in shown if one)


def test_without_a_demo_it_is_said_what_is_missing(tmp_path, monkeypatch):
    from evalplat.errors import NotConfigured

    monkeypatch.delenv("EVALPLAT_DATABASE_URL", raising=False)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    with pytest.raises(NotConfigured):
        run(list_code(NOTEBOOKS[0])[0], {}, "first cell")
    assert not list(tmp_path.rglob("*.sqlite3"))
