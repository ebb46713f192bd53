"""The database keeps what it acknowledged: settings, append-only tables, one writer after the other."""

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from builders import SYSTEM, WHODAS_12, make_episode, make_everything, make_sheet
from keys import MASTER_KEYS
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from evalplat.config import Settings
from evalplat.errors import NotConfigured
from evalplat.services.answers import submit_answers
from evalplat.services.providers import add_provider, list_providers
from evalplat.storage import database as databases
from evalplat.storage import ids
from evalplat.storage.database import DatabaseBusy
from evalplat.storage.tables import APPEND_ONLY, AuditEntry, PairMoments, Score, Sheet
from evalplat.vocabulary import MeasurementPoint


def test_an_sqlite_file_is_private_and_keeps_what_it_acknowledged(wiring, database, tmp_path):
    if not database.on_sqlite:
        return
    make_episode(wiring)
    with wiring.engine.connect() as connection:
        raw = connection.connection.driver_connection
        found = {
            pragma: raw.execute(f"PRAGMA {pragma}").fetchone()[0]
            for pragma in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "busy_timeout",
                "trusted_schema",
            )
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "trusted_schema": 0,
    }
    for path in tmp_path.glob("evalplat.sqlite3*"):
        assert path.stat().st_mode & 0o077 == 0, path
    databases.check_engine(wiring.engine)
    (tmp_path / "evalplat.sqlite3").chmod(0o644)
    with pytest.raises(NotConfigured, match="chmod 600"):
        databases.check_engine(wiring.engine)


def test_a_postgresql_login_that_could_pass_the_policies_is_refused(wiring, database):
    if database.on_sqlite:
        return
    databases.check_engine(wiring.engine, strict=False)
    with pytest.raises(NotConfigured, match="row-level policies"):
        databases.check_engine(wiring.engine, strict=True)
    with wiring.engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == "evalplat_app"
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "30s"
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "10s"


def test_a_postgresql_login_without_the_application_s_role_is_told_what_to_grant(database):
    if database.on_sqlite:
        return
    url = make_url(database.database_url)
    with psycopg.connect(
        url.set(drivername="postgresql").render_as_string(False), autocommit=True
    ) as connection:
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN")
    stranger = url.set(username="stranger").render_as_string(False)
    engine = databases.make_engine(Settings(stranger, stranger))
    with pytest.raises(NotConfigured, match="GRANT evalplat_app TO stranger"):
        databases.check_engine(engine)
    engine.dispose()


def test_postgresql_that_answers_before_it_has_written_is_refused(wiring, database):
    if database.on_sqlite:
        return
    with wiring.engine.connect() as connection:
        connection.execute(text("SET SESSION synchronous_commit = off"))
        connection.commit()
        with pytest.raises(NotConfigured, match="synchronous_commit"):
            faults = databases._faults_of_postgresql(connection, False)
            raise NotConfigured(faults[0].message, faults)


@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {}"])
def test_what_was_written_is_never_changed_or_deleted(wiring, change):
    make_everything(wiring)
    columns = {"audit_entries": "role = ''", "goals": "importance = 1", "scores": "reason = ''"}
    columns |= {"reminder_events": "detail = ''", "alert_notes": "scale = ''"}
    columns |= {"client_plans": "made_by = ''", "plan_goals": "planned_by = ''"}
    columns |= {"feedback_sheets": "answers = ''", "provider_comments": "body = ''"}
    columns |= {"feedback_decisions": "item = ''"}
    columns |= {"episode_events": "done_by = ''", "sheet_notes": "noted_by = ''"}
    columns |= {"client_acts": "done_by = ''", "fact_revisions": "later = ''"}
    columns |= {"used_definitions": "digest = ''", "official_wordings": "holder = ''"}
    columns |= {"published_instruments": "digest = ''", "instrument_offers": "version = ''"}
    for table in APPEND_ONLY:
        if table == "set_aside_sheets":
            continue  # empty here; a row trigger needs a row
        column = columns.get(table, "measured_on = NULL" if table == "sheets" else "level = 0")
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            wiring.transaction(SYSTEM) as session,
        ):
            session.execute(text(change.format(table, column)))


