"""Reminders from the command line, as cron runs them."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import make_actor, make_episode
from click.testing import CliRunner
from databases import Clock
from keys import MASTER_KEY, MASTER_KEYS
from servers import mail_server

from evalplat import wiring as wirings
from evalplat.cli.remind import remind
from evalplat.config import Settings, sqlite_url
from evalplat.errors import NotConfigured
from evalplat.services.contacts import ContactDetails, save_contact

OPENED = datetime(2026, 11, 20).date()


@pytest.fixture
def clock(monkeypatch):
    """The installation's clock stands at noon."""
    stands = Clock()
    build = wirings.build_wiring
    monkeypatch.setattr(
        wirings, "build_wiring", lambda settings: replace(build(settings), clock=stands)
    )
    return stands


@pytest.fixture
def run(tmp_path, sqlite_template, clock):
    path = tmp_path / "evalplat.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o600)
    environ = {
        "EVALPLAT_DATABASE_URL": sqlite_url(path),
        "EVALPLAT_SECRET_KEY": "0123456789abcdef" * 3,
        "EVALPLAT_MASTER_KEY": MASTER_KEY,
        "EVALPLAT_PUBLIC_URL": "https://county.example",
        "EVALPLAT_MAIL_FROM": "no-reply@county.example",
    }

    def run(*arguments, **more):
        return CliRunner().invoke(
            remind, [str(a) for a in arguments], env={**environ, **more}, catch_exceptions=False
        )

    run.url = sqlite_url(path)
    return run


@pytest.fixture
def client(run):
    """A client who is due today and has an address."""
    wiring = wirings.build_wiring(Settings(run.url, run.url, master_keys=MASTER_KEYS))
    made = make_episode(wiring, opened_on=OPENED)
    worker = make_actor(wiring)
    with wiring.transaction(worker) as session:
        save_contact(
            session, worker, episode_id=made.episode.id, at=wiring.clock(),
            details=ContactDetails(email="aino@client.example", channel="email"),
        )  # fmt: skip
    wiring.close()
    return made


def test_what_is_due_is_looked_at_sent_once_and_checked(run, client):
    looked = run("--dry-run")
    assert looked.exit_code == 0
    assert f"{client.episode.id}\tbaseline\temail\t2" in looked.output
    assert "1 would be sent on 2026-11-24" in looked.output
    assert "0 would be sent" in run("--dry-run", "--on", "2026-12-31").output
    assert run("--check").exit_code == 0  # yesterday nobody knew the address
    late = run("--check", "--json", "--on", "2026-11-24")
    assert (late.exit_code, json.loads(late.stdout)[0]["what"]) == (1, "not_planned")
    with mail_server() as box:
        url = {"EVALPLAT_SMTP_URL": f"smtp://127.0.0.1:{box.port}?starttls=no"}
        sent = run(**url)
        assert (sent.exit_code, sent.output.splitlines()[0][:6]) == (0, "1 sent")
        assert json.loads(run("--json", **url).stdout)["sent"] == 0
    assert len(box.mails) == 1
    checked = run("--check")
    assert (checked.exit_code, checked.output) == (0, "0 should have gone out and did not.\n")
    assert "Testi" not in looked.output + late.output + sent.output


def test_a_server_that_is_away_ends_with_exit_code_1_and_why(run, client):
    with mail_server() as box:
        url = f"smtp://127.0.0.1:{box.port}?starttls=no"
    failed = run(EVALPLAT_SMTP_URL=url)
    assert failed.exit_code == 1
    assert "1 failed" in failed.output and "no connection" in failed.output
    checked = run("--check", "--on", "2026-11-24")
    assert checked.exit_code == 1
    assert "failed\tthe server could not be reached" in checked.output


def test_at_night_nothing_goes_out(run, client, clock):
    clock.at = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
    night = run(EVALPLAT_SMTP_URL="smtp://127.0.0.1:9?starttls=no")
    assert (night.exit_code, "It is night" in night.output) == (0, True)


def test_messages_are_written_into_a_folder_for_trials(run, client, tmp_path):
    assert run("--into", tmp_path / "out").exit_code == 0
    (path,) = (tmp_path / "out").iterdir()
    assert "https://county.example/c/l/" in path.read_text(encoding="utf-8")


def test_settings_that_are_missing_are_named_and_wrong_use_is_said(run):
    with pytest.raises(NotConfigured, match="EVALPLAT_SMTP_URL"):
        run()
    with pytest.raises(NotConfigured, match="EVALPLAT_PUBLIC_URL"):
        run("--into", "x", EVALPLAT_PUBLIC_URL="")
    with pytest.raises(NotConfigured, match="EVALPLAT_SECRET_KEY"):
        run(EVALPLAT_SECRET_KEY="")
    for wrong in (
        ("--on", "2026-11-24"), ("--dry-run", "--check"), ("--into", "x", "--check"),
    ):  # fmt: skip
        assert run(*wrong).exit_code == 2
