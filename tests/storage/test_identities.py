"""Who clients are: sealed under each client's own key, found again, put in order, and erased for good."""

from datetime import date

import pytest
from builders import SYSTEM, make_actor, make_episode
from sqlalchemy import func, select, text, update

from evalplat.errors import Conflict
from evalplat.storage import client_keys, contacts, identities
from evalplat.storage.keyring import Keyring, SealBroken
from evalplat.storage.tables import Client, ClientIdentity, ClientKey, ClientMark
from evalplat.vocabulary import Channel, Role

CODE = "131052-308T"
NONE = {"channel": Channel.NONE, "opted_out_at": None, "paused_until": None}


def key_of(session, made):
    return session.scalar(select(Client.id).where(Client.public_id == made.episode.client_id))


@pytest.fixture
def people(wiring):
    """Three clients of provider A, whose names begin beyond z, within it and before it, and one of provider B."""
    names = ("Örn Östman", "Zelda Åberg", "Aino Mäkinen")
    made = [make_episode(wiring, name=name) for name in names]
    return [*made, make_episode(wiring, provider="Provider B", name="Aino Muualla")]


def test_names_are_put_in_order_and_found_by_any_of_their_words_within_reach(wiring, people):
    with wiring.reading(people[0].worker) as session:
        assert [name for _, name in identities.list_names(session)] == [
            *("Aino Mäkinen", "Zelda Åberg", "Örn Östman")
        ]
        aino = key_of(session, people[2])
        for search in ("aino", "MÄKI", "kinen ai", "Aino Mäkinen"):
            assert identities.find_by_words(session, search) == [aino]
        assert identities.find_by_words(session, "muualla") == []
        assert identities.find_by_name(session, " aino  mäkinen", 1980) == [aino]
        assert identities.find_by_name(session, "Aino Mäkinen", 1981) == []
    with wiring.reading(make_actor(wiring, Role.ANALYST)) as session:
        assert identities.list_names(session) == []


def test_an_exact_code_address_or_number_is_found_within_reach_and_part_of_it_is_not(
    wiring, people
):
    with wiring.transaction(people[0].worker) as session:
        client = key_of(session, people[0])
        values = {**NONE, "changed_at": wiring.clock()}
        contacts.put(session, client, "Orn.Ostman@example.fi", "+358401234567", values)
    with wiring.transaction(SYSTEM) as session:
        identities.put_code(session, client, CODE)
    with wiring.reading(people[1].worker) as session:
        assert identities.find_by_mark(session, "email", "orn.ostman@EXAMPLE.fi") == [client]
        assert identities.find_by_mark(session, "phone", "+358401234567") == [client]
        assert identities.find_by_mark(session, "code", CODE) == [client]
        assert identities.find_by_mark(session, "phone", "+35840123456") == []
        assert identities.find_by_mark(session, "phone", CODE) == []
        assert contacts.lock(session, client, wait=False).email == "Orn.Ostman@example.fi"
    with wiring.reading(people[3].worker) as session:
        assert identities.find_by_mark(session, "code", CODE) == []
    with wiring.transaction(people[0].worker) as session:
        contacts.put(session, client, "", "", values)
        assert identities.find_by_mark(session, "phone", "+358401234567") == []


