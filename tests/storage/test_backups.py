"""A backup holds everything that was there when it began, is refused when it is not whole, and can be put back."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from builders import SYSTEM, make_everything
from keys import MASTER_KEYS
from sqlalchemy import make_url

from evalplat.config import sqlite_url
from evalplat.errors import Conflict, FileRejected, NotConfigured
from evalplat.services.backups import (
    check_backup,
    find_last,
    keys_path,
    make_backup,
    restore_backup,
)
from evalplat.services.providers import add_provider, list_providers
from evalplat.storage import backups_postgresql
from evalplat.storage.database import APPLICATION_ROLE
from evalplat.wiring import build_wiring


def quiet(_done, _all):
    pass


def back_up(database, wiring, target):
    return make_backup(database, target=target, at=wiring.clock(), progress=quiet)


@pytest.fixture
def elsewhere(database, tmp_path, postgresql):
    """Another, empty database of the same kind."""
    if database.on_sqlite:
        url = sqlite_url(tmp_path / "elsewhere" / "evalplat.sqlite3")
    else:
        url = make_url(database.database_url)
        with psycopg.connect(
            url.set(drivername="postgresql", database="postgres").render_as_string(False),
            autocommit=True,
        ) as connection:
            connection.execute("DROP DATABASE IF EXISTS evalplat_elsewhere WITH (FORCE)")
            connection.execute("CREATE DATABASE evalplat_elsewhere")
        url = url.set(database="evalplat_elsewhere").render_as_string(False)
    keys = keys_path(database)
    return replace(database, database_url=url, owner_url=url, client_keys=keys)


def names(settings, catalogue):
    wiring = build_wiring(settings, catalogue=catalogue)
    try:
        with wiring.reading(SYSTEM) as session:
            return {provider.name for provider in list_providers(session, SYSTEM)}
    finally:
        wiring.close()


def test_a_backup_is_whole_private_and_restores_elsewhere_to_the_same_rows(
    wiring, database, tmp_path, elsewhere, catalogue
):
    make_everything(wiring)
    made = back_up(database, wiring, tmp_path / "kept" / "one")
    assert made.note.rows["sheets"] > 0
    for path in (made.path, made.path.with_name("one.json")):
        assert path.stat().st_mode & 0o077 == 0
    assert sorted(p.name for p in made.path.parent.iterdir()) == ["one", "one.json"]
    assert check_backup(made.path) == made
    done = restore_backup(elsewhere, path=made.path, replace=False, at=wiring.clock())
    assert (done.aside, done.needs_upgrade) == ("", False)
    assert names(elsewhere, catalogue) == names(database, catalogue)
    again = back_up(elsewhere, wiring, tmp_path / "kept" / "two")
    assert again.note.rows == made.note.rows


def test_what_is_restored_still_refuses_to_be_changed_and_to_be_seen_by_strangers(
    wiring, database, tmp_path, elsewhere, catalogue
):
    make_everything(wiring)
    made = back_up(database, wiring, tmp_path / "one")
    restore_backup(elsewhere, path=made.path, replace=False, at=wiring.clock())
    if database.on_sqlite:
        with sqlite3.connect(tmp_path / "elsewhere" / "evalplat.sqlite3") as raw:
            assert raw.execute(
                "SELECT count(*) FROM sqlite_master WHERE type='trigger'"
            ).fetchone()[0]
            with pytest.raises(sqlite3.DatabaseError):
                raw.execute("DELETE FROM audit_entries")
        raw.close()
        return
    with backups_postgresql.connect(elsewhere) as connection:
        with pytest.raises(psycopg.Error, match="audit_entries"):
            connection.execute("DELETE FROM audit_entries")
        connection.execute(f"SET ROLE {APPLICATION_ROLE}")
        connection.execute("SET evalplat.scope = 'nobody'")
        assert connection.execute("SELECT count(*) FROM episodes").fetchone() == (0,)
        connection.execute("SET evalplat.scope = 'all'")
        assert connection.execute("SELECT count(*) FROM episodes").fetchone() != (0,)


@pytest.mark.parametrize("harm", ["cut", "changed", "no note", "note of fewer rows", "no file"])
def test_a_backup_that_is_not_what_was_written_is_refused(
    wiring, database, tmp_path, elsewhere, harm
):
    if not database.on_sqlite and harm not in ("cut", "note of fewer rows"):
        return  # the same code for both
    made = back_up(database, wiring, tmp_path / "one")
    note = tmp_path / "one.json"
    whole = made.path.read_bytes()
    if harm == "cut":
        made.path.write_bytes(whole[:-4096])
    elif harm == "changed":
        middle = len(whole) // 2
        made.path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    elif harm == "no note":
        note.unlink()
    elif harm == "note of fewer rows":
        told = json.loads(note.read_text())
        told["rows"]["accounts"] -= 1
        note.write_text(json.dumps(told))
    else:
        made.path.unlink()
    with pytest.raises(FileRejected, match="cannot be used"):
        check_backup(made.path)
    with pytest.raises(FileRejected):
        restore_backup(elsewhere, path=made.path, replace=True, at=wiring.clock())
    assert not (tmp_path / "elsewhere").exists()


def test_a_connection_that_is_just_leaving_is_waited_for(wiring, database, tmp_path):
    if database.on_sqlite:
        return
    made = back_up(database, wiring, tmp_path / "one")
    wiring.close()
    leaving = psycopg.connect(backups_postgresql.address(database))
    timer = threading.Timer(0.5, leaving.close)
    timer.start()
    restore_backup(database, path=made.path, replace=True, at=wiring.clock())
    assert leaving.closed
    timer.join()


def test_a_living_database_is_kept_unless_asked_and_then_kept_aside(
    wiring, database, tmp_path, catalogue
):
    made = back_up(database, wiring, tmp_path / "one")
    with wiring.transaction(SYSTEM) as session:
        add_provider(session, SYSTEM, name="Came later")
    before = names(database, catalogue)
    with pytest.raises(Conflict, match="--replace"):
        restore_backup(database, path=made.path, replace=False, at=wiring.clock())
    with pytest.raises(Conflict, match="stop the server first"):
        restore_backup(database, path=made.path, replace=True, at=wiring.clock())
    assert names(database, catalogue) == before
    wiring.close()
    done = restore_backup(database, path=made.path, replace=True, at=wiring.clock())
    assert names(database, catalogue) == before - {"Came later"}
    if database.on_sqlite:
        kept = sqlite_url(Path(done.aside))
        assert names(replace(database, database_url=kept), catalogue) == before
        return
    with backups_postgresql.connect(database) as connection:
        found = connection.execute(f"SELECT name FROM {done.aside}.providers").fetchall()
    assert "Came later" in {name for (name,) in found}


def test_a_restore_that_fails_on_the_way_leaves_the_living_database(
    wiring, database, tmp_path, catalogue, monkeypatch
):
    made = back_up(database, wiring, tmp_path / "one")
    with wiring.transaction(SYSTEM) as session:
        add_provider(session, SYSTEM, name="Came later")
    before = names(database, catalogue)
    wiring.close()

    def fail(*_args, **_rest):
        raise OSError(28, "No space left on device")

    place = "backups.os.replace" if database.on_sqlite else "backups_postgresql.compare"
    with monkeypatch.context() as patch:
        patch.setattr(f"evalplat.storage.{place}", fail)
        with pytest.raises((FileRejected, OSError), match="No space left"):
            restore_backup(database, path=made.path, replace=True, at=wiring.clock())
    assert names(database, catalogue) == before


def test_a_broken_database_gives_way_and_is_kept_with_its_journal(wiring, database, tmp_path):
    if not database.on_sqlite:
        return
    made = back_up(database, wiring, tmp_path / "one")
    wiring.close()
    living = tmp_path / "evalplat.sqlite3"
    living.write_bytes(b"no database at all" * 1000)
    (tmp_path / "evalplat.sqlite3-wal").write_bytes(b"rest")
    done = restore_backup(database, path=made.path, replace=True, at=wiring.clock())
    assert Path(done.aside).read_bytes().startswith(b"no database")
    assert Path(f"{done.aside}-wal").read_bytes() == b"rest"
    assert check_backup(made.path).note.rows == back_up(database, wiring, tmp_path / "2").note.rows


def test_a_backup_never_takes_the_place_of_another_and_leaves_nothing_half(
    wiring, database, tmp_path, monkeypatch
):
    made = back_up(database, wiring, tmp_path / "one")
    before = made.path.read_bytes()
    with pytest.raises(Conflict, match="such a file already"):
        back_up(database, wiring, tmp_path / "one")
    assert made.path.read_bytes() == before
    monkeypatch.setattr("shutil.disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, -1))
    with pytest.raises(FileRejected, match="No space left"):
        back_up(database, wiring, tmp_path / "two")
    assert not list(tmp_path.glob("two*"))


def test_a_backup_of_another_program_or_kind_is_refused(wiring, database, tmp_path, elsewhere):
    made = back_up(database, wiring, tmp_path / "one")
    note = tmp_path / "one.json"
    told = json.loads(note.read_text())
    if not database.on_sqlite:
        sqlite = replace(elsewhere, database_url=sqlite_url(tmp_path / "x.sqlite3"))
        with pytest.raises(FileRejected, match="It is of postgresql"):
            restore_backup(sqlite, path=made.path, replace=False, at=wiring.clock())
        return
    with sqlite3.connect(made.path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    from evalplat.storage.backups import digest

    told |= {"revision": "9999", "sha256": digest(made.path), "size": made.path.stat().st_size}
    note.write_text(json.dumps(told))
    with pytest.raises(FileRejected, match="9999, which this program does not know"):
        restore_backup(elsewhere, path=made.path, replace=False, at=wiring.clock())


def test_the_last_backup_is_found_by_its_note_and_only_while_the_file_is_there(
    wiring, database, tmp_path
):
    settings = replace(database, backups_folder=tmp_path / "kept")
    assert find_last(settings) is None
    made = make_backup(settings, target=None, at=wiring.clock(), progress=quiet)
    assert made.path.parent == tmp_path / "kept"
    assert find_last(settings) == made
    made.path.write_bytes(b"")
    assert find_last(settings) is None


def test_postgresql_s_programs_are_named_where_they_are_missing(database, monkeypatch):
    if database.on_sqlite:
        return
    assert backups_postgresql.find_tool("pg_dump", 1)
    monkeypatch.setattr(backups_postgresql, "_candidates", lambda _name: iter(()))
    with pytest.raises(NotConfigured, match="postgresql-client"):
        backups_postgresql.find_tool("pg_dump", 16)


def test_a_password_never_stands_among_a_program_s_arguments(database):
    if database.on_sqlite:
        return
    secret = replace(
        database, owner_url="postgresql+psycopg://owner:s3cret@h:5432/db?sslmode=require"
    )
    assert backups_postgresql.address(secret) == "postgresql://owner@h:5432/db?sslmode=require"


WRITER = """
    import sys
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.services.actors import Actor
    from evalplat.services.providers import add_provider
    from evalplat.config import Settings
    from evalplat.wiring import build_wiring
    url, name, *keys = sys.argv[1:]
    wiring = build_wiring(Settings(url, url, master_keys=tuple(keys)), catalogue=Catalogue(None, {}))
    actor = Actor.system("writer")
    n = 0
    while True:
        with wiring.transaction(actor) as session:
            add_provider(session, actor, name=f"{name} {n:06}")
        sys.stdout.write(f"{name} {n:06}\\n")
        sys.stdout.flush()
        n += 1
