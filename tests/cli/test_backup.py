"""`evalplat backup` as an operator runs it: exit codes, words, and a line of the access log."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from keys import MASTER_KEYS

from evalplat.cli.backup import show_progress
from evalplat.cli.main import main
from evalplat.config import Settings, sqlite_url
from evalplat.services.access_log import list_access_log
from evalplat.services.actors import Actor
from evalplat.services.installation import make_tables
from evalplat.wiring import build_wiring


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> object:
    url = sqlite_url(tmp_path / "e.sqlite3")
    monkeypatch.setenv("EVALPLAT_DATABASE_URL", url)
    monkeypatch.setenv("EVALPLAT_BACKUPS", str(tmp_path / "kept"))

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["evalplat", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return call


def test_a_backup_is_made_checked_restored_and_stands_in_the_access_log(
    run, tmp_path: Path
) -> None:
    code, told = run("backup", "create")
    assert (code, "evalplat db create" in told) == (1, True)
    url = sqlite_url(tmp_path / "e.sqlite3")
    settings = Settings(url, url, master_keys=MASTER_KEYS)
    make_tables(settings)
    code, told = run("backup", "create")
    assert (code, "checked." in told) == (0, True)
    (made,) = (tmp_path / "kept").glob("*.sqlite3")
    code, told = run("backup", "check", str(made))
    assert (code, "is whole" in told) == (0, True)
    code, told = run("backup", "restore", str(made))
    assert (code, "--replace" in told) == (1, True)
    code, told = run("backup", "restore", "--replace", str(made))
    assert (code, "kept as the file" in told) == (0, True)
    actor = Actor.system("test")
    with closing(build_wiring(settings)) as wiring, wiring.reading(actor) as session:
        assert [entry.action for entry in list_access_log(session, actor)] == ["restore_backup"]
    made.write_bytes(made.read_bytes()[:-1])
    code, told = run("backup", "check", str(made))
    assert (code, "cannot be used" in told, "Traceback" in told) == (1, True, False)
    assert run("backup", "check")[0] == 2
    assert run("backup", "restore", str(tmp_path))[0] == 2


def test_progress_is_for_a_terminal_and_never_for_cron(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tell = show_progress("Copying")
    tell(1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    tell(1, 2)
    tell(1, 2)
    tell(2, 2)
    assert capsys.readouterr().err == "\rCopying: 50 %\rCopying: 100 %\n"


def test_neither_backup_nor_doctor_loads_numpy() -> None:
    program = (
        "import sys, evalplat.cli.backup, evalplat.cli.doctor, evalplat.services.backups\n"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
