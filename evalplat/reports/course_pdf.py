"""A client's course on paper, for the client's plan and in the client's language: goals, scales, words, figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from evalplat.language import get_translator, write_date, write_number
from evalplat.reports.course import CourseSeries, build_course
from evalplat.reports.goals import GoalCourse, build_goals
from evalplat.reports.picture import drawing
from evalplat.reports.words import DASH, point_word, signed, tidy

LEVELS = (2, 1, 0, -1, -2)


@dataclass(frozen=True, slots=True)
class GoalOnPaper:
    """A goal in the client's words with its five levels (-2 … +2) and where it stood, point by point."""

    course: GoalCourse
    own_words: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScaleOnPaper:
    """One scale: what its scores are, and in words what the change is worth."""

    series: CourseSeries
    sentence: str


@dataclass(frozen=True, slots=True)
class CourseOnPaper:
    """What the paper is about: whose course, of which service, since when."""

    client: str
    provider: str
    opened_on: date
    closed_on: date | None
    goals: tuple[GoalOnPaper, ...]
    scales: tuple[ScaleOnPaper, ...]


def write_course(course: CourseOnPaper, language: str, *, made_on: date) -> bytes:
    """The course as PDF in one language, the same bytes for the same input."""
    from evalplat.reports.paper import PaperWords, write_paper

    _ = get_translator(language)
    words = PaperWords(
        title=_("My course") if course.client else _("Course"),
        head=tidy(course.provider),
        foot=_("Printed %(day)s") % {"day": write_date(made_on, language)},
        language=language,
        subject=_("Own measurements and goals"),
        author=tidy(course.provider),
    )
    with drawing():
        return write_paper(words, lambda: _tell(course, language, words.title))


def _tell(course: CourseOnPaper, language: str, title: str) -> Sequence[object]:
    from evalplat.reports.paper import say, section, title_band

    _ = get_translator(language)
    start, end = (write_date(day, language) for day in (course.opened_on, course.closed_on))
    period = (
        _("service %(start)s – %(end)s") % {"start": start, "end": end}
        if course.closed_on
        else _("service from %(day)s") % {"day": start}
    )
    story: list[object] = [
        *title_band(title, [tidy(course.client), f"{tidy(course.provider)}, {period}"])
    ]
    story.append(
        say(_("This paper is yours. It shows what you have answered and how things have gone."))
    )
    if not course.goals and not course.scales:
        story.append(say(_("Nothing is measured yet.")))
    if course.goals:
        story += section(_("My goals"), _tell_goals(course.goals, language))
    for scale in course.scales:
        story += section(tidy(scale.series.title), _tell_scale(scale, language), whole=True)
    return story


def _tell_goals(goals: Sequence[GoalOnPaper], language: str) -> list[object]:
    from reportlab.platypus import KeepTogether

    from evalplat.reports.paper import WIDTH, Heading, say, text_table
    from evalplat.reports.pdf_picture import PictureFlowable

    _ = get_translator(language)
    picture = build_goals([goal.course for goal in goals], language)
    found: list[object] = [PictureFlowable(picture, WIDTH)]
    for goal in goals:
        reached = dict(goal.course.levels)
        rows = [
            (
                signed(level, language, 0),
                goal.levels[level + 2] or DASH,
                ", ".join(point_word(p, language) for p, at in reached.items() if at == level),
            )
            for level in LEVELS
        ]
        heads = (_("Level"), _("What it means"), _("Where I have been"))
        block: list[object] = [Heading(tidy(goal.course.text), 2)]
        if goal.own_words:
            block.append(say(f"“{tidy(goal.own_words)}”", "note"))
        block.append(text_table(heads, rows, (0.1, 0.6, 0.3), (False, False, False)))
        found.append(KeepTogether(block))
    return found


def _tell_scale(scale: ScaleOnPaper, language: str) -> list[object]:
    from evalplat.reports.paper import WIDTH, say, text_table
    from evalplat.reports.pdf_picture import PictureFlowable

    _ = get_translator(language)
    series = scale.series
    found: list[object] = [say(scale.sentence)] if scale.sentence else []
    if sum(point.value is not None for point in series.points) > 1:
        # The picture tells days and scores; a table would say them again.
        return [*found, PictureFlowable(build_course(series, language), WIDTH * 0.8)]
    rows = [
        (
            point_word(point.point, language),
            write_date(point.measured_on, language),
            write_number(point.value, language, series.decimals),
        )
        for point in series.points
    ]
    heads = (_("Point"), _("Measured on"), _("Score"))
    found.append(text_table(heads, rows, (0.4, 0.3, 0.3), (False, False, True)))
    return found
