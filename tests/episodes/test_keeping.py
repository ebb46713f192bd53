"""Spans by the calendar: read from a file, counted back, and a month ahead."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.episodes.keeping import Span, add_months, day_before, read_span


@pytest.mark.parametrize(
    ("text", "span"),
    [("30 years", Span(30, "year")), ("1 month", Span(1, "month")), (" 90 days ", Span(90, "day"))],
)
def test_a_span_is_read_as_it_is_said(text, span):
    assert read_span(text) == span
    assert read_span(str(span)) == span


@pytest.mark.parametrize(
    "text",
    ["", "0 days", "-1 year", "30", "years", "30 Years", "1.5 years", "99999 years", "٣ days"],
)
def test_anything_else_is_no_span(text):
    assert read_span(text) is None


def test_a_month_ends_on_its_last_day():
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert add_months(date(2026, 12, 15), 1) == date(2027, 1, 15)
    assert day_before(date(2026, 3, 31), Span(1, "month")) == date(2026, 2, 28)
    assert day_before(date(2028, 2, 29), Span(1, "year")) == date(2027, 2, 28)


def test_the_calendar_has_a_first_and_a_last_day():
    assert day_before(date(20, 1, 1), Span(9999, "year")) == date.min
    assert day_before(date(1, 1, 5), Span(9999, "day")) == date.min
    assert add_months(date(9999, 12, 1), 1) == date.max


@given(st.dates(date(1000, 1, 1), date(3000, 1, 1)), st.integers(1, 400))
def test_going_back_never_goes_forward_and_keeps_the_day_where_there_is_one(day, count):
    back = add_months(day, -count)
    assert back < day
    assert back.day == day.day or (back + timedelta(days=1)).day == 1
    assert (day.year - back.year) * 12 + day.month - back.month == count
