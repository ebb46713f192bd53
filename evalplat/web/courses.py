"""One client's course: every scale with its scores, a picture, and in words whether the change is more than chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from flask import Blueprint, render_template
from markupsafe import Markup

from evalplat.errors import Message
from evalplat.instruments.definition import ChangeParameters
from evalplat.language import get_translator, pick_words, say, write_number
from evalplat.reports.course import CoursePoint, CourseSeries, draw_course
from evalplat.reports.goals import GoalCourse, draw_goals
from evalplat.reports.words import direction_word, point_word
from evalplat.services import views
from evalplat.services.courses import NOT_ASSESSABLE, client_course
from evalplat.vocabulary import MeasurementPoint
from evalplat.web.access import CARE_STAFF, staff
from evalplat.web.context import actor, current_wiring
from evalplat.web.languages import reader
from evalplat.web.words import CHANGES

bp = Blueprint("courses", __name__, url_prefix="/desk/episodes/<episode_id>")

OWN_CHANGES = {
    "improved": Message("Things have become better, more than chance explains."),
    "recovered": Message("Things have become better, more than chance explains."),
    "harmed": Message("Things have become harder. Talk about it with your worker."),
    "deteriorated": Message("Things have become harder. Talk about it with your worker."),
    "unchanged": Message("There is no clear change. Answers always vary a little from day to day."),
    "not_assessable": Message("It is not known how large a change has to be to be certain."),
}
NO_SCORE_NOW = Message(
    "Your latest answers gave no score here, because too many questions were left out. This is from before them."
)


@dataclass(frozen=True, slots=True)
class Told:
    """One scale in words: its title, the scores, what the change is worth, and what it rests on."""

    title: str
    values: str
    words: str
    reason: str = ""


@bp.get("/course")
@staff(*CARE_STAFF)
def show_course(episode_id: str) -> str:
    """The goals, every scale at a glance, then each of them; what can be judged comes first.

    Of scales that score the same answers one is drawn.
    """
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        course = client_course(database, wiring.catalogue, who, episode_id=episode_id)
    language = reader()
    measured = [scale for scale in course.scales if scale.points]
    judged = {s.instrument for s in measured if s.change_status != NOT_ASSESSABLE}
    places = {s.instrument: place for place, s in reversed(list(enumerate(measured)))}
    measured.sort(
        key=lambda s: (s.instrument not in judged, places[s.instrument], s.alternative_of != "")
    )
    titles = {(s.instrument, s.scale): title_of(s, language) for s in measured}
    return render_template(
        "desk/course.html", course=course, for_groups=[pick_words(t, language) for t in course.for_groups],
        goals=draw_goal_course(course.goals, language, narrow=True),
        scales=[
            (
                scale,
                tell_course(scale, language, staff_words=True),
                None if scale.alternative_of else draw_scale(scale, language, narrow=True),
                titles.get((scale.instrument, scale.alternative_of)),
            )
            for scale in measured
        ],
    )  # fmt: skip


class Titled(Protocol):
    """A scale with its titles by language."""

    @property
    def instrument(self) -> str: ...
    @property
    def scale(self) -> str: ...
    @property
    def instrument_titles(self) -> Mapping[str, str]: ...
    @property
    def scale_titles(self) -> Mapping[str, str]: ...


def title_of(scale: Titled, language: str) -> str:
    """The scale's title with its instrument's, unless they are the same."""
    instrument = pick_words(scale.instrument_titles, language) or scale.instrument
    own = pick_words(scale.scale_titles, language) or scale.scale
    return own if own == instrument else f"{instrument}: {own}"


def tell_course(scale: views.ScaleCourse, language: str, *, staff_words: bool = False) -> Told:
    """A scale's course in words: for the client in plain ones, for staff with the reason."""
    _ = get_translator(language)
    known = [point for point in scale.points if point.value is not None]
    ends = [known[0], known[-1]] if len(known) > 1 else known
    values = " → ".join(
        f"{point_word(p.point, language)} {write_number(p.value, language, scale.decimals)}"
        for p in ends
    )
    if scale.minimum is not None and scale.maximum is not None:
        low, high = (write_number(x, language, 0) for x in (scale.minimum, scale.maximum))
        direction = direction_word(scale.direction, language)
        values += f" ({low}–{high}{', ' if direction else ''}{direction})"
    folder = CHANGES if staff_words else OWN_CHANGES
    words = say(folder[scale.change_status], language) if len(known) > 1 else ""
    if not staff_words and scale.change_status == NOT_ASSESSABLE and len(known) > 1:
        words = " ".join(filter(None, [_way(scale, language), words]))
    if not staff_words and len(known) > 1 and scale.points[-1].value is None:
        words = f"{say(NO_SCORE_NOW, language)} {words}"
    reason = _(scale.change_reason) if staff_words and scale.change_reason else ""
    return Told(title_of(scale, language), values, words, reason)


def _way(scale: views.ScaleCourse, language: str) -> str:
    """Which way an own score has moved, where nobody can say whether that is more than chance."""
    _ = get_translator(language)
    if scale.change is None or scale.direction is None:
        return ""
    turned = scale.direction.sign * scale.change
    if turned == 0:
        return _("The score is the same as before.")
    return (
        _("The score is better than before.")
        if turned > 0
        else _("The score is weaker than before.")
    )


def reliable_change(parameters: ChangeParameters | None) -> float | None:
    """How far two scores must lie apart to be more than measurement error; None where it is not known."""
    if parameters is None:
        return None
    from evalplat.statistics.change import find_sdc

    return find_sdc(parameters.sd, parameters.reliability) or parameters.sdc


def draw_scale(scale: views.ScaleCourse, language: str, *, narrow: bool = False) -> Markup | None:
    """The picture of a scale's course, ready to stand in a page; None where one score says nothing of a change."""
    if sum(point.value is not None for point in scale.points) < 2:
        return None
    series = CourseSeries(
        title=title_of(scale, language),
        points=tuple(CoursePoint(p.point, p.measured_on, p.value) for p in scale.points),
        direction=scale.direction,
        minimum=scale.minimum,
        maximum=scale.maximum,
        reliable_change=reliable_change(scale.parameters),
        decimals=scale.decimals,
    )
    return Markup(draw_course(series, language, narrow=narrow).decode())


def draw_goal_course(
    goals: tuple[views.GoalCourse, ...], language: str, *, narrow: bool = False
) -> Markup | None:
    """The picture of the goals' levels; None where no goals are agreed."""
    if not goals:
        return None
    return Markup(draw_goals(goal_courses(goals), language, narrow=narrow).decode())


def goal_courses(goals: tuple[views.GoalCourse, ...]) -> list[GoalCourse]:
    """The goals as their picture takes them: where each stood at the start and what was attained."""
    rows = []
    for course in goals:
        levels = {point: level for point, _day, level in course.levels}
        rows.append(
            GoalCourse(
                text=course.goal.title,
                baseline=course.goal.baseline_level,
                attained=levels.get(MeasurementPoint.END, levels.get(MeasurementPoint.MIDPOINT)),
                follow_up=levels.get(MeasurementPoint.FOLLOW_UP),
            )
        )
    return rows
