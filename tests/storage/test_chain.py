"""The access log is one unbroken chain whoever writes at once, and what is done to it past the program is named."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import SYSTEM, make_actor, make_episode, make_everything
from databases import Clock
from keys import MASTER_KEY
from sqlalchemy import func, select, text

from evalplat.services.actors import Actor
from evalplat.storage import audit, migrate
from evalplat.storage.chain import COUNTY, EARLIER, Signer, canonical
from evalplat.storage.chain_check import BreakKind, check_chains
from evalplat.storage.keyring import Keyring
from evalplat.storage.tables import AuditEntry, AuditHead
from evalplat.vocabulary import Role
from evalplat.wiring import read_clock

NEW_KEY = "tR8wQm2Zx6Yb4Kd9Lf1Hc3Vn7Js5Gp0A="
DAY = date(2026, 11, 24)
TODAY = (COUNTY, DAY.isoformat())
PLACE = "chain = 'county' AND chain_day = '2026-11-24' AND position = {}"
BETWEEN = "chain = 'county' AND position BETWEEN {} AND {}"


def write(wiring, count=1, actor=SYSTEM, note="line"):
    """Lines of the log, each in a transaction of its own."""
    for number in range(count):
        with wiring.transaction(actor) as session:
            audit.record(session, "test", "test", f"{note} {number}", [f"client {number}"])


def check(wiring, keyring=None, anchors=None, **rest):
    with wiring.reading(SYSTEM) as session:
        return check_chains(session, keyring or wiring.keyring, anchors or {}, **rest)


def breaks(wiring, **rest):
    return [
        (one.kind.value, one.chain, one.day, one.position, one.until)
        for one in check(wiring, **rest)[0]
    ]


def length(wiring, chain=COUNTY):
    with wiring.reading(SYSTEM) as session:
        query = select(AuditHead.position).where(AuditHead.chain == chain, AuditHead.day == DAY)
        return session.scalar(query)


@contextmanager
def past_the_program(wiring):
    """A connection of somebody who owns the tables and has put their triggers aside."""
    engine = migrate.make_owner_engine(wiring.settings)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for change in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_entries_no_{change}"))
        else:
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        yield connection
    engine.dispose()


def tamper(wiring, *statements):
    with past_the_program(wiring) as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement


def test_everything_that_is_done_stands_in_unbroken_chains_of_its_provider_and_the_county(wiring):
    made = make_everything(wiring)
    found, count = check(wiring)
    assert found == []
    with wiring.reading(SYSTEM) as session:
        assert count.lines == session.scalar(select(func.count(AuditEntry.id)))
        chains = set(session.scalars(select(AuditEntry.chain)))
        of_client = set(
            session.scalars(select(AuditEntry.chain).where(AuditEntry.role == "client"))
        )
        own = select(AuditEntry.chain).where(AuditEntry.provider_id == made.worker.provider_id)
        assert set(session.scalars(own)) == {made.worker.provider_id}
    assert chains == {COUNTY, made.worker.provider_id}
    assert of_client <= {made.worker.provider_id}
    assert count.chains == 2


@pytest.mark.parametrize(
    "change",
    [
        "purpose = 'another'",
        "client_ids = '[\"client 9\"]'",
        "client_ids = '[ \"client 4\"]'",
        "account_id = 'somebody'",
        "at = '2026-11-24 10:00:00.000001'",
        "action = 'tess'",
    ],
)
def test_a_changed_line_is_named(wiring, change):
    write(wiring, 12)
    end = length(wiring)
    tamper(wiring, f"UPDATE audit_entries SET {change} WHERE " + PLACE.format(end - 4))
    assert breaks(wiring) == [("changed", *TODAY, end - 4, None)]


def test_a_broken_byte_in_a_line_is_named_and_ends_nothing(wiring, database):
    write(wiring, 3)
    if not database.on_sqlite:
        return  # PostgreSQL stores no broken text
    broken = "UPDATE audit_entries SET action = CAST(x'74ff73' AS TEXT) WHERE "
    tamper(wiring, broken + PLACE.format(2))
    assert breaks(wiring) == [("changed", *TODAY, 2, None)]
    tamper(wiring, "UPDATE audit_entries SET at = 'never' WHERE " + PLACE.format(1))
    assert breaks(wiring) == [("changed", *TODAY, 1, None)]


def test_a_removed_line_is_named(wiring):
    write(wiring, 12)
    end = length(wiring)
    tamper(wiring, "DELETE FROM audit_entries WHERE " + BETWEEN.format(end - 5, end - 4))
    assert breaks(wiring) == [("removed", *TODAY, end - 5, end - 4)]


def test_lines_that_changed_places_are_named(wiring):
    write(wiring, 12)
    end = length(wiring)
    two = BETWEEN.format(end - 4, end - 3)
    swap = f"UPDATE audit_entries SET position = {2 * end - 7} - position WHERE {two}"
    tamper(wiring, swap)
    assert breaks(wiring) == [("reordered", *TODAY, end - 4, end - 3)]
    tamper(wiring, swap)
    assert breaks(wiring) == []
    with past_the_program(wiring) as connection:
        ids = text(f"SELECT id FROM audit_entries WHERE {two} ORDER BY id")
        first, second = connection.execute(ids).scalars()
        for old, new in ((first, 10**6), (second, first), (10**6, second)):
            connection.execute(text(f"UPDATE audit_entries SET id = {new} WHERE id = {old}"))
    assert breaks(wiring) == [("reordered", *TODAY, end - 3, end - 3)]


def test_a_cut_tail_is_named_also_when_the_head_was_set_back(wiring):
    write(wiring, 12)
    end = length(wiring)
    tamper(wiring, f"DELETE FROM audit_entries WHERE chain = 'county' AND position > {end - 3}")
    assert breaks(wiring) == [("cut", *TODAY, end - 2, end)]
    last = "(SELECT mac FROM audit_entries WHERE " + PLACE.format(end - 3) + ")"
    tamper(
        wiring,
        f"UPDATE audit_heads SET position = {end - 3}, mac = {last} WHERE chain = 'county' AND day = '2026-11-24'",
    )
    assert breaks(wiring) == [("head", *TODAY, end - 3, None)]


def test_work_goes_on_behind_a_changed_head_and_the_place_stays_marked(wiring):
    write(wiring, 12)
    end = length(wiring)
    tamper(
        wiring,
        f"DELETE FROM audit_entries WHERE chain = 'county' AND position > {end - 3}",
        f"UPDATE audit_heads SET position = {end - 3} WHERE chain = 'county'",
    )
    write(wiring, 5)
    assert length(wiring) == end + 2
    assert breaks(wiring) == [("anew", *TODAY, end - 2, None)]
    tamper(wiring, "DELETE FROM audit_heads WHERE chain = 'county'")
    write(wiring, 1)
    assert breaks(wiring) == [("added", *TODAY, 1, None)]


def test_a_whole_day_that_was_removed_is_named_by_its_head_and_without_it_by_the_head_outside(
    wiring,
):
    yesterday = replace(wiring, clock=Clock(wiring.clock() - timedelta(days=1)))
    write(yesterday, 4)
    write(wiring, 2)
    with wiring.reading(SYSTEM) as session:
        query = select(AuditHead.position, AuditHead.mac).where(AuditHead.day == date(2026, 11, 23))
        anchor = {head.position: head.mac for head in session.execute(query)}
    key = (COUNTY, "2026-11-23")
    assert breaks(wiring, anchors={key: anchor}) == []
    tamper(wiring, "DELETE FROM audit_entries WHERE chain_day = '2026-11-23'")
    assert breaks(wiring) == [("cut", *key, 1, 4)]
    tamper(wiring, "DELETE FROM audit_heads WHERE day = '2026-11-23'")
    assert breaks(wiring) == []  # what only the head outside the database can tell
    assert breaks(wiring, anchors={key: anchor}) == [("cut", *key, 1, 4)]
    write(yesterday, 5, note="another")
    assert breaks(wiring, anchors={key: anchor}) == [("anchor", *key, 4, None)]
    assert breaks(wiring, anchors={key: anchor}, first=DAY) == []


@pytest.mark.parametrize("chain", ["NULL", "'county'"])
def test_a_line_that_was_added_by_hand_is_named(wiring, chain):
    write(wiring, 3)
    end = length(wiring)
    day, position = ("NULL", "NULL") if chain == "NULL" else ("'2026-11-24'", str(end + 1))
    tamper(
        wiring,
        "INSERT INTO audit_entries (at, role, purpose, action, object_kind, object_id, client_ids, chain, chain_day,"
        f" position) VALUES ('2026-11-24 10:00:00', 'system', 'x', 'x', 'x', 'x', '[]', {chain}, {day}, {position})",
    )
    place = (None, None, None) if chain == "NULL" else (*TODAY, end + 1)
    assert breaks(wiring) == [("added", *place, None)]


def test_a_copied_line_is_named(wiring):
    write(wiring, 5)
    names = ", ".join(c.name for c in AuditEntry.__table__.columns if c.name != "id")
    copy = f"INSERT INTO audit_entries ({names}) SELECT {names} FROM audit_entries WHERE "
    tamper(wiring, copy + PLACE.format(3))
    assert breaks(wiring) == [("added", *TODAY, 3, None)]


def test_another_key_believes_nothing_and_a_missing_one_is_told_apart(wiring):
    write(wiring, 3)
    other = Keyring([NEW_KEY])
    assert {kind for kind, *_ in breaks(wiring, keyring=other)} == {"no_key"}
    guessed = Keyring([NEW_KEY])
    guessed._masters = {wiring.keyring.current: NEW_KEY.encode()}
    assert {kind for kind, *_ in breaks(wiring, keyring=guessed)} == {"changed"}


def test_a_change_of_the_master_key_in_the_middle_of_a_chain_breaks_nothing(wiring):
    write(wiring, 3)
    rotated = replace(wiring, keyring=Keyring([NEW_KEY, MASTER_KEY]))
    write(rotated, 3)
    assert breaks(rotated) == []
    with rotated.reading(SYSTEM) as session:
        macs = session.scalars(
            select(AuditEntry.mac).where(AuditEntry.chain == COUNTY).order_by(AuditEntry.id)
        ).all()
    names = [mac[:4].hex() for mac in macs]
    assert names[-4:] == [wiring.keyring.current, *[rotated.keyring.current] * 3]
    alone = Keyring([NEW_KEY])
    assert [kind for kind, *_ in breaks(rotated, keyring=alone)][-1] == "no_key"


def test_writers_at_once_leave_one_unbroken_chain_each(wiring):
    workers = [make_actor(wiring, provider=name) for name in ("Provider A", "Provider B")]
    before = {actor.provider_id: length(wiring, actor.provider_id) or 0 for actor in workers}
    many = [SYSTEM, SYSTEM, *workers, *workers]
    with ThreadPoolExecutor(len(many)) as pool:
        list(pool.map(lambda actor: write(wiring, 25, actor), many))
    assert breaks(wiring) == []
    for actor in workers:
        assert length(wiring, actor.provider_id) == before[actor.provider_id] + 50


def test_checking_while_others_write_raises_no_false_alarm(wiring):
    with ThreadPoolExecutor(2) as pool:
        writing = [pool.submit(write, wiring, 60) for _ in range(2)]
        while not all(one.done() for one in writing):
            assert breaks(wiring) == []


def test_the_first_writers_of_a_day_do_not_cross(wiring):
    tomorrow = replace(wiring, clock=Clock(wiring.clock() + timedelta(days=1)))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write(tomorrow, 1, note=f"first {n}"), range(8)))
    assert breaks(wiring) == []
    with wiring.reading(SYSTEM) as session:
        query = select(AuditHead.position).where(AuditHead.day == date(2026, 11, 25))
        assert session.scalars(query).all() == [8]


@pytest.mark.parametrize(
    "before, after",
    [
        ("2026-11-24T21:59:59Z", "2026-11-24T22:00:00Z"),  # winter: midnight is 22 UTC
        ("2026-06-24T20:59:59Z", "2026-06-24T21:00:00Z"),  # summer: 21 UTC
        ("2026-03-28T21:59:59Z", "2026-03-28T22:00:00Z"),  # into the day of 23 hours
        ("2026-03-29T20:59:59Z", "2026-03-29T21:00:00Z"),  # out of it
        ("2026-10-24T20:59:59Z", "2026-10-24T21:00:00Z"),  # into the day of 25 hours
        ("2026-10-25T21:59:59Z", "2026-10-25T22:00:00Z"),  # out of it
    ],
)
def test_a_day_ends_at_midnight_in_finland(wiring, before, after):
    moments = [datetime.fromisoformat(at) for at in (before, after)]
    for at in moments:
        write(replace(wiring, clock=Clock(at)), 2)
    with wiring.reading(SYSTEM) as session:
        days = set(session.scalars(select(AuditEntry.chain_day).where(AuditEntry.action == "test")))
    assert days == {moments[0].date(), moments[0].date() + timedelta(days=1)}
    assert breaks(wiring) == []


def test_a_clock_that_goes_back_breaks_nothing(wiring):
    write(replace(wiring, clock=Clock(datetime(2031, 1, 1, tzinfo=UTC))), 2)
    write(wiring, 2)
    write(replace(wiring, clock=read_clock), 1)
    assert breaks(wiring) == []


def test_lines_from_before_the_chains_are_sealed_as_they_stand_and_counted(wiring, database):
    make_episode(wiring)
    wiring.engine.dispose()
    owner = migrate.make_owner_engine(database)
    migrate.downgrade(owner, "0009")
    with pytest.raises(Exception, match="EVALPLAT_MASTER_KEY"):
        migrate.upgrade(owner, keyring=Keyring(()))
    migrate.upgrade(owner, keyring=wiring.keyring)
    owner.dispose()
    write(wiring, 2)
    found, count = check(wiring)
    assert found == []
    assert count.earlier == count.lines - 2 > 10
    tamper(wiring, "UPDATE audit_entries SET role = 'x' WHERE chain = 'earlier' AND position = 3")
    assert [(kind, chain, place) for kind, chain, _, place, _ in breaks(wiring)] == [
        (BreakKind.CHANGED, EARLIER, 3)
    ]


def test_no_two_contents_have_the_same_bytes():
    assert canonical("a", "bc") != canonical("ab", "c")
    assert canonical('a","b') != canonical("a", "b")
    assert canonical(None) != canonical("null") != canonical("")
    assert canonical(1) != canonical("1") != canonical(1.0)
    seal = Signer(Keyring([MASTER_KEY]), "one").sign(b"x")
    assert not Signer(Keyring([MASTER_KEY]), "another").is_signed(b"x", seal)


def test_reading_is_written_into_the_reader_s_own_chain(wiring):
    worker: Actor = make_actor(wiring, Role.PROVIDER_WORKER)
    before = length(wiring, worker.provider_id) or 0
    with wiring.reading(worker) as session:
        audit.record(session, "look", "test", "x")
    assert length(wiring, worker.provider_id) == before + 1
    assert breaks(wiring) == []
