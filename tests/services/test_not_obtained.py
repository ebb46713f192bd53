"""What was not obtained is closed with a reason: off the list of what is overdue, nothing lost, taken back at will."""

from datetime import date, timedelta

import pytest
from builders import (
    SYSTEM,
    WHODAS_12,
    make_actor,
    make_episode,
    make_goals,
    make_invitation,
    make_sheet,
    open_code,
)
from sqlalchemy import func, select

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.actors import Actor
from evalplat.services.answers import get_draft, save_draft, submit_answers
from evalplat.services.episodes import close_episode, get_episode, list_worklist
from evalplat.services.goals import rate_goals
from evalplat.services.invitations import InvitationRefused, list_invitations, open_invitation
from evalplat.services.not_obtained import (
    AdministrationClosing,
    close_administration,
    close_administrations,
    reopen_administration,
)
from evalplat.services.requests import NOT_OBTAINED_REASONS
from evalplat.storage.tables import Administration, AuditEntry
from evalplat.vocabulary import AdministrationStatus, DueState, MeasurementPoint, Role

POINT = MeasurementPoint
ON = date(2026, 11, 24)


def close(wiring, made, planned=None, reason="declined", actor=None):
    actor = actor or made.worker
    administration_id = getattr(planned or made.administration(), "id", planned)
    with wiring.transaction(actor) as session:
        close_administration(
            session, actor, administration_id=administration_id, reason=reason, at=wiring.clock()
        )


def reopen(wiring, made, planned=None, actor=None):
    actor = actor or made.worker
    administration_id = getattr(planned or made.administration(), "id", planned)
    with wiring.transaction(actor) as session:
        reopen_administration(
            session, actor, administration_id=administration_id, at=wiring.clock()
        )


def look(wiring, made, planned=None):
    wanted = (planned or made.administration()).id
    with wiring.reading(made.worker) as session:
        view = get_episode(session, wiring.catalogue, made.worker, made.episode.id, on=ON)
    return next(a for a in view.administrations if a.id == wanted)


def acts(wiring):
    """Closings and reopenings in the access log: (action, administration, clients)."""
    wanted = ("close_administration", "reopen_administration")
    with wiring.reading(SYSTEM) as session:
        lines = session.scalars(
            select(AuditEntry).where(AuditEntry.action.in_(wanted)).order_by(AuditEntry.id)
        )
        return [(line.action, line.object_id, line.client_ids) for line in lines]


def close_all_of_it(wiring, made, closed_on):
    with wiring.transaction(made.worker) as session:
        close_episode(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            closed_on=closed_on,
            reason="interrupted",
            at=wiring.clock(),
        )


def keep_one_answer(wiring, actor, planned):
    with wiring.transaction(actor) as session:
        return save_draft(
            session,
            wiring.catalogue,
            actor,
            administration_id=planned.id,
            code="S1",
            value=3,
            at=wiring.clock(),
        )


def submit(wiring, made, actor=None):
    actor = actor or made.worker
    with wiring.transaction(actor) as session:
        return submit_answers(
            session,
            wiring.catalogue,
            actor,
            administration_id=made.administration().id,
            raw=WHODAS_12,
            idempotency_key="not-obtained-key",
            measured_on=made.episode.opened_on,
            at=wiring.clock(),
        )


@pytest.mark.parametrize("reason", NOT_OBTAINED_REASONS)
def test_a_closed_one_is_no_longer_overdue_and_says_why(wiring, reason):
    made = make_episode(wiring)
    assert look(wiring, made).state is DueState.OVERDUE
    close(wiring, made, reason=reason)
    view = look(wiring, made)
    assert (view.status, view.state) == (AdministrationStatus.CLOSED, DueState.NOT_APPLICABLE)
    assert view.closing_reason == reason
    with wiring.reading(made.worker) as session:
        overdue = list_worklist(session, made.worker, on=ON, state=DueState.OVERDUE, page_size=200)
        dropped = list_worklist(session, made.worker, on=ON, state=DueState.NOT_APPLICABLE)
    assert view.id not in {row.administration_id for row in overdue.rows}
    assert [(row.administration_id, row.closing_reason) for row in dropped.rows] == [
        (view.id, reason)
    ]
    assert acts(wiring) == [("close_administration", view.id, [made.episode.client_id])]


