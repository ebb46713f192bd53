"""`evalplat simulate`: figures beside requirements, the same for any number of workers, and an exit code that tells."""

import json

import pytest
from click.testing import CliRunner

from evalplat.cli.main import cli


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")


def run(*arguments):
    return CliRunner().invoke(cli, ["simulate", *arguments])


def test_a_requirement_that_fails_is_told_with_exit_code_1(monkeypatch):
    from evalplat.statistics.proof import simulate_funnel

    monkeypatch.setattr(simulate_funnel, "MOST_FALSE", 0.0001)
    result = run("false-alarms", "--replications", "400")
    assert result.exit_code == 1, result.output
    assert "rankability 0.8" in result.stdout
    assert "≤ 0.0001" in result.stdout
    assert "fails" in result.stdout
    assert "fall short of what is required" in result.stderr


def test_figures_that_hold_end_with_exit_code_0(monkeypatch):
    from evalplat.statistics.proof import simulate_coverage

    monkeypatch.setattr(simulate_coverage, "list_scores", lambda: ())
    monkeypatch.setattr(simulate_coverage, "list_counties", lambda: ())
    result = run("coverage", "--replications", "100")
    assert result.exit_code == 0, result.output
    assert "share (Wilson), on average" in result.stdout
    assert "exact" in result.stdout


def test_verdicts_keep_their_promise_beside_limits_that_do_not():
    result = run("false-alarms", "--replications", "100")
    assert result.exit_code == 0, result.output
    assert "Spiegelhalter's limits, for reference" in result.stdout


def test_what_nothing_is_required_of_has_a_note_that_says_why(monkeypatch):
    from evalplat.statistics.proof import simulate_coverage

    monkeypatch.setattr(simulate_coverage, "list_counties", lambda: ())
    result = run("coverage", "--replications", "1500")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("The interval of d_z assumes normal changes") == 1


def test_json_is_the_same_with_two_workers(tmp_path):
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file, workers in zip(files, ("1", "2"), strict=True):
        run("false-alarms", "--replications", "100", "--workers", workers, "-o", str(file))
    one, two = (json.loads(file.read_text()) for file in files)
    assert one == two
    assert one[0].keys() >= {"topic", "name", "value", "error", "least", "most", "verdict"}


def test_another_seed_gives_other_figures():
    one, two = (
        run("false-alarms", "--replications", "100", "--seed", seed).stdout for seed in "12"
    )
    assert one != two


@pytest.mark.parametrize(
    "wrong", [["nothing"], ["--replications", "5"], ["--workers", "0"], ["--seed", "-1"]]
)
def test_wrong_use_is_told(wrong):
    assert run(*wrong).exit_code == 2
