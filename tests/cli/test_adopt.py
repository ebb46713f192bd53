"""Stating an owner's ranges from the command line."""

import csv
import io

import pytest
from click.testing import CliRunner

from evalplat.cli.instruments import instruments
from evalplat.errors import FileRejected


def run(*arguments, own=None):
    environ = {"EVALPLAT_INSTRUMENTS": None, "EVALPLAT_OWN_INSTRUMENTS": own and str(own)}
    return CliRunner().invoke(
        instruments, [str(a) for a in arguments], env=environ, catch_exceptions=False
    )


def fill(tmp_path, **cells):
    rows = list(csv.DictReader(io.StringIO(run("adopt", "kykyviisari").output)))
    for row in rows:
        row.update({"low": row["low"] or "0", "high": row["high"] or "100", "source": "A guide"})
        row.update(cells)
    file = tmp_path / "ranges.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return file


def test_the_table_is_filled_in_and_becomes_a_version_of_the_county_s_own(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    assert "ranges not stated yet" in run("list").output
    done = run("adopt", "kykyviisari", fill(tmp_path), "--into", own)
    assert "kykyviisari 1.0.1 is written" in done.output
    assert "range 0 to 100, higher is better" in run("show", "kykyviisari", own=own).output
    assert "ok, kykyviisari 1.0.1" in run("check", own).output
    assert "1.0.1 is published" in run("publish", own).output


def test_faults_of_the_table_are_told_by_row_and_column(tmp_path):
    with pytest.raises(FileRejected) as caught:
        run("adopt", "kykyviisari", fill(tmp_path, low="low", high=""), "--into", tmp_path)
    assert len(caught.value.faults) == 12
    assert run("adopt", "kykyviisari", fill(tmp_path)).exit_code == 2
    assert run("adopt", "who-5").exit_code == 2


def test_there_is_nothing_to_print_or_to_export(tmp_path):
    for arguments in (("print", "kykyviisari"), ("export", "kykyviisari", "--as", "fhir")):
        done = run(*arguments)
        assert done.exit_code == 2 and "owner's own form" in done.output
    done = run("export", "avain", "--as", "redcap")
    assert done.exit_code == 2 and "a record on the client's plan" in done.output
    assert run("export", "avain", "--as", "fhir").exit_code == 0
