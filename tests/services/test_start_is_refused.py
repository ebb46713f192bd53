"""The server does not start with an unsafe setting or database, and says each one; nor is the doctor content."""

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from keys import MASTER_KEY
from sqlalchemy import event, make_url

from evalplat.cli import serve as serving
from evalplat.cli.doctor import doctor
from evalplat.cli.serve import serve
from evalplat.errors import EvalplatError
from evalplat.instruments.catalogue import instruments_folder
from evalplat.services.actors import Actor
from evalplat.services.backups import make_backup
from evalplat.services.doctor import Level, examine, examine_contents
from evalplat.services.health import read_health
from evalplat.storage import database as databases

KEY = "k7Qz2mB9xW4cR8tY1uP5aS3dF6gH0jL-"
SAFE = {"EVALPLAT_SECRET_KEY": KEY, "EVALPLAT_MASTER_KEY": MASTER_KEY}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, database: Any) -> Any:
    """Try to start the server: what kept it from starting, or `started`."""
    started: list[str] = []
    monkeypatch.setattr(serving, "run_server", lambda **_rest: started.append("started"))
    for name in list(os.environ):
        if name.startswith("EVALPLAT_"):
            monkeypatch.delenv(name)

    def run(**environ: str) -> str:
        started.clear()
        env = {"EVALPLAT_DATABASE_URL": database.database_url, **SAFE, **environ}
        result = CliRunner(env=env).invoke(serve)
        if started:
            return "started"
        assert isinstance(result.exception, EvalplatError), result.output
        return str(result.exception)

    return run


UNSAFE_SETTINGS = {
    "no key": ({"EVALPLAT_SECRET_KEY": ""}, "EVALPLAT_SECRET_KEY"),
    "a short key": ({"EVALPLAT_SECRET_KEY": KEY[:31]}, "EVALPLAT_SECRET_KEY"),
    "a default key": ({"EVALPLAT_SECRET_KEY": "change-me-" + KEY}, "EVALPLAT_SECRET_KEY"),
    "no master key": ({"EVALPLAT_MASTER_KEY": ""}, "EVALPLAT_MASTER_KEY"),
    "a short master key": ({"EVALPLAT_MASTER_KEY": MASTER_KEY[:31]}, "EVALPLAT_MASTER_KEY"),
    "one key for all": ({"EVALPLAT_MASTER_KEY": KEY}, "EVALPLAT_MASTER_KEY"),
    "debugging": ({"EVALPLAT_DEBUG": "1"}, "EVALPLAT_DEBUG"),
    "no word about the proxy": ({"EVALPLAT_TRUSTED_HOSTS": "a.example"}, "EVALPLAT_BEHIND_PROXY"),
    "passwords alone on a network": (
        {"EVALPLAT_TRUSTED_HOSTS": "a.example", "EVALPLAT_BEHIND_PROXY": "1",
         "EVALPLAT_SECOND_FACTOR": "administrator"},
        "EVALPLAT_SECOND_FACTOR",
    ),
    "a role that is not one": ({"EVALPLAT_SECOND_FACTOR": "boss"}, "EVALPLAT_SECOND_FACTOR"),
    "identities without TLS": (
        {"EVALPLAT_OIDC_ISSUER": "http://id.example", "EVALPLAT_OIDC_CLIENT_ID": "us"},
        "EVALPLAT_OIDC_ISSUER",
    ),
    "half a provider of identities": ({"EVALPLAT_OIDC_CLIENT_ID": "us"}, "EVALPLAT_OIDC_ISSUER"),
}  # fmt: skip


@pytest.mark.parametrize("which", UNSAFE_SETTINGS)
def test_an_unsafe_setting_keeps_the_server_from_starting(
    start: Any, database: Any, which: str
) -> None:
    if not database.on_sqlite:
        return  # settings are looked at before any database
    environ, said = UNSAFE_SETTINGS[which]
    assert start() == "started"
    assert said in start(**environ)


def test_a_host_name_with_its_proxy_is_served(start: Any, database: Any) -> None:
    if not database.on_sqlite:
        return
    hosts = {"EVALPLAT_TRUSTED_HOSTS": "a.example localhost"}
    assert start(**hosts, EVALPLAT_BEHIND_PROXY="1") == "started"
    assert start(**hosts, EVALPLAT_BEHIND_PROXY="0") == "started"
    assert start(EVALPLAT_TRUSTED_HOSTS="localhost 127.0.0.1 [::1]") == "started"


