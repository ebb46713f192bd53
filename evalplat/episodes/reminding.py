"""When a client is reminded of what: one rule for sending, for showing what comes, for checking what should have gone.

A form is spoken of when its window opens, then every so many days, a few times at most, and never after its window. A
message speaks of everything that is open for the client at one provider, and a client gets one a day at most.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from evalplat.episodes.local_time import HOME
from evalplat.vocabulary import MeasurementPoint, ReminderState

MOST_FAILURES = 5
"""After so many messages that did not go out, somebody has to look at the address."""

REACHED = (ReminderState.SENT, ReminderState.SENDING)
"""What may have reached the client: one that is still on its way counts, so that it is never sent twice."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Days between two reminders of one form, and how many there are at most."""

    every: int = 7
    most: int = 3


@dataclass(frozen=True, slots=True)
class Form:
    """One form that a client can fill in alone: whose it is, and its window."""

    id: str
    provider: int
    episode: int
    point: MeasurementPoint
    due_from: date
    due_until: date


@dataclass(frozen=True, slots=True)
class Earlier:
    """A reminder that was planned before: for which day, what became of it, and what it spoke of."""

    day: date
    state: ReminderState
    forms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """One message to send on a day: the form that it is about, and all that it speaks of."""

    day: date
    about: Form
    forms: tuple[Form, ...] = field(default=())


def next_day(form: Form, earlier: Sequence[Earlier], rule: Rule, on: date) -> date | None:
    """The first day, from `on`, on which the client is to be reminded of a form; None where there is none any more."""
    about = [one for one in earlier if form.id in one.forms]
    reached = [one.day for one in about if one.state in REACHED]
    failed = [one.day for one in about if one.state is ReminderState.FAILED]
    if len(reached) >= rule.most or len(failed) >= MOST_FAILURES:
        return None
    days = [on, form.due_from]
    if reached:
        days.append(max(reached) + timedelta(days=rule.every))
    if failed:
        days.append(max(failed) + timedelta(days=1))
    day = max(days)
    taken = {one.day for one in earlier}
    while day in taken:  # one message a day, whatever became of it
        day += timedelta(days=1)
    return day if day <= form.due_until else None


def plan_next(
    forms: Iterable[Form], earlier: Sequence[Earlier], rule: Rule, on: date
) -> Plan | None:
    """The next message to one client from `on`: about the form that is to be reminded of first.

    Of several on one day it is about the one whose window ends first. What another provider asks waits for another day:
    neither learns of the other.
    """
    known = list(forms)
    days = [(day, form) for form in known if (day := next_day(form, earlier, rule, on))]
    if not days:
        return None
    day, about = min(days, key=lambda one: (one[0], *_urgency(one[1])))
    return Plan(day, about, list_open(known, about.provider, day))


def list_open(forms: Iterable[Form], provider: int, on: date) -> tuple[Form, ...]:
    """What is open for a client at one provider on a day, by the end of the window."""
    found = [
        form
        for form in forms
        if form.provider == provider and form.due_from <= on <= form.due_until
    ]
    return tuple(sorted(found, key=_urgency))


def _urgency(form: Form) -> tuple[date, int, str]:
    """What ends first comes first; of the same day, the older episode."""
    return form.due_until, form.episode, form.id


def is_waking(at: datetime, first_hour: int, last_hour: int) -> bool:
    """Whether a message may go out now: never at night, by the clock on the wall in Finland."""
    return first_hour <= at.astimezone(HOME).hour < last_hour


def is_over(at: datetime, last_hour: int) -> bool:
    """Whether this day's messages should all have gone out."""
    return at.astimezone(HOME).hour >= last_hour
