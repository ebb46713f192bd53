"""Free texts about a client: sealed in their rows, read as they were written, and gone when the client is erased."""

import json

import pytest
from builders import SYSTEM, WHODAS_12, make_episode, make_everything, make_goals, make_sheet
from sqlalchemy import LargeBinary, String, Text, select, text, update

from evalplat.errors import Conflict
from evalplat.services.answers import correct_answers
from evalplat.services.client_plans import PlanGoalRequest, get_client_plan, plan_goal, record_plan
from evalplat.storage import goals, identities, migrate, sheets
from evalplat.storage.base import Base
from evalplat.storage.goals import list_goals
from evalplat.storage.keyring import SealBroken
from evalplat.storage.tables import (
    AlertNote,
    Client,
    ContactRequest,
    Episode,
    Goal,
    PlanGoal,
    Sheet,
)
from evalplat.storage.word_columns import Worded, list_words
from evalplat.storage.words import add_worded, reword
from evalplat.vocabulary import MeasurementPoint
from evalplat.wiring import build_wiring

REFUSED = r"append-only|permission denied"
SECRET = "Zyxilda Qvarnström"
WORDED = [m.class_ for m in Base.registry.mappers if issubclass(m.class_, Worded)]


@pytest.fixture
def made(wiring):
    """An episode whose every free text names the client."""
    made = make_everything(wiring)
    make_goals(wiring, made, f"Visits {SECRET}")
    planned = made.administration(point=MeasurementPoint.MIDPOINT)
    make_sheet(
        wiring, made, point=MeasurementPoint.MIDPOINT, key="a first sheet",
        present=f"{SECRET}’s mother", answered_with="daughter",
    )  # fmt: skip
    with wiring.transaction(made.worker) as session:
        correct_answers(
            session, wiring.catalogue, made.worker, administration_id=planned.id,
            raw={**WHODAS_12, "S1": 3}, idempotency_key="a corrected sheet", base_revision=1,
            reason=f"{SECRET} phoned", at=wiring.clock(),
        )  # fmt: skip
    client = made.episode.client_id
    with wiring.transaction(made.case_worker) as session:
        at = wiring.clock()
        goal = PlanGoalRequest(f"Helps {SECRET}", own_words=SECRET)
        plan_goal(session, made.case_worker, client_id=client, goal=goal, at=at)
        record_plan(
            session, made.case_worker, client_id=client, base_revision=1, at=at,
            situational_factors=[SECRET], services=[], methods=["talks"], summary=f"Of {SECRET}",
        )  # fmt: skip
    return made


def key_of(session, made):
    return session.scalar(select(Client.id).where(Client.public_id == made.episode.client_id))


def everything(engine):
    """Every value of every table as one text."""
    told = []
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('evalplat.scope', 'all', true)"))
            connection.execute(text("SELECT set_config('evalplat.reads_log', 'true', true)"))
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(text(f"SELECT * FROM {table.name}")):
                told += [
                    bytes(v).decode("latin-1") if isinstance(v, (bytes, memoryview)) else
                    json.dumps(v, ensure_ascii=False, default=str) for v in row
                ]  # fmt: skip
    return "\n".join(told)


def test_words_are_read_as_they_were_written_and_stand_in_no_row(wiring, made, database):
    with wiring.reading(made.worker) as session:
        episode = session.scalar(select(Episode.id))
        found = list_goals(session, [episode])[episode]
        assert [goal.title for goal in found] == ["Goes out alone", f"Visits {SECRET}"]
        assert found[1].levels[4] == "every day"
        planned = made.administration(point=MeasurementPoint.MIDPOINT)
        key = sheets.find_planned(session, [planned.id])[planned.id].id
        latest = sheets.find_latest_sheet(session, key)
        assert (latest.reason, latest.present) == (f"{SECRET} phoned", f"{SECRET}’s mother")
        assert latest.answered_with == "daughter"
        plan = get_client_plan(session, made.worker, client_id=made.episode.client_id)
        assert (plan.situational_factors, plan.methods, plan.services) == (
            (SECRET,),
            ("talks",),
            (),
        )
    owner = migrate.make_owner_engine(database)
    told = everything(owner)
    owner.dispose()
    assert "whodas" in told  # the control
    assert SECRET not in told and "mother" not in told and "Goes out alone" not in told


