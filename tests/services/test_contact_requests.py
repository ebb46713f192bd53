"""Requests to be contacted: asked once after sending, promised by a working day, on top until somebody answers."""

from datetime import date, timedelta

import pytest
from builders import WHODAS_12, make_actor, make_episode, make_invitation, open_code
from databases import at_another_time

from evalplat.episodes.working_days import add_working_days
from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.answers import submit_answers
from evalplat.services.caseload import with_purpose
from evalplat.services.contact_requests import (
    answer_request,
    ask_for_contact,
    find_own_request,
    get_request,
    list_answered_requests,
    list_open_requests,
    list_requests_of_own_clients,
)
from evalplat.storage.access import AccessBreach
from evalplat.vocabulary import Role

TUESDAY = date(2026, 11, 24)


def visit_of(wiring, made, *, sends=True):
    """The visit of a client who has answered, or is about to."""
    code = make_invitation(wiring, made).code
    visit = open_code(wiring, code)
    if sends:
        with wiring.transaction(visit.actor) as session:
            submit_answers(
                session, wiring.catalogue, visit.actor, administration_id=visit.administration_id,
                raw=WHODAS_12, idempotency_key=f"visit-{visit.invitation_id}",
                measured_on=made.episode.opened_on, at=wiring.clock(),
            )  # fmt: skip
    return visit


def ask(wiring, visit, message="", on=TUESDAY, administration_id=None):
    with wiring.transaction(visit.actor) as session:
        return ask_for_contact(
            session, visit.actor, administration_id=administration_id or visit.administration_id,
            message=message, on=on, working_days=2, at=wiring.clock(),
        )  # fmt: skip


def own(wiring, visit):
    with wiring.reading(visit.actor) as session:
        return find_own_request(session, visit.actor, administration_id=visit.administration_id)


def waiting(wiring, actor, on=TUESDAY):
    with wiring.reading(actor) as session:
        return list_open_requests(session, actor, on=on)


def reply(wiring, actor, request_id, text="We talked on the telephone."):
    with wiring.transaction(actor) as session:
        answer_request(session, actor, request_id=request_id, answer=text, at=wiring.clock())


@pytest.mark.parametrize(
    ("asked", "promised"),
    [
        (date(2026, 11, 24), date(2026, 11, 26)),
        (date(2026, 11, 27), date(2026, 12, 1)),
        (date(2026, 11, 28), date(2026, 12, 1)),
        (date(2026, 11, 29), date(2026, 12, 1)),
    ],
)
def test_two_working_days_ahead_leave_the_weekend_out(asked, promised):
    assert add_working_days(asked, 2) == promised


def test_a_request_is_on_top_until_it_is_answered_and_the_client_reads_the_answer(wiring):
    made = make_episode(wiring, name="Anna Alfa")
    visit = visit_of(wiring, made)
    assert own(wiring, visit) is None
    assert ask(wiring, visit, "  About the bus card. ").promised_by == date(2026, 11, 26)
    (one,) = waiting(wiring, made.worker)
    assert (one.client_name, one.message, one.overdue) == (
        "Anna Alfa", "About the bus card.", False,
    )  # fmt: skip
    assert waiting(wiring, made.worker, date(2026, 11, 26))[0].overdue is False
    assert waiting(wiring, made.worker, date(2026, 11, 27))[0].overdue is True
    for _ in range(2):
        reply(wiring, made.worker, one.id)
    assert waiting(wiring, made.worker) == ()
    seen = own(wiring, visit)
    assert (seen.answer, seen.answered_at) == ("We talked on the telephone.", wiring.clock())
    with wiring.reading(made.worker) as session:
        (done,) = list_answered_requests(session, made.worker, on=TUESDAY, at=wiring.clock())
    assert done.answer == "We talked on the telephone."
    later = wiring.clock() + timedelta(days=31)
    with wiring.reading(made.worker) as session:
        assert list_answered_requests(session, made.worker, on=TUESDAY, at=later) == ()


def test_asking_twice_is_one_request_with_the_first_promise(wiring):
    made = make_episode(wiring)
    visit = visit_of(wiring, made)
    first = ask(wiring, visit, "first")
    again = ask(wiring, visit, "second", on=TUESDAY + timedelta(days=7))
    assert again == first
    assert len(waiting(wiring, made.worker)) == 1


