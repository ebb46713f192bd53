"""A client's course as a paper for the client: in the client's language, in the client's words."""

from flask import Blueprint, Response, request

from evalplat.reports.course import CoursePoint, CourseSeries
from evalplat.reports.course_pdf import CourseOnPaper, GoalOnPaper, ScaleOnPaper, write_course
from evalplat.services.courses import client_course
from evalplat.services.views import ClientCourse, EpisodeView
from evalplat.vocabulary import LANGUAGES, Respondent
from evalplat.web.access import CARE_STAFF, staff
from evalplat.web.context import actor, current_wiring
from evalplat.web.courses import goal_courses, reliable_change, tell_course, title_of
from evalplat.web.episodes import load_episode
from evalplat.web.files import give_file
from evalplat.web.languages import today

bp = Blueprint("course_paper", __name__, url_prefix="/desk/episodes/<episode_id>")


@bp.get("/course.pdf")
@staff(*CARE_STAFF)
def write_paper(episode_id: str) -> Response:
    """The course on paper; in the client's language, or in the one that is asked for."""
    episode = load_episode(episode_id)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        course = client_course(database, wiring.catalogue, who, episode_id=episode_id)
    wishes = (request.args.get("language", ""), episode.client_language, "fi")
    language = next(wish for wish in wishes if wish in LANGUAGES)
    content = write_course(lay_out(course, episode, language), language, made_on=today())
    return give_file(content, "application/pdf", "course", "pdf")


def lay_out(course: ClientCourse, episode: EpisodeView, language: str) -> CourseOnPaper:
    """What stands on the paper: the client's own answers, each scale once, and the goals that are followed."""
    scales = [
        scale
        for scale in course.scales
        if scale.respondent is not Respondent.WORKER and scale.points and not scale.alternative_of
        if scale.domain != "goals"
    ]
    return CourseOnPaper(
        client=course.client_name or "",
        provider=episode.provider_name,
        opened_on=course.opened_on,
        closed_on=course.closed_on,
        goals=tuple(
            GoalOnPaper(drawn, kept.goal.own_words, kept.goal.levels)
            for kept, drawn in zip(course.goals, goal_courses(course.goals), strict=True)
            if not kept.goal.replaced
        ),
        scales=tuple(
            ScaleOnPaper(
                CourseSeries(
                    title=title_of(scale, language),
                    points=tuple(
                        CoursePoint(p.point, p.measured_on, p.value) for p in scale.points
                    ),
                    direction=scale.direction,
                    minimum=scale.minimum,
                    maximum=scale.maximum,
                    reliable_change=reliable_change(scale.parameters),
                    decimals=scale.decimals,
                ),
                tell_course(scale, language).words,
            )
            for scale in scales
        ),
    )