def test_an_erased_client_has_no_words_and_gets_none_while_numbers_stay(wiring, made):
    with wiring.transaction(SYSTEM) as session:
        client = key_of(session, made)
        identities.forget(session, client, wiring.clock())
    with wiring.transaction(made.worker) as session:
        for goal in session.scalars(select(Goal)):
            assert (goal.title, goal.levels, goal.baseline_level) == ("", [""] * 5, -1)
        for sheet in session.scalars(select(Sheet)):
            assert (sheet.reason, sheet.present) == ("", "")
            assert sheet.answers
        row = {"client_id": client, "public_id": "x" * 20, "planned_on": wiring.clock().date(),
               "planned_by": "test"}  # fmt: skip
        with pytest.raises(Conflict, match="erased"):
            add_worded(session, PlanGoal, [{**row, "title": "New"}])


def test_words_moved_to_another_row_do_not_open(wiring, made):
    with wiring.transaction(SYSTEM) as session:
        note = session.scalar(select(AlertNote))
        request = session.scalar(select(ContactRequest))
        sealed = reword(request, message=SECRET)
        change = update(AlertNote.__table__).where(AlertNote.id == note.id)
        request_change = update(ContactRequest).where(ContactRequest.id == request.id)
        session.execute(request_change.values(sealed_words=sealed))
        session.expire_all()
        assert request.message == SECRET
        with pytest.raises(Exception, match=REFUSED):
            session.execute(change.values(sealed_words=sealed))
    with wiring.transaction(SYSTEM) as session:
        key, owner = session.execute(select(PlanGoal.sealed_words, PlanGoal.client_id)).first()
        request_change = update(ContactRequest).where(ContactRequest.client_id == owner)
        session.execute(request_change.values(sealed_words=key))
        moved = session.scalar(select(ContactRequest))
        with pytest.raises(SealBroken):
            assert moved.message


def test_goals_of_many_clients_ask_for_their_keys_in_one_statement(wiring, made):
    from sqlalchemy import event

    for n in range(4):
        make_goals(wiring, make_episode(wiring, name=f"Client {n}"), "Walks", "Reads")
    sent = []
    event.listen(
        wiring.engine, "before_cursor_execute", lambda c, u, statement, *r: sent.append(statement)
    )
    with wiring.reading(made.worker) as session:
        episodes = list(session.scalars(select(Episode.id)))
        sent.clear()
        found = goals.list_goals(session, episodes)
        assert {goal.title for many in found.values() for goal in many} >= {"Walks", "Reads"}
        assert len(sent) == 2


def test_every_table_with_words_says_what_names_its_rows_and_keeps_no_other_text(wiring):
    """A free text that is not sealed would stay when its client is erased: each is decided about here."""
    assert len(WORDED) == 13
    for model in WORDED:
        assert model.PLACE and list_words(model), model
        assert set(model.PLACE) <= set(model.__table__.columns.keys())
        assert isinstance(model.__table__.c.sealed_words.type, LargeBinary)
    free = {
        str(column)
        for model in WORDED
        for column in model.__table__.columns
        if type(column.type) is Text or (type(column.type) is String and column.type.length > 100)
    }
    assert free == {
        "sheets.answers",  # numbers of options; comparisons count with them
        *("fact_revisions.earlier", "fact_revisions.later"),  # names are sealed one by one
    }


def test_words_go_down_and_up_again(wiring, made, database, catalogue):
    wiring.close()
    owner = migrate.make_owner_engine(database)
    words = [revision for revision, tables in migrate.SEALED.items() if "goals" in tables]
    migrate.downgrade(owner, f"{int(words[0]) - 1:04d}")
    told = (
        everything_plain(owner, "goals", "title, levels"),
        everything_plain(owner, "sheets", "present"),
    )
    assert f"Visits {SECRET}" in told[0] and "every day" in told[0] and "mother" in told[1]
    with owner.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("UPDATE sheets SET present = ''"))
    migrate.upgrade(owner)
    assert migrate.find_differences(owner) == []
    assert SECRET not in everything(owner)
    owner.dispose()
    again = build_wiring(database, catalogue=catalogue)
    test_words_are_read_as_they_were_written_and_stand_in_no_row(again, made, database)
    with (
        pytest.raises(Exception, match=REFUSED),
        again.transaction(SYSTEM) as session,
    ):
        session.execute(update(Goal.__table__).values(sealed_words=b""))
    again.close()


def everything_plain(owner, table, names):
    with owner.connect() as connection:
        if owner.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('evalplat.scope', 'all', true)"))
        return str(connection.execute(text(f"SELECT {names} FROM {table}")).all())
