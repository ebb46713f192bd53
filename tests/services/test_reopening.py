"""A closing that was a mistake is corrected or taken back: what follows from it moves, and what was before is kept."""

from datetime import date, timedelta

import pytest
from builders import SYSTEM, make_actor, make_episode, make_everything, make_goals, make_sheet
from databases import at_another_time
from sqlalchemy import select

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.appointments import AppointmentRequest, record_appointment
from evalplat.services.episodes import close_episode, get_episode
from evalplat.services.recounting import rebuild_moments
from evalplat.services.reopening import correct_closing, get_closing_history, reopen_episode
from evalplat.storage.tables import AuditEntry, EpisodeCounts, PairMoments
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Role

POINT = MeasurementPoint
ENDED, LATER = date(2026, 4, 1), date(2026, 7, 1)
WHY = "The client goes on after all."


def close(wiring, made, closed_on=ENDED, reason="interrupted"):
    with wiring.transaction(made.worker) as session:
        return close_episode(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            closed_on=closed_on,
            reason=reason,
            at=wiring.clock(),
        )


def reopen(wiring, made, actor=None, note=WHY, **rest):
    actor = actor or made.worker
    with wiring.transaction(actor) as session:
        reopen_episode(
            session,
            actor,
            episode_id=made.episode.id,
            note=note,
            within_days=90,
            at=wiring.clock(),
            **rest,
        )


def correct(wiring, made, closed_on=LATER, reason="completed", note=WHY, actor=None):
    actor = actor or made.worker
    with wiring.transaction(actor) as session:
        correct_closing(
            session,
            actor,
            episode_id=made.episode.id,
            closed_on=closed_on,
            reason=reason,
            note=note,
            within_days=90,
            at=wiring.clock(),
        )


def history(wiring, made, actor=None):
    actor = actor or made.worker
    with wiring.reading(actor) as session:
        return get_closing_history(session, actor, episode_id=made.episode.id, within_days=90)


def shown(wiring, made):
    with wiring.reading(made.worker) as session:
        return get_episode(
            session, wiring.catalogue, made.worker, made.episode.id, on=wiring.clock().date()
        )


def windows(view):
    return {
        (a.instrument_key, a.point): (a.due_from, a.due_until, a.status)
        for a in view.administrations
    }


def test_an_episode_that_is_opened_again_stands_as_if_it_had_never_been_closed(wiring):
    made = make_episode(wiring)
    before = windows(made.episode)
    closed = windows(close(wiring, made))
    assert closed["whodas-2.0-12", POINT.MIDPOINT][2] is AdministrationStatus.NOT_APPLICABLE
    assert closed != before
    reopen(wiring, made)
    view = shown(wiring, made)
    assert (view.closed_on, view.closing_reason) == (None, "")
    assert windows(view) == before
    make_goals(wiring, made)  # what only an open episode takes


def test_another_planned_end_moves_what_is_counted_from_it(wiring):
    made, twin = make_episode(wiring), make_episode(wiring, planned_end=date(2027, 1, 31))
    close(wiring, made)
    reopen(wiring, made, planned_end=date(2027, 1, 31))
    assert windows(shown(wiring, made)) == windows(twin.episode)


def test_answers_that_were_sent_and_what_is_counted_of_them_stay(wiring):
    made = make_everything(wiring)
    close(wiring, made)
    reopen(wiring, made)
    correct_me = make_everything(wiring, name="Toinen")
    close(wiring, correct_me)
    correct(wiring, correct_me)
    end = shown(wiring, made).administrations
    assert [
        a.status for a in end if (a.instrument_key, a.point) == ("whodas-2.0-12", POINT.END)
    ] == [AdministrationStatus.SUBMITTED]

    def sums():
        with wiring.reading(SYSTEM) as session:
            tables = (PairMoments, EpisodeCounts)
            return [sorted(map(str, session.execute(select(t.__table__)))) for t in tables]

    kept = sums()
    with wiring.transaction(SYSTEM) as session:
        rebuild_moments(session, wiring.catalogue, SYSTEM)
    assert sums() == kept and all(kept)


