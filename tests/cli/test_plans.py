"""Measurement plans from the command line."""

import json

import pytest
from click.testing import CliRunner

from evalplat.cli.db import db
from evalplat.cli.plans import plans
from evalplat.errors import FileRejected, NotConfigured, NotFound

PLAN = """
key = "short"
[titles]
en = "Short plan"
[[rows]]
instrument = "who-5"
points = ["baseline", "end"]
[windows.end]
anchor = "last_session"
before_days = 7
after_days = 7
"""


@pytest.fixture
def run(tmp_path):
    environ = {
        "EVALPLAT_DATABASE_URL": f"sqlite:///{tmp_path}/evalplat.sqlite3",
        "EVALPLAT_DATABASE_OWNER_URL": None,
        "EVALPLAT_MUNICIPALITIES": None,
        "EVALPLAT_INSTRUMENTS": None,
    }

    def run(group, *arguments):
        return CliRunner().invoke(
            group, [str(a) for a in arguments], env=environ, catch_exceptions=False
        )

    return run


def test_a_plan_is_checked_added_shown_and_gets_a_new_version_each_time(run, tmp_path):
    file = tmp_path / "short.toml"
    file.write_text(PLAN)
    assert "short, 2 measurements" in run(plans, "check", file).output
    with pytest.raises(NotConfigured, match="evalplat db create"):
        run(plans, "list")
    run(db, "create")
    assert "saved as version 1" in run(plans, "add", file).output
    assert "saved as version 2" in run(plans, "add", file).output
    listed = run(plans, "list").output.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [
        ["default", "version 1"], ["short", "version 2"],
    ]  # fmt: skip
    shown = run(plans, "show", "short").output
    assert "-7 … +7 days from last_session" in shown and "-14 … +14 days from point" in shown
    record = json.loads(run(plans, "show", "short", "--json").output)
    assert record["rows"][1]["anchor"] == "last_session"
    assert [one["key"] for one in json.loads(run(plans, "list", "--json").output)] == [
        "default", "short",
    ]  # fmt: skip
    file.write_text(run(plans, "show", "short", "--toml").output)
    assert "saved as version 3" in run(plans, "add", file).output
    assert run(plans, "show", "short", "--toml", "--json").exit_code == 2
    with pytest.raises(NotFound):
        run(plans, "show", "none")


def test_a_faulty_file_saves_nothing(run, tmp_path):
    run(db, "create")
    file = tmp_path / "short.toml"
    file.write_text(PLAN.replace("who-5", "client-feedback").replace("= 7", "= -7"))
    with pytest.raises(FileRejected, match="answered anonymously"):
        run(plans, "add", file)
    assert "short" not in run(plans, "list").output
