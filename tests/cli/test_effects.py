"""`evalplat effects`, from a file to a table."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from evalplat.cli import effects as command
from evalplat.cli.main import cli
from evalplat.errors import FileRejected

COLUMNS = [
    "provider",
    "instrument",
    "scale",
    "n_started",
    "n_pairs",
    "mean_baseline",
    "mean_end",
    "sd_baseline",
    "sd_end",
    "r",
    "mean_change",
    "mean_change_low",
    "mean_change_high",
    "t",
    "p",
    "d_av",
    "d_av_low",
    "d_av_high",
    "g_av",
    "d_z",
    "d_z_low",
    "d_z_high",
    "g_z",
    "d_b",
    "d_rm",
    "rank_biserial",
    "n_improved",
    "n_deteriorated",
    "n_unchanged",
    "n_recovered",
    "status",
]
FURTHER = [
    "change_status",
    "d_rm_low",
    "d_rm_high",
    "d_b_low",
    "d_b_high",
    "g_b",
    "d_regional",
    "d_regional_low",
    "d_regional_high",
    "w_plus",
    "z_wilcoxon",
    "p_wilcoxon",
    "cles",
    "cles_low",
    "cles_high",
    "rank_biserial_low",
    "rank_biserial_high",
]
HEAD = "provider,episode,instrument,scale,baseline,end\n"
ROWS = "A,1,own,x,10,14\nA,2,own,x,12,12\nA,3,own,x,9,15\nB,4,own,x,11,\nB,5,own,x,8,9\n"


@pytest.fixture
def run(tmp_path):
    def call(text, *options, name="scores.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return CliRunner().invoke(cli, ["effects", str(path), *options])

    return call


def faults(result):
    assert isinstance(result.exception, FileRejected)
    return {fault.where: str(fault.message) for fault in result.exception.faults}


def test_json_has_every_column_and_null_where_a_figure_does_not_exist(run):
    result = run(HEAD + ROWS, "--direction", "higher", "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.output)
    assert [row["provider"] for row in rows] == ["A", "B", "*"]
    assert set(COLUMNS) <= set(rows[0])
    assert rows[0]["mean_change"] == pytest.approx(10 / 3)
    assert (rows[1]["n_started"], rows[1]["n_pairs"], rows[1]["status"]) == (2, 1, "too_few_pairs")
    assert rows[1]["t"] is None and rows[1]["n_improved"] is None


def test_csv_holds_the_same_figures_as_json(run):
    as_json = json.loads(run(HEAD + ROWS, "--direction", "lower", "--json").output)
    as_csv = run(HEAD + ROWS, "--direction", "lower", "--csv").output
    for row, record in zip(csv.DictReader(io.StringIO(as_csv)), as_json, strict=True):
        assert list(row) == [*COLUMNS, *FURTHER]
        for name, value in record.items():
            assert row[name] == ("" if value is None else str(value))


def test_names_are_harmless_in_a_spreadsheet(run):
    output = run(HEAD + "=1+1,1,own,x,1,2\n", "--direction", "higher", "--csv").output
    assert "'=1+1" in output


def test_a_finnish_file_is_read(run):
    text = "provider;episode;instrument;scale;baseline;end\nÄiti;1;own;x;1,5;2,5\nÄiti;2;own;x;−2;1 000,5\n"
    rows = json.loads(run(text.encode("utf-8-sig"), "--direction", "higher", "--json").output)
    assert rows[0]["provider"] == "Äiti"
    assert rows[0]["mean_change"] == pytest.approx((1 + 1002.5) / 2)


def test_every_wrong_cell_is_named_with_row_column_and_value(run):
    text = HEAD + "A,1,own,x,ten,14\n,2,own,x,12,nan\n*,3,own,x,9,15\n"
    found = faults(run(text, "--direction", "higher"))
    assert set(found) == {"row 2, baseline", "row 3, provider", "row 3, end", "row 4, provider"}
    assert "'ten'" in found["row 2, baseline"]


def test_a_missing_column_is_named_with_the_columns_there_are(run):
    found = faults(run("provider,episode,instrument,scale,start,end\nA,1,i,s,1,2\n"))
    assert "start" in found["column baseline"]


@pytest.mark.parametrize("text", ["", HEAD])
def test_an_empty_file_is_refused(run, text):
    assert isinstance(run(text, "--direction", "higher").exception, FileRejected)


def test_an_episode_that_stands_twice_names_its_rows(run):
    found = faults(run(HEAD + ROWS + "A,1,own,x,10,14\nB,6,own,x,a,1\n", "--direction", "higher"))
    assert list(found) == ["row 8, baseline", "rows 2, 7"]


def test_an_unknown_scale_needs_a_direction(run):
    result = run(HEAD + ROWS)
    assert result.exit_code == 2
    assert "own/x" in result.output and "--direction" in result.output


def test_reliable_change_of_an_own_scale_comes_from_the_options(run):
    options = (
        "--direction",
        "higher",
        "--sd",
        "3",
        "--reliability",
        "0.9",
        "--cut-off",
        "13",
        "--json",
    )
    row = json.loads(run(HEAD + ROWS, *options).output)[0]
    kinds = ("n_improved", "n_deteriorated", "n_unchanged", "n_recovered", "change_status")
    assert [row[name] for name in kinds] == [0, 0, 1, 2, "ok"]


def test_options_of_one_scale_are_refused_for_a_file_with_two(run):
    text = HEAD + ROWS + "A,1,own,y,1,2\n"
    assert run(text, "--direction", "higher", "--sdc", "2").exit_code == 2
    one = run(text, "--direction", "higher", "--sdc", "2", "--scale", "own/y", "--json")
    assert {row["scale"] for row in json.loads(one.output)} == {"y"}
    assert run(text, "--direction", "higher", "--sd", "2").exit_code == 2


def test_the_readable_table_is_not_cut_in_a_pipe(run):
    name = "A provider with quite a long name in Turku"
    result = run(HEAD + f"{name},1,own,x,1,2\n{name},2,own,x,1,3\n", "--direction", "higher")
    assert name in result.output and "constant_baseline" in result.output
    assert "…\n" not in result.output


def test_a_result_is_written_whole_or_not_at_all(run, tmp_path, monkeypatch):
    target = tmp_path / "out.json"
    target.write_text("earlier")

    def break_off(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("evalplat.cli.output.os.replace", break_off)
        result = run(HEAD + ROWS, "--direction", "higher", "-o", str(target))
    assert isinstance(result.exception, FileRejected) and "No space" in str(result.exception)
    assert target.read_text() == "earlier"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".partial"] == []
    assert run(HEAD + ROWS, "--direction", "higher", "-o", str(target)).output == ""
    assert len(json.loads(target.read_text())) == 3


def test_a_folder_that_does_not_exist_is_named(run, tmp_path):
    result = run(HEAD + ROWS, "--direction", "higher", "-o", str(tmp_path / "no" / "out.csv"))
    assert isinstance(result.exception, FileRejected)


def test_two_forms_at_once_are_wrong_use(run):
    assert run(HEAD + ROWS, "--direction", "higher", "--json", "--csv").exit_code == 2


def test_help_explains_the_file():
    result = CliRunner().invoke(command.effects, ["--help"])
    assert "provider, episode, instrument, scale" in " ".join(result.output.split())


def test_names_cannot_steer_the_terminal_or_break_a_row(run):
    rows = 'A\x1b[31mred,1,own,x,1,2\n"two\nlines",2,own,x,1,2\n'
    result = run(HEAD + rows, "--direction", "higher")
    assert "\x1b" not in result.output and "two lines" in result.output


def test_the_file_that_is_read_is_never_written_over_under_any_name(run, tmp_path):
    (tmp_path / "other.csv").symlink_to(tmp_path / "scores.csv")
    for name in ("scores.csv", "other.csv"):
        result = run(HEAD + ROWS, "--direction", "higher", "-o", str(tmp_path / name))
        assert result.exit_code == 2 and "overwrite" in result.output
        assert (tmp_path / "scores.csv").read_text() == HEAD + ROWS


def test_a_pipe_or_device_takes_the_result_and_stays_what_it_is(run, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    result = run(HEAD + ROWS, "--direction", "higher", "--json", "-o", str(pipe))
    assert result.exit_code == 0
    assert len(json.loads(os.read(reader, 65536))) == 3
    os.close(reader)
    assert pipe.is_fifo()


def test_a_link_stays_a_link_and_a_private_result_stays_private(run, tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("earlier")
    real.chmod(0o600)
    link.symlink_to(real)
    assert run(HEAD + ROWS, "--direction", "higher", "-o", str(link)).exit_code == 0
    assert link.is_symlink() and real.read_text().startswith("provider,")
    assert real.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_behind_standard_output_is_said_without_a_traceback(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(HEAD + ROWS)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "evalplat.cli.main", "effects", path, "--direction", "higher"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "The command broke off: No space left on device.\n"


def test_rows_that_do_not_fit_and_wrong_cells_are_named_together(run):
    found = faults(run(HEAD + "A,1,own,x,one,2\nA,2,own,x,1\n,3,own,x,1,2\n"))
    assert list(found) == ["row 2, baseline", "row 3", "row 4, provider"]


def test_a_number_that_no_score_can_be_is_a_fault_and_not_an_overflow(run):
    found = faults(run(HEAD + "A,1,own,x,1e300,2\nA,2,own,x,-1e200,3\n", "--direction", "higher"))
    assert list(found) == ["row 2, baseline", "row 3, baseline"]
    assert "too large" in found["row 2, baseline"]


@pytest.mark.parametrize("option", ["--sd", "--sdc", "--cut-off"])
@pytest.mark.parametrize("value", ["nan", "inf", "1e308", "1e-308"])
def test_a_figure_that_is_no_number_is_wrong_use(run, option, value):
    more = ["--reliability", "0.8"] if option == "--sd" else []
    result = run(HEAD + ROWS, "--direction", "higher", option, value, *more)
    assert result.exit_code == 2 and option in result.output
