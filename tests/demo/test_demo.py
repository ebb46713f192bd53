"""The demo from an empty folder: made once, found again, right in its figures."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select

from evalplat.demo import truth
from evalplat.demo.installation import at_cutoff, open_demo
from evalplat.demo.staff import SYSTEM
from evalplat.episodes.local_time import HOME
from evalplat.episodes.reminding import Rule
from evalplat.services.contacts import get_contact
from evalplat.services.reminder_views import show_overview
from evalplat.storage.tables import ClientContact, Episode
from evalplat.vocabulary import Channel, Verdict


def run(folder, *more):
    return subprocess.run(
        [sys.executable, "-m", "evalplat.cli.main", "demo", "--no-serve", *more],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    result = run(folder)
    assert result.returncode == 0, result.stderr
    return folder, result


def digests(folder):
    return {
        name: hashlib.sha256((folder / "var/demo" / name).read_bytes()).hexdigest()
        for name in ("county-report.pdf", "provider-report.pdf", "comparison.csv")
    }


def test_the_demo_prints_the_comparison_the_files_and_the_sign_ins(made):
    _, result = made
    assert "whodas-2.0-12/total" in result.stdout
    for provider in truth.PROVIDERS:
        assert provider.name in result.stdout
    for role in ("provider worker", "provider manager", "case worker", "analyst", "administrator"):
        assert role in result.stdout
    assert "county-report.pdf" in result.stdout


def test_a_second_run_reuses_the_county_and_writes_the_same_bytes(made):
    folder, first = made
    database = folder / "var/demo/evalplat.sqlite3"
    before, inode = digests(folder), database.stat().st_ino
    second = run(folder)
    assert second.returncode == 0, second.stderr
    assert (digests(folder), database.stat().st_ino) == (before, inode)
    assert second.stdout == first.stdout
    assert second.stderr == ""


def test_what_holds_secrets_is_readable_by_its_owner_alone(made):
    folder, _ = made
    for name in ("evalplat.sqlite3", "sign-ins.json", "secret-key"):
        assert stat.S_IMODE((folder / "var/demo" / name).stat().st_mode) == 0o600


def test_passwords_are_drawn_and_differ(made):
    folder, _ = made
    records = json.loads((folder / "var/demo/sign-ins.json").read_text())
    assert len({record["password"] for record in records}) == len(records) == 6


def test_the_comparison_finds_what_is_there_and_nothing_else(made):
    from pathlib import Path

    from evalplat.demo.files import compare_demo
    from evalplat.demo.installation import open_demo

    folder, _ = made
    demo = open_demo(Path(folder) / "var/demo", lambda done, total: None)
    assert not demo.made_now
    try:
        headline = compare_demo(demo)[0]
    finally:
        demo.wiring.engine.dispose()
    verdicts = {row.provider: row.verdict for row in headline.rows}
    better = {name for name, effect in truth.DIFFERENT.items() if effect > 0}
    worse = {name for name, effect in truth.DIFFERENT.items() if effect < 0}
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.ABOVE} == better
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.BELOW} == worse
    assert headline.rankability is not None and headline.rankability > 0.5


def test_what_an_interrupted_run_left_behind_is_cleared_away(tmp_path, monkeypatch):
    from evalplat.demo import installation

    def fill_nothing(wiring, progress):
        return ()

    monkeypatch.setattr(installation, "fill", fill_nothing)
    for name in ("evalplat.sqlite3.partial", "evalplat.sqlite3.partial-wal"):
        (tmp_path / name).write_bytes(b"cut off")
    demo = installation.open_demo(tmp_path, lambda done, total: None)
    demo.wiring.engine.dispose()
    assert demo.made_now
    assert not list(tmp_path.glob("*.partial*"))
    assert (tmp_path / "evalplat.sqlite3").stat().st_size > 0


def test_an_interrupted_run_leaves_no_database_that_looks_whole(tmp_path, monkeypatch):
    from evalplat.demo import installation

    def fill_and_fail(wiring, progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(installation, "fill", fill_and_fail)
    with pytest.raises(KeyboardInterrupt):
        installation.open_demo(tmp_path, lambda done, total: None)
    assert not (tmp_path / "evalplat.sqlite3").exists()


def test_reminders_of_every_state_are_there_and_every_address_is_made_up(made):
    """One client stopped them, one paused them, one wants none; some should have gone out since, and some come."""
    folder, _ = made
    at = datetime.combine(truth.AS_OF + timedelta(days=9), time(12), HOME)
    demo = open_demo(folder / "var/demo", lambda done, total: None)
    own = select(Episode.public_id).join(
        ClientContact, ClientContact.client_id == Episode.client_id
    )
    try:
        with at_cutoff(demo, at).reading(SYSTEM) as session:
            shown = show_overview(
                session, demo.wiring.catalogue, SYSTEM, rule=Rule(), last_hour=20, at=at
            )
            views = [
                get_contact(session, SYSTEM, episode_id=one) for one in session.scalars(own).all()
            ]
    finally:
        demo.wiring.engine.dispose()
    assert shown.unknown and shown.failed and shown.missed and shown.coming
    assert {row.channel for row in shown.recent} == {Channel.EMAIL, Channel.SMS}
    assert {view.email.partition("@")[2] for view in views} == {"demo.example"}
    assert all(view.phone.startswith("+35845000") for view in views if view.phone)
    assert sum(view.opted_out_at is not None for view in views) == 1
    assert sum(view.paused_until is not None for view in views) == 1
    assert sum(view.channel is Channel.NONE for view in views) == 1
