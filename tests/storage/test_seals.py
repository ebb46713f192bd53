"""What was measured cannot be changed past the program without being named: sheets, scores, goals, ratings."""

from dataclasses import replace

import pytest
from builders import SYSTEM, WHODAS_12, make_everything, make_sheet
from keys import MASTER_KEY
from sqlalchemy import text

from evalplat.services.recounting import rebuild_moments
from evalplat.storage import migrate
from evalplat.storage.base import tables
from evalplat.storage.keyring import Keyring
from evalplat.storage.seal_check import check_seals
from evalplat.storage.seals import SEALED, row_content

NEW_KEY = "tR8wQm2Zx6Yb4Kd9Lf1Hc3Vn7Js5Gp0A="
TABLES = (
    *("sheets", "scores", "goals", "goal_ratings", "audit_entries", "administrations"),
    "client_keys",
)


def check(wiring, keyring=None):
    with wiring.reading(SYSTEM) as session:
        return check_seals(session, keyring or wiring.keyring)


def harms(wiring, **rest):
    return [(h.kind.value, h.table, h.what) for h in check(wiring, **rest)[0]]


def tamper(wiring, *statements):
    engine = migrate.make_owner_engine(wiring.settings)
    with engine.begin() as connection:
        for table in TABLES:
            if engine.dialect.name == "postgresql":
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
                continue
            for change in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{change}"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement
    engine.dispose()


def test_everything_that_was_measured_is_sealed(wiring):
    make_everything(wiring)
    found, seen = check(wiring)
    assert found == []
    assert seen.rows > 8


@pytest.mark.parametrize(
    "change, harm",
    [
        ("sheets SET answers = replace(answers, '2', '3')", ("sheets", "")),
        ("sheets SET measured_on = '2026-03-03'", ("sheets", "")),
        ("sheets SET submitted_by = 'somebody'", ("sheets", "")),
        ("sheets SET score_rows = 0", ("sheets", "")),
        ("scores SET value = value + 0.0000001 WHERE scale = 'sum_simple'", ("scores", "sum_simple")),
        ("scores SET definition_digest = 'x' WHERE scale = 'sum_simple'", ("scores", "sum_simple")),
    ],
)  # fmt: skip
def test_a_changed_sheet_or_score_is_named(wiring, change, harm):
    make_everything(wiring)
    tamper(wiring, f"UPDATE {change}")
    found = harms(wiring)
    assert found
    assert set(found) == {("changed", *harm)}


def test_a_changed_goal_and_a_changed_rating_are_named(wiring):
    make_everything(wiring)
    tamper(wiring, "UPDATE goal_ratings SET level = 2", "UPDATE goals SET sealed_words = seal")
    found = check(wiring)[0]
    assert {(h.kind.value, h.table) for h in found} == {
        ("changed", "goals"),
        ("changed", "goal_ratings"),
    }
    named = {h.table: h for h in found}
    assert named["goals"].what == named["goal_ratings"].what != ""
    assert named["goals"].place != named["goal_ratings"].place


def test_a_row_that_was_moved_to_another_place_is_named(wiring):
    made = make_everything(wiring)
    make_sheet(wiring, made, key="another key", base_revision=1, raw={**WHODAS_12, "S1": 4})
    seals = "(SELECT seal FROM sheets s WHERE s.administration_id = sheets.administration_id AND s.revision = 1)"
    tamper(wiring, f"UPDATE sheets SET seal = {seals} WHERE revision = 2")
    ((kind, table, _),) = harms(wiring)
    assert (kind, table) == ("changed", "sheets")