def test_the_same_closing_again_changes_nothing_and_another_reason_is_a_conflict(wiring):
    made = make_episode(wiring)
    close(wiring, made)
    close(wiring, made)
    assert len(acts(wiring)) == 1
    with pytest.raises(Conflict, match="another reason"):
        close(wiring, made, reason="other")
    assert look(wiring, made).closing_reason == "declined"


def test_what_is_answered_or_does_not_apply_is_not_closed(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    with pytest.raises(Conflict, match="answered already"):
        close(wiring, made)
    close_all_of_it(wiring, made, date(2026, 4, 1))
    with pytest.raises(Conflict, match="does not apply"):
        close(wiring, made, made.administration(point=POINT.MIDPOINT))


@pytest.mark.parametrize("actor", ["other provider", "stranger", "case worker of others"])
def test_what_is_foreign_is_missing(wiring, actor):
    made = make_episode(wiring)
    who = {
        "other provider": lambda: make_actor(wiring, provider="Provider B"),
        "stranger": lambda: made.worker,
        "case worker of others": lambda: make_actor(
            wiring, Role.CASE_WORKER, email="case.two@example.fi"
        ),
    }[actor]()
    planned = "no such id" if actor == "stranger" else made.administration()
    for act in (close, reopen):
        with pytest.raises(NotFound) as caught:
            act(wiring, made, planned, actor=who)
        assert str(caught.value) == "There is no such administration."
    assert look(wiring, made).status is AdministrationStatus.PLANNED


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADMINISTRATOR])
def test_the_countys_readers_close_nothing(wiring, role):
    made = make_episode(wiring)
    for act in (close, reopen):
        with pytest.raises(Refused):
            act(wiring, made, actor=make_actor(wiring, role))


def test_a_client_does_not_close_the_own_measurement(wiring):
    made = make_episode(wiring)
    invitation = make_invitation(wiring, made)
    with wiring.transaction(SYSTEM) as session:
        client = open_invitation(session, token=invitation.token, at=wiring.clock()).actor
    for act in (close, reopen):
        with pytest.raises(Refused):
            act(wiring, made, actor=client)


def test_the_clients_case_worker_and_a_manager_may_do_it_too(wiring):
    made = make_episode(wiring)
    for actor in (made.case_worker, make_actor(wiring, Role.PROVIDER_MANAGER)):
        close(wiring, made, actor=actor)
        assert look(wiring, made).closing_reason == "declined"
        reopen(wiring, made, actor=actor)
        assert look(wiring, made).closing_reason == ""


def test_the_invitation_is_revoked_and_the_draft_is_kept_but_not_submitted(wiring):
    made = make_episode(wiring)
    other = make_invitation(wiring, made, "3x10d")
    invitation = make_invitation(wiring, made)
    with wiring.transaction(SYSTEM) as session:
        client = open_invitation(session, token=invitation.token, at=wiring.clock()).actor
    keep_one_answer(wiring, client, made.administration())
    close(wiring, made)
    with wiring.reading(made.worker) as session:
        found = list_invitations(
            session, made.worker, episode_id=made.episode.id, at=wiring.clock()
        )
        draft = get_draft(
            session, wiring.catalogue, made.worker, administration_id=made.administration().id
        )
    assert {row.id: row.state for row in found} == {invitation.id: "revoked", other.id: "open"}
    assert draft.answers == {"S1": 3}
    with pytest.raises(InvitationRefused):
        open_code(wiring, invitation.code)
    with pytest.raises(Refused):
        submit(wiring, made, client)
    with pytest.raises(Conflict):
        submit(wiring, made)
    with pytest.raises(Conflict):
        keep_one_answer(wiring, made.worker, made.administration())


