"""Requests about own data: through the client's invitation or by word of mouth, answered within a month."""

from datetime import date, timedelta

import pytest
from builders import SYSTEM, make_actor, make_episode, make_invitation
from services.test_client_standing import act

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.client_standing import restrict_client
from evalplat.services.invitations import open_invitation
from evalplat.services.rights_requests import (
    MOST,
    answer_right,
    ask_for_right,
    count_open_requests,
    get_right_request,
    list_client_requests,
    list_own_requests,
    list_requests,
    record_right_request,
)
from evalplat.vocabulary import MeasurementPoint, RightsKind, Role

TODAY = date(2026, 11, 24)


def visit(wiring, made, point=MeasurementPoint.BASELINE):
    invitation = make_invitation(wiring, made, point=point)
    with wiring.transaction(SYSTEM) as session:
        return open_invitation(session, token=invitation.token, at=wiring.clock())


def ask(wiring, there, kind="copy", message="", administration_id=None):
    with wiring.transaction(there.actor) as session:
        ask_for_right(
            session, there.actor, kind=kind, message=message, on=TODAY, at=wiring.clock(),
            administration_id=administration_id or there.administration_id,
        )  # fmt: skip


def own(wiring, there):
    with wiring.reading(there.actor) as session:
        return list_own_requests(session, there.actor, administration_id=there.administration_id)


def listed(wiring, actor):
    with wiring.reading(actor) as session:
        return list_requests(session, actor, on=TODAY, at=wiring.clock())


def answer(wiring, actor, request_id, outcome="done", words="It was handed over on paper."):
    with wiring.transaction(actor) as session:
        answer_right(
            session, actor, request_id=request_id, outcome=outcome, answer=words, at=wiring.clock()
        )


def test_a_client_asks_and_the_case_worker_answers_within_a_month(wiring):
    made = make_episode(wiring)
    there = visit(wiring, made)
    ask(wiring, there, "copy", " On paper, please. ")
    (mine,) = own(wiring, there)
    assert (mine.kind, mine.message, mine.promised_by) == (
        RightsKind.COPY,
        "On paper, please.",
        date(2026, 12, 24),
    )
    (seen,) = listed(wiring, made.case_worker)
    assert (seen.client_name, seen.by_client, seen.overdue) == ("Testi Asiakas", True, False)
    with wiring.reading(made.case_worker) as session:
        assert count_open_requests(session, made.case_worker) == 1
        late = get_right_request(
            session, made.case_worker, request_id=seen.id, on=TODAY + timedelta(days=31)
        )
        assert late.overdue
    answer(wiring, made.case_worker, seen.id)
    answer(wiring, made.case_worker, seen.id)
    with pytest.raises(Conflict):
        answer(wiring, made.case_worker, seen.id, "refused", "Other words.")
    (mine,) = own(wiring, there)
    assert (mine.outcome, mine.answer) == ("done", "It was handed over on paper.")
    with wiring.reading(made.case_worker) as session:
        assert count_open_requests(session, made.case_worker) == 0


def test_the_same_wish_twice_is_one_request_until_it_is_answered(wiring):
    made = make_episode(wiring)
    there = visit(wiring, made)
    for _ in range(2):
        ask(wiring, there, "erasure")
    ask(wiring, there, "objection")
    assert sorted(one.kind for one in own(wiring, there)) == ["erasure", "objection"]
    for one in listed(wiring, made.case_worker):
        answer(wiring, made.case_worker, one.id, "refused", "The law demands that it is kept.")
    ask(wiring, there, "erasure", "I still want it.")
    assert len(own(wiring, there)) == 3


def test_an_invitation_is_no_way_to_fill_the_database(wiring):
    made = make_episode(wiring)
    there = visit(wiring, made)
    for n in range(MOST):
        ask(wiring, there, "correction", f"{n}")
        for one in listed(wiring, made.case_worker):
            if one.answered_at is None:
                answer(wiring, made.case_worker, one.id)
    with pytest.raises(Conflict):
        ask(wiring, there, "correction", "once more")


def test_faults_come_all_at_once(wiring):
    made = make_episode(wiring)
    there = visit(wiring, made)
    with pytest.raises(InputRejected) as caught:
        ask(wiring, there, "everything", "x" * 1001)
    assert [fault.where for fault in caught.value.faults] == ["kind", "message"]
    assert own(wiring, there) == ()


def test_a_request_of_another_invitation_or_client_is_neither_made_nor_seen(wiring):
    made, other = make_episode(wiring), make_episode(wiring, name="Toinen Asiakas")
    there, elsewhere = visit(wiring, made), visit(wiring, other)
    second = visit(wiring, made, MeasurementPoint.END)
    ask(wiring, there)
    assert own(wiring, elsewhere) == () and own(wiring, second) == ()
    with pytest.raises(NotFound):
        ask(wiring, there, administration_id=elsewhere.administration_id)
    with pytest.raises(NotFound):
        ask(wiring, there, administration_id=second.administration_id)


def test_what_was_asked_by_word_of_mouth_is_noted_and_counts_from_that_day(wiring):
    made = make_episode(wiring)

    def record(asked_on, kind="erasure", actor=made.case_worker):
        with wiring.transaction(actor) as session:
            record_right_request(
                session, actor, client_id=made.episode.client_id, kind=kind, message="By telephone",
                asked_on=asked_on, on=TODAY, at=wiring.clock(),
            )  # fmt: skip

    record(date(2026, 11, 3))
    (one,) = listed(wiring, made.case_worker)
    assert (one.by_client, one.promised_by) == (False, date(2026, 12, 3))
    for wrong in (None, TODAY + timedelta(days=1), date(2020, 1, 1)):
        with pytest.raises(InputRejected):
            record(wrong)
    with pytest.raises(InputRejected):
        record(TODAY, kind="x")
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    with pytest.raises(NotFound):
        record(TODAY, actor=colleague)


def test_nobody_but_the_own_case_worker_sees_or_answers_it(wiring):
    made = make_episode(wiring)
    ask(wiring, visit(wiring, made))
    (one,) = listed(wiring, made.case_worker)
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    assert listed(wiring, colleague) == ()
    with wiring.reading(colleague) as session:
        assert (
            list_client_requests(session, colleague, client_id=made.episode.client_id, on=TODAY)
            == ()
        )
        with pytest.raises(NotFound):
            get_right_request(session, colleague, request_id=one.id, on=TODAY)
    with pytest.raises(NotFound):
        answer(wiring, colleague, one.id)
    for role in (Role.PROVIDER_WORKER, Role.ANALYST, Role.ADMINISTRATOR):
        actor = make_actor(wiring, role)
        with pytest.raises(Refused):
            listed(wiring, actor)
        with pytest.raises(Refused):
            answer(wiring, actor, one.id)


def test_requests_are_answered_while_the_client_is_restricted(wiring):
    made = make_episode(wiring)
    ask(wiring, visit(wiring, made), "restriction")
    act(wiring, made, restrict_client)
    (one,) = listed(wiring, made.case_worker)
    with wiring.reading(made.case_worker) as session:
        get_right_request(session, made.case_worker, request_id=one.id, on=TODAY)
    answer(wiring, made.case_worker, one.id)
