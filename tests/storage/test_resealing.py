"""A new master key: everything is sealed again, a few rows at a time, and it is told what needs which key."""

from dataclasses import replace

import pytest
from builders import SYSTEM, make_episode
from keys import MASTER_KEY
from sqlalchemy import LargeBinary, select, update

from evalplat.services.master_keys import list_master_keys, seal_again
from evalplat.storage import contacts, identities, resealing
from evalplat.storage.base import Base
from evalplat.storage.keyring import Keyring, SealBroken
from evalplat.storage.seals import SEALED
from evalplat.storage.tables import Client, ClientKey
from evalplat.storage.word_columns import Worded
from evalplat.vocabulary import Channel

NEW_KEY = "the master key that comes after it, 0123456789"
CODE, EMAIL = "131052-308T", "aino@example.fi"
OLD, NEW = Keyring([MASTER_KEY]).current, Keyring([NEW_KEY]).current


@pytest.fixture
def people(wiring):
    made = [make_episode(wiring, name=name) for name in ("Aino Alku", "Berta Keski", "Ceri Loppu")]
    with wiring.transaction(SYSTEM) as session:
        keys = dict(session.execute(select(Client.public_id, Client.id)).all())
        clients = [keys[one.episode.client_id] for one in made]
        identities.put_code(session, clients[0], CODE)
        values = {"channel": Channel.NONE, "opted_out_at": None, "paused_until": None}
        contacts.put(session, clients[0], EMAIL, "", {**values, "changed_at": wiring.clock()})
        identities.forget(session, clients[2], wiring.clock())
    return clients


def rotated(wiring):
    return replace(wiring, keyring=Keyring([NEW_KEY, MASTER_KEY]))


def states(wiring):
    with wiring.reading(SYSTEM) as session:
        return {key.name: key for key in list_master_keys(session, SYSTEM)}


def test_everything_is_sealed_again_and_reads_as_before_without_the_earlier_key(wiring, people):
    both = rotated(wiring)
    before = states(both)
    assert before[OLD].at_hand and not before[OLD].in_use and before[NEW].in_use
    assert sum(before[OLD].to_seal_again.values()) == 4  # two keys, a code, an address
    with both.reading(SYSTEM) as session:  # while it is not done, everything is read and found
        assert identities.find_by_mark(session, "code", CODE) == [people[0]]
    counts = []
    while not counts or counts[-1]:
        with both.transaction(SYSTEM) as session:
            counts.append(seal_again(session, SYSTEM, most=3))
    assert counts == [3, 1, 0]
    after = states(both)
    assert after[OLD].to_seal_again == {}
    assert after[OLD].is_needed  # lines of the access log are verified with it
    alone = replace(wiring, keyring=Keyring([NEW_KEY]))
    with alone.reading(SYSTEM) as session:
        names = identities.read_names(session, people)
        assert [names[client] for client in people] == ["Aino Alku", "Berta Keski", ""]
        assert identities.find_by_mark(session, "code", CODE) == [people[0]]
        assert identities.find_by_mark(session, "email", EMAIL) == [people[0]]
        assert identities.read_code(session, people[0]) == CODE


def test_a_rotation_that_was_cut_short_goes_on_where_it_stopped(wiring, people):
    both = rotated(wiring)
    with both.transaction(SYSTEM) as session:
        assert seal_again(session, SYSTEM, most=1) == 1
    with pytest.raises(ZeroDivisionError), both.transaction(SYSTEM) as session:
        seal_again(session, SYSTEM, most=1)
        raise ZeroDivisionError
    assert sum(states(both)[OLD].to_seal_again.values()) == 3
    with both.transaction(SYSTEM) as session:
        assert seal_again(session, SYSTEM) == 3
        assert seal_again(session, SYSTEM) == 0


def test_an_erased_person_is_not_brought_back_by_sealing_again(wiring, people):
    both = rotated(wiring)
    with both.transaction(SYSTEM) as session:
        identities.forget(session, people[0], both.clock())
        seal_again(session, SYSTEM)
        assert session.get(ClientKey, people[0]).wrapped is None
        assert identities.read_names(session, people[:1]) == {people[0]: ""}


def test_a_key_that_is_missing_is_named(wiring, people):
    alone = replace(wiring, keyring=Keyring([NEW_KEY]))
    found = states(alone)
    assert (found[OLD].at_hand, found[OLD].is_needed) == (False, True)
    with pytest.raises(SealBroken), alone.transaction(SYSTEM) as session:
        seal_again(session, SYSTEM)


def test_every_table_that_names_a_master_key_is_counted(wiring, people):
    """A sealed column that no kind knows would be lost with the earlier key."""
    known = {"client_keys", "client_marks", "audit_entries", "audit_heads", "authenticator_apps"}
    known |= {model.__tablename__ for model in SEALED}
    worded = {
        mapper.local_table.name
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Worded)
    }
    of_clients = {"client_identities", "client_contacts"} | worded  # under clients' own keys
    plain = {"pair_moments", "staff_sessions", "security_keys"}
    binary = {
        table.name
        for table in Base.metadata.sorted_tables
        if any(isinstance(column.type, LargeBinary) for column in table.columns)
    }
    assert binary == known | of_clients | plain
    with wiring.transaction(SYSTEM) as session:
        session.execute(update(ClientKey).values(master="12345678"))
        assert resealing.count_needs(session)["12345678"]
