"""Meetings of the service: recorded once, summed up against the voucher, struck out where wrong, foreign to others."""

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import OPENED, make_actor, make_episode
from sqlalchemy import select

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.appointments import (
    AppointmentRequest,
    list_delivered,
    record_appointment,
    strike_appointment,
)
from evalplat.services.episodes import close_episode
from evalplat.storage.tables import AuditEntry
from evalplat.vocabulary import Role

DAY = OPENED + timedelta(days=3)


def record(wiring, made, *, key="a key of a form", actor=None, on=DAY, minutes=90, at=None, **rest):
    actor = actor or made.worker
    with wiring.transaction(actor) as session:
        return record_appointment(
            session,
            actor,
            episode_id=made.episode.id,
            appointment=AppointmentRequest(on, minutes, **rest),
            idempotency_key=key,
            at=at or wiring.clock(),
        )


def look(wiring, made, actor=None):
    actor = actor or made.worker
    with wiring.reading(actor) as session:
        return list_delivered(session, actor, episode_id=made.episode.id)


def faults_of(wiring, made, **rest):
    with pytest.raises(InputRejected) as caught:
        record(wiring, made, **rest)
    return [fault.where for fault in caught.value.faults]


def test_meetings_are_summed_up_and_only_held_ones_count_as_hours(wiring):
    made = make_episode(wiring)
    record(wiring, made, key="the first form")
    record(wiring, made, key="the second form", on=DAY + timedelta(days=7), minutes=45, form="group",
           place="digital")  # fmt: skip
    record(wiring, made, key="the third form", minutes=0, outcome="no_show")
    record(wiring, made, key="the fourth form", minutes=60, outcome="cancelled")
    found = look(wiring, made)
    assert (found.held, found.minutes, found.hours, found.no_shows) == (2, 135, 2.25, 1)
    assert found.granted_hours == made.episode.voucher.hours
    assert found.appointments[0].held_on == DAY + timedelta(days=7)
    assert len(found.appointments) == 4


def test_a_form_sent_twice_records_one_meeting(wiring):
    made = make_episode(wiring)
    first, second = record(wiring, made), record(wiring, made, minutes=30)
    assert first == second
    assert look(wiring, made).minutes == 90


def test_a_key_of_another_client_s_form_is_refused(wiring):
    made, other = make_episode(wiring), make_episode(wiring)
    record(wiring, made)
    with pytest.raises(Conflict):
        record(wiring, other)
    assert look(wiring, other).held == 0


def test_what_is_struck_out_stays_readable_and_counts_nowhere(wiring):
    made = make_episode(wiring)
    wrong = record(wiring, made)
    for _ in range(2):
        with wiring.transaction(made.worker) as session:
            strike_appointment(
                session, made.worker, episode_id=made.episode.id, appointment_id=wrong.id,
                at=wiring.clock(),
            )  # fmt: skip
    found = look(wiring, made)
    assert (found.held, found.minutes, found.appointments[0].struck) == (0, 0, True)
    with wiring.reading(make_actor(wiring, Role.ADMINISTRATOR)) as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.object_id == wrong.id)
        ).all()
    assert sorted(actions) == ["record_appointment", "strike_appointment"]


def test_every_fault_is_told_at_once(wiring):
    made = make_episode(wiring)
    assert faults_of(
        wiring, made, on=date(2027, 1, 1), minutes=0, form="crowd", place="moon", outcome="held"
    ) == ["held_on", "form", "place", "minutes"]
    assert faults_of(wiring, made, on=OPENED - timedelta(days=1)) == ["held_on"]
    assert faults_of(wiring, made, minutes=24 * 60 + 1) == ["minutes"]
    assert faults_of(wiring, made, minutes=-5, outcome="no_show") == ["minutes"]
    assert faults_of(wiring, made, outcome="forgotten", key="short") == [
        "outcome",
        "idempotency_key",
    ]
    assert look(wiring, made).appointments == ()


def test_no_meeting_lies_after_the_closing(wiring):
    made = make_episode(wiring)
    with wiring.transaction(made.worker) as session:
        close_episode(
            session, wiring.catalogue, made.worker, episode_id=made.episode.id, closed_on=DAY,
            reason="completed", at=wiring.clock(),
        )  # fmt: skip
    assert faults_of(wiring, made, on=DAY + timedelta(days=1)) == ["held_on"]
    assert record(wiring, made).held_on == DAY


def test_another_provider_finds_no_episode_and_no_meeting(wiring):
    made = make_episode(wiring)
    other = make_episode(wiring, provider="Provider B")
    meeting = record(wiring, made)
    with pytest.raises(NotFound):
        record(wiring, made, actor=other.worker)
    with pytest.raises(NotFound):
        look(wiring, made, other.worker)
    with pytest.raises(NotFound), wiring.transaction(other.worker) as session:
        strike_appointment(
            session, other.worker, episode_id=other.episode.id, appointment_id=meeting.id,
            at=wiring.clock(),
        )  # fmt: skip
    assert look(wiring, made, made.case_worker).held == 1
    with pytest.raises(Refused):
        look(wiring, made, make_actor(wiring, Role.ANALYST))


def test_today_is_the_day_in_finland_also_shortly_after_midnight(wiring):
    made = make_episode(wiring)
    half_past_midnight = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)
    assert record(wiring, made, on=date(2026, 7, 2), at=half_past_midnight).minutes == 90
    before_midnight = half_past_midnight - timedelta(hours=1)
    with pytest.raises(InputRejected):
        record(wiring, made, on=date(2026, 7, 2), at=before_midnight, key="another form")
