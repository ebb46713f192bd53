"""Small definitions built in a test, with every label filled in."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from evalplat.instruments.catalogue import Catalogue, load_catalogue
from evalplat.instruments.definition import Instrument
from evalplat.instruments.loader import load_definition
from evalplat.scoring.answers import check_answers
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.score import score

HEAD = """
key = "small"
version = "1.0"
kind = "scored"
use = "individual"
respondents = ["client"]
modes = ["self"]
languages = ["en"]
[licence]
holder = "nobody"
terms = "for tests"
electronic_use = "free"
"""


def write_labels(data: dict) -> str:
    """A complete English language file for a definition's TOML data."""
    sets = {s["key"]: s for s in data.get("option_sets", [])}
    lines = ['status = "descriptive"', 'title = "Small"', 'short_title = "Small"']
    for table, key in (("items", "code"), ("conditions", "code"), ("scales", "key")):
        if data.get(table):
            lines.append(f"[{table}]")
            lines += [f'"{entry[key]}" = "a {entry[key]}"' for entry in data[table]]
    groups = dict.fromkeys(item["group"] for item in data.get("items", []) if "group" in item)
    if groups:
        lines += ["[groups]", *(f'{group} = "a {group}"' for group in groups)]
    for key in dict.fromkeys(i["options"] for i in data.get("items", []) if "options" in i):
        names = [o["key"] for o in sets[key].get("options", [])] or sets[key]["range"]
        lines += [f"[options.{key}]", *(f'"{name}" = "{name}"' for name in names)]
    for entry in data.get("conditions", []):
        if "choices" in entry:
            lines.append(f"[options.{entry['code']}]")
            lines += [f'{choice} = "{choice}"' for choice in entry["choices"]]
    bands = {b["key"]: b for b in data.get("band_sets", [])}
    for key in dict.fromkeys(s["bands"] for s in data.get("scales", []) if "bands" in s):
        lines.append(f"[bands.{key}]")
        lines += [f'{band["key"]} = "{band["key"]}"' for band in bands[key]["bands"]]
    return "\n".join(lines)


@pytest.fixture
def build(tmp_path: Path) -> Callable[[str], Instrument]:
    """Load a definition from the body of its TOML."""

    def make(body: str) -> Instrument:
        text = HEAD + body
        (tmp_path / "1.0.toml").write_text(text, encoding="utf-8")
        (tmp_path / "1.0.en.toml").write_text(write_labels(tomllib.loads(text)), encoding="utf-8")
        return load_definition(tmp_path / "1.0.toml")

    return make


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def score_raw() -> Callable[..., dict[str, ScaleScore]]:
    """Check and score raw values; gives the scores by scale."""

    def run(definition: Instrument, raw: dict) -> dict[str, ScaleScore]:
        return {s.scale: s for s in score(definition, check_answers(definition, raw))}

    return run
