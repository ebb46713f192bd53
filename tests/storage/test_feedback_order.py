"""Who reads the database cannot tell in which order feedback came, and so not from whom: the access log has one."""

import threading

import pytest
from builders import SYSTEM, make_provider
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from evalplat.services.feedback import FeedbackAnswers, add_feedback
from evalplat.storage import migrate

QUARTER = 20263


def give(session, wiring, provider, answer, quarter=QUARTER):
    given = [FeedbackAnswers(provider, quarter, {"recommendation": str(answer)})]
    add_feedback(session, wiring.catalogue, SYSTEM, given)


def read(wiring, query):
    engine = migrate.make_owner_engine(wiring.settings)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT set_config('evalplat.scope', 'all', true)"))
            return connection.execute(text(query)).all()
    finally:
        engine.dispose()


def physical(wiring):
    """Rows in the order in which they stand on the disk."""
    order = " ORDER BY ctid" if wiring.engine.dialect.name == "postgresql" else ""
    table = "feedback_sheets" if order else "feedback_sheets NOT INDEXED"
    return [key for (key,) in read(wiring, f"SELECT public_id FROM {table}{order}")]


@pytest.fixture
def provider(wiring):
    """A provider about whom nine clients said something, one after the other."""
    made = make_provider(wiring, "Provider A")
    for answer in range(9):
        with wiring.transaction(SYSTEM) as session:
            give(session, wiring, made, answer)
    return made


def test_neither_the_place_of_a_row_nor_who_wrote_it_tells_the_order(wiring, provider):
    assert physical(wiring) == sorted(physical(wiring))
    if wiring.engine.dialect.name == "postgresql":
        assert len(read(wiring, "SELECT DISTINCT xmin::text FROM feedback_sheets")) == 1
    else:
        with pytest.raises(DBAPIError, match="rowid"):
            read(wiring, "SELECT rowid FROM feedback_sheets")


def test_nothing_is_lost_and_no_other_quarter_is_touched(wiring, provider):
    with wiring.transaction(SYSTEM) as session:
        give(session, wiring, provider, 3, quarter=20262)
    rows = read(wiring, "SELECT quarter, answers FROM feedback_sheets")
    assert sorted(answers for quarter, answers in rows if quarter == QUARTER) == [
        f'{{"recommendation": {n}}}' for n in range(9)
    ]
    assert len(rows) == 10
    if wiring.engine.dialect.name == "postgresql":
        assert len(read(wiring, "SELECT DISTINCT xmin::text FROM feedback_sheets")) == 2


@pytest.mark.parametrize(
    "change", ["DELETE FROM feedback_sheets", "UPDATE feedback_sheets SET language = 'sv'"]
)
def test_it_is_still_append_only(wiring, provider, change):
    with pytest.raises(DBAPIError, match="append-only"):
        read(wiring, change)


def test_two_who_send_at_once_both_have_their_feedback_kept(wiring, provider):
    """The second waits for the first; neither writes over what the other wrote."""
    if wiring.engine.dialect.name != "postgresql":
        return
    trouble = []

    def second():
        try:
            with wiring.transaction(SYSTEM) as session:
                give(session, wiring, provider, 1)
        except Exception as error:
            trouble.append(error)

    with wiring.transaction(SYSTEM) as session:
        give(session, wiring, provider, 2)
        other = threading.Thread(target=second)
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join(20)
    assert trouble == []
    assert len(physical(wiring)) == 11


def test_rows_from_before_lose_their_order_and_come_back_whole(wiring, database, provider):
    before = set(physical(wiring))
    wiring.engine.dispose()
    owner = migrate.make_owner_engine(database)
    migrate.downgrade(owner, "0021")
    migrate.upgrade(owner, keyring=wiring.keyring)
    owner.dispose()
    assert physical(wiring) == sorted(before)
    with wiring.transaction(SYSTEM) as session:
        give(session, wiring, provider, 1)
    assert len(physical(wiring)) == 10