def test_a_person_is_erased_and_what_was_measured_stays(wiring, people):
    made = people[0]
    with wiring.transaction(SYSTEM) as session:
        client = key_of(session, made)
        identities.put_code(session, client, CODE)
        values = {**NONE, "channel": Channel.SMS, "changed_at": wiring.clock()}
        contacts.put(session, client, "", "+358401234567", values)
        sealed = session.scalar(
            select(ClientIdentity.sealed_name).where(ClientIdentity.client_id == client)
        )
        for _ in range(2):
            identities.forget(session, client, wiring.clock())
    with wiring.transaction(made.worker) as session:
        assert identities.read_names(session, [client]) == {client: ""}
        assert [name for _, name in identities.list_names(session)] == [
            *("Aino Mäkinen", "Zelda Åberg", "")
        ]
        assert identities.find_by_words(session, "örn") == []
        assert identities.find_by_mark(session, "code", CODE) == []
        assert client_keys.list_erased(session, [client, key_of(session, people[1])]) == {client}
        kept = contacts.lock(session, client, wait=False)
        assert (kept.phone, kept.channel) == ("", Channel.NONE)
        place = f"client_identities.name.{client}"
        assert client_keys.open_text(session, client, place, sealed) == ""
        with pytest.raises(Conflict, match="erased"):
            contacts.put(session, client, "new@example.fi", "", values)
    with wiring.reading(SYSTEM) as session:
        gone = session.get(ClientKey, client)
        assert (gone.wrapped, gone.erased_at) == (None, wiring.clock())
        assert session.scalar(select(func.count()).select_from(Client)) == 4
        assert session.scalar(select(func.count()).where(ClientMark.client_id == client)) == 0


def test_a_name_that_was_moved_to_another_client_does_not_open(wiring, people):
    with wiring.transaction(SYSTEM) as session:
        one, two = key_of(session, people[0]), key_of(session, people[1])
        moved = select(ClientIdentity.sealed_name).where(ClientIdentity.client_id == one)
        stolen = select(ClientKey.wrapped).where(ClientKey.client_id == one)
        change = update(ClientIdentity).where(ClientIdentity.client_id == two)
        session.execute(change.values(sealed_name=moved.scalar_subquery()))
    with wiring.reading(SYSTEM) as session, pytest.raises(SealBroken):
        identities.read_names(session, [two])
    with wiring.transaction(SYSTEM) as session:  # nor with the other's key beside it
        change = update(ClientKey).where(ClientKey.client_id == two)
        session.execute(change.values(wrapped=stolen.scalar_subquery()))
    with wiring.reading(SYSTEM) as session, pytest.raises(SealBroken):
        identities.read_names(session, [two])


def test_without_the_master_key_no_name_is_read(wiring, people):
    from dataclasses import replace

    stranger = replace(wiring, keyring=Keyring(["another master key of 32 characters"]))
    with stranger.reading(people[0].worker) as session, pytest.raises(SealBroken):
        identities.list_names(session)


def test_a_code_is_given_to_one_client_only_even_where_two_are_stored_at_once(wiring, people):
    with wiring.transaction(SYSTEM) as session:
        one, two = key_of(session, people[0]), key_of(session, people[1])
        identities.put_code(session, one, CODE)
        with pytest.raises(Exception, match=r"(?i)unique"):
            identities.put_code(session, two, CODE)


def test_names_of_many_clients_are_one_statement(wiring, people, statements):
    with wiring.reading(people[0].worker) as session:
        clients = [key_of(session, made) for made in people[:3]]
        statements.clear()
        assert len(identities.read_names(session, clients)) == 3
        assert len(statements) == 1
        assert identities.read_code(session, clients[0]) == ""
        assert len(statements) == 2  # the key is held


@pytest.fixture
def statements(wiring):
    from sqlalchemy import event

    sent = []

    def note(_conn, _cursor, statement, *_rest):
        sent.append(statement)

    event.listen(wiring.engine, "before_cursor_execute", note)
    return sent


def test_nothing_readable_of_a_person_stands_in_a_row(wiring, people):
    with wiring.transaction(SYSTEM) as session:
        client = key_of(session, people[0])
        identities.put_code(session, client, CODE)
        values = {**NONE, "changed_at": wiring.clock()}
        contacts.put(session, client, "orn@example.fi", "+358401234567", values)
    with wiring.reading(SYSTEM) as session:
        for table in ("client_identities", "client_contacts", "client_keys", "client_marks"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()
            assert rows
            told = b" ".join(
                bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                for row in rows
                for value in row
            )
            for word in (
                "Örn",
                "Östman",
                CODE,
                "orn@",
                "40123",
                date.today().isoformat()[:3] + "x",
            ):
                assert word.encode() not in told
