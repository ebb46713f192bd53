"""`evalplat analyse trend`, from a file with days to quarters."""

import csv
import io
import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from evalplat.cli.main import cli


@pytest.fixture(scope="module")
def episodes(tmp_path_factory):
    random = np.random.default_rng(3)
    n = 400
    days = [date(2024, 1, 1) + timedelta(days=int(k)) for k in random.integers(0, 540, n)]
    baseline = random.normal(50, 10, n).round()
    path = tmp_path_factory.mktemp("trend") / "episodes.csv"
    pd.DataFrame(
        {
            "provider": random.choice(["Kurki", "Tiira"], n),
            "episode": np.arange(n),
            "instrument": "i",
            "scale": "s",
            "baseline": baseline,
            "end": (baseline + 5 + random.normal(0, 6, n)).round(),
            "opened_on": [f"{day.day}.{day.month}.{day.year}" for day in days],
        }
    ).to_csv(path, index=False)
    return path


def run(path, *options):
    arguments = ["analyse", "trend", str(path), "--scale", "i/s", "--direction", "higher"]
    return CliRunner().invoke(cli, [*arguments, *options])


def test_every_quarter_has_a_row_for_the_county_and_each_provider(episodes):
    result = run(episodes, "--csv", "--no-disclosure")
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.output)))
    assert [row["provider"] for row in rows] == ["*"] * 6 + ["Kurki"] * 6 + ["Tiira"] * 6
    assert rows[0]["quarter"] == "2024-01-01" and rows[5]["quarter"] == "2025-04-01"
    assert sum(int(row["n_pairs"]) for row in rows[:6]) == 400
    assert all(row["improvement"] and row["average"] for row in rows)


def test_the_table_and_the_picture_speak_in_words(episodes, tmp_path):
    result = run(episodes)
    assert result.exit_code == 0, result.output
    assert "2024 Q1" in result.output and "Moving average" in result.output
    assert "bad" not in result.output.lower()
    target = tmp_path / "trend.svg"
    assert run(episodes, "-o", str(target)).exit_code == 0
    assert "<desc" in target.read_text() and "2025 Q2" in target.read_text()


def test_json_carries_the_settings_of_the_average(episodes):
    found = json.loads(run(episodes, "--json", "--weight", "0.4", "--width", "2.7").output)
    assert (found["weight"], found["width"], found["when"]) == (0.4, 2.7, "opened_on")
    assert found["released"] is True
    assert all(point["n_pairs"] is None or point["n_pairs"] % 5 == 0 for point in found["points"])


@pytest.mark.parametrize("options", [("--when", "end"), ("--weight", "0"), ("--width", "-1")])
def test_settings_that_make_no_sense_are_wrong_use(episodes, options):
    assert run(episodes, *options).exit_code == 2


def test_a_file_without_the_days_names_the_column(episodes):
    result = run(episodes, "--when", "started")
    assert "started" in result.output + str(result.exception)


@pytest.mark.parametrize("option", ["--weight", "--width"])
@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "0", "-1"])
def test_a_weight_or_width_that_cannot_be_is_wrong_use(episodes, option, value):
    result = run(episodes, f"{option}={value}", "--json")
    assert result.exit_code == 2 and option in result.output
