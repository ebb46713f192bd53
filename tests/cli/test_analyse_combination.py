"""`evalplat analyse combination`, from a file with several scales."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from evalplat.cli.main import cli


@pytest.fixture(scope="module")
def episodes(tmp_path_factory):
    random = np.random.default_rng(3)
    n = 200
    rows = []
    for scale, sd in (("a", 10.0), ("b", 3.0)):
        baseline = random.normal(5 * sd, sd, n)
        rows.append(
            pd.DataFrame(
                {
                    "provider": np.repeat(["Kurki", "Tiira"], n // 2),
                    "episode": np.arange(n),
                    "instrument": "i",
                    "scale": scale,
                    "baseline": baseline.round(1),
                    "end": (baseline + 0.5 * sd + random.normal(0, 0.7 * sd, n)).round(1),
                }
            )
        )
    path = tmp_path_factory.mktemp("scales") / "episodes.csv"
    pd.concat(rows).to_csv(path, index=False)
    return path


def run(path, *options):
    arguments = ["analyse", "combination", str(path), "--direction", "higher"]
    return CliRunner().invoke(cli, [*arguments, *options])


def test_scales_stand_side_by_side_in_baseline_sds(episodes):
    result = run(episodes, "--csv", "--no-disclosure")
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.output)))
    assert [(row["scale"], row["provider"]) for row in rows] == [
        ("a", "Kurki"), ("a", "Tiira"), ("b", "Kurki"), ("b", "Tiira"),
    ]  # fmt: skip
    assert all(0.2 < float(row["improvement_sd"]) < 0.8 for row in rows)
    assert float(rows[0]["baseline_sd"]) == pytest.approx(10, rel=0.15)


def test_there_is_no_composite_unless_it_is_asked_for(episodes):
    plain = json.loads(run(episodes, "--json").output)
    assert plain["composite"] is None and plain["released"] is True
    asked = json.loads(run(episodes, "--json", "--composite").output)
    assert asked["composite"]["status"] == "ok"
    assert set(asked["composite"]) >= {"rankability", "correlations", "n_both", "providers"}
    text = run(episodes, "--composite").output
    assert text.index("Improvement on several scales") < text.index("A composite")
    assert "Read it only beside the scales" in text


def test_the_picture_has_a_tile_for_each_scale(episodes, tmp_path):
    target = tmp_path / "tiles.svg"
    assert run(episodes, "-o", str(target)).exit_code == 0
    text = target.read_text()
    assert "i/a: Kurki:" in text and "i/b: Kurki:" in text


def test_goals_one_scale_and_unknown_scales_are_wrong_use(episodes, tmp_path):
    assert run(episodes, "--scale", "i/a", "--composite").exit_code == 2
    result = run(episodes, "--scale", "i/none")
    assert result.exit_code == 2 and "i/none" in result.output
    path = tmp_path / "goals.csv"
    frame = pd.read_csv(episodes).replace({"scale": {"b": "t"}})
    frame.loc[frame["scale"] == "t", "instrument"] = "gas"
    frame.to_csv(path, index=False)
    result = run(path)
    assert result.exit_code == 2 and "combined with nothing" in " ".join(result.output.split())
