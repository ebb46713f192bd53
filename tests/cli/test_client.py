"""`evalplat client copy`: to standard output and nowhere else, with a reason that stands in the access log."""

import json

import pytest
from builders import SYSTEM, make_everything
from click.testing import CliRunner
from databases import Clock
from keys import MASTER_KEY, MASTER_KEYS
from sqlalchemy import select

from evalplat.cli.main import cli
from evalplat.config import Settings, sqlite_url
from evalplat.storage.tables import AuditEntry
from evalplat.wiring import build_wiring


@pytest.fixture
def wiring(tmp_path, sqlite_template, catalogue, monkeypatch):
    path = tmp_path / "evalplat.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o600)
    url = sqlite_url(path)
    monkeypatch.setenv("EVALPLAT_DATABASE_URL", url)
    monkeypatch.setenv("EVALPLAT_MASTER_KEY", MASTER_KEY)
    settings = Settings(database_url=url, owner_url=url, master_keys=MASTER_KEYS)
    made = build_wiring(settings, catalogue=catalogue, clock=Clock())
    yield made
    made.close()


@pytest.fixture
def made(wiring):
    return make_everything(wiring, name="Aino Kanarialintu")


def run(*arguments):
    return CliRunner().invoke(cli, ["client", "copy", *arguments])


def test_the_copy_goes_to_standard_output_and_its_reason_into_the_log(wiring, made):
    result = run(made.episode.client_id, "--reason", "Asked for by letter", "--language", "sv")
    assert result.exit_code == 0, result.output
    copy = json.loads(result.output)
    assert copy["person"]["name"] == "Aino Kanarialintu" and copy["language"] == "sv"
    with wiring.reading(SYSTEM) as session:
        (line,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "give_copy"))
        assert line.purpose == "client's copy: Asked for by letter"
    paper = run(made.episode.client_id, "--reason", "By letter", "--as", "pdf")
    assert paper.exit_code == 0 and paper.stdout_bytes.startswith(b"%PDF-")


def test_without_a_reason_or_for_nobody_there_is_no_copy(made):
    assert run(made.episode.client_id).exit_code == 2
    assert run(made.episode.client_id, "--reason", " ").exit_code == 2
    missing = run("no-such-client", "--reason", "By letter")
    assert missing.exit_code == 1