def test_rows_that_were_removed_or_added_are_named(wiring):
    made = make_everything(wiring)
    make_sheet(wiring, made, key="another key", base_revision=1, raw={**WHODAS_12, "S1": 4})
    tamper(wiring, "DELETE FROM scores WHERE revision = 2 AND scale = 'sum_simple'")
    ((kind, table, _),) = harms(wiring)
    assert (kind, table) == ("removed", "scores")
    tamper(
        wiring,
        "DELETE FROM scores WHERE revision = 2",
        "DELETE FROM sheets WHERE revision = 2",
        "UPDATE administrations SET revision = 1 WHERE revision = 2",
    )
    ((kind, table, _),) = harms(wiring)
    assert (kind, table) == ("removed", "sheets")
    names = ", ".join(c.name for c in tables()["sheets"].__table__.columns if c.name != "seal")
    copied = names.replace("revision,", "2,").replace("idempotency_key", "'forged'")
    one = "(SELECT min(idempotency_key) FROM sheets WHERE rating_rows = 0)"
    add = f"INSERT INTO sheets ({names}) SELECT {copied} FROM sheets WHERE idempotency_key = {one}"
    tamper(wiring, add)
    assert ("added", "sheets", "") in harms(wiring)


def test_ratings_that_were_removed_are_named(wiring):
    make_everything(wiring)
    tamper(wiring, "DELETE FROM goal_ratings")
    assert {(kind, table) for kind, table, _ in harms(wiring)} == {("removed", "goal_ratings")}


def test_erasing_a_client_breaks_no_seal_and_a_changed_byte_of_sealed_words_does(wiring):
    make_everything(wiring)
    erase = "UPDATE client_keys SET wrapped = NULL, erased_at = created_at"
    tamper(wiring, erase)
    assert harms(wiring) == []
    tamper(wiring, "UPDATE goals SET sealed_words = seal")
    assert {(kind, table) for kind, table, _ in harms(wiring)} == {("changed", "goals")}


def test_a_byte_that_is_no_text_any_more_is_named(wiring, database):
    make_everything(wiring)
    if not database.on_sqlite:
        return
    tamper(wiring, "UPDATE sheets SET answers = CAST(x'7b22ff' AS TEXT) WHERE rating_rows = 0")
    assert set(harms(wiring)) == {("changed", "sheets", "")}


def test_another_key_and_a_missing_one_are_told_apart_and_a_change_of_keys_breaks_nothing(wiring):
    made = make_everything(wiring)
    rotated = replace(wiring, keyring=Keyring([NEW_KEY, MASTER_KEY]))
    make_sheet(rotated, made, key="another key", base_revision=1)
    assert harms(rotated) == []
    assert {kind for kind, *_ in harms(wiring)} == {"no_key"}
    guessed = Keyring([NEW_KEY])
    guessed._masters = {name: NEW_KEY.encode() for name in rotated.keyring.names}
    assert {kind for kind, *_ in harms(wiring, keyring=guessed)} == {"changed"}


def test_rows_from_before_the_seals_are_sealed_as_they_stand(wiring, database):
    make_everything(wiring)
    before = check(wiring)[1].rows
    wiring.engine.dispose()
    owner = migrate.make_owner_engine(database)
    migrate.downgrade(owner, "0020")
    with pytest.raises(Exception, match="EVALPLAT_MASTER_KEY"):
        migrate.upgrade(owner, keyring=Keyring(()))
    migrate.upgrade(owner, keyring=wiring.keyring)
    owner.dispose()
    found, seen = check(wiring)
    assert (found, seen.rows) == ([], before)
    tamper(wiring, "UPDATE scores SET items_used = 11")
    assert {kind for kind, *_ in harms(wiring)} == {"changed"}


def test_counting_sums_again_touches_no_seal(wiring):
    make_everything(wiring)
    with wiring.transaction(SYSTEM) as session:
        rebuild_moments(session, wiring.catalogue, SYSTEM)
    assert harms(wiring) == []


def test_an_empty_column_that_comes_later_breaks_no_seal_and_a_filled_one_does():
    row = {"administration_id": 1, "revision": 1, "answers": "{}"}
    assert row_content("sheets", row) == row_content("sheets", {**row, "later": None, "text": ""})
    assert row_content("sheets", row) != row_content("sheets", {**row, "later": 0})
    assert row_content("sheets", row) != row_content("scores", row)
    zero = {"value": 0.0}
    assert row_content("scores", zero) == row_content("scores", {"value": -0.0})


def test_a_sealed_table_has_a_key_that_is_known_before_it_is_written():
    for model in SEALED:
        assert "id" not in model.__table__.columns or "public_id" in model.__table__.columns
