"""What a worker takes along on a home visit, and the key that a device's sheets open with."""

from datetime import timedelta

import pytest
from builders import OPENED, SYSTEM, make_episode, make_sheet
from sqlalchemy import select

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.answers import save_draft
from evalplat.services.goals import agree_goals
from evalplat.services.home_visits import (
    MOST_SHEETS,
    derive_key,
    list_for_visits,
    prepare_visit,
)
from evalplat.services.requests import GoalRequest
from evalplat.storage.tables import AuditEntry
from evalplat.vocabulary import DueState, MeasurementPoint, Respondent

SALT = b"salt of a device"


def take(wiring, actor, *ids):
    with wiring.reading(actor) as session:
        return prepare_visit(
            session, wiring.catalogue, actor, administration_ids=ids, on=wiring.clock().date()
        )


def test_a_sheet_goes_along_with_the_name_the_definition_and_what_the_client_has_saved(wiring):
    made = make_episode(wiring, name="Kaino Kotona", language="sv")
    planned = made.administration()
    with wiring.transaction(made.worker) as session:
        save_draft(
            session, wiring.catalogue, made.worker, administration_id=planned.id, code="S1",
            value=3, at=wiring.clock(),
        )  # fmt: skip
    (sheet,) = take(wiring, made.worker, planned.id)
    assert (sheet.client_name, sheet.episode_id) == ("Kaino Kotona", made.episode.id)
    assert (sheet.definition.key, sheet.base_revision) == ("whodas-2.0-12", 0)
    assert sheet.answers == {"S1": 3}
    assert sheet.language == "sv"


def test_taking_sheets_along_is_written_into_the_access_log_of_each_client(wiring):
    first = make_episode(wiring, name="Aava")
    second = make_episode(wiring, name="Beda", worker=first.worker)
    found = take(wiring, first.worker, second.administration().id, first.administration().id)
    assert [sheet.client_name for sheet in found] == ["Aava", "Beda"]
    with wiring.reading(SYSTEM) as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "prepare_home_visit")
        ).one()
    assert entry.client_ids == sorted([first.episode.client_id, second.episode.client_id])
    assert entry.account_id == first.worker.account_id


def test_another_provider_s_sheet_and_a_missing_one_are_the_same_not_found(wiring):
    own = make_episode(wiring)
    foreign = make_episode(wiring, provider="Provider B")
    told = []
    for wanted in (foreign.administration().id, "no such thing"):
        with pytest.raises(NotFound) as caught:
            take(wiring, own.worker, own.administration().id, wanted)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_what_is_answered_by_now_and_goals_that_are_not_agreed_do_not_go_along(wiring):
    made = make_episode(wiring)
    goals = made.administration("gas")
    with pytest.raises(Conflict):
        take(wiring, made.worker, goals.id)
    make_sheet(wiring, made)
    with pytest.raises(Conflict):
        take(wiring, made.worker, made.administration().id)


def test_none_and_too_many_are_refused_and_case_workers_are_not_asked_at_all(wiring):
    made = make_episode(wiring)
    for wanted in ([], [str(number) for number in range(MOST_SHEETS + 1)]):
        with pytest.raises(InputRejected):
            take(wiring, made.worker, *wanted)
    with pytest.raises(Refused):
        take(wiring, made.case_worker, made.administration().id)


def agree(wiring, made):
    goal = GoalRequest("Goes out alone", ("never", "monthly", "weekly", "often", "daily"), -1)
    with wiring.transaction(made.worker) as session:
        return agree_goals(
            session, wiring.catalogue, made.worker, episode_id=made.episode.id, goals=[goal],
            at=wiring.clock(),
        )  # fmt: skip


def test_agreed_goals_go_along_and_those_that_were_replaced_stay(wiring):
    made = make_episode(wiring)
    (old,) = agree(wiring, made)
    revised = GoalRequest(
        "Goes out with a friend", ("never", "monthly", "weekly", "often", "daily"), -1,
        replaces=old.id,
    )  # fmt: skip
    with wiring.transaction(made.worker) as session:
        agree_goals(
            session, wiring.catalogue, made.worker, episode_id=made.episode.id, goals=[revised],
            at=wiring.clock(),
        )  # fmt: skip
    (sheet,) = take(wiring, made.worker, made.administration("gas", MeasurementPoint.END).id)
    assert [goal.title for goal in sheet.goals] == ["Goes out with a friend"]
    assert (sheet.respondent, sheet.answers) == (Respondent.TOGETHER, {})


def test_goals_stand_in_the_list_when_some_are_agreed_and_due_to_be_rated(wiring):
    made = make_episode(wiring)
    due = made.administration("gas", MeasurementPoint.END).due_from

    def listed(on):
        with wiring.reading(made.worker) as session:
            found = list_for_visits(session, wiring.catalogue, made.worker, on=on)
        return [row.point for row in found.rows if row.instrument_key == "gas"]

    assert listed(due) == []
    agree(wiring, made)
    assert listed(due) == [MeasurementPoint.END]
    assert listed(OPENED) == []


def test_the_list_has_what_the_worklist_calls_overdue_or_due_and_no_goals_before_some_are_agreed(
    wiring,
):
    made = make_episode(wiring, name="Kaino Kotona")
    with wiring.reading(made.worker) as session:
        early = list_for_visits(session, wiring.catalogue, made.worker, on=OPENED)
        late = list_for_visits(
            session, wiring.catalogue, made.worker, on=OPENED + timedelta(days=90), search="kaino"
        )
        nobody = list_for_visits(
            session, wiring.catalogue, made.worker, on=OPENED, search="nobody of that name"
        )
    assert {row.state for row in early.rows} == {DueState.DUE}
    assert {row.point for row in early.rows} == {MeasurementPoint.BASELINE}
    assert "gas" not in {row.instrument_key for row in early.rows}
    assert late.rows[0].state is DueState.OVERDUE
    assert (nobody.rows, nobody.more) == ((), False)


def test_a_key_is_the_same_for_the_same_account_and_device_and_differs_for_any_other():
    keys = {
        derive_key("secret of the server", "account", SALT),
        derive_key("secret of the server", "account", SALT),
        derive_key("another secret", "account", SALT),
        derive_key("secret of the server", "another", SALT),
        derive_key("secret of the server", "account", SALT[::-1]),
    }
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}


def test_a_salt_of_another_length_gets_no_key():
    for salt in (b"", SALT[:-1], SALT * 2):
        with pytest.raises(InputRejected):
            derive_key("secret of the server", "account", salt)
