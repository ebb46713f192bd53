"""What is due when."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.episodes.due import due_state, find_anchor, plan_window, still_applies
from evalplat.vocabulary import AdministrationStatus, DueState, MeasurementPoint

OPENED, PLANNED_END, CLOSED = date(2026, 1, 1), date(2026, 7, 1), date(2026, 5, 10)
FROM, UNTIL = date(2026, 3, 1), date(2026, 3, 31)


@pytest.mark.parametrize(
    ("status", "on", "state"),
    [
        (AdministrationStatus.PLANNED, date(2026, 2, 28), DueState.COMING),
        (AdministrationStatus.PLANNED, FROM, DueState.DUE),
        (AdministrationStatus.PLANNED, UNTIL, DueState.DUE),
        (AdministrationStatus.PLANNED, date(2026, 4, 1), DueState.OVERDUE),
        (AdministrationStatus.SUBMITTED, date(2026, 4, 1), DueState.DONE),
        (AdministrationStatus.CLOSED, FROM, DueState.NOT_APPLICABLE),
        (AdministrationStatus.NOT_APPLICABLE, FROM, DueState.NOT_APPLICABLE),
    ],
)
def test_a_planned_administration_is_coming_then_due_then_overdue(status, on, state):
    assert due_state(status, FROM, UNTIL, on) is state


@pytest.mark.parametrize(
    ("point", "closed_on", "anchor"),
    [
        (MeasurementPoint.BASELINE, CLOSED, OPENED),
        (MeasurementPoint.MIDPOINT, CLOSED, date(2026, 4, 1)),
        (MeasurementPoint.END, None, PLANNED_END),
        (MeasurementPoint.END, CLOSED, CLOSED),
        (MeasurementPoint.FOLLOW_UP, None, PLANNED_END),
        (MeasurementPoint.FOLLOW_UP, CLOSED, CLOSED),
    ],
)
def test_end_and_follow_up_are_anchored_to_the_closing_once_there_is_one(point, closed_on, anchor):
    assert find_anchor(point, OPENED, PLANNED_END, closed_on) == anchor


def test_a_midpoint_that_lies_after_the_closing_no_longer_applies():
    assert not still_applies(MeasurementPoint.MIDPOINT, date(2026, 5, 11), CLOSED)
    assert still_applies(MeasurementPoint.MIDPOINT, CLOSED, CLOSED)
    assert still_applies(MeasurementPoint.BASELINE, date(2026, 5, 11), CLOSED)


days = st.integers(0, 400)


@given(days, days, st.integers(-200, 200), st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_a_window_holds_its_target_day_and_is_due_exactly_inside(before, after, offset, anchor):
    window = plan_window(anchor, offset_days=offset, before_days=before, after_days=after)
    target = anchor + timedelta(days=offset)
    assert window.due_from <= target <= window.due_until

    def state(day):
        return due_state(AdministrationStatus.PLANNED, window.due_from, window.due_until, day)

    assert state(target) is DueState.DUE
    assert state(window.due_from - timedelta(days=1)) is DueState.COMING
    assert state(window.due_until + timedelta(days=1)) is DueState.OVERDUE
