"""Keeping the moments of pairs current: what a sheet changes is taken back and added, never counted again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.moments import month_of
from evalplat.episodes.pairing import Measured, pair
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.results import ScaleScore
from evalplat.services.actors import Actor, demand
from evalplat.storage import audit, moments
from evalplat.storage.sheets import Planned
from evalplat.vocabulary import MeasurementPoint, Respondent

PAIRS = (
    (MeasurementPoint.BASELINE, MeasurementPoint.END),
    (MeasurementPoint.BASELINE, MeasurementPoint.FOLLOW_UP),
)
"""The pairs of points that moments are kept for."""

POINTS = tuple(dict.fromkeys(point for both in PAIRS for point in both))

Values = dict[str, Measured]


@dataclass(slots=True)
class Course:
    """One instrument over one episode: what was measured at which point, by scale."""

    provider: int
    month: int
    instrument: str
    points: dict[MeasurementPoint, Values] = field(default_factory=dict)


Key = tuple[int, str]
Courses = dict[Key, Course]


def main_respondent(definition: Instrument) -> Respondent:
    """Whose answers are compared: the first respondent that the definition names."""
    return definition.respondents[0]


def is_counted(definition: Instrument, respondent: Respondent) -> bool:
    """Whether an instrument's pairs are counted: a scale of it may be compared, and its main respondent answers."""
    return (
        definition.kind != "goals"
        and not definition.anonymous
        and respondent is main_respondent(definition)
        and any(scale.direction is not None and scale.comparable for scale in definition.scales)
    )


def load_courses(session: Session, catalogue: Catalogue, touched: Sequence[Planned]) -> Courses:
    """What is stored now of the courses that these administrations belong to."""
    courses: Courses = {}
    for planned in touched:
        definition = catalogue.get(planned.instrument, planned.version)
        if planned.point in POINTS and is_counted(definition, planned.respondent):
            courses.setdefault(
                (planned.episode_id, planned.instrument),
                Course(planned.provider_id, month_of(planned.opened_on), planned.instrument),
            )
    rows = moments.list_measured(session, {key[0] for key in courses}, {key[1] for key in courses})
    _fill(catalogue, courses, rows)
    return courses


def _fill(catalogue: Catalogue, courses: Courses, rows: Iterable[Any]) -> None:
    for episode, instrument, respondent, point, version, measured_on, scale, value in rows:
        course = courses.get((episode, instrument))
        if course is None or point not in POINTS:
            continue
        if respondent is main_respondent(catalogue.get(instrument, version)):
            course.points.setdefault(point, {})[scale] = Measured(version, measured_on, value)


def baseline_day(course: Course) -> date | None:
    """The day of the baseline measurement, as far as it is stored."""
    values = course.points.get(MeasurementPoint.BASELINE, {})
    return next((measured.measured_on for measured in values.values()), None)


def update_moments(
    session: Session,
    catalogue: Catalogue,
    courses: Courses,
    stored: Iterable[tuple[Planned, date, Sequence[ScaleScore]]],
) -> None:
    """Bring the sums up to date after sheets were stored; `courses` is how things stood before."""
    changes: dict[Any, list[float]] = defaultdict(lambda: [0.0] * 6)
    after: dict[Key, dict[MeasurementPoint, Values]] = {}
    for planned, measured_on, scores in stored:
        key = (planned.episode_id, planned.instrument)
        course = courses.get(key)
        if course is None or planned.point not in POINTS:
            continue
        if planned.respondent is not main_respondent(
            catalogue.get(planned.instrument, planned.version)
        ):
            continue
        after.setdefault(key, dict(course.points))[planned.point] = {
            score.scale: Measured(planned.version, measured_on, score.value) for score in scores
        }
    for key, points in after.items():
        if len(points) > 1:
            _count(catalogue, courses[key], courses[key].points, -1, changes)
            _count(catalogue, courses[key], points, 1, changes)
    _write(session, catalogue, changes)


def _count(
    catalogue: Catalogue,
    course: Course,
    points: dict[MeasurementPoint, Values],
    sign: int,
    changes: dict[Any, list[float]],
) -> None:
    for first_point, later_point in PAIRS:
        first, later = points.get(first_point), points.get(later_point)
        if not first or not later:
            continue
        for scale, measured in first.items():
            found = pair(measured, later.get(scale))
            if found.reason is not None or found.first is None or found.later is None:
                continue
            definition = catalogue.get(course.instrument, measured.version)
            if not definition.scale(scale).comparable or definition.scale(scale).direction is None:
                continue
            reference = reference_of(definition, scale)
            x, y = found.first - reference, found.later - reference
            key = (
                course.provider,
                course.instrument,
                measured.version,
                scale,
                first_point,
                later_point,
                course.month,
            )
            sums = changes[key]
            for place, value in enumerate((1, x, y, x * x, y * y, x * y)):
                sums[place] += sign * value


def reference_of(definition: Instrument, scale: str) -> float:
    """What sums are centred on: the middle of the scale's possible range, fixed for a definition version."""
    found = definition.scale(scale)
    return (found.minimum + found.maximum) / 2


def _write(session: Session, catalogue: Catalogue, changes: dict[Any, list[float]]) -> None:
    rows = []
    for key, sums in changes.items():
        if not any(sums):
            continue
        provider, instrument, version, scale, first_point, later_point, month = key
        rows.append(
            {
                "provider_id": provider,
                "instrument": instrument,
                "version": version,
                "scale": scale,
                "from_point": first_point,
                "to_point": later_point,
                "month": month,
                "reference": reference_of(catalogue.get(instrument, version), scale),
                **dict(zip(moments.SUMS, [round(sums[0]), *sums[1:]], strict=True)),
            }
        )
    moments.add_moments(session, rows)


def rebuild_moments(session: Session, catalogue: Catalogue, actor: Actor) -> int:
    """Count every pair again and replace the sums; returns the number of sums. System jobs only."""
    demand(session, actor)
    moments.clear_moments(session)
    opened = {episode: (provider, day) for episode, provider, day in moments.list_opened(session)}
    instruments = {definition.key for definition in catalogue.list()}
    courses: Courses = {
        (episode, instrument): Course(provider, month_of(day), instrument)
        for episode, (provider, day) in opened.items()
        for instrument in instruments
    }
    _fill(catalogue, courses, moments.list_measured(session, opened.keys(), instruments))
    changes: dict[Any, list[float]] = defaultdict(lambda: [0.0] * 6)
    for course in courses.values():
        definition = catalogue.get(course.instrument)
        if len(course.points) > 1 and is_counted(definition, main_respondent(definition)):
            _count(catalogue, course, course.points, 1, changes)
    _write(session, catalogue, changes)
    audit.record(session, "rebuild_moments", "moments", "")
    return len(changes)
