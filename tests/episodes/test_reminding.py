"""When a client is reminded of what."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.episodes.local_time import local_day
from evalplat.episodes.reminding import (
    MOST_FAILURES,
    Earlier,
    Form,
    Rule,
    is_over,
    is_waking,
    list_open,
    next_day,
    plan_next,
)
from evalplat.vocabulary import MeasurementPoint, ReminderState

FROM, UNTIL = date(2026, 3, 1), date(2026, 3, 29)
RULE = Rule(every=7, most=3)
SENT, FAILED, SENDING = ReminderState.SENT, ReminderState.FAILED, ReminderState.SENDING


def form(id="a", due_from=FROM, due_until=UNTIL, provider=1, episode=1):
    return Form(id, provider, episode, MeasurementPoint.END, due_from, due_until)


def earlier(day, state=SENT, *forms):
    return Earlier(date(2026, 3, day), state, frozenset(forms or ("a",)))


@pytest.mark.parametrize(
    ("on", "before", "day"),
    [
        (date(2026, 2, 20), [], FROM),
        (FROM, [], FROM),
        (date(2026, 3, 5), [], date(2026, 3, 5)),
        (FROM, [earlier(1)], date(2026, 3, 8)),
        (date(2026, 3, 20), [earlier(1)], date(2026, 3, 20)),
        (date(2026, 3, 8), [earlier(1), earlier(8)], date(2026, 3, 15)),
        (date(2026, 3, 15), [earlier(1), earlier(8), earlier(15)], None),
        (date(2026, 3, 9), [earlier(1), earlier(8, SENDING), earlier(15)], None),
        (FROM, [earlier(1, FAILED)], date(2026, 3, 2)),
        (FROM, [earlier(1), earlier(8, FAILED)], date(2026, 3, 9)),
        (FROM, [earlier(n, FAILED) for n in range(1, MOST_FAILURES + 1)], None),
        (FROM, [earlier(1, ReminderState.CANCELLED)], date(2026, 3, 2)),
        (FROM, [earlier(1, SENT, "other")], date(2026, 3, 2)),
        (date(2026, 3, 30), [], None),
        (date(2026, 3, 23), [earlier(23)], None),
    ],
)
def test_a_form_is_spoken_of_when_its_window_opens_then_every_week_three_times_at_most(
    on, before, day
):
    assert next_day(form(), before, RULE, on) == day


def test_several_due_forms_make_one_message_about_the_one_that_ends_first():
    forms = [form("a"), form("b", due_until=date(2026, 3, 20)), form("later", date(2026, 3, 9))]
    plan = plan_next(forms, [], RULE, FROM)
    assert (plan.day, plan.about.id) == (FROM, "b")
    assert [one.id for one in plan.forms] == ["b", "a"]
    after = [earlier(1, SENT, "a", "b")]
    assert plan_next(forms, after, RULE, FROM).day == date(2026, 3, 8)
    assert plan_next(
        forms, [*after, earlier(8, SENT, "a", "b")], RULE, date(2026, 3, 9)
    ).about.id == ("later")


def test_what_another_provider_asks_waits_for_another_day():
    forms = [form("a"), form("b", due_until=date(2026, 3, 30), provider=2, episode=2)]
    first = plan_next(forms, [], RULE, FROM)
    assert [one.id for one in first.forms] == ["a"]
    second = plan_next(forms, [earlier(1)], RULE, FROM)
    assert (second.day, [one.id for one in second.forms]) == (date(2026, 3, 2), ["b"])
    assert list_open(forms, 3, FROM) == ()


states = st.sampled_from(list(ReminderState))
histories = st.lists(
    st.builds(
        Earlier,
        st.dates(FROM, UNTIL),
        states,
        st.sets(st.sampled_from(["a", "b"])).map(frozenset),
    ),
    max_size=8,
    unique_by=lambda one: one.day,
)


@given(histories, st.dates(FROM - timedelta(days=9), UNTIL + timedelta(days=9)))
def test_a_reminder_never_falls_outside_the_window_nor_on_a_day_that_has_one(history, on):
    day = next_day(form(), history, RULE, on)
    if day is not None:
        assert max(on, FROM) <= day <= UNTIL
        assert day not in {one.day for one in history}
        reached = [h.day for h in history if "a" in h.forms and h.state in (SENT, SENDING)]
        assert len(reached) < RULE.most
        assert all(day >= before + timedelta(days=RULE.every) for before in reached)


@given(st.integers(1, 30), st.integers(1, 9))
def test_sending_every_day_gives_exactly_the_reminders_that_the_rule_says(every, most):
    rule, history, wanted = Rule(every, most), [], form()
    for number in range((UNTIL - FROM).days + 10):
        today = FROM + timedelta(days=number)
        plan = plan_next([wanted], history, rule, today)
        if plan is not None and plan.day == today:
            history.append(Earlier(today, SENT, frozenset(["a"])))
    days = [(one.day - FROM).days for one in history]
    assert days == list(range(0, (UNTIL - FROM).days + 1, every))[:most]


@pytest.mark.parametrize(
    ("utc", "waking", "day"),
    [
        (datetime(2026, 3, 28, 5, 59), False, date(2026, 3, 28)),  # 7.59, winter time
        (datetime(2026, 3, 28, 6, 0), True, date(2026, 3, 28)),
        (
            datetime(2026, 3, 29, 4, 59),
            False,
            date(2026, 3, 29),
        ),  # 7.59, summer time since 3 o'clock
        (datetime(2026, 3, 29, 5, 0), True, date(2026, 3, 29)),
        (datetime(2026, 3, 29, 16, 59), True, date(2026, 3, 29)),
        (datetime(2026, 3, 29, 17, 0), False, date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 0), False, date(2026, 3, 30)),
        (datetime(2026, 10, 24, 5, 0), True, date(2026, 10, 24)),
        (datetime(2026, 10, 25, 5, 0), False, date(2026, 10, 25)),  # 7 o'clock, winter time again
        (datetime(2026, 10, 25, 6, 0), True, date(2026, 10, 25)),
        (datetime(2026, 10, 25, 17, 59), True, date(2026, 10, 25)),
        (datetime(2026, 10, 25, 18, 0), False, date(2026, 10, 25)),
        (datetime(2026, 10, 25, 21, 59), False, date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 0), False, date(2026, 10, 26)),
    ],
)
def test_no_message_goes_out_at_night_on_the_days_when_the_clocks_are_turned(utc, waking, day):
    at = utc.replace(tzinfo=UTC)
    assert is_waking(at, 8, 20) is waking
    assert local_day(at) == day
    assert is_over(at, 20) == (not waking and at.hour >= 17 and local_day(at) == at.date())
