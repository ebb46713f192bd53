"""`evalplat retention` as it is typed: a report, a run proposed by one administrator and confirmed by another."""

import json
import os
import re
from datetime import timedelta

import pytest
from builders import PASSWORD, SYSTEM, make_account, make_everything
from click.testing import CliRunner
from databases import catalogue, database, postgresql, sqlite_template, templates, wiring
from keys import MASTER_KEYS
from sqlalchemy import update

from evalplat.cli.retention import retention
from evalplat.storage.tables import Invitation
from evalplat.vocabulary import Role

__all__ = ["catalogue", "database", "postgresql", "sqlite_template", "templates", "wiring"]


@pytest.fixture
def kind():
    return "sqlite"


@pytest.fixture
def typed(wiring, monkeypatch):
    """What is typed at the terminal of an installation with two administrators and codes of long ago."""
    make_everything(wiring)
    for number in (1, 2):
        make_account(wiring, Role.ADMINISTRATOR, email=f"admin{number}@county.example")
    with wiring.transaction(SYSTEM) as session:
        session.execute(update(Invitation).values(expires_at=wiring.clock() - timedelta(days=900)))
    monkeypatch.setattr(
        os, "environ",
        {**os.environ, "EVALPLAT_DATABASE_URL": wiring.settings.database_url,
         "EVALPLAT_SECRET_KEY": "0123456789abcdef" * 3, "EVALPLAT_MASTER_KEY": MASTER_KEYS[0]},
    )  # fmt: skip

    def run(*words, password=PASSWORD, code=""):
        return CliRunner().invoke(retention, list(words), input=f"{password}\n{code}\n")

    return run


def test_a_report_stores_nothing_and_a_run_needs_two_administrators(typed):
    assert typed("run").exit_code == 2
    reported = typed("run", "--report", "--json")
    assert reported.exit_code == 0
    assert {one["kind"]: one["found"] for one in json.loads(reported.stdout)}["invitations"] == 1
    assert "no runs yet" in typed("list").output
    assert typed("run", "--by", "admin1@county.example", password="wrong").exit_code != 0
    proposed = typed("run", "--by", "admin1@county.example")
    assert proposed.exit_code == 0, proposed.output
    run_id = re.search(r"confirm (\S+)", proposed.output)[1]
    assert typed("confirm", run_id, "--by", "admin1@county.example").exit_code != 0
    confirmed = typed("confirm", run_id, "--by", "admin2@county.example")
    assert confirmed.exit_code == 0, confirmed.output
    assert "1 destroyed" in confirmed.output and "done" in typed("list").output
    assert typed("cancel", run_id, "--by", "admin2@county.example").exit_code != 0


def test_nobody_but_an_administrator_proposes(typed, wiring):
    worker = make_account(wiring, Role.CASE_WORKER)
    assert typed("run", "--by", worker.email).exit_code != 0