def test_nothing_is_left_of_a_transaction_that_raises(wiring):
    with wiring.reading(SYSTEM) as session:
        before = session.scalar(select(func.count()).select_from(AuditEntry))
    with pytest.raises(RuntimeError), wiring.transaction(SYSTEM) as session:
        add_provider(session, SYSTEM, name="Half-written")
        raise RuntimeError("the power went")
    with wiring.reading(SYSTEM) as session:
        assert "Half-written" not in {p.name for p in list_providers(session, SYSTEM)}
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_one_key_sent_eight_times_at_once_is_one_sheet(wiring):
    made = make_episode(wiring)
    planned = made.administration()

    def send(_):
        with wiring.transaction(made.worker) as session:
            return submit_answers(
                session,
                wiring.catalogue,
                made.worker,
                administration_id=planned.id,
                raw=WHODAS_12,
                idempotency_key="the same key",
                measured_on=made.episode.opened_on,
                at=wiring.clock(),
            )

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(send, range(8)))
    assert sorted(receipt.repeated for receipt in receipts) == [False] + [True] * 7
    scores = {tuple(sorted(receipt.scores, key=lambda s: s.scale)) for receipt in receipts}
    assert len(scores) == 1
    with wiring.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Sheet)) == 1
        assert session.scalar(select(func.count()).select_from(Score)) == 3


def test_baseline_and_end_sent_at_once_are_counted_as_one_pair(wiring):
    for _ in range(4):
        made = make_episode(wiring)
        with ThreadPoolExecutor(2) as pool:
            points = (MeasurementPoint.BASELINE, MeasurementPoint.END)
            list(pool.map(lambda point, m=made: make_sheet(wiring, m, point=point), points))
    with wiring.reading(SYSTEM) as session:
        assert set(session.scalars(select(PairMoments.n))) == {4}


WRITER = """
    import sys
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.services.actors import Actor
    from evalplat.services.providers import add_provider, list_providers
    from evalplat.config import Settings
    from evalplat.wiring import build_wiring
    url, name, *keys = sys.argv[1:]
    wiring = build_wiring(Settings(url, url, master_keys=tuple(keys)), catalogue=Catalogue(None, {}))
    actor = Actor.system("writer")
    for n in range(25):
        with wiring.transaction(actor) as session:
            before = len(list_providers(session, actor))
            add_provider(session, actor, name=f"{name} {n} after {before}")
    wiring.engine.dispose()
"""


def test_four_processes_that_read_and_then_write_are_never_locked_out(wiring, database):
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(WRITER), database.database_url]
    writers = [
        subprocess.Popen([*command, f"writer {n}", *MASTER_KEYS], stderr=subprocess.PIPE)
        for n in range(4)
    ]
    errors = [writer.communicate()[1].decode() for writer in writers]
    assert errors == [""] * 4
    with wiring.reading(SYSTEM) as session:
        assert len(list_providers(session, SYSTEM)) == 102


def test_a_deadlock_is_tried_once_more_and_a_second_one_is_raised(wiring):
    class Deadlock(Exception):
        sqlstate = "40P01"

    calls = []

    def work(session):
        calls.append(session)
        if len(calls) < failures + 1:
            raise OperationalError("statement", {}, Deadlock())
        return "done"

    failures = 1
    assert wiring.run(SYSTEM, work) == "done"
    assert len(calls) == 2
    calls.clear()
    failures = 2
    with pytest.raises(DatabaseBusy) as raised:
        wiring.run(SYSTEM, work)
    assert isinstance(raised.value.__cause__, OperationalError)
    assert len(calls) == 2


def test_a_database_lost_in_the_middle_of_a_session_is_a_calm_error_and_writes_nothing(wiring):
    with pytest.raises(DatabaseBusy), wiring.transaction(SYSTEM) as session:
        add_provider(session, SYSTEM, name="Half way")
        raise OperationalError("statement", {}, Exception("server closed the connection"))
    with wiring.reading(SYSTEM) as session:
        assert "Half way" not in {p.name for p in list_providers(session, SYSTEM)}


def test_a_database_that_is_lost_only_when_the_session_ends_is_a_calm_error_too(wiring, database):
    if database.on_sqlite:
        return
    plain = make_url(database.database_url).set(drivername="postgresql")
    with pytest.raises(DatabaseBusy), wiring.reading(SYSTEM) as session:
        pid = session.connection().scalar(select(func.pg_backend_pid()))
        with psycopg.connect(plain.render_as_string(False)) as another:
            another.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_database_that_does_not_answer_is_a_calm_error_and_no_defect():
    from evalplat.errors import Unavailable
    from evalplat.services.actors import Actor
    from evalplat.services.providers import list_providers
    from evalplat.wiring import build_wiring

    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    wiring = build_wiring(Settings(database_url=nowhere, owner_url=nowhere))
    actor = Actor.system("test")
    with pytest.raises(Unavailable), wiring.reading(actor) as session:
        list_providers(session, actor)
    wiring.close()


def test_a_public_id_is_random_and_never_looks_like_a_calculation(monkeypatch):
    drawn = iter(["-abc", "-", "x-1", "next"])
    monkeypatch.setattr(ids.secrets, "token_urlsafe", lambda _: next(drawn))
    assert ids.new_public_id() == "x-1"
    monkeypatch.undo()
    assert len({ids.new_public_id() for _ in range(200)}) == 200
