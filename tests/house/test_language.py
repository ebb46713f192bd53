"""One error reads well in every language."""

from datetime import date

import pytest

from evalplat.errors import Message
from evalplat.language import say, write_date, write_number


@pytest.mark.parametrize(
    ("language", "day"), [("fi", "2.1.2026"), ("sv", "2.1.2026"), ("en", "02/01/2026")]
)
def test_the_days_inside_a_message_are_in_the_reader_s_format(language: str, day: str) -> None:
    for value in ("2026-01-02", date(2026, 1, 2)):
        assert say(Message("%(day)s is in the future.", day=value), language).startswith(day)
    assert write_date(date(2026, 1, 2), language) == day


def test_a_value_that_only_looks_like_a_day_stays_as_it_was_typed() -> None:
    assert say(Message("%(day)s is in the future.", day="2026-02-31"), "en").startswith(
        "2026-02-31"
    )


def test_a_message_inside_a_message_is_translated_too() -> None:
    inner = Message("nothing was answered")
    assert "mihinkään ei vastattu" in say(Message("%(why)s!", why=inner), "fi")


def test_numbers_have_the_reader_s_decimal_mark_and_a_real_minus() -> None:
    assert write_number(-1234.56, "fi", 1) == "−1\u00a0234,6"
    assert write_number(-0.04, "en", 1) == "0.0"
    assert write_number(None, "sv") == "–"


def test_numbers_of_more_digits_than_decimals_usually_carry_are_written_out() -> None:
    assert write_number(3e28, "en", 4).startswith("30,000,000,000")
    assert len(write_number(1e300, "fi", 1)) > 300
