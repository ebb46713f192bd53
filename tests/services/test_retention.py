"""Destroying what has been kept long enough: reported, confirmed by a second person, done once, and spared in time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import SYSTEM, make_actor, make_episode, make_everything, make_sheet
from databases import at_another_time
from services.test_erasures import close, find_faults, sums
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from evalplat.episodes.keeping import Span
from evalplat.errors import Conflict, NotFound, Refused
from evalplat.services.answers import AnswersConflict
from evalplat.services.retention import (
    cancel_run,
    confirm_run,
    get_run,
    go_on,
    list_runs,
    make_report,
    propose_run,
)
from evalplat.services.rights_settings import KEPT, USUAL, read_rights
from evalplat.storage import identities, retention
from evalplat.storage.tables import (
    AuditEntry,
    Client,
    ContactRequest,
    Draft,
    Erasure,
    FeedbackDecision,
    FeedbackSheet,
    Invitation,
    Reminder,
    ReminderEvent,
    RetentionItem,
    RetentionRun,
    RightsRequest,
    Score,
    SetAside,
    Sheet,
    Voucher,
)
from evalplat.vocabulary import ReminderState, Role, RunState

RIGHTS = read_rights(USUAL)
SHORT = replace(RIGHTS, keep=dict.fromkeys(KEPT, Span(1, "month")))
GONE = (
    *(Draft, SetAside, Invitation, Reminder, ReminderEvent, ContactRequest, FeedbackSheet),
    FeedbackDecision,
)


@pytest.fixture
def made(wiring):
    """Something of every kind that is over, of a client whose service and voucher are over too."""
    made = make_everything(wiring)
    with pytest.raises(AnswersConflict):
        make_sheet(wiring, made, raw={"S1": 4})
    close(wiring)
    with wiring.transaction(SYSTEM) as session:
        at = wiring.clock()
        session.execute(update(Voucher).values(valid_until=date(2026, 9, 30)))
        session.execute(update(Reminder).values(state=ReminderState.SENT))
        session.execute(update(ContactRequest).values(answered_at=at, answered_by="test"))
    return made


@pytest.fixture
def later(wiring):
    """The same installation a year later."""
    return at_another_time(wiring, wiring.clock() + timedelta(days=365))


@pytest.fixture
def both(wiring):
    """Two administrators."""
    second = make_actor(wiring, Role.ADMINISTRATOR, email="second@county.example")
    return make_actor(wiring, Role.ADMINISTRATOR), second


def propose(wiring, actor, rights=SHORT):
    with wiring.transaction(actor) as session:
        return propose_run(session, actor, rights, at=wiring.clock())


def confirm(wiring, actor, run_id):
    with wiring.transaction(actor) as session:
        confirm_run(session, actor, run_id=run_id, at=wiring.clock())


def step(wiring, actor, run_id, rights=SHORT):
    with wiring.transaction(actor) as session:
        return go_on(session, wiring.catalogue, actor, rights, run_id=run_id, at=wiring.clock())


def finish(wiring, actor, run_id):
    while step(wiring, actor, run_id):
        pass
    with wiring.reading(actor) as session:
        return get_run(session, actor, run_id=run_id)


def count(wiring, *models):
    with wiring.reading(SYSTEM) as session:
        found = [session.scalar(select(func.count()).select_from(model)) for model in models]
    return found


def test_there_is_a_rule_for_each_kind_and_no_other():
    assert tuple(retention.BY_NAME) == KEPT


def test_what_is_over_is_reported_confirmed_and_gone_and_what_was_measured_stays(
    wiring, made, later, both
):
    before, measured = sums(wiring), count(wiring, Sheet, Score)
    with later.reading(both[0]) as session:
        report = {
            one.kind: one for one in make_report(session, both[0], SHORT, on=date(2027, 11, 24))
        }
    assert report["clients"].found == 1 and report["clients"].oldest == date(2026, 9, 30)
    assert {kind for kind, one in report.items() if one.found} >= {
        *("clients", "drafts", "set_aside", "reminders", "contact_requests", "rights_requests"),
        "feedback",
    }
    assert min(count(wiring, Draft, SetAside, Reminder, ReminderEvent, FeedbackSheet)) > 0
    run_id = propose(later, both[0])
    confirm(later, both[1], run_id)
    run = finish(later, both[1], run_id)
    assert run.state is RunState.DONE and run.finished_at
    assert {one.kind: one.destroyed for one in run.kinds} == {
        kind: one.found for kind, one in report.items()
    }
    assert sum(count(wiring, *GONE, RetentionItem)) == 0
    assert count(wiring, Sheet, Score) == measured and sums(wiring) == before
    with later.reading(SYSTEM) as session:
        client = session.scalar(select(Client.id))
        assert identities.read_names(session, [client]) == {client: ""}
        (erasure,) = session.scalars(select(Erasure).where(Erasure.state == "done"))
        assert {erasure.proposed_by, erasure.decided_by} == {a.account_id for a in both}
        assert (
            session.scalar(
                select(func.count())
                .where(AuditEntry.action == "erase_client")
                .select_from(AuditEntry)
            )
            == 1
        )
    assert find_faults(later) == ()
    assert step(later, both[1], run_id) == 0
    with pytest.raises(Conflict, match="kept long enough"):
        propose(later, both[0])


def test_the_same_person_cannot_confirm_neither_in_the_program_nor_past_it(
    wiring, made, later, both
):
    run_id = propose(later, both[0])
    with pytest.raises(Refused):
        confirm(later, both[0], run_id)
    with pytest.raises(Conflict):
        step(later, both[0], run_id)
    with later.transaction(SYSTEM) as session, pytest.raises(IntegrityError):
        session.execute(
            update(RetentionRun).values(
                state=RunState.CONFIRMED,
                decided_by=RetentionRun.proposed_by,
                decided_at=later.clock(),
            )
        )
    with pytest.raises(Conflict, match="not over"):
        propose(later, both[1])
    with later.transaction(both[0]) as session:
        cancel_run(session, both[0], run_id=run_id, at=later.clock())
    assert count(wiring, RetentionItem) == [0]
    with pytest.raises(Conflict):
        confirm(later, both[1], run_id)
    with later.reading(both[1]) as session:
        assert [run.state for run in list_runs(session, both[1])] == [RunState.CANCELLED]


@pytest.mark.parametrize("model", [SetAside, ReminderEvent, FeedbackSheet])
def test_append_only_rows_go_with_a_confirmed_run_alone(wiring, made, later, both, model):
    run_id = propose(later, both[0])
    with later.transaction(SYSTEM) as session, pytest.raises(DBAPIError, match="append-only"):
        session.execute(delete(model))
    confirm(later, both[1], run_id)
    with later.transaction(SYSTEM) as session:
        session.execute(delete(RetentionItem))
    with later.transaction(SYSTEM) as session, pytest.raises(DBAPIError, match="append-only"):
        session.execute(delete(model))
    for other in (Sheet, Score):
        with later.transaction(SYSTEM) as session, pytest.raises(DBAPIError):
            session.execute(delete(other))


def test_a_client_who_came_back_meanwhile_is_spared_and_a_broken_run_goes_on(
    wiring, made, later, both
):
    other = make_episode(wiring, name="Berta Beeta")
    close(wiring)
    with wiring.transaction(SYSTEM) as session:
        session.execute(update(Voucher).values(valid_until=date(2026, 9, 30)))
    run_id = propose(later, both[0])
    with wiring.transaction(SYSTEM) as session:
        client = session.scalar(
            select(Client.id).where(Client.public_id == other.episode.client_id)
        )
        session.execute(
            update(Voucher).where(Voucher.client_id == client).values(valid_until=date(2028, 1, 1))
        )
    confirm(later, both[1], run_id)

    class Crash(Exception):
        pass

    with pytest.raises(Crash), later.transaction(both[1]) as session:
        assert go_on(session, wiring.catalogue, both[1], SHORT, run_id=run_id, at=later.clock())
        raise Crash
    assert step(later, both[1], run_id) > 0
    run = finish(later, both[1], run_id)
    clients = next(one for one in run.kinds if one.kind == "clients")
    assert (clients.found, clients.destroyed, clients.spared) == (2, 1, 1)
    with later.reading(SYSTEM) as session:
        assert set(
            identities.read_names(session, list(session.scalars(select(Client.id)))).values()
        ) == {
            "",
            "Berta Beeta",
        }


def test_who_is_restricted_waits_for_an_answer_or_is_served_is_not_named(wiring, made, later, both):
    def found():
        with later.reading(both[0]) as session:
            report = make_report(session, both[0], SHORT, on=later.clock().date())
        return next(one.found for one in report if one.kind == "clients")

    def put(model, **values):
        with wiring.transaction(SYSTEM) as session:
            session.execute(update(model).values(**values))

    assert found() == 1
    put(Client, restricted_at=wiring.clock())
    assert found() == 0
    put(Client, restricted_at=None)
    put(RightsRequest, outcome="", answered_at=None)
    assert found() == 0
    put(RightsRequest, outcome="done", answered_at=wiring.clock())
    close(wiring, None)
    assert found() == 0
    close(wiring)
    assert found() == 1
    with later.reading(both[0]) as session:
        usual = make_report(session, both[0], RIGHTS, on=later.clock().date())
    assert next(one.found for one in usual if one.kind == "clients") == 0


def test_only_administrators_reach_runs(wiring, made, later, both):
    run_id = propose(later, both[0])
    for role in (Role.CASE_WORKER, Role.ANALYST, Role.PROVIDER_MANAGER):
        actor = make_actor(wiring, role)
        with later.reading(actor) as session, pytest.raises(Refused):
            list_runs(session, actor)
        with pytest.raises(Refused):
            confirm(later, actor, run_id)
    with pytest.raises(NotFound):
        confirm(later, both[1], "no such run")
