"""Access tokens from the command line: printed once, listed without the secret, revoked."""

import pytest
from click.testing import CliRunner

from evalplat.cli.account import account
from evalplat.cli.db import db
from evalplat.errors import InputRejected, NotFound

PASSWORD = "a long password of a test"


@pytest.fixture
def run(tmp_path):
    environ = {
        "EVALPLAT_DATABASE_URL": f"sqlite:///{tmp_path}/evalplat.sqlite3",
        "EVALPLAT_DATABASE_OWNER_URL": None,
        "EVALPLAT_MUNICIPALITIES": None,
        "EVALPLAT_INSTRUMENTS": None,
    }

    def run(*arguments, group=account, **rest):
        return CliRunner().invoke(
            group, list(arguments), env=environ, catch_exceptions=False, **rest
        )

    run("create", group=db)
    run(
        *("create", "--email", "a@example.fi", "--name", "A", "--role", "analyst"),
        *("--password-stdin",), input=f"{PASSWORD}\n",
    )  # fmt: skip
    return run


def test_a_token_is_printed_alone_listed_without_its_secret_and_revoked(run):
    wish = ("token", "create", "--email", "A@example.fi", "--name", "Nightly")
    made = run(*wish, "--scope", "comparison:read", "--days", "7")
    secret = made.stdout.strip()
    assert secret.startswith("evp_") and "\n" not in secret
    assert "cannot be read again" in made.stderr
    listed = run("token", "list").output
    token_id, start, state, email, name, scopes, _day, used = listed.strip().split("\t")
    assert secret.startswith(f"{start}_") and secret not in listed
    assert (state, email, name, scopes) == ("valid", "a@example.fi", "Nightly", "comparison:read")
    assert used == "never used"
    assert run("token", "list", "--email", "other@example.fi").output == ""
    assert "is revoked" in run("token", "revoke", start).output
    assert "is revoked" in run("token", "revoke", token_id).output
    assert "\trevoked\t" in run("token", "list").output


def test_a_token_never_allows_more_than_the_accounts_role(run):
    with pytest.raises(InputRejected, match=r"due:read is not one of comparison:read"):
        run("token", "create", "--email", "a@example.fi", "--name", "N", "--scope", "due:read")
    with pytest.raises(InputRejected, match="1 to 365 days"):
        run(
            *("token", "create", "--email", "a@example.fi", "--name", "N"),
            *("--scope", "comparison:read", "--days", "366"),
        )
    with pytest.raises(NotFound):
        run("token", "revoke", "nothing")
    assert run("token", "list").output == ""
