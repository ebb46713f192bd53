"""Importing sheets from the command line."""

import json
from contextlib import closing
from datetime import date, timedelta
from types import SimpleNamespace

import openpyxl
import pytest
from builders import WHODAS_12, make_account, make_episode
from click.testing import CliRunner
from keys import MASTER_KEY

from evalplat.cli.db import db
from evalplat.cli.import_sheets import import_sheets
from evalplat.cli.progress import show_progress
from evalplat.config import load_settings
from evalplat.errors import FileRejected
from evalplat.vocabulary import Role
from evalplat.wiring import build_wiring

TODAY = date.today()
HEAD = ["voucher", "instrument", "point", "measured_on", *WHODAS_12]


@pytest.fixture
def installed(tmp_path):
    """An installation with an episode each of two providers, and a way to run the command."""
    environ = {
        "EVALPLAT_DATABASE_URL": f"sqlite:///{tmp_path}/evalplat.sqlite3",
        "EVALPLAT_DATABASE_OWNER_URL": None,
        "EVALPLAT_MASTER_KEY": MASTER_KEY,
        "EVALPLAT_MUNICIPALITIES": None,
        "EVALPLAT_INSTRUMENTS": None,
    }
    run = CliRunner().invoke
    assert run(db, ["create"], env=environ).exit_code == 0
    with closing(build_wiring(load_settings({k: v for k, v in environ.items() if v}))) as wiring:
        make_account(wiring, Role.CASE_WORKER)
        own = make_episode(wiring, opened_on=TODAY - timedelta(days=7))
        foreign = make_episode(wiring, provider="Provider B", opened_on=TODAY - timedelta(days=7))

    def command(*arguments):
        return run(import_sheets, [str(a) for a in arguments], env=environ, catch_exceptions=False)

    return SimpleNamespace(
        run=command,
        own=own.episode.voucher.number,
        foreign=foreign.episode.voucher.number,
        file=tmp_path / "sheets.csv",
    )


def write(installed, *rows):
    lines = [HEAD, *rows]
    installed.file.write_text("\n".join(";".join(map(str, row)) for row in lines), encoding="utf-8")
    return installed.file


def row(voucher, answers="2" * 12):
    return [voucher, "WHODAS 12", "alku", f"{TODAY.day}.{TODAY.month}.{TODAY.year}", *answers, "1"]


def test_a_file_is_looked_through_then_stored_and_not_twice(installed):
    file = write(installed, row(installed.own))
    provider = ("--provider", "Provider A")
    said = installed.run(file, *provider, "--dry-run")
    assert (said.exit_code, said.stdout) == (
        0,
        "Would store 1 sheet of sheets.csv (0 stored before).\n",
    )
    assert installed.run(file, *provider).stdout.startswith("Stored 1 sheet of")
    again = json.loads(installed.run(file, *provider, "--json").stdout)
    assert (again["stored"], again["new"], again["stored_before"]) == (True, 0, 1)


def test_faults_are_listed_with_row_column_and_value_and_nothing_is_stored(installed, tmp_path):
    file = write(installed, row(installed.own, "7" + "2" * 11), row(installed.foreign))
    target = tmp_path / "faults.xlsx"
    said = installed.run(file, "--provider", "Provider A", "--annotate", target)
    assert (said.exit_code, said.stdout) == (1, "")
    assert "sheets.csv has 2 faults; nothing was written." in said.stderr
    assert "row 2, column S1: '7' is not an answer here" in said.stderr
    assert "row 3, column voucher: there is no episode of yours" in said.stderr
    marked = openpyxl.load_workbook(target).active
    assert "'7' is not an answer" in marked.cell(2, len(HEAD) + 1).value
    record = json.loads(installed.run(file, "--provider", "Provider A", "--json").stdout)
    assert (record["stored"], record["fault_count"]) == (False, 2)
    assert record["faults"][0] | {"message": ""} == {
        "row": 2, "column": "S1", "letter": "E", "value": "7", "message": "",
    }  # fmt: skip
    theirs = installed.run(write(installed, row(installed.foreign)), "--provider", "Provider B")
    assert theirs.exit_code == 0


def test_wrong_use_is_told_from_a_faulty_file(installed):
    file = write(installed, row(installed.own))
    for arguments in (
        (file,),
        (file, "--provider", "Nobody"),
        (file, "--provider", "Provider A", "--instrument", "gas"),
        (file, "--provider", "Provider A", "--annotate", "faults.pdf"),
        (file, "--provider", "Provider A", "--annotate", file),
    ):
        assert installed.run(*arguments).exit_code == 2
    with pytest.raises(FileRejected, match="There is no file"):
        installed.run("nothing.csv", "--provider", "Provider A")
    with pytest.raises(FileRejected, match="no rows below it"):
        installed.run(write(installed), "--provider", "Provider A")


def test_a_terminal_sees_how_far_it_is_and_a_pipe_sees_nothing(monkeypatch, capsys):
    with show_progress("Reading", "rows") as advance:
        advance("Reading", 500, None)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with show_progress("Reading", "rows") as advance:
        advance("Checking", 200, 400)
