"""The heads of the access log outside the database, and what verifying with them finds."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import SYSTEM, make_actor, make_everything
from databases import at_another_time
from sqlalchemy import text

from evalplat.errors import FileRejected, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.actors import Actor
from evalplat.services.audit_chain import (
    find_chain_state,
    heads_path,
    note_restored,
    verify_access_log,
    write_heads,
)
from evalplat.services.doctor import Level, examine, examine_contents
from evalplat.services.providers import add_provider
from evalplat.storage import migrate
from evalplat.storage.keyring import Keyring
from evalplat.vocabulary import Role
from evalplat.wiring import Wiring

DAY = timedelta(days=1)
YESTERDAY = "2026-11-24"


@pytest.fixture
def place(wiring, tmp_path):
    """An installation whose heads stand in a folder of the test; the rows are a day old."""
    settings = replace(wiring.settings, audit_heads=tmp_path / "elsewhere" / "heads.jsonl")
    make_everything(wiring)
    return at_another_time(replace(wiring, settings=settings), wiring.clock() + DAY)


def write(wiring: Wiring, actor=SYSTEM, **rest):
    with wiring.transaction(actor) as session:
        return write_heads(session, actor, wiring.settings, wiring.clock(), **rest)


def verify(wiring: Wiring, **rest):
    with wiring.reading(SYSTEM) as session:
        return verify_access_log(session, SYSTEM, wiring.settings, **rest)


def places(report):
    return [(one.kind.value, one.day, one.position, one.until) for one in report.breaks]


def act(wiring: Wiring, *names: str) -> None:
    for name in names:
        with wiring.transaction(SYSTEM) as session:
            add_provider(session, SYSTEM, name=name)


def tamper(wiring: Wiring, *statements: str) -> None:
    engine = migrate.make_owner_engine(wiring.settings)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER IF EXISTS audit_entries_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement
    engine.dispose()


def test_heads_of_finished_days_are_written_once_into_a_private_file(place):
    done = write(place)
    assert done.new == done.lines == 2  # the county's and the provider's chain of yesterday
    assert done.path.stat().st_mode & 0o077 == 0
    assert write(place).new == 0
    lines = [json.loads(line) for line in done.path.read_text().splitlines()]
    assert {line["day"] for line in lines} == {YESTERDAY}
    assert [line["number"] for line in lines] == [1, 2]
    assert write(place, today=True).new == 1  # the running day so far: the line about the heads
    assert verify(place).is_whole


def test_writers_of_the_file_at_once_write_nothing_twice(place):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: write(place), range(4)))
    assert write(place).lines == 2
    assert verify(place).is_whole


def test_a_tail_that_was_cut_off_with_its_head_is_found_by_the_head_outside(place):
    write(place)
    assert verify(place).is_whole
    tamper(
        place,
        "DELETE FROM audit_entries WHERE chain = 'county' AND chain_day = '2026-11-24'",
        "DELETE FROM audit_heads WHERE chain = 'county' AND day = '2026-11-24'",
    )
    report = verify(place)
    ((kind, day, first, last),) = places(report)
    assert (kind, day, first) == ("cut", YESTERDAY, 1)
    assert last > 5
    assert report.faults == 1


def test_a_head_that_was_put_back_with_an_earlier_tail_is_found(place):
    """Who has copied a head early can set the chain back to it, and only the file outside knows better."""
    early = migrate.make_owner_engine(place.settings)
    act(place, "One")
    where = "WHERE chain = 'county' AND day = '2026-11-25'"
    with early.connect() as connection:
        query = text(f"SELECT position, mac, seal FROM audit_heads {where}")
        old = connection.execute(query).one()
    act(place, "Two", "Three")
    write(place, today=True)
    lines = where.replace("day", "chain_day")
    tamper(place, f"DELETE FROM audit_entries {lines} AND position > {old[0]}")
    with early.begin() as connection:
        connection.execute(
            text(f"UPDATE audit_heads SET position = :p, mac = :m, seal = :s {where}"),
            {"p": old[0], "m": old[1], "s": old[2]},
        )
    early.dispose()
    assert places(verify(place)) == [("cut", "2026-11-25", old[0] + 1, old[0] + 2)]
    act(place, "Four", "Five", "Six")
    assert places(verify(place)) == [("anchor", "2026-11-25", old[0] + 2, None)]


def test_a_changed_line_of_the_file_is_named_and_nothing_is_added_behind_it(place):
    write(place)
    path = heads_path(place.settings)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[1].replace(YESTERDAY, "2026-11-23"))
    assert "Line 2 is not what was written" in str(verify(place).heads_fault)
    with pytest.raises(FileRejected, match="Line 2"):
        write(place, today=True)
    path.write_text(lines[1])
    assert "Line 1" in str(verify(place).heads_fault)


def test_a_file_that_was_cut_or_taken_away_is_missed_and_not_made_again_by_itself(place):
    write(place)
    path = heads_path(place.settings)
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    assert "ends after line 1" in str(verify(place).heads_fault)
    path.unlink()
    assert "It is missing" in str(verify(place).heads_fault)
    with pytest.raises(FileRejected, match="--begin-anew"):
        write(place)
    assert not path.exists()
    write(place, Actor.system("a new file of heads: the disk broke"), anew=True)
    report = verify(place)
    assert report.is_whole
    assert [why for _, why in report.begun_anew] == ["a new file of heads: the disk broke"]
    with pytest.raises(FileRejected, match="already"):
        write(place, anew=True)


def test_a_line_that_an_interrupted_writer_left_is_taken_away(place):
    write(place)
    path = heads_path(place.settings)
    with path.open("a") as stream:
        stream.write('{"form": 1, "number": 3, "at":')
    assert verify(place).is_whole
    assert write(place, today=True).lines == 3
    assert verify(place).is_whole


def test_after_a_restore_lines_that_the_backup_did_not_have_are_not_missed(place):
    write(place)
    act(place, "One", "Two")
    write(place, today=True)
    tamper(
        place,
        "DELETE FROM audit_entries WHERE chain_day = '2026-11-25'",
        "DELETE FROM audit_heads WHERE day = '2026-11-25'",
    )
    assert [kind for kind, *_ in places(verify(place))] == ["cut"]
    note_restored(place.settings, place.clock() - timedelta(hours=1), place.clock())
    tamper(
        place,
        "DELETE FROM audit_entries WHERE chain_day = '2026-11-25'",
        "DELETE FROM audit_heads WHERE day = '2026-11-25'",
    )
    assert verify(place).is_whole
    tamper(
        place,
        "DELETE FROM audit_entries WHERE chain_day = '2026-11-24'",
        "DELETE FROM audit_heads WHERE day = '2026-11-24'",
    )
    assert {kind for kind, *_ in places(verify(place))} == {"cut"}


def test_nothing_is_said_of_a_restore_where_no_heads_are_kept(place):
    note_restored(place.settings, place.clock(), place.clock())
    assert not heads_path(place.settings).exists()


def test_the_log_keeps_how_the_chains_stood(place):
    with place.reading(SYSTEM) as session:
        assert find_chain_state(session, SYSTEM) is None
    verify(place)
    verify(place, first=place.clock().date())
    with place.reading(SYSTEM) as session:
        state = find_chain_state(session, SYSTEM)
        newest = list_access_log(session, SYSTEM)[0]
    assert newest.action == "verify_access_log_in_part"
    assert (state.verified_at, state.faults) == (place.clock(), 0)
    tamper(
        place,
        "DELETE FROM audit_entries WHERE chain_day = '2026-11-24' AND position = 2 AND chain = 'county'",
    )
    verify(place)
    with place.reading(SYSTEM) as session:
        assert find_chain_state(session, SYSTEM).faults == 1


def test_the_doctor_says_when_heads_are_missing_old_or_changed_and_when_the_chain_is_broken(place):
    def levels(at):
        with place.reading(SYSTEM) as session:
            inside = examine_contents(session, place.catalogue, SYSTEM, at)
        found = [*examine(place.settings, os.environ, at), *inside]
        return {one.where: one.level for one in found}

    at, path = place.clock(), heads_path(place.settings)
    found = levels(at)
    assert found["heads of the access log"] is found["access log"] is Level.WARNING
    write(place)
    verify(place)
    found = levels(at)
    assert found["heads of the access log"] is found["access log"] is Level.FINE
    found = levels(at + timedelta(days=9))
    assert found["heads of the access log"] is found["access log"] is Level.WARNING
    path.chmod(0o644)
    assert levels(at)[str(path)] is Level.UNSAFE
    path.chmod(0o600)
    path.write_text(path.read_text().replace(YESTERDAY, "2026-11-23"))
    assert levels(at)[str(path)] is Level.UNSAFE
    verify(place)
    assert levels(at)["access log"] is Level.UNSAFE


def test_heads_that_need_a_key_that_is_not_at_hand_are_told_apart(place):
    write(place)
    other = Keyring(["tR8wQm2Zx6Yb4Kd9Lf1Hc3Vn7Js5Gp0A="])
    report = verify(replace(place, keyring=other))
    assert {one.kind.value for one in report.breaks} == {"no_key"}
    assert "master key that is not at hand" in str(report.heads_fault)


def test_people_do_not_write_heads_or_verify(place):
    administrator = make_actor(place, Role.ADMINISTRATOR)
    with pytest.raises(Refused), place.reading(administrator) as session:
        verify_access_log(session, administrator, place.settings)
    with pytest.raises(Refused):
        write(place, administrator)