def test_a_corrected_closing_moves_the_end_and_asks_for_what_it_had_left_out(wiring):
    made, twin = make_episode(wiring), make_episode(wiring)
    close(wiring, made)
    right = windows(close(wiring, twin, LATER, "completed"))
    correct(wiring, made)
    view = shown(wiring, made)
    assert (view.closed_on, view.closing_reason) == (LATER, "completed")
    assert windows(view) == right
    assert right["whodas-2.0-12", POINT.MIDPOINT][2] is AdministrationStatus.PLANNED
    correct(wiring, made, ENDED, "interrupted", "The first day was right.")
    assert windows(shown(wiring, made))["whodas-2.0-12", POINT.MIDPOINT][2] is (
        AdministrationStatus.NOT_APPLICABLE
    )


def test_everything_that_was_done_stays_readable_and_stands_in_the_access_log(wiring):
    made = make_episode(wiring)
    close(wiring, made)
    correct(wiring, made)
    reopen(wiring, made)
    found = history(wiring, made, made.case_worker)
    assert [(e.act, e.closed_on, e.closing_reason, e.note) for e in found.events] == [
        ("closed", ENDED, "interrupted", ""),
        ("corrected", LATER, "completed", WHY),
        ("reopened", None, "", WHY),
    ]
    assert found.until is None
    with wiring.reading(SYSTEM) as session:
        lines = session.execute(select(AuditEntry.action, AuditEntry.client_ids, AuditEntry.role))
        acts = {line[0]: (line[1], line[2]) for line in lines}
    client = ([made.episode.client_id], "provider_worker")
    assert acts["close_episode"] == acts["correct_closing"] == acts["reopen_episode"] == client


def test_the_time_runs_from_the_day_of_closing_whatever_was_corrected_since(wiring):
    made = make_episode(wiring)
    close(wiring, made)
    until = wiring.clock().date() + timedelta(days=90)
    assert history(wiring, made).until == until
    late = at_another_time(wiring, wiring.clock() + timedelta(days=80))
    correct(late, made)
    assert history(wiring, made).until == until
    too_late = at_another_time(wiring, wiring.clock() + timedelta(days=91))
    for change in (correct, reopen):
        with pytest.raises(Conflict, match=f"until {until}"):
            change(too_late, made)
    last_day = at_another_time(wiring, wiring.clock() + timedelta(days=90))
    reopen(last_day, made)
    close(too_late, made)
    reopen(too_late, made)  # closed anew, the time began anew


def test_every_fault_is_named_at_once_and_nothing_changes(wiring):
    made = make_episode(wiring)
    close(wiring, made)
    with pytest.raises(InputRejected) as caught:
        reopen(wiring, made, note=" so ", planned_end=date(2026, 1, 1))
    assert [fault.where for fault in caught.value.faults] == ["note", "planned_end"]
    with pytest.raises(InputRejected) as caught:
        correct(wiring, made, date(2020, 1, 1), "bored", "so")
    assert [fault.where for fault in caught.value.faults] == ["closed_on", "reason", "note"]
    with pytest.raises(InputRejected, match="closed already"):
        correct(wiring, made, ENDED, "interrupted")
    assert len(history(wiring, made).events) == 1


def test_an_open_episode_has_nothing_to_take_back(wiring):
    made = make_episode(wiring)
    for change in (correct, reopen):
        with pytest.raises(Conflict, match="is open"):
            change(wiring, made)


def test_only_the_own_providers_staff_change_a_closing(wiring):
    made = make_episode(wiring)
    close(wiring, made)
    other = make_actor(wiring, provider="Provider B")
    for change in (correct, reopen):
        with pytest.raises(NotFound):
            change(wiring, made, actor=other)
        for role in (Role.CASE_WORKER, Role.ANALYST, Role.ADMINISTRATOR):
            with pytest.raises(Refused):
                change(wiring, made, actor=make_actor(wiring, role))
    with pytest.raises(NotFound):
        history(wiring, made, other)


def test_a_meeting_that_is_recorded_after_opening_again_moves_nothing(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    close(wiring, made)
    reopen(wiring, made)
    before = windows(shown(wiring, made))
    asked = AppointmentRequest(date(2026, 5, 1), 60, "individual", "home", "held")
    with wiring.transaction(made.worker) as session:
        record_appointment(
            session, made.worker, episode_id=made.episode.id, appointment=asked,
            idempotency_key="a meeting after that", at=wiring.clock(),
        )  # fmt: skip
    assert windows(shown(wiring, made)) == before
