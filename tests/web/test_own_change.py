"""What a client reads about the own change, where the newest answers gave no score."""

from dataclasses import replace
from datetime import date

import pytest

from evalplat.services.views import CoursePoint, ScaleCourse
from evalplat.vocabulary import Direction, MeasurementPoint, ScoreStatus
from evalplat.web.courses import tell_course

POINTS = tuple(
    CoursePoint(point, date(2026, month, 1), value, status, "1.0")
    for month, point, value, status in (
        (1, MeasurementPoint.BASELINE, 30.0, ScoreStatus.OK),
        (4, MeasurementPoint.MIDPOINT, 20.0, ScoreStatus.OK),
        (7, MeasurementPoint.END, None, ScoreStatus.NOT_ASSESSABLE),
    )
)
COURSE = ScaleCourse(
    instrument="whodas-2.0-12",
    scale="total",
    instrument_titles={"en": "WHODAS"},
    scale_titles={"en": "Difficulties"},
    direction=Direction.LOWER_BETTER,
    domain=None,
    minimum=0,
    maximum=100,
    decimals=0,
    points=POINTS,
    change=-10.0,
    change_status="improved",
    change_reason="",
    parameters=None,
)
NOTICE = "Your latest answers gave no score here"


@pytest.mark.parametrize(
    ("points", "said"), [(POINTS, True), (POINTS[:2], False), (POINTS[:1], False)]
)
def test_an_older_change_is_not_told_as_that_of_the_newest_answers(
    points: tuple[CoursePoint, ...], said: bool
) -> None:
    words = tell_course(replace(COURSE, points=points), "en").words
    assert words.startswith(NOTICE) is said
    assert ("become better" in words) is (len(points) > 1)


def test_staff_read_the_course_as_it_is() -> None:
    assert NOTICE not in tell_course(COURSE, "en", staff_words=True).words


@pytest.mark.parametrize(
    ("language", "word"), [("en", "become better"), ("sv", "blivit bättre"), ("fi", "parempaan")]
)
def test_the_change_is_told_in_the_language_that_was_asked_for(language: str, word: str) -> None:
    """A paper is in its client's language, whoever prints it: no page and no reader is needed here."""
    assert word in tell_course(COURSE, language).words
