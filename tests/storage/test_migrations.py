"""Migrations: one head, reversible, nothing lost on the way, and no difference to the tables of the code."""

import hashlib
import re

import pytest
from builders import SYSTEM, WHODAS_12, make_episode, make_everything, make_sheet
from keys import MASTER_KEYS
from sqlalchemy import create_engine, select, text, update

from evalplat.errors import NotConfigured
from evalplat.services.not_obtained import close_administration
from evalplat.services.recounting import needs_rebuilding, rebuild_moments
from evalplat.storage import migrate
from evalplat.storage.keyring import Keyring
from evalplat.storage.tables import Client, metadata
from evalplat.vocabulary import Mode
from evalplat.wiring import build_wiring

KEYS = Keyring(MASTER_KEYS)


@pytest.fixture
def owner(database):
    engine = migrate.make_owner_engine(database)
    yield engine
    engine.dispose()


ADDED_LATER = {
    "administrations.closing_reason",
    "administrations.answered_mode",
    "administrations.assistance",
    "administrations.wording",
    "episodes.value_cents",
    "administrations.anchor",
    "clients.plain_language",
    "episodes.feedback_given",
    "goal_ratings.client_level",
    "goal_ratings.worker_level",
    "plan_lines.anchor",
    "sheets.present",
    *(f"{table}.shown_wording" for table in ("sheets", "administrations")),
    "vouchers.plan_key",
    "accounts.factor_tries",
    "accounts.factor_locked_until",
    *("sheets.score_rows", "sheets.rating_rows"),
    *(f"{table}.seal" for table in ("sheets", "scores", "goals", "goal_ratings")),
    *(f"audit_entries.{n}" for n in ("chain", "chain_day", "position", "previous", "mac")),
    *(f"{table}.sealed_words" for table in ("sheets", "goals", "goal_ratings")),
    *(f"client_identities.sealed_{name}" for name in ("name", "code")),
    "clients.restricted_at",
    "clients.objected_at",
    "clients.counted",
    "sheets.begun_at",
}
TABLES_ADDED_LATER = {
    *("client_contacts", "client_plans", "plan_goals", "contact_requests", "reminders"),
    "identity_invitations",
    *("reminder_events", "appointments", "alert_notes", "feedback_sheets", "accessibility_notes"),
    *("api_tokens", "api_token_uses", "audit_heads", "staff_sessions", "wrong_tries"),
    *("episode_events", "sheet_notes", "provider_comments", "feedback_decisions"),
    *("client_keys", "client_marks"),
    *("used_definitions", "official_wordings"),
    *("instrument_drafts", "published_instruments", "instrument_offers"),
    *("client_acts", "fact_revisions", "rights_requests"),
    *("authenticator_apps", "recovery_codes", "security_keys", "outside_identities"),
    *("erasures", "retention_runs", "retention_items"),
}
COUNTED_AGAIN = {"pair_moments", "episode_counts", "moments_state"}


