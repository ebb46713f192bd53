"""`evalplat analyse agreement` and `reliability`: files in, tables out, every fault at once."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from evalplat.cli.main import cli
from evalplat.errors import EvalplatError


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["analyse", *map(str, arguments)])


def fail(*arguments: object) -> str:
    """What the command line says of the error; every fault of it."""
    error = run(*arguments).exception
    assert isinstance(error, EvalplatError)
    return str(error)


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    """Forty clients rated twice on two scales, one of them in the catalogue."""
    random = np.random.default_rng(1)
    lines = ["episode;instrument;scale;first;second"]
    for number in range(40):
        own, seen = np.clip(np.rint(random.normal(2, 1) + random.normal(0, 0.6, 2)), 0, 4)
        lines.append(f"{number};worker-observation;participation;{own:.0f};{seen:.0f}")
        lines.append(f"{number};other;points;{own * 7:.1f};{seen * 7 + 1:.1f}".replace(".", ","))
    lines.append("40;other;points;3;")
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    """Sixty sheets of WHO-5, three with a gap."""
    random = np.random.default_rng(2)
    path = tmp_path / "sheets.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "W1", "W2", "W3", "W4", "W5"])
        for number in range(60):
            answers = np.clip(np.rint(2.5 + random.normal(0, 1) + random.normal(0, 1, 5)), 0, 5)
            row = [number, *answers.astype(int)]
            if number < 3:
                row[1 + number] = ""
            writer.writerow(row)
    return path


def test_each_scale_is_compared_by_itself(ratings):
    result = run("agreement", ratings, "--json", "--no-disclosure")
    assert result.exit_code == 0, result.output
    observed, points = json.loads(result.output)
    assert (observed["scale"], observed["n"], observed["status"]) == ("participation", 40, "ok")
    assert observed["icc_a_1_low"] < observed["icc_a_1"] < observed["icc_a_1_high"]
    assert observed["kappa_quadratic"] is not None
    assert (points["n"], points["n_first_only"], points["kappa_linear"]) == (40, 1, None)
    assert points["icc_c_1"] == pytest.approx(observed["icc_c_1"])


def test_without_the_switch_counts_are_rounded_and_few_clients_have_no_interval(ratings, tmp_path):
    text = run("agreement", ratings, "--scale", "other/points", "--csv").output
    row = next(csv.DictReader(text.splitlines()))
    assert (row["n"], row["n_first_only"], row["icc_a_1_df1"]) == ("40", "", "39")
    assert len(row["icc_a_1"]) <= 4
    few = tmp_path / "few.csv"
    few.write_text("first,second\n" + "\n".join(f"{n},{n % 3}" for n in range(12)))
    row = next(csv.DictReader(run("agreement", few, "--csv").output.splitlines()))
    assert (row["n"], row["icc_a_1_low"], row["bias_low"], row["r_low"]) == ("10", "", "", "")
    assert row["icc_a_1"] != ""


def test_two_columns_are_enough(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("first,second\n1,1\n2,3\n3,3\n4,5\n5,4\n,2\n")
    result = run("agreement", path, "--no-disclosure")
    assert result.exit_code == 0, result.output
    assert "ICC(A,1)" in result.output
    assert " 5 " in result.output


def test_every_fault_of_a_file_of_ratings_is_named(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("episode,first,second\n1,a,2\n,3,1e99\n1,2,2\n")
    found = fail("agreement", path)
    for part in ("row 2, first", "row 3, episode", "row 3, second", "row 4, episode"):
        assert part in found
    path.write_text("episode,scale,first\n1,a,2\n")
    found = fail("agreement", path)
    assert "column second" in found
    assert "column instrument" in found


def test_a_rating_that_a_known_scale_does_not_have_is_refused(tmp_path):
    path = tmp_path / "five.csv"
    path.write_text(
        "instrument,scale,first,second\n" + "worker-observation,participation,1,5\n" * 3
    )
    assert "5 is none of the possible ratings" in fail("agreement", path)


def test_reliability_of_a_file_of_sheets(sheets):
    result = run("reliability", "who-5", sheets, "--json", "--no-disclosure")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.output)
    assert (row["scale"], row["n_sheets"], row["n_complete"], row["n_items"]) == (
        "total",
        60,
        57,
        5,
    )
    assert row["alpha_low"] < row["alpha"] < row["alpha_high"]
    assert [item["n_missing"] for item in row["items"]] == [1, 1, 1, 0, 0]
    assert (row["published_reliability"], row["published_sdc"]) == (0.82, 23)
    assert row["sdc"] == pytest.approx(1.959963984540054 * 2**0.5 * row["sem"])


def test_reliability_is_released_like_every_publication(sheets):
    (row,) = json.loads(run("reliability", "who-5", sheets, "--json").output)
    assert row["n_complete"] % 5 == 0
    assert row["alpha"] == round(row["alpha"], 2)
    assert [item["n_missing"] for item in row["items"]] == [None] * 5


def test_one_scale_shows_its_items_and_csv_has_a_row_for_each(sheets):
    result = run("reliability", "who-5", sheets, "--scale", "who-5/total", "--no-disclosure")
    assert all(code in result.output for code in ("W1", "W5", "Alpha without"))
    text = run("reliability", "who-5", sheets, "--items", "--csv", "--no-disclosure").output
    assert [row["code"] for row in csv.DictReader(text.splitlines())] == [
        "W1",
        "W2",
        "W3",
        "W4",
        "W5",
    ]


def test_an_unknown_scale_and_a_faulty_sheet_are_named(sheets, tmp_path):
    result = run("reliability", "who-5", sheets, "--scale", "sum")
    assert result.exit_code == 2
    assert "it has total" in result.output
    bad = tmp_path / "bad.csv"
    bad.write_text("id,W1,W2,W3,W4,W5\n1,9,1,1,1,1\n")
    assert "row 2, column W1" in fail("reliability", "who-5", bad)


def test_a_goal_instrument_has_no_sheets_to_measure(sheets):
    assert "scored from rated goals" in fail("reliability", "gas", sheets)


@pytest.mark.parametrize("topic", ["agreement", "reliability"])
def test_every_topic_explains_itself(topic):
    result = run(topic, "--help")
    assert result.exit_code == 0
    assert "FILE" in result.output
    assert topic in run("--help").output
