"""Plans as versioned data: what their windows count from, plans as files, and the plan that a voucher names."""

from dataclasses import astuple
from datetime import date, timedelta

import pytest
from builders import OPENED, SYSTEM, make_actor, make_episode, make_voucher
from every_table import fill_tables

from evalplat.errors import FileRejected, InputRejected
from evalplat.services.appointments import (
    AppointmentRequest,
    record_appointment,
    strike_appointment,
)
from evalplat.services.closing import Ending, move_windows
from evalplat.services.episodes import close_episode, get_episode, open_episode
from evalplat.services.plan_files import read_plan, write_plan
from evalplat.services.plans import add_plan
from evalplat.services.requests import PlanRow
from evalplat.services.voucher_look_up import find_voucher
from evalplat.storage import episodes
from evalplat.storage.rows import add_rows
from evalplat.storage.tables import Appointment
from evalplat.vocabulary import (
    AdministrationStatus,
    Anchor,
    AppointmentForm,
    AppointmentOutcome,
    AppointmentPlace,
    MeasurementPoint,
    Mode,
    Respondent,
)

POINT = MeasurementPoint
END, CLOSED = date(2026, 9, 2), date(2026, 7, 15)
ROWS = (
    PlanRow("whodas-2.0-12", POINT.BASELINE),
    PlanRow("whodas-2.0-12", POINT.MIDPOINT, offset_days=-30, anchor=Anchor.END),
    PlanRow("whodas-2.0-12", POINT.END, offset_days=180, anchor=Anchor.START),
    PlanRow("3x10d", POINT.END, anchor=Anchor.LAST_SESSION, before_days=3, after_days=3),
    PlanRow("3x10d", POINT.FOLLOW_UP, offset_days=90, anchor=Anchor.LAST_SESSION),
    PlanRow("who-5", POINT.FOLLOW_UP, offset_days=90),
)


def add(wiring, key="anchored", rows=ROWS):
    with wiring.transaction(SYSTEM) as session:
        return add_plan(
            session, wiring.catalogue, SYSTEM, key=key, titles={"en": key.title()}, rows=rows
        )


def open_(wiring, number, **rest):
    worker = make_actor(wiring)
    with wiring.transaction(worker) as session:
        return open_episode(
            session, wiring.catalogue, worker, voucher_number=number, opened_on=OPENED,
            planned_end=END, at=wiring.clock(), **rest,
        )  # fmt: skip


def windows(episode):
    return {(a.instrument_key, a.point): (a.due_from, a.due_until) for a in episode.administrations}


def around(day, days=14):
    return day - timedelta(days=days), day + timedelta(days=days)


def hold(wiring, episode_id, day, outcome=AppointmentOutcome.HELD, *, struck=False):
    with wiring.transaction(SYSTEM) as session:
        episode, _client = episodes.lock_episodes(session, [episode_id])[episode_id]
        row = {
            "public_id": f"{day}-{outcome}-{struck}", "provider_id": episode.provider_id,
            "client_id": episode.client_id, "episode_id": episode.id, "held_on": day, "minutes": 60,
            "form": AppointmentForm.GROUP, "place": AppointmentPlace.HOME, "outcome": outcome,
            "recorded_at": wiring.clock(), "recorded_by": "test", "idempotency_key": f"{day}{outcome}",
            "struck_at": wiring.clock() if struck else None, "struck_by": "",
        }  # fmt: skip
        add_rows(session, Appointment, [row])