def test_a_database_file_that_others_read_keeps_the_server_from_starting(
    start: Any, database: Any
) -> None:
    if not database.on_sqlite:
        return
    os.chmod(make_url(database.database_url).database or "", 0o640)
    assert "chmod 600" in start()


@pytest.mark.parametrize("pragma", ["synchronous=NORMAL", "foreign_keys=OFF", "trusted_schema=ON"])
def test_weak_settings_of_sqlite_keep_the_server_from_starting(
    start: Any, database: Any, monkeypatch: pytest.MonkeyPatch, pragma: str
) -> None:
    if not database.on_sqlite:
        return
    make = databases.make_engine

    def weak(settings: Any) -> Any:
        engine = make(settings)
        event.listen(engine, "connect", lambda raw, _record: raw.execute(f"PRAGMA {pragma}"))
        return engine

    monkeypatch.setattr(databases, "make_engine", weak)
    assert f"{pragma.partition('=')[0]}: is " in start()


UNSAFE_ROLES = {
    "superuser": ("LOGIN SUPERUSER IN ROLE evalplat_app", "", "row-level policies"),
    "passes policies": ("LOGIN BYPASSRLS IN ROLE evalplat_app", "", "row-level policies"),
    "owner": (
        "LOGIN IN ROLE evalplat_app",
        "ALTER TABLE clients OWNER TO web",
        "row-level policies",
    ),
    "answers too early": (
        "LOGIN IN ROLE evalplat_app",
        "ALTER ROLE web SET synchronous_commit = off",
        "synchronous_commit",
    ),
    "no member": ("LOGIN", "", "GRANT evalplat_app TO web"),
}