def test_reopening_brings_it_back_with_its_draft_and_it_can_be_answered(wiring):
    made = make_episode(wiring)
    keep_one_answer(wiring, made.worker, made.administration())
    close(wiring, made)
    reopen(wiring, made)
    reopen(wiring, made)
    view = look(wiring, made)
    assert (view.status, view.state, view.closing_reason) == (
        AdministrationStatus.PLANNED,
        DueState.OVERDUE,
        "",
    )
    assert keep_one_answer(wiring, made.worker, made.administration()).answers == {"S1": 3}
    assert submit(wiring, made).revision == 1
    assert [action for action, _, _ in acts(wiring)] == [
        "close_administration",
        "reopen_administration",
    ]
    with pytest.raises(Conflict, match="answered already"):
        reopen(wiring, made)


def test_many_are_closed_all_or_none_with_every_fault(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    later = [
        AdministrationClosing(made.administration(point=point).id, reason)
        for point, reason in ((POINT.MIDPOINT, "bored"), (POINT.END, "declined"))
    ]
    answered = AdministrationClosing(made.administration().id, "declined")
    with wiring.transaction(SYSTEM) as session:
        with pytest.raises(InputRejected) as caught:
            close_administrations(session, SYSTEM, [*later, answered], wiring.clock())
        assert [fault.where for fault in caught.value.faults] == [
            "1: reason",
            "3: administration_id",
        ]
        with pytest.raises(Conflict, match="answered already"):
            close_administrations(session, SYSTEM, [later[1], answered], wiring.clock())
        with pytest.raises(Conflict, match="twice"):
            close_administrations(session, SYSTEM, [later[1], later[1]], wiring.clock())
        foreign = AdministrationClosing("no such id", "declined")
        with pytest.raises(NotFound):
            close_administrations(session, SYSTEM, [later[1], foreign], wiring.clock())
        close_administrations(session, SYSTEM, [], wiring.clock())
    closed = Administration.status == AdministrationStatus.CLOSED
    with wiring.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Administration).where(closed)) == 0
    with wiring.transaction(SYSTEM) as session:
        close_administrations(session, SYSTEM, [later[1]], wiring.clock())
    assert look(wiring, made, made.administration(point=POINT.END)).closing_reason == "declined"


def test_one_reopened_after_the_episode_closed_is_due_by_the_closing(wiring):
    made = make_episode(wiring)
    end = made.administration(point=POINT.END)
    close(wiring, made, end, "not_reached")
    close_all_of_it(wiring, made, date(2026, 5, 4))
    assert look(wiring, made, end).closing_reason == "not_reached"
    reopen(wiring, made, end)
    usual = end.due_from - made.episode.planned_end
    assert look(wiring, made, end).due_from - date(2026, 5, 4) == usual < timedelta()


def test_a_midpoint_that_lies_after_the_closing_is_not_reopened(wiring):
    made = make_episode(wiring)
    midpoint = made.administration(point=POINT.MIDPOINT)
    close(wiring, made, midpoint, "ended_early")
    close_all_of_it(wiring, made, date(2026, 4, 1))
    assert look(wiring, made, midpoint).closing_reason == "ended_early"
    with pytest.raises(Conflict, match="does not apply"):
        reopen(wiring, made, midpoint)


def test_goals_agreed_after_all_answer_a_baseline_that_was_given_up(wiring):
    made = make_episode(wiring)
    baseline, end = made.administration("gas"), made.administration("gas", POINT.END)
    close(wiring, made, baseline)
    goals = make_goals(wiring, made)
    view = look(wiring, made, baseline)
    assert (view.status, view.closing_reason) == (AdministrationStatus.SUBMITTED, "")
    close(wiring, made, end)
    with pytest.raises(Conflict), wiring.transaction(made.worker) as session:
        rate_goals(
            session,
            wiring.catalogue,
            made.worker,
            administration_id=end.id,
            ratings={goals[0].id: 1},
            measured_on=date(2026, 9, 1),
            idempotency_key="rating-of-a-closed-one",
            at=wiring.clock(),
        )


def test_a_closing_of_a_session_for_somebody_else_is_refused(wiring):
    made = make_episode(wiring)
    with wiring.transaction(made.worker) as session, pytest.raises(Refused):
        close_administration(
            session,
            Actor.system("forged"),
            administration_id=made.administration().id,
            reason="other",
            at=wiring.clock(),
        )
