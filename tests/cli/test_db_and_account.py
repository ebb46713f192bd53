"""Making a database and the first administrator from the command line."""

import pytest
from click.testing import CliRunner

from evalplat.cli.account import account
from evalplat.cli.db import db
from evalplat.errors import InputRejected, NotConfigured

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