@pytest.fixture
def login(database: Any) -> Any:
    """Make the login `web` of the PostgreSQL server; gives back its address."""
    url = make_url(database.database_url)
    plain = url.set(drivername="postgresql").render_as_string(False)

    def run(*statements: str) -> None:
        with psycopg.connect(plain, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def make(rights: str, more: str = "") -> str:
        run(f"CREATE ROLE web {rights}", *([more] if more else []))
        return url.set(username="web").render_as_string(False)

    yield make
    if not database.on_sqlite:
        run("REASSIGN OWNED BY web TO CURRENT_USER", "DROP OWNED BY web", "DROP ROLE web")


@pytest.mark.parametrize("which", UNSAFE_ROLES)
def test_an_unsafe_role_of_postgresql_keeps_the_server_from_starting(
    start: Any, database: Any, login: Any, which: str
) -> None:
    if database.on_sqlite:
        return
    rights, more, said = UNSAFE_ROLES[which]
    assert said in start(
        EVALPLAT_DATABASE_URL=login(rights, more),
        EVALPLAT_DATABASE_OWNER_URL=database.owner_url,
    )


def test_a_safe_role_of_postgresql_is_served_and_the_doctor_agrees(
    start: Any, database: Any, login: Any, wiring: Any
) -> None:
    if database.on_sqlite:
        return
    address = login("LOGIN IN ROLE evalplat_app")
    owner = {"EVALPLAT_DATABASE_OWNER_URL": database.owner_url}
    assert start(EVALPLAT_DATABASE_URL=address, **owner) == "started"
    settings = replace(database, database_url=address, secret_key=KEY)
    found = examine(settings, {}, wiring.clock())
    assert not [f for f in found if f.level is Level.UNSAFE and f.where != "clock"]


def test_an_instrument_that_was_edited_keeps_the_server_from_starting_and_worries_the_doctor(
    start: Any, database: Any, tmp_path: Any
) -> None:
    if not database.on_sqlite:
        return  # what is compared is the same on both
    folder = shutil.copytree(instruments_folder(), tmp_path / "own")
    assert start(EVALPLAT_INSTRUMENTS=str(folder)) == "started"
    path = folder / "who-5" / "1.0.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("P2W", "P3W"), encoding="utf-8")
    said = start(EVALPLAT_INSTRUMENTS=str(folder))
    assert "who-5 1.0: was published with other contents" in said
    env = {"EVALPLAT_DATABASE_URL": database.database_url, **SAFE}
    result = CliRunner(env={**env, "EVALPLAT_INSTRUMENTS": str(folder)}).invoke(doctor)
    assert result.exit_code == 1 and "UNSAFE   who-5 1.0" in result.output


# The doctor


def levels(found: Any) -> dict[str, Level]:
    return {finding.where: finding.level for finding in found}


def test_the_doctor_is_content_with_a_safe_installation_and_says_what_to_look_at(
    database: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.on_sqlite:
        return
    for name in list(os.environ):
        if name.startswith("EVALPLAT_"):
            monkeypatch.delenv(name)
    env = {"EVALPLAT_DATABASE_URL": database.database_url, **SAFE}
    result = CliRunner(env=env).invoke(doctor, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "warning  backup: There is none in" in result.output
    assert "0 unsafe" in result.output
    os.chmod(tmp_path / "evalplat.sqlite3", 0o644)
    result = CliRunner(env=env).invoke(doctor, ["--json"], catch_exceptions=False)
    assert result.exit_code == 1
    assert '"unsafe"' in result.output
    result = CliRunner(env={**env, "EVALPLAT_BEHIND_PROXY": "x"}).invoke(doctor)
    assert (result.exit_code, "EVALPLAT_BEHIND_PROXY" in result.output) == (1, True)


def test_the_doctor_names_readable_keys_backups_and_folders(
    database: Any, wiring: Any, tmp_path: Any
) -> None:
    if not database.on_sqlite:
        return
    key = tmp_path / "key"
    key.write_text(KEY)
    key.chmod(0o644)
    made = make_backup(database, target=None, at=wiring.clock(), progress=lambda *_: None)
    made.path.chmod(0o644)
    tmp_path.chmod(0o777)
    found = levels(examine(database, {"EVALPLAT_SECRET_KEY_FILE": str(key)}, wiring.clock()))
    assert found[str(key)] == found[str(made.path)] == found[str(tmp_path)] == Level.UNSAFE
    assert found["EVALPLAT_SECRET_KEY"] == Level.UNSAFE


def test_an_old_backup_is_told_by_the_doctor_and_by_readiness(
    database: Any, wiring: Any, tmp_path: Any
) -> None:
    settings = replace(database, backups_folder=tmp_path / "kept")
    at = wiring.clock()
    assert read_health(wiring.engine, settings, at).backup == "none"
    make_backup(settings, target=None, at=at, progress=lambda *_: None)
    assert read_health(wiring.engine, settings, at).backup == "ok"
    late = at + timedelta(hours=27)
    assert read_health(wiring.engine, settings, late).backup == "old"
    assert read_health(wiring.engine, settings, late).is_ready
    assert levels(examine(settings, {}, late))["backup"] is Level.WARNING


def test_a_clock_that_went_back_is_found(wiring: Any) -> None:
    actor = Actor.system("test")
    with wiring.reading(actor) as session:
        fine = examine_contents(session, wiring.catalogue, actor, wiring.clock())
        back = examine_contents(
            session, wiring.catalogue, actor, wiring.clock() - timedelta(days=2)
        )
    assert "clock" not in levels(fine)
    assert levels(back)["clock"] is Level.UNSAFE


def test_a_database_that_is_gone_or_behind_is_one_finding_and_no_crash(
    database: Any, wiring: Any, tmp_path: Any
) -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    gone = replace(database, database_url=nowhere, owner_url=nowhere, backups_folder=tmp_path)
    found = [f for f in examine(gone, {}, wiring.clock()) if f.where == "database"]
    assert [f.level for f in found] == [Level.UNSAFE]


def test_no_room_on_the_disk_is_unsafe_and_takes_the_server_out_of_service(
    database: Any, wiring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.on_sqlite:
        return
    import shutil

    for free, word, level in (
        (10_000_000, "failed", Level.UNSAFE),
        (500_000_000, "low", Level.WARNING),
    ):
        usage = shutil._ntuple_diskusage(free, 0, free)  # type: ignore[attr-defined]
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)
        health = read_health(wiring.engine, database, wiring.clock())
        assert (health.disk, health.is_ready) == (word, word == "low")
        assert levels(examine(database, {}, wiring.clock()))["disk of the database"] is level
