"""`evalplat keys` as an operator runs it."""

from contextlib import closing

import pytest
from builders import make_episode
from click.testing import CliRunner
from databases import Clock
from keys import MASTER_KEY

from evalplat.cli.doctor import doctor
from evalplat.cli.keys import keys
from evalplat.config import load_settings
from evalplat.storage.keyring import Keyring
from evalplat.wiring import build_wiring

NEW_KEY = "qN7wRt2Yp9Ls4Kd8Gh3Jf6Zx1Cv5Bm0-new"
OLD, NEW = Keyring([MASTER_KEY]).current, Keyring([NEW_KEY]).current


@pytest.fixture
def run(tmp_path, sqlite_template, catalogue):
    path = tmp_path / "e.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o600)
    environ = {"EVALPLAT_DATABASE_URL": f"sqlite:///{path}", "EVALPLAT_MASTER_KEY": MASTER_KEY}
    with closing(build_wiring(load_settings(environ), catalogue=catalogue, clock=Clock())) as made:
        make_episode(made)

    def command(*arguments, what=keys, **changed):
        return CliRunner().invoke(what, arguments, env={**environ, **changed})

    return command


def test_a_key_is_changed_step_by_step_and_each_step_says_what_comes_next(run):
    assert f"{OLD}  in use" in run("list").stdout
    assert "needed" not in run("list").stdout.replace("needed by nothing", "")
    made = run("new")
    assert len(made.stdout.strip()) >= 64
    assert "EVALPLAT_EARLIER_MASTER_KEYS" in made.stderr
    both = {"EVALPLAT_MASTER_KEY": NEW_KEY, "EVALPLAT_EARLIER_MASTER_KEYS": MASTER_KEY}
    assert (
        f"master key {OLD}: is an earlier one and still needed" in run(what=doctor, **both).stdout
    )
    done = run("rotate", **both)
    assert (done.exit_code, "1 things were sealed again" in done.stdout) == (0, True)
    assert f"{OLD} is still needed, to verify" in done.stdout
    assert "0 things were sealed again" in run("rotate", **both).stdout
    listed = run("list", **both).stdout
    assert f"{NEW}  in use" in listed and f"{OLD}  earlier" in listed


def test_a_missing_key_ends_with_exit_code_1_and_its_name(run):
    listed = run("list", EVALPLAT_MASTER_KEY=NEW_KEY)
    assert (listed.exit_code, f"{OLD}  MISSING" in listed.stdout) == (1, True)
    refused = run("rotate", EVALPLAT_MASTER_KEY=NEW_KEY)
    assert (refused.exit_code, OLD in refused.output) == (1, True)
    looked = run(what=doctor, EVALPLAT_MASTER_KEY=NEW_KEY)
    assert (looked.exit_code, f"{OLD}: is missing" in looked.stdout) == (1, True)