"""


def test_a_backup_under_load_holds_all_that_was_committed_before_it_and_no_torn_row(
    wiring, database, tmp_path, elsewhere, catalogue, monkeypatch
):
    """Two processes write as fast as they can; what they had reported before the backup began is in it."""
    command = [sys.executable, "-c", textwrap.dedent(WRITER), database.database_url]
    writers = [
        subprocess.Popen(
            [*command, f"Writer {n}", *MASTER_KEYS], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for n in range(2)
    ]  # fmt: skip
    try:
        for writer in writers:
            told = [writer.stdout.readline().strip() for _ in range(5)]
        committed = {told[-1]} | {f"Writer 0 {n:06}" for n in range(5)}
        monkeypatch.setattr("evalplat.storage.backups.PAGES_AT_ONCE", 1)
        steps = []

        def slowly(done, _all):
            steps.append(done)
            time.sleep(0.004)  # so that many rows come in between two pages

        made = make_backup(database, target=tmp_path / "one", at=wiring.clock(), progress=slowly)
        writers[0].stdout.readline()
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert steps == sorted(steps)  # it never began anew
    restore_backup(elsewhere, path=made.path, replace=False, at=wiring.clock())
    found = names(elsewhere, catalogue)
    assert committed <= found
    for n in range(2):
        own = sorted(name for name in found if name.startswith(f"Writer {n}"))
        assert own == [f"Writer {n} {k:06}" for k in range(len(own))]
    assert made.note.rows["providers"] == len(found) < len(names(database, catalogue))
