"""`evalplat audit` as an operator and a timer run it: exit codes, words, JSON."""

import json
import sqlite3
import sys
from contextlib import closing

import pytest
from keys import MASTER_KEYS

from evalplat.cli.audit import _say_harm
from evalplat.cli.main import main
from evalplat.config import Settings, sqlite_url
from evalplat.services.actors import Actor
from evalplat.services.audit_chain import Harm, HarmKind
from evalplat.services.installation import make_tables
from evalplat.services.providers import add_provider
from evalplat.wiring import build_wiring

SYSTEM = Actor.system("test")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    url = sqlite_url(tmp_path / "e.sqlite3")
    monkeypatch.setenv("EVALPLAT_DATABASE_URL", url)
    monkeypatch.setenv("EVALPLAT_BACKUPS", str(tmp_path / "kept"))
    settings = Settings(url, url, master_keys=MASTER_KEYS)
    make_tables(settings)
    with closing(build_wiring(settings)) as wiring:
        for number in range(5):
            with wiring.transaction(SYSTEM) as session:
                add_provider(session, SYSTEM, name=f"Provider {number}")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["evalplat", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return call


def test_a_whole_log_is_verified_and_what_was_done_to_it_is_named_with_exit_code_1(run, tmp_path):
    code, told = run("audit", "verify")
    assert (code, "5 lines in 1 chains: all as written." in told) == (0, True)
    assert "No heads are kept outside the database" in told
    code, told = run("audit", "heads", "--today")
    assert (code, told) == (0, f"{tmp_path / 'audit-heads.jsonl'}: 1 new, 1 in all.\n")
    code, told = run("audit", "verify")
    assert (code, "1 heads are kept outside" in told) == (0, True)
    with closing(sqlite3.connect(tmp_path / "e.sqlite3")) as raw:
        raw.execute("DROP TRIGGER audit_entries_no_delete")
        raw.execute("DELETE FROM audit_entries WHERE position = 2")
        raw.commit()
    code, told = run("audit", "verify")
    assert (code, "line 2 to 2" in told, "lines 2 to 2 were removed" in told) == (1, False, True)
    code, told = run("audit", "verify", "--json")
    found = json.loads(told)
    assert (code, found["whole"]) == (1, False)
    assert [(one["kind"], one["line"], one["until"]) for one in found["breaks"]] == [("removed", 2, 2)]  # fmt: skip
    assert run("audit", "verify", "--to", "2020-01-01")[0] == 0
    assert run("audit", "verify", "--from", "tomorrow")[0] == 2


def test_a_backup_writes_the_heads_and_stands_where_they_cannot_be_written(run, tmp_path):
    path = tmp_path / "audit-heads.jsonl"
    with closing(sqlite3.connect(tmp_path / "e.sqlite3")) as raw:
        raw.execute("UPDATE audit_heads SET day = '2020-01-01'")  # an older day, with a wrong seal
        raw.commit()
    assert run("backup", "create")[0] == 0
    assert not path.exists()  # a head that cannot be believed is not written
    assert run("audit", "heads", "--today")[0] == 0
    path.write_text(path.read_text().replace("county", "countx"))
    code, told = run("backup", "create", str(tmp_path / "second"))
    assert (code, "checked." in told, "Line 1 is not what was written" in told) == (0, True, True)
    code, told = run("audit", "heads")
    assert (code, "Line 1 is not what was written" in told) == (1, True)


def test_a_lost_file_of_heads_is_begun_anew_only_with_a_reason(run, tmp_path):
    path = tmp_path / "audit-heads.jsonl"
    assert run("audit", "heads", "--today")[0] == 0
    path.unlink()
    code, told = run("audit", "heads", "--today")
    assert (code, "--begin-anew WHY" in told) == (1, True)
    assert run("audit", "heads", "--today", "--begin-anew", "the disk broke")[0] == 0
    code, told = run("audit", "verify")
    assert (code, "the disk broke" in told) == (0, True)


@pytest.mark.parametrize(
    "kind, table, revision, what, words",
    [
        ("changed", "sheets", 2, "", "administration a, revision 2: the sheet was changed"),
        ("removed", "scores", 1, "", "administration a, revision 1: a score is missing"),
        ("changed", "scores", 1, "total", "administration a, revision 1: score total was changed"),
        ("added", "goals", None, "g1", "episode a: goal g1 was added past the program"),
    ],
)
def test_what_was_measured_is_named_by_administration_and_episode(
    kind, table, revision, what, words
):
    harm = Harm(HarmKind(kind), table, "a", revision, what)
    assert _say_harm(harm).startswith(words)