def close(wiring, episode_id):
    worker = make_actor(wiring)
    with wiring.transaction(worker) as session:
        return close_episode(
            session, wiring.catalogue, worker, episode_id=episode_id, closed_on=CLOSED,
            at=wiring.clock(),
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite"])
def test_windows_count_from_the_day_that_the_plan_says(wiring):
    add(wiring)
    planned = windows(open_(wiring, make_voucher(wiring), plan_key="anchored"))
    assert planned["whodas-2.0-12", POINT.BASELINE] == around(OPENED)
    assert planned["whodas-2.0-12", POINT.MIDPOINT] == around(END - timedelta(days=30))
    assert planned["whodas-2.0-12", POINT.END] == around(OPENED + timedelta(days=180))
    assert planned["3x10d", POINT.END] == around(END, 3)
    assert planned["who-5", POINT.FOLLOW_UP] == around(END + timedelta(days=90))


def test_at_the_closing_windows_move_to_the_last_session_that_was_held(wiring):
    add(wiring)
    episode = open_(wiring, make_voucher(wiring), plan_key="anchored")
    last = date(2026, 7, 1)
    hold(wiring, episode.id, date(2026, 6, 1))
    hold(wiring, episode.id, last)
    hold(wiring, episode.id, date(2026, 7, 8), AppointmentOutcome.NO_SHOW)
    hold(wiring, episode.id, date(2026, 7, 9), struck=True)
    closed = close(wiring, episode.id)
    moved = windows(closed)
    assert moved["3x10d", POINT.END] == around(last, 3)
    assert moved["3x10d", POINT.FOLLOW_UP] == around(last + timedelta(days=90))
    assert moved["who-5", POINT.FOLLOW_UP] == around(CLOSED + timedelta(days=90))
    assert moved["whodas-2.0-12", POINT.END] == around(OPENED + timedelta(days=180))
    assert moved["whodas-2.0-12", POINT.MIDPOINT] == around(CLOSED - timedelta(days=30))
    midpoint = next(a for a in closed.administrations if a.point is POINT.MIDPOINT)
    assert midpoint.status is AdministrationStatus.PLANNED


@pytest.mark.parametrize("kind", ["sqlite"])
def test_without_a_session_the_windows_count_from_the_closing(wiring):
    add(wiring)
    episode = open_(wiring, make_voucher(wiring), plan_key="anchored")
    assert windows(close(wiring, episode.id))["3x10d", POINT.END] == around(CLOSED, 3)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_session_that_is_recorded_late_moves_the_windows_when_they_are_counted_again(wiring):
    add(wiring)
    episode = open_(wiring, make_voucher(wiring), plan_key="anchored")
    close(wiring, episode.id)
    hold(wiring, episode.id, date(2026, 7, 1))
    worker = make_actor(wiring)
    with wiring.transaction(worker) as session:
        row, _client = episodes.lock_episodes(session, [episode.id])[episode.id]
        move_windows(session, {row.id: row}, {row.id: Ending(row.planned_end, row.closed_on)})
    with wiring.reading(worker) as session:
        again = get_episode(session, wiring.catalogue, worker, episode.id, on=CLOSED)
    assert windows(again)["3x10d", POINT.END] == around(date(2026, 7, 1), 3)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_an_open_episode_keeps_its_plan_when_a_new_version_comes(wiring):
    first = add(wiring)
    episode = open_(wiring, make_voucher(wiring), plan_key="anchored")
    assert add(wiring, rows=ROWS[:1]).version == first.version + 1
    worker = make_actor(wiring)
    with wiring.reading(worker) as session:
        again = get_episode(session, wiring.catalogue, worker, episode.id, on=OPENED)
    assert len(again.administrations) == len(ROWS)
    assert len(open_(wiring, make_voucher(wiring), plan_key="anchored").administrations) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_baseline_cannot_count_from_the_end(wiring):
    rows = [PlanRow("who-5", POINT.BASELINE, anchor=anchor) for anchor in Anchor]
    with pytest.raises(InputRejected) as caught:
        add(wiring, rows=rows)
    told = [str(fault) for fault in caught.value.faults if "cannot count" in str(fault)]
    assert [fault.partition(":")[0] for fault in told] == ["row 3", "row 4"]


def test_a_voucher_names_the_plan_unless_the_worker_chooses_another(wiring):
    add(wiring)
    add(wiring, "short", ROWS[:1])
    named = make_voucher(wiring, plan_key="anchored")
    worker = make_actor(wiring)
    with wiring.reading(worker) as session:
        assert find_voucher(session, worker, named, on=OPENED).voucher.plan_key == "anchored"
    assert open_(wiring, named).plan_key == "anchored"
    assert open_(wiring, make_voucher(wiring, plan_key="anchored"), plan_key="short").plan_key == (
        "short"
    )
    assert make_episode(wiring).episode.plan_key == "default"
    with pytest.raises(InputRejected) as caught:
        make_voucher(wiring, plan_key="none", number="!", service="x" * 201)
    assert {"plan_key", "number", "service"} == {fault.where for fault in caught.value.faults}


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_plan_comes_back_from_its_own_file(wiring, tmp_path):
    saved = add(wiring)
    path = tmp_path / "plan.toml"
    path.write_text(write_plan(saved), encoding="utf-8")
    again = read_plan(path, wiring.catalogue)
    assert (again.key, again.titles) == (saved.key, saved.titles)
    assert [astuple(row) for row in again.rows] == [astuple(row) for row in saved.rows]


FAULTY = """
key = "Faulty Plan"
name = "x"
[titles]
xx = "?"
[[rows]]
instrument = "none"
points = ["baseline", "last"]
colour = "red"
[[rows]]
points = "end"
respondent = "aunt"
before_days = "many"
[windows.end]
anchor = "funeral"
day = 3
[windows.sometime]
"""


def test_every_fault_of_a_plans_file_is_named_at_once(catalogue, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(FAULTY)
    with pytest.raises(FileRejected) as caught:
        read_plan(path, catalogue)
    told = "\n".join(map(str, caught.value.faults))
    for word in ("name", "xx", "last", "colour", "aunt", "before_days", "funeral", "day", "sometime",
                 "instrument", 'points = ["baseline"'):  # fmt: skip
        assert word in told, told
    path.write_text(
        'key = "Bad Key"\n[titles]\nen = "x"\n[[rows]]\ninstrument = "none"\npoints = ["end"]\n'
    )
    with pytest.raises(FileRejected) as caught:
        read_plan(path, catalogue)
    assert [fault.where for fault in caught.value.faults] == ["plan.toml: key", "plan.toml: row 1"]
    path.write_text("rows = 3")
    with pytest.raises(FileRejected):
        read_plan(path, catalogue)


def test_rows_in_every_table_of_the_daily_work_do_not_keep_an_episode_from_closing(wiring):
    made = make_episode(wiring)
    fill_tables(wiring, made)
    assert close(wiring, made.episode.id).closed_on == CLOSED


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_meeting_entered_after_the_closing_moves_the_windows_and_striking_it_moves_them_back(
    wiring,
):
    add(wiring)
    episode = open_(wiring, make_voucher(wiring), plan_key="anchored")
    close(wiring, episode.id)
    worker = make_actor(wiring)

    def look():
        with wiring.reading(worker) as session:
            again = get_episode(session, wiring.catalogue, worker, episode.id, on=CLOSED)
        return windows(again)["3x10d", POINT.END]

    with wiring.transaction(worker) as session:
        made = record_appointment(
            session, worker, episode_id=episode.id, idempotency_key="a late meeting",
            appointment=AppointmentRequest(date(2026, 7, 1), 60), at=wiring.clock(),
        )  # fmt: skip
    assert look() == around(date(2026, 7, 1), 3)
    with wiring.transaction(worker) as session:
        strike_appointment(
            session, worker, episode_id=episode.id, appointment_id=made.id, at=wiring.clock()
        )
    assert look() == around(CLOSED, 3)


def test_a_record_is_kept_on_the_client_s_plan_and_is_no_measurement(wiring):
    row = PlanRow("avain", POINT.BASELINE, Respondent.TOGETHER, Mode.INTERVIEW)
    with pytest.raises(InputRejected, match="a record on the client"):
        add(wiring, "recorded", [row])
