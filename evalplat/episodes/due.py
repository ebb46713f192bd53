"""What is due when: the windows of planned administrations, and how each stands on a given day. One definition."""

from dataclasses import dataclass
from datetime import date, timedelta

from evalplat.vocabulary import AdministrationStatus, Anchor, DueState, MeasurementPoint


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which an administration should be done, both ends included."""

    due_from: date
    due_until: date


def find_anchor(
    point: MeasurementPoint,
    opened_on: date,
    planned_end: date,
    closed_on: date | None,
    *,
    anchor: Anchor = Anchor.POINT,
    last_session: date | None = None,
) -> date:
    """The day a point's window is counted from.

    By its own point, a baseline counts from the opening, a midpoint from the middle of the planned time, end and
    follow-up from the actual closing once there is one. A plan may say another day: the start, the end, or the last
    session that was held, known once the episode is closed; where none was held, it is the end.
    """
    ended_on = closed_on or planned_end
    match anchor:
        case Anchor.START:
            return opened_on
        case Anchor.END:
            return ended_on
        case Anchor.LAST_SESSION:
            return last_session if last_session and closed_on else ended_on
    match point:
        case MeasurementPoint.BASELINE:
            return opened_on
        case MeasurementPoint.MIDPOINT:
            return opened_on + (planned_end - opened_on) // 2
    return ended_on


def plan_window(
    anchor: date, *, offset_days: int = 0, before_days: int = 14, after_days: int = 14
) -> Window:
    """The window around the target day, which lies `offset_days` after the anchor."""
    target = anchor + timedelta(days=offset_days)
    return Window(target - timedelta(days=before_days), target + timedelta(days=after_days))


def due_state(status: AdministrationStatus, due_from: date, due_until: date, on: date) -> DueState:
    """How an administration stands on a day: overdue after its window, due within, coming before it.

    One that was closed because it was not obtained counts with those that do not apply: nobody waits for it.
    """
    if status is AdministrationStatus.SUBMITTED:
        return DueState.DONE
    if status is not AdministrationStatus.PLANNED:
        return DueState.NOT_APPLICABLE
    if on > due_until:
        return DueState.OVERDUE
    return DueState.DUE if on >= due_from else DueState.COMING


def still_applies(point: MeasurementPoint, due_from: date, closed_on: date | None) -> bool:
    """Whether a planned administration is wanted once the episode is closed: not a midpoint that lies after it."""
    return closed_on is None or point is not MeasurementPoint.MIDPOINT or due_from <= closed_on