def checksums(engine):
    """A checksum over every row of every table, without columns that the first revision does not have."""
    found = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            if table.name in COUNTED_AGAIN | TABLES_ADDED_LATER:
                continue
            names = [c.name for c in table.columns if str(c) not in ADDED_LATER]
            query = text(f"SELECT {', '.join(names)} FROM {table.name}")
            rows = sorted(map(str, connection.execute(query).all()))
            found[table.name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


def test_the_migrations_are_numbered_and_have_one_head():
    names = sorted(p.name for p in (migrate.migrations_folder() / "versions").glob("*.py"))
    assert [name[:5] for name in names] == [f"{n:04d}_" for n in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.py", name) for name in names)
    assert migrate.head_revision() == names[-1][:4]


def test_autogenerate_finds_no_difference(owner):
    assert migrate.current_revision(owner) == migrate.head_revision()
    assert migrate.find_differences(owner) == []


def test_down_and_up_again_keeps_every_row(wiring, owner):
    make_everything(wiring)
    wiring.engine.dispose()
    before = checksums(owner)
    assert before["scores"][0] > 0
    for revision in ("0003", "0002", "0001"):
        migrate.downgrade(owner, revision)
        assert checksums(owner) == before
    migrate.upgrade(owner, keyring=KEYS)
    assert checksums(owner) == before
    assert migrate.find_differences(owner) == []


def test_what_was_closed_stays_closed_when_its_reason_had_to_go(wiring, owner):
    made = make_episode(wiring)
    planned = made.administration()
    with wiring.transaction(made.worker) as session:
        close_administration(
            session, made.worker, administration_id=planned.id, reason="declined", at=wiring.clock()
        )
    wiring.engine.dispose()
    closed = text("SELECT closing_reason FROM administrations WHERE status = 'closed'")
    migrate.downgrade(owner, "0003")
    migrate.upgrade(owner, keyring=KEYS)
    with owner.connect() as connection:
        assert connection.execute(closed).scalars().all() == ["other"]
        empty = text("SELECT count(*) FROM administrations WHERE closing_reason = ''")
        assert connection.execute(empty).scalar() == 10


def test_circumstances_and_values_come_back_from_sheets_and_vouchers(wiring, owner):
    made = make_everything(wiring)
    make_sheet(
        wiring,
        made,
        key="a corrected sheet",
        base_revision=1,
        mode=Mode.INTERVIEW,
        language="se",
        answered_with="daughter",
    )
    wiring.engine.dispose()
    query = text(
        "SELECT answered_mode, assistance, wording, count(*) FROM administrations"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )

    def kept():
        with owner.connect() as connection:
            values = connection.execute(text("SELECT value_cents FROM episodes")).scalars().all()
            return connection.execute(query).all(), values

    before = kept()
    assert before[1] == [250_000]
    assert ("interview", "other", "other", 1) in before[0]
    assert ("self", "none", "fi", 1) in before[0]
    migrate.downgrade(owner, "0004")
    migrate.upgrade(owner, keyring=KEYS)
    assert kept() == before


def test_sums_over_pairs_go_down_with_their_five_sums_and_are_counted_again(
    wiring, owner, database
):
    made = make_everything(wiring)
    other = {**WHODAS_12, "S1": 4}
    make_sheet(wiring, made, key="a corrected sheet", base_revision=1, raw=other)
    wiring.engine.dispose()

    def read(names, table):
        some = "" if table == "moments_state" else "WHERE n > 0"
        with owner.connect() as connection:
            rows = connection.execute(text(f"SELECT {names} FROM {table} {some} ORDER BY {names}"))
            return [tuple(row) for row in rows]

    tables = ("pair_moments", "episode_counts", "moments_state")
    names = {table: ", ".join(metadata.tables[table].columns.keys()) for table in tables}
    before = {table: read(names[table], table) for table in tables}
    assert all(before.values())
    migrate.downgrade(owner, "0005")
    old = read("scale, n, sum_x, sum_y, sum_xx, sum_yy, sum_xy", "pair_moments")
    assert ("sum_simple", 1, 2.0, 0.0, 4.0, 0.0, 0.0) in old  # "moderate" everywhere is the middle
    migrate.upgrade(owner, keyring=KEYS)
    assert migrate.find_differences(owner) == []
    assert {table: read(names[table], table) for table in tables} == {t: [] for t in tables}
    again = build_wiring(database, catalogue=wiring.catalogue)
    with again.transaction(SYSTEM) as session:
        assert needs_rebuilding(session, SYSTEM)
        rebuild_moments(session, again.catalogue, SYSTEM)
        assert not needs_rebuilding(session, SYSTEM)
    again.engine.dispose()
    assert {table: read(names[table], table) for table in tables} == before


def test_who_was_left_out_comes_back_when_going_down_and_is_counted_anew(wiring, owner, database):
    make_everything(wiring)
    with wiring.transaction(SYSTEM) as session:
        rebuild_moments(session, wiring.catalogue, SYSTEM)
        session.execute(update(Client).values(counted=False))
    wiring.engine.dispose()
    migrate.downgrade(owner, "0015")
    migrate.upgrade(owner)
    again = build_wiring(database, catalogue=wiring.catalogue)
    with again.reading(SYSTEM) as session:
        assert needs_rebuilding(session, SYSTEM)
        assert session.scalar(select(Client.counted))
    again.engine.dispose()


def test_down_to_nothing_and_up_again_works(owner):
    migrate.downgrade(owner, "base")
    assert migrate.current_revision(owner) is None
    migrate.upgrade(owner, keyring=KEYS)
    assert migrate.find_differences(owner) == []


def test_guards_stand_again_after_down_and_up(wiring, owner, database):
    make_everything(wiring)
    wiring.engine.dispose()
    migrate.downgrade(owner, "0001")
    migrate.upgrade(owner, keyring=KEYS)
    with owner.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("DELETE FROM sheets"))
    again = build_wiring(database, catalogue=wiring.catalogue)
    make_everything(again, provider="Provider B")
    again.engine.dispose()


def test_an_upgrade_backs_an_sqlite_database_up_first(database, owner, tmp_path):
    if not database.on_sqlite:
        return
    migrate.downgrade(owner, "0001")
    migrate.upgrade(owner, keyring=KEYS)
    backup = tmp_path / "evalplat.sqlite3.before-upgrade-from-0001"
    assert backup.stat().st_mode & 0o077 == 0
    engine = create_engine(f"sqlite:///{backup}")
    with engine.connect() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        )
    engine.dispose()


def test_a_database_without_the_latest_tables_is_refused_with_the_command_that_helps(owner):
    migrate.downgrade(owner, "0002")
    with pytest.raises(NotConfigured, match="evalplat db upgrade"):
        migrate.check_revision(owner)
    migrate.downgrade(owner, "base")
    with pytest.raises(NotConfigured, match="evalplat db create"):
        migrate.check_revision(owner)
