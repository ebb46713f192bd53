"""Clients' keys apart from backups: who is erased stays erased whatever is restored, and nobody else is lost."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
from builders import SYSTEM, make_episode
from sqlalchemy import make_url, select, text

from evalplat.errors import FileRejected
from evalplat.services.backups import (
    keys_path,
    list_copies,
    make_backup,
    make_missing_marks,
    restore_backup,
)
from evalplat.services.doctor import Level, examine
from evalplat.storage import backups_postgresql, contacts, identities, migrate
from evalplat.storage.tables import Client, ClientKey
from evalplat.vocabulary import Channel
from evalplat.wiring import build_wiring

SECONDS = count(1)
CODE, PHONE = "131052-308T", "+358409988776"


@pytest.fixture
def people(wiring):
    """Anna, who stays, and Berta, who will be erased; both with a code and a phone."""
    made = [make_episode(wiring, name=name) for name in ("Anna Alfa", "Berta Beeta")]
    with wiring.transaction(SYSTEM) as session:
        keys = dict(session.execute(select(Client.public_id, Client.id)).all())
        found = [keys[one.episode.client_id] for one in made]
        values = {"channel": Channel.NONE, "opted_out_at": None, "paused_until": None}
        contacts.put(session, found[0], "", PHONE, {**values, "changed_at": wiring.clock()})
        identities.put_code(session, found[0], CODE)
    return found


def back_up(wiring, target):
    return make_backup(wiring.settings, target=target, at=wiring.clock(), progress=lambda *_: None)


def put_back(wiring, made, **more):
    wiring.close()
    at = wiring.clock() + timedelta(seconds=next(SECONDS))
    return restore_backup(wiring.settings, path=made.path, replace=True, at=at, **more)


def forget(wiring, client):
    with wiring.transaction(SYSTEM) as session:
        identities.forget(session, client, wiring.clock())


def names(settings, catalogue):
    wiring = build_wiring(settings, catalogue=catalogue)
    try:
        with wiring.reading(SYSTEM) as session:
            return [name for _, name in identities.list_names(session)]
    finally:
        wiring.close()


def bytes_of_database(wiring):
    """The SQLite file and what is beside it; of PostgreSQL the pages of the table of keys."""
    if wiring.settings.on_sqlite:
        path = Path(make_url(wiring.settings.database_url).database)
        files = [path.with_name(path.name + end) for end in ("", "-wal", "-journal")]
        return b"".join(file.read_bytes() for file in files if file.exists())
    with backups_postgresql.connect(wiring.settings) as connection:
        connection.execute("CHECKPOINT")
        return connection.execute(
            "SELECT pg_read_binary_file(current_setting('data_directory') || '/' ||"
            " pg_relation_filepath('client_keys'))"
        ).fetchone()[0]


def wrapped_key(wiring, client):
    with wiring.reading(SYSTEM) as session:
        return session.scalar(select(ClientKey.wrapped).where(ClientKey.client_id == client))


def test_who_is_erased_stays_erased_when_an_earlier_backup_is_restored(
    wiring, people, tmp_path, catalogue
):
    made = back_up(wiring, tmp_path / "before")
    assert made.note.keys == 2
    forget(wiring, people[1])
    back_up(wiring, tmp_path / "after")
    done = put_back(wiring, made)
    assert (done.filled.keys, done.filled.erased, done.filled.missing) == (1, 1, 0)
    assert names(wiring.settings, catalogue) == ["Anna Alfa", ""]
    again = back_up(wiring, tmp_path / "again")
    assert again.note.keys == 1
    put_back(wiring, again)
    assert names(wiring.settings, catalogue) == ["Anna Alfa", ""]


def test_neither_a_backup_nor_the_file_of_keys_nor_the_database_keeps_an_erased_key(
    wiring, people, tmp_path
):
    berta, anna = wrapped_key(wiring, people[1]), wrapped_key(wiring, people[0])
    back_up(wiring, tmp_path / "before")
    kept = keys_path(wiring.settings)
    assert berta.hex() in kept.read_text()
    assert berta in bytes_of_database(wiring)  # the control
    forget(wiring, people[1])
    wiring.close()  # no reader holds earlier pages
    back_up(wiring, tmp_path / "after")
    assert berta.hex() not in kept.read_text() and anna.hex() in kept.read_text()
    assert berta not in bytes_of_database(wiring)
    assert anna in bytes_of_database(wiring)
    if (
        wiring.settings.on_sqlite
    ):  # a dump of PostgreSQL is compressed: its tables are read in the next test
        for backup in ("before", "after"):
            content = (tmp_path / backup).read_bytes()
            assert berta not in content and anna not in content


def test_keys_and_marks_are_not_in_a_backup_and_marks_are_made_again(
    wiring, people, tmp_path, catalogue
):
    made = back_up(wiring, tmp_path / "one")
    assert {made.note.rows[table] for table in ("client_keys", "client_marks")} == {0}
    put_back(wiring, made)
    with wiring.transaction(SYSTEM) as session:
        assert identities.find_by_mark(session, "code", CODE) == []
        assert make_missing_marks(session, SYSTEM) == 2
        assert make_missing_marks(session, SYSTEM) == 0
        assert identities.find_by_mark(session, "code", CODE) == [people[0]]
        assert identities.find_by_mark(session, "phone", PHONE) == [people[0]]


def test_an_emptied_database_empties_no_keys(wiring, people, tmp_path, catalogue):
    made = back_up(wiring, tmp_path / "one")
    owner = migrate.make_owner_engine(wiring.settings)
    with owner.begin() as connection:
        if owner.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('evalplat.scope', 'all', true)"))
        assert connection.execute(text("DELETE FROM client_keys")).rowcount == 2
    owner.dispose()
    back_up(wiring, tmp_path / "two")
    put_back(wiring, made)
    assert names(wiring.settings, catalogue) == ["Anna Alfa", "Berta Beeta"]


@pytest.mark.parametrize("harm", ["missing", "torn", "another form", "not hexadecimal"])
def test_without_its_keys_a_backup_is_not_restored_unless_asked(
    wiring, people, tmp_path, catalogue, harm
):
    made = back_up(wiring, tmp_path / "one")
    kept = keys_path(wiring.settings)
    assert kept.stat().st_mode & 0o077 == 0
    whole = kept.read_text()
    if harm == "missing":
        kept.unlink()
    elif harm == "torn":
        kept.write_text(whole[:-40])
    else:
        data = json.loads(whole)
        if harm == "another form":
            data["form"] = 2
        else:
            next(iter(data["keys"].values()))["wrapped"] = "no"
        kept.write_text(json.dumps(data))
    with pytest.raises(FileRejected):
        put_back(wiring, made)
    assert names(wiring.settings, catalogue) == ["Anna Alfa", "Berta Beeta"]
    if harm != "missing":
        with pytest.raises(FileRejected):
            back_up(wiring, tmp_path / "two")  # and is not written over
        assert not (tmp_path / "two").exists()
        return
    done = put_back(wiring, made, without_names=True)
    assert (done.filled.keys, done.filled.missing) == (0, 2)
    assert names(wiring.settings, catalogue) == ["", ""]


def test_a_backup_from_before_names_were_sealed_brings_no_erased_name_back(
    wiring, people, tmp_path, catalogue
):
    settings = wiring.settings
    wiring.close()
    owner = migrate.make_owner_engine(settings)
    sealed = next(iter(migrate.SEALED))
    migrate.downgrade(owner, f"{int(sealed) - 1:04d}")
    old = back_up(wiring, tmp_path / "old")
    assert old.note.keys == 0
    migrate.upgrade(owner)
    owner.dispose()
    forget(wiring, people[1])
    back_up(wiring, tmp_path / "new")
    done = put_back(wiring, old)
    assert (done.needs_upgrade, done.filled.erased) == (True, 1)
    owner = migrate.make_owner_engine(settings)
    migrate.upgrade(owner)
    owner.dispose()
    assert names(settings, catalogue) == ["Anna Alfa", ""]


def test_the_doctor_names_lost_keys_keys_among_backups_and_copies_with_old_keys(
    wiring, people, tmp_path
):
    if not wiring.settings.on_sqlite:
        return  # the same code for both
    folder = tmp_path / "backups"
    folder.mkdir()
    back_up(wiring, folder / "one.sqlite3")
    settings = wiring.settings

    def told(settings):
        found = examine(settings, {}, wiring.clock())
        return {(one.level, Path(one.where).name) for one in found if "client" in one.where}

    assert told(settings) == {(Level.FINE, "client-keys.json")}
    among = replace(settings, client_keys=folder / "client-keys.json")
    assert told(among) == {(Level.UNSAFE, "client-keys.json")}
    keys_path(settings).rename(among.client_keys)
    assert told(among) == {(Level.WARNING, "client-keys.json")}
    assert list_copies(settings) == []
    with closing(sqlite3.connect(tmp_path / "evalplat.sqlite3.before-upgrade-from-0013")):
        pass
    assert len(list_copies(settings)) == 1
    assert any(
        one.where.endswith("before-upgrade-from-0013") and one.level is Level.WARNING
        for one in examine(among, {}, wiring.clock())
    )


def test_what_postgresql_dumps_has_the_tables_of_keys_without_their_rows(wiring, people, tmp_path):
    if wiring.settings.on_sqlite:
        return
    made = back_up(wiring, tmp_path / "one")
    assert backups_postgresql.read_dump(made.path).rows["client_keys"] == 0
    with psycopg.connect(
        make_url(wiring.settings.owner_url)
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    ) as connection:
        connection.execute("SET evalplat.scope = 'all'")
        assert connection.execute("SELECT count(*) FROM client_keys").fetchone() == (2,)
