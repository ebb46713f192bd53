"""Making a database and the first administrator from the command line."""

import sqlite3
from contextlib import closing

import pytest
from builders import sign_in
from click.testing import CliRunner
from keys import MASTER_KEYS

from evalplat.cli.account import account
from evalplat.cli.db import db
from evalplat.cli.provider import provider
from evalplat.config import Settings
from evalplat.errors import InputRejected, NotConfigured, NotFound, Unavailable
from evalplat.services.signing_in.sign_in import SignInRefused
from evalplat.vocabulary import Role, SignInStage
from evalplat.wiring import build_wiring

PASSWORD = "a long password of a test"
NEW = ["create", "--email", "a@example.fi", "--name", "A", "--role", "administrator"]


@pytest.fixture
def run(tmp_path):
    environ = {
        "EVALPLAT_DATABASE_URL": f"sqlite:///{tmp_path}/new/evalplat.sqlite3",
        "EVALPLAT_DATABASE_OWNER_URL": None,
        "EVALPLAT_MUNICIPALITIES": None,
        "EVALPLAT_INSTRUMENTS": None,
    }

    def run(group, *arguments, **rest):
        return CliRunner().invoke(
            group, list(arguments), env=environ, catch_exceptions=False, **rest
        )

    return run


def test_a_database_is_made_checked_and_made_again_without_harm(run, tmp_path):
    made = run(db, "create")
    assert "27 municipalities were added" in made.output
    assert "account create" in made.output
    assert "0 municipalities were added" in run(db, "create").output
    assert "complete and safe" in run(db, "check").output
    assert "at revision" in run(db, "upgrade").output
    assert "0 sums" in run(db, "rebuild-moments").output
    assert (tmp_path / "new" / "evalplat.sqlite3").stat().st_mode & 0o077 == 0


def test_sums_that_are_not_counted_are_named_and_counted_by_an_upgrade(run, tmp_path):
    run(db, "create")
    path = tmp_path / "new" / "evalplat.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM moments_state")
    assert "rebuild-moments" in run(db, "check").output
    assert "0 sums over pairs were counted again" in run(db, "upgrade").output
    assert "rebuild-moments" not in run(db, "check").output


def test_a_database_that_was_not_made_is_named_so(run):
    with pytest.raises(NotConfigured, match="evalplat db create"):
        run(db, "check")


def test_the_first_administrator_has_the_password_that_was_typed_in(run):
    run(db, "create")
    with pytest.raises(InputRejected, match="at least 12 characters"):
        run(account, *NEW, input="short\nshort\n")
    assert (
        "can sign in as administrator"
        in run(account, *NEW, input=f"{PASSWORD}\n{PASSWORD}\n").output
    )
    piped = [*NEW, "--password-stdin"]
    piped[2] = "b@example.fi"
    assert "can sign in" in run(account, *piped, input=f"{PASSWORD}\n").output
    listed = run(account, "list").output
    assert "a@example.fi\tadministrator" in listed
    assert PASSWORD not in listed


def test_a_mistyped_path_is_named_so_and_no_file_is_made(run, tmp_path):
    for group, arguments in ((account, ["list"]), (account, NEW), (provider, ["add", "Birch"])):
        with pytest.raises(NotConfigured, match="evalplat db create"):
            run(group, *arguments, input=f"{PASSWORD}\n{PASSWORD}\n")
    with pytest.raises(NotConfigured, match="evalplat db create"):
        run(db, "check")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_said_in_one_sentence(monkeypatch):
    url = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    monkeypatch.setenv("EVALPLAT_DATABASE_URL", url)
    for group, arguments in ((db, ["check"]), (db, ["create"]), (account, ["list"])):
        with pytest.raises(Unavailable, match=r"^The database cannot be used: .*refused"):
            CliRunner().invoke(group, arguments, catch_exceptions=False)


def test_providers_are_approved_before_their_staff_get_accounts(run):
    run(db, "create")
    worker = ["create", "--email", "w@example.fi", "--name", "W", "--role", "provider_worker"]
    with pytest.raises(InputRejected, match="no such provider"):
        run(account, *worker, "--provider", "Birch Oy", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert "Birch Oy is approved" in run(provider, "add", "Birch Oy").output
    assert "Own unit" in run(provider, "add", "Own unit", "--own-service").output
    with pytest.raises(InputRejected, match="already"):
        run(provider, "add", "Birch Oy")
    assert "Own unit\town service" in run(provider, "list").output
    made = run(account, *worker, "--provider", "Birch Oy", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert "can sign in as provider_worker" in made.output


def test_a_forgotten_password_is_replaced(run):
    run(db, "create")
    run(account, *NEW, input=f"{PASSWORD}\n{PASSWORD}\n")
    new = ["password", "--email", "A@example.fi", "--password-stdin"]
    with pytest.raises(InputRejected, match="at least 12 characters"):
        run(account, *new, input="short\n")
    assert "has a new password" in run(account, *new, input=f"{PASSWORD} two\n").output
    with pytest.raises(NotFound):
        run(account, "password", "--email", "b@example.fi", "--password-stdin", input="x\n")


def test_an_account_is_closed_opened_given_another_role_and_signed_out(run, tmp_path):
    run(db, "create")
    run(account, *NEW, input=f"{PASSWORD}\n{PASSWORD}\n")
    mail = ("--email", "a@example.fi")
    url = f"sqlite:///{tmp_path}/new/evalplat.sqlite3"
    with closing(build_wiring(Settings(url, url, master_keys=MASTER_KEYS))) as wiring:
        sign_in(wiring, "a@example.fi", PASSWORD)
        listed = run(account, "sessions", *mail).output
        assert listed.endswith("\tTest\n") and listed.count("\n") == 1
        assert "signed out everywhere" in run(account, "end-sessions", *mail).output
        assert run(account, "sessions", *mail).output == ""
        assert "closed" in run(account, "disable", *mail).output
        assert "(closed)" in run(account, "list").output
        with pytest.raises(SignInRefused):
            sign_in(wiring, "a@example.fi", PASSWORD)
        assert "can sign in again" in run(account, "enable", *mail).output
        assert "is analyst now" in run(account, "role", *mail, "--role", "analyst").output
        begun = sign_in(wiring, "a@example.fi", PASSWORD, demanded_of=(Role.ANALYST,))
        assert (begun.account.role, begun.stage) == ("analyst", SignInStage.ENROLMENT)
        assert "no second factor" in run(account, "reset-second-factor", *mail).output
    with pytest.raises(InputRejected):
        run(account, "role", *mail, "--role", "provider_worker")
    for command in ("sessions", "end-sessions", "disable", "enable", "reset-second-factor"):
        with pytest.raises(NotFound):
            run(account, command, "--email", "nobody@example.fi")
