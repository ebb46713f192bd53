"""Sealing what stood in the clear: nobody's name is lost on the way, and no plain word is left in the files."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import SYSTEM, make_episode, make_everything
from databases import settings_for
from sqlalchemy import select, text

from evalplat.errors import NotConfigured
from evalplat.storage import contacts, identities, migrate
from evalplat.storage.tables import Client
from evalplat.vocabulary import Channel
from evalplat.wiring import build_wiring

NAME, EMAIL, PHONE = "Zyxilda Qvarnström", "zyxilda.q@example.fi", "+358409988776"
BEFORE = f"{int(next(iter(migrate.SEALED))) - 1:04d}"
"""The last revision that kept names in the clear."""


@pytest.fixture
def owner(database):
    engine = migrate.make_owner_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def before(wiring, owner):
    """A database of the revision that knew names in the clear, with an unmistakable person and one who was erased."""
    make_everything(wiring)
    made = make_episode(wiring, name=NAME)
    gone = make_episode(wiring, name="Erik Erased")
    with wiring.transaction(SYSTEM) as session:
        keys = dict(session.execute(select(Client.public_id, Client.id)).all())
        client = keys[made.episode.client_id]
        values = {"channel": Channel.NONE, "opted_out_at": None, "paused_until": None}
        contacts.put(session, client, EMAIL, PHONE, {**values, "changed_at": wiring.clock()})
        identities.forget(session, keys[gone.episode.client_id], wiring.clock())
    wiring.engine.dispose()
    migrate.downgrade(owner, BEFORE)
    return client


def read(owner, query):
    with owner.connect() as connection:
        if owner.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('evalplat.scope', 'all', true)"))
        return sorted(map(tuple, connection.execute(text(query))))


def test_names_and_addresses_come_down_and_go_up_again(before, owner, database, catalogue):
    names = read(owner, "SELECT name, folded_name FROM client_identities")
    assert names == [("", ""), ("Testi", "testi"), (NAME, NAME.casefold())]
    assert (EMAIL, PHONE) in read(owner, "SELECT email, phone FROM client_contacts")
    migrate.upgrade(owner)
    assert migrate.find_differences(owner) == []
    wiring = build_wiring(database, catalogue=catalogue)
    with wiring.reading(SYSTEM) as session:
        assert identities.read_names(session, [before]) == {before: NAME}
        assert identities.find_by_mark(session, "email", EMAIL) == [before]
        assert identities.find_by_mark(session, "phone", PHONE) == [before]
        kept = contacts.lock(session, before, wait=False)
        assert (kept.email, kept.phone) == (EMAIL, PHONE)
        assert len(identities.list_names(session)) == 3
    wiring.engine.dispose()


def test_without_the_master_key_nothing_is_changed_and_it_is_said_what_is_missing(
    before, owner, database
):
    bare = migrate.make_owner_engine(replace(database, master_keys=()))
    with pytest.raises(NotConfigured, match="EVALPLAT_MASTER_KEY"):
        migrate.upgrade(bare)
    bare.dispose()
    assert migrate.current_revision(owner) == BEFORE
    assert NAME in str(read(owner, "SELECT name FROM client_identities"))


def test_a_database_without_clients_is_made_without_the_master_key(kind, tmp_path):
    if kind == "sqlite":
        bare = replace(settings_for(f"sqlite:///{tmp_path / 'new.sqlite3'}"), master_keys=())
        engine = migrate.make_owner_engine(bare)
        migrate.upgrade(engine)
        assert migrate.current_revision(engine) == migrate.head_revision()
        engine.dispose()


def test_no_plain_word_is_left_in_the_files_of_the_database(before, owner, database, tmp_path):
    assert all(words_in(bytes_of(owner, database)))  # the control: before, all are found
    migrate.upgrade(owner)
    assert not any(words_in(bytes_of(owner, database)))
    if database.on_sqlite:  # where they still are is said, see `evalplat db upgrade` and the doctor
        (copy,) = tmp_path.glob("*.before-upgrade-from-*")
        assert all(words_in(copy.read_bytes()))


def words_in(content):
    return [word.encode() in content for word in (NAME, EMAIL, PHONE)]


def bytes_of(owner, database):
    """SQLite: the file and what is beside it; PostgreSQL: the pages of the tables that held names."""
    if database.on_sqlite:
        path = Path(owner.url.database)
        files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
        return b"".join(file.read_bytes() for file in files if file.exists())
    found = b""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("client_identities", "client_contacts"):
            pages = text(
                "SELECT pg_read_binary_file(current_setting('data_directory') || '/' ||"
                " pg_relation_filepath(:name))"
            )
            connection.execute(text("CHECKPOINT"))
            found += bytes(connection.execute(pages, {"name": table}).scalar_one())
    return found
