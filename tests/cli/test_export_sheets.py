"""Exporting sheets from the command line."""

import csv
import stat
from io import StringIO

import openpyxl
import pyreadstat
import pytest
from cli.two_providers import OPENED, install

from evalplat.cli.export import export
from evalplat.errors import InputRejected


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(
        tmp_path_factory.mktemp("export"), export, "sheets", providers=("Provider A", "Provider B")
    )


def rows_of(text, delimiter=","):
    return list(
        csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    )


def test_a_file_is_private_whole_and_has_its_codebook_beside_it(installed, tmp_path):
    target = tmp_path / "sheets.csv"
    target.write_text("an earlier file that others may read")
    target.chmod(0o644)
    said = installed.run("--instrument", "whodas-2.0-12", "--language", "fi", "-o", target)
    assert (said.exit_code, said.stdout) == (0, "")
    assert said.stderr == "4 sheets of 2 episodes.\n"
    rows = rows_of(target.read_text("utf-8"), ";")
    assert [row["provider"] for row in rows] == ["Provider A", "Provider B"]
    codebook = rows_of((tmp_path / "sheets.codebook.csv").read_text("utf-8"), ";")
    assert [line["Sarake"] for line in codebook if line["Sarake"]] == list(rows[0])
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(f.name for f in tmp_path.iterdir()) == ["sheets.codebook.csv", "sheets.csv"]


def test_a_pipe_gets_the_rows_and_nothing_else(installed):
    said = installed.run("--form", "long", "--provider", "Provider B")
    rows = rows_of(said.stdout)
    assert {row["provider"] for row in rows} == {"Provider B"}
    assert {row["point"] for row in rows} == {"baseline", "end"}
    assert rows_of(installed.run("--separator", "tab").stdout, "\t")[0]["provider"] == "Provider A"


def test_a_workbook_and_an_spss_file_hold_the_same_rows(installed, tmp_path):
    book, sav = tmp_path / "a.xlsx", tmp_path / "a.sav"
    assert installed.run("-o", book).exit_code == 0
    assert installed.run("--as", "sav", "-o", sav).exit_code == 0
    sheet = openpyxl.load_workbook(book).worksheets[0]
    frame, meta = pyreadstat.read_sav(str(sav))
    assert [cell.value for cell in sheet[1]] == list(frame.columns)
    assert sheet.max_row - 1 == len(frame) == 2
    assert meta.notes and not [name for name in meta.column_names_to_labels.values() if not name]
    codebook = rows_of((tmp_path / "a.codebook.csv").read_text("utf-8"))
    told = next(line for line in codebook if line["Column"].endswith("_state"))
    assert told["Values and what they mean"].startswith("1 = ")


def test_a_fhir_bundle_is_written_in_either_release(installed, tmp_path):
    for release in ("R4", "R5"):
        target = tmp_path / f"{release}.json"
        assert installed.run("--fhir-release", release, "-o", target).exit_code == 0
        assert f'"type": "{"coding" if release == "R5" else "choice"}"' in target.read_text("utf-8")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["R4.json", "R5.json"]


def test_wrong_use_and_nothing_to_export_leave_no_file(installed, tmp_path):
    target = tmp_path / "x.csv"
    assert installed.run("--provider", "Nobody", "-o", target).exit_code == 2
    assert installed.run("-o", tmp_path / "x.doc").exit_code == 2
    assert installed.run("--form", "broad").exit_code == 2
    for arguments in (("--from", "2001-01-01", "--to", "1.2.2001"), ("--instrument", "x")):
        with pytest.raises(InputRejected):
            installed.run(*arguments, "-o", target)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_has_no_place_before_the_access_log_was_written(
    installed, tmp_path, monkeypatch
):
    from evalplat.storage import audit

    def broken(*_):
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(audit, "write", broken)
    with pytest.raises(RuntimeError, match="log"):
        installed.run("-o", tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_period_takes_whole_episodes(installed):
    day = OPENED.isoformat()
    rows = rows_of(installed.run("--from", day, "--to", day).stdout)
    assert {row["end_whodas_2_0_12_client_S1"] for row in rows} == {"2"}
