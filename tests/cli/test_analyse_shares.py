"""`evalplat analyse shares` and `goals`: files in, tables out, every fault at once."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from evalplat.cli.main import cli
from evalplat.errors import FileRejected

SCALE = ("--scale", "own/points", "--direction", "lower")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["analyse", *map(str, arguments)])


def read(*arguments: object):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.fixture(scope="module")
def episodes(tmp_path_factory) -> Path:
    random = np.random.default_rng(1)
    path = tmp_path_factory.mktemp("shares") / "episodes.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["provider", "episode", "instrument", "scale", "baseline", "end"])
        for number, provider in enumerate(
            np.repeat(["A", "B", "C", "=D", "E"], (60, 45, 80, 50, 4))
        ):
            first = round(random.normal(22, 9))
            last = round(first - random.normal(6, 8)) if random.random() < 0.8 else ""
            writer.writerow([provider, number, "own", "points", first, last])
    return path


@pytest.fixture
def goals(tmp_path: Path) -> Path:
    random = np.random.default_rng(2)
    path = tmp_path / "goals.csv"
    lines = ["provider;episode;goal;level;weight"]
    for provider, clients in (("A", 30), ("B", 25), ("C", 3)):
        for client in range(clients):
            for goal in range(3):
                level = int(np.clip(np.rint(random.normal(0, 1)), -2, 2))
                lines.append(f"{provider};{client};{goal};{level};{goal + 1}")
    path.write_text("\n".join([*lines, "B;99;1;;"]))
    return path


def test_shares_stand_beside_the_coverage_under_two_methods(episodes):
    found = read("shares", episodes, *SCALE, "--sd", 9, "--reliability", 0.88, "--no-disclosure")
    assert [row["provider"] for row in found["flow"]] == ["=D", "A", "B", "C", "E", "*"]
    assert found["flow"][-1]["n_started"] == 239
    assert [row["method"] for row in found["shares"]] == ["JT"] * 6 + ["GLN"] * 6
    for row in found["shares"]:
        assert row["n_improved"] + row["n_unchanged"] + row["n_deteriorated"] == row["n_pairs"]
        assert row["improved_low"] <= row["improved_share"] <= row["improved_high"]
        assert row["recovered_status"] == "unknown"
    assert found["shares"][0]["sdc"] == pytest.approx(1.959964 * 2**0.5 * 9 * 0.12**0.5, rel=1e-6)


def test_without_the_option_small_groups_are_withheld(episodes):
    found = read("shares", episodes, *SCALE, "--sd", 9, "--reliability", 0.88)
    small = next(row for row in found["flow"] if row["provider"] == "E")
    assert (small["n_started"], small["pairs"]) == (None, None)
    for row in found["shares"]:
        for name, value in row.items():
            if name.startswith("n_") and value is not None:
                assert value % 5 == 0 and value >= 5, name


def test_csv_holds_the_same_figures_and_names_are_harmless(episodes):
    options = (*SCALE, "--sdc", 8.6, "--mic", 4, "--cut-off", 15)
    records = read("shares", episodes, *options)["shares"]
    rows = list(csv.DictReader(io.StringIO(run("shares", episodes, *options, "--csv").output)))
    assert rows[0]["provider"] == "'=D"
    for row, record in zip(rows, records, strict=True):
        for name, value in record.items():
            if name != "provider":
                assert row[name] == ("" if value is None else str(value))


def test_the_terminal_shows_coverage_first_and_says_what_a_share_is(episodes):
    output = run("shares", episodes, *SCALE, "--sdc", 8.6, "--mic", 4).output
    assert output.index("Started") < output.index("Improved")
    assert "measurement error" in output and "judged in two ways" not in output
    assert "smaller than what measurement error alone can give" in " ".join(output.split())


def test_without_parameters_shares_are_not_assessable_and_say_so(episodes):
    result = run("shares", episodes, *SCALE)
    assert result.exit_code == 0
    assert "reliability" in result.output and "no shares are shown" in " ".join(
        result.output.split()
    )
    found = read("shares", episodes, *SCALE, "--method", "ha", "--sd", 9)
    assert found["shares"][0]["missing"] == "reliability"


@pytest.mark.parametrize("method", ["JT", "GLN", "EN", "NK", "HA"])
def test_every_method_is_computed_from_its_parameters(episodes, method):
    options = ("--reliability", 0.88, "--reliability-end", 0.9, "--method", method)
    found = read("shares", episodes, *SCALE, *options, "--no-disclosure")
    assert found["shares"][0]["method"] == method
    assert found["shares"][-1]["n_improved"] > 0


def test_a_definition_s_own_parameters_are_used(tmp_path):
    path = tmp_path / "who5.csv"
    rows = [f"A,{k},who-5,total,40,{40 + 3 * k}" for k in range(30)]
    path.write_text("provider,episode,instrument,scale,baseline,end\n" + "\n".join(rows))
    keys = read("shares", path, "--scale", "who-5/total", "--no-disclosure")["shares"]
    assert keys[0]["mic"] == 10 and keys[0]["sdc"] == pytest.approx(23.5, abs=0.1)


@pytest.mark.parametrize(
    "options",
    [
        ("--sdc", 8, "--sd", 9), ("--cut-off", "nan"), ("--method", "HLM"), ("--reliability", 1),
        ("--reliability", "nan"), ("--mean", "inf"), ("--sdc", "1e-308"),
    ],
)  # fmt: skip
def test_wrong_options_are_wrong_use(episodes, options):
    assert run("shares", episodes, *SCALE, *options).exit_code == 2


@pytest.mark.parametrize("weight", ["1e-300", "1e-7", "1e7", "0", "nan"])
def test_a_goal_weighs_what_the_scoring_engine_allows(tmp_path, weight):
    path = tmp_path / "goals.csv"
    path.write_text(f"provider,episode,goal,level,weight\nA,1,g,1,{weight}\n")
    result = run("goals", path, "--no-disclosure")
    assert isinstance(result.exception, FileRejected), result.output
    assert "row 2, weight" in str(result.exception)


@pytest.mark.parametrize("rho", ["nan", "inf", "1", "-0.1"])
def test_a_correlation_of_goals_that_cannot_be_is_wrong_use(goals, rho):
    result = run("goals", goals, f"--rho={rho}")
    assert result.exit_code == 2 and "--rho" in result.output


def test_options_take_a_decimal_comma(episodes):
    comma = read("shares", episodes, *SCALE, "--sd", "5,5", "--reliability", "0,8")
    assert comma == read("shares", episodes, *SCALE, "--sd", "5.5", "--reliability", "0.8")


def test_goals_are_counted_and_small_providers_withheld(goals):
    whole = read("goals", goals, "--no-disclosure")
    assert [(row["provider"], row["n_clients"]) for row in whole] == [
        ("A", 30), ("B", 25), ("C", 3), ("*", 58),
    ]  # fmt: skip
    released = read("goals", goals)
    assert released[2]["n_clients"] is None and released[2]["status"] == "withheld"
    assert "not compared on goals" in " ".join(run("goals", goals).output.split())
    rows = list(csv.DictReader(io.StringIO(run("goals", goals, "--csv").output)))
    assert [row["provider"] for row in rows] == ["A", "B", "C", "*"]


def test_every_wrong_goal_is_named(tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text(
        "provider,episode,goal,level,weight\nA,1,a,3,1\nA,1,b,x,0\nA,1,b,1,1\n,1,c,1,1\n*,1,c,0.5,1\n"
    )
    error = run("goals", path).exception
    assert isinstance(error, FileRejected)
    assert {fault.where for fault in error.faults} == {
        "row 2, level", "row 3, level", "row 3, weight", "row 4, goal", "row 5, provider",
        "row 6, provider", "row 6, level",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["provider,episode,goal,level\n", "provider,episode,level\nA,1,2\n"]
)
def test_a_file_without_goals_is_refused(tmp_path, text):
    path = tmp_path / "none.csv"
    path.write_text(text)
    assert isinstance(run("goals", path).exception, FileRejected)