def test_what_was_promised_first_is_on_top(wiring):
    early, late = make_episode(wiring, name="Early"), make_episode(wiring, name="Late")
    ask(wiring, visit_of(wiring, late), on=TUESDAY + timedelta(days=3))
    ask(wiring, visit_of(wiring, early), on=TUESDAY)
    assert [one.client_name for one in waiting(wiring, early.worker)] == ["Early", "Late"]


def test_a_request_comes_after_the_answers_and_not_too_long(wiring):
    made = make_episode(wiring)
    with pytest.raises(Conflict):
        ask(wiring, visit_of(wiring, made, sends=False))
    visit = visit_of(wiring, made)
    with pytest.raises(InputRejected):
        ask(wiring, visit, "x" * 1001)
    assert waiting(wiring, made.worker) == ()


def test_an_answer_says_what_was_done_and_is_not_overwritten(wiring):
    made = make_episode(wiring)
    ask(wiring, visit_of(wiring, made))
    (one,) = waiting(wiring, made.worker)
    for text in ("  ", "x" * 2001):
        with pytest.raises(InputRejected):
            reply(wiring, made.worker, one.id, text)
    reply(wiring, made.worker, one.id)
    with pytest.raises(Conflict):
        reply(wiring, made.worker, one.id, "Nobody answered the telephone.")
    with wiring.reading(made.worker) as session:
        stored = get_request(session, made.worker, request_id=one.id, on=TUESDAY)
    assert stored.answer == "We talked on the telephone."


def test_another_provider_another_client_and_the_county_reach_no_request(wiring):
    made, other = make_episode(wiring), make_episode(wiring, provider="Provider B")
    visit, stranger = visit_of(wiring, made), visit_of(wiring, other)
    ask(wiring, visit)
    (one,) = waiting(wiring, made.worker)
    assert waiting(wiring, other.worker) == ()
    with pytest.raises(NotFound):
        reply(wiring, other.worker, one.id)
    with pytest.raises((NotFound, AccessBreach)):
        ask(wiring, stranger, administration_id=visit.administration_id)
    with pytest.raises(Refused):
        waiting(wiring, made.case_worker)
    with pytest.raises(Refused):
        waiting(wiring, visit.actor)


def test_an_expired_link_asks_nothing_any_more(wiring):
    made = make_episode(wiring)
    visit = visit_of(wiring, made)
    later = at_another_time(wiring, wiring.clock() + timedelta(days=31))
    with pytest.raises(Refused):
        ask(later, visit)


def of_own_clients(wiring, actor, on=TUESDAY):
    with wiring.reading(actor) as session:
        return list_requests_of_own_clients(session, actor, on=on, at=wiring.clock())


def test_a_case_worker_sees_that_an_own_client_asked_and_not_what_was_written(wiring):
    made = make_episode(wiring, name="Anna Alfa")
    ask(wiring, visit_of(wiring, made), "About the bus card.")
    (one,) = of_own_clients(wiring, made.case_worker)
    assert (one.client_name, one.provider_name, one.answered_at) == (
        "Anna Alfa",
        "Provider A",
        None,
    )
    assert (one.promised_by, one.overdue) == (date(2026, 11, 26), False)
    assert of_own_clients(wiring, made.case_worker, date(2026, 11, 27))[0].overdue
    assert not hasattr(one, "message") and not hasattr(one, "answer")
    reply(wiring, made.worker, waiting(wiring, made.worker)[0].id)
    (one,) = of_own_clients(wiring, made.case_worker, date(2026, 11, 27))
    assert (one.answered_at, one.overdue) == (wiring.clock(), False)


def test_a_colleagues_clients_and_other_roles_see_no_request_of_a_case_workers_client(wiring):
    made = make_episode(wiring)
    ask(wiring, visit_of(wiring, made))
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    assert of_own_clients(wiring, colleague) == ()
    assert of_own_clients(wiring, with_purpose(colleague, "I stand in for a colleague")) == ()
    for actor in (made.worker, make_actor(wiring, Role.ANALYST)):
        with pytest.raises(Refused):
            of_own_clients(wiring, actor)
