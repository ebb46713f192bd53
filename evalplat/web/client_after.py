"""After sending: the own change and goals, a request to be contacted, anonymous feedback, who has looked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, g, render_template, request
from markupsafe import Markup

from evalplat.errors import AnswersRejected, InputRejected, Message
from evalplat.instruments.questions import list_all_steps
from evalplat.language import pick_words, write_number
from evalplat.reports.words import point_word
from evalplat.services.contact_requests import (
    LONGEST_MESSAGE,
    ask_for_contact,
    find_own_request,
    promise_day,
)
from evalplat.services.courses import NOT_ASSESSABLE, client_course
from evalplat.services.feedback import find_form, give_feedback, is_feedback_open
from evalplat.services.looker_words import tell_look
from evalplat.services.lookers import Look, list_lookers
from evalplat.services.views import ClientCourse, ClientVisit, GoalView, ScaleCourse
from evalplat.vocabulary import Direction, MeasurementPoint
from evalplat.web.access import client, keeps_input
from evalplat.web.context import Page, current_wiring, is_sent, now, send_to
from evalplat.web.courses import draw_scale, tell_course
from evalplat.web.fields import read_page
from evalplat.web.flow import DECLINED
from evalplat.web.languages import reader, say, today
from evalplat.web.visits import AFTER, WRITING, renew

bp = Blueprint("client_after", __name__, url_prefix="/c")
bp.after_request(renew)

DRAWN = 10
"""So many scales are drawn on the page of thanks, which is to stay light; more are read as words and figures."""

LOOKS_ON_PAGE = 30
BEST_FIRST = (2, 1, 0, -1, -2)
MARKS = {
    "start": Message("Where you began"),
    "now": Message("Where you are now"),
    "client": Message("Where you see yourself now"),
    "worker": Message("Where your worker sees you now"),
}


@dataclass(frozen=True, slots=True)
class OwnChange:
    """One scale of the client's own: in words, as rows of a table, and as a picture where there is room."""

    title: str
    words: str
    from_to: str
    scale: tuple[Message, ...]
    rows: tuple[tuple[str, date | None, float | None], ...]
    decimals: int
    picture: Markup | None


@dataclass(frozen=True, slots=True)
class OwnGoal:
    """A goal with its five levels, the best one first, and what is marked beside each."""

    title: str
    levels: tuple[tuple[str, tuple[Message, ...]], ...]
    is_rated: bool


def show_thanks(visit: ClientVisit) -> str:
    """The receipt: thanks, the own change, the goals, and what the client can do next. No answers."""
    wiring = current_wiring()
    with wiring.reading(visit.actor) as database:
        course = client_course(database, wiring.catalogue, visit.actor, episode_id=visit.episode_id)
        asked = find_own_request(database, visit.actor, administration_id=visit.administration_id)
        open_to_feedback = is_feedback_open(
            database, visit.actor, administration_id=visit.administration_id
        )
    instrument = wiring.catalogue.get(visit.instrument_key, visit.version)
    return render_template(
        "client/thanks.html",
        title=instrument.text(reader()).title,
        for_groups=instrument.for_groups,
        changes=_list_changes(course, visit.instrument_key),
        goals=[_tell_goal(one.goal) for one in course.goals if not one.goal.replaced],
        asked=asked,
        feedback=open_to_feedback,
        thanked="feedback" in request.args,
    )


def show_next_on_lent_device(visit: ClientVisit) -> str:
    """What may follow on a device that others use next: nothing of the answers, of earlier ones, or of the goals."""
    g.kiosk_idle = AFTER
    return _show_next(visit, "client/lent_thanks.html")


def show_receipt(visit: ClientVisit) -> str:
    """What a used code opens: that the answers were sent, and what the client can do next; no scores, no goals."""
    return _show_next(visit, "client/receipt.html")


def _show_next(visit: ClientVisit, template: str) -> str:
    wiring = current_wiring()
    with wiring.reading(visit.actor) as database:
        asked = find_own_request(database, visit.actor, administration_id=visit.administration_id)
        open_to_feedback = is_feedback_open(
            database, visit.actor, administration_id=visit.administration_id
        )
    return render_template(
        template,
        asked=asked,
        feedback=open_to_feedback,
        thanked="feedback" in request.args,
    )


def _list_changes(course: ClientCourse, instrument: str) -> list[OwnChange]:
    """The scales of this instrument that were measured before: those whose change can be judged, or else all."""
    own = [
        scale
        for scale in course.scales
        if scale.instrument == instrument and scale.change is not None and not scale.alternative_of
    ]
    judged = [scale for scale in own if scale.change_status != NOT_ASSESSABLE]
    return [_own_change(scale, place < DRAWN) for place, scale in enumerate(judged or own)]


def _own_change(scale: ScaleCourse, drawn: bool) -> OwnChange:
    return OwnChange(
        title=pick_words(scale.scale_titles, reader()) or scale.scale,
        words=tell_course(scale, reader()).words,
        from_to=_from_to(scale),
        scale=tuple(_explain(scale)),
        rows=tuple((point_word(p.point, reader()), p.measured_on, p.value) for p in scale.points),
        decimals=scale.decimals,
        picture=draw_scale(scale, reader(), narrow=True) if drawn else None,
    )


def _from_to(scale: ScaleCourse) -> str:
    """The first and the last score, for those who see the change as an arrow."""
    known = [point.value for point in scale.points if point.value is not None]
    return " → ".join(
        write_number(value, reader(), scale.decimals) for value in (known[0], known[-1])
    )


def _explain(scale: ScaleCourse) -> Iterator[Message]:
    """From where to where a scale runs, and which way is the better one."""
    if scale.minimum is not None and scale.maximum is not None:
        low, high = (write_number(end, reader(), 0) for end in (scale.minimum, scale.maximum))
        yield Message(
            "The lowest possible score is %(low)s, the highest %(high)s.", low=low, high=high
        )
    if scale.direction is Direction.HIGHER_BETTER:
        yield Message("A higher score is better.")
    elif scale.direction is Direction.LOWER_BETTER:
        yield Message("A lower score is better.")


def _tell_goal(goal: GoalView) -> OwnGoal:
    marks: dict[int, list[Message]] = {level: [] for level in BEST_FIRST}
    marks[goal.baseline_level].append(MARKS["start"])
    later = [one for one in goal.ratings if one.point is not MeasurementPoint.BASELINE]
    last = later[-1] if later else None
    if last is not None and last.client_level is not None and last.worker_level is not None:
        if last.disagrees:
            marks[last.client_level].append(MARKS["client"])
            marks[last.worker_level].append(MARKS["worker"])
        else:
            marks[last.level].append(MARKS["now"])
    elif last is not None:
        marks[last.level].append(MARKS["now"])
    levels = tuple((goal.levels[level + 2], tuple(marks[level])) for level in BEST_FIRST)
    return OwnGoal(goal.title, levels, last is not None)


@bp.route("/contact", methods=["GET", "POST"])
@client
@keeps_input
def ask_contact() -> Page:
    """Ask a worker to get in touch, once; the page says by which day, and that it is not for emergencies."""
    visit, wiring = _visit(), current_wiring()
    if not visit.submitted:
        return send_to("client.show_welcome")
    g.kiosk_idle = WRITING
    days = wiring.settings.contact_days
    message = request.form.get("message", "")[: LONGEST_MESSAGE + 1000]
    error: InputRejected | None = None
    if is_sent():
        try:
            with wiring.transaction(visit.actor) as database:
                ask_for_contact(
                    database, visit.actor, administration_id=visit.administration_id,
                    message=message, on=today(), working_days=days, at=now(),
                )  # fmt: skip
            return send_to("client.show_thanks", _anchor="contact")
        except InputRejected as rejected:
            error = rejected
    with wiring.reading(visit.actor) as database:
        asked = find_own_request(database, visit.actor, administration_id=visit.administration_id)
    if asked is not None:
        return send_to("client.show_thanks", _anchor="contact")
    page = render_template(
        "client/contact.html", message=message, promised=promise_day(today(), days), error=error,
        longest=LONGEST_MESSAGE,
    )  # fmt: skip
    return (page, 422) if error else page


@bp.route("/feedback", methods=["GET", "POST"])
@client
@keeps_input
def show_feedback() -> Page:
    """Anonymous feedback on one page: nothing is kept until it is sent, and then nothing that leads to the client."""
    visit, wiring = _visit(), current_wiring()
    if not visit.submitted:
        return send_to("client.show_welcome")
    g.kiosk_idle = WRITING
    form = find_form(wiring.catalogue)
    steps = list_all_steps(form, reader())
    answers = {step.code: request.form.get(f"f-{step.code}", "")[:4000] for step in steps}
    error: AnswersRejected | InputRejected | None = None
    if is_sent():
        try:
            with wiring.transaction(visit.actor) as database:
                give_feedback(
                    database, wiring.catalogue, visit.actor, answers=answers, language=reader(),
                    administration_id=visit.administration_id, on=today(),
                )  # fmt: skip
            return send_to("client.show_thanks", feedback=1)
        except (AnswersRejected, InputRejected) as rejected:
            error = rejected
    with wiring.reading(visit.actor) as database:
        is_open = is_feedback_open(database, visit.actor, administration_id=visit.administration_id)
    if not is_open:
        return send_to("client.show_thanks", feedback=1)
    page = render_template(
        "client/feedback.html", texts=form.text(reader()), steps=steps, answers=answers,
        error=error, declined=DECLINED,
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page


@bp.get("/looked")
@client
def show_lookers() -> Page:
    """Who has looked at the client's answers: by day, role and organisation, in plain words."""
    visit, wiring = _visit(), current_wiring()
    if not visit.submitted:
        return send_to("client.show_welcome")
    number = read_page(request.args.get("page", ""))
    with wiring.reading(visit.actor) as database:
        looks = list_lookers(database, visit.actor, page=number, page_size=LOOKS_ON_PAGE)
    days: dict[date, dict[str, list[tuple[Message, Look]]]] = {}
    for look in looks.rows:
        who, what = tell_look(look)
        days.setdefault(look.day, {}).setdefault(say(who), []).append((what, look))
    return render_template("client/looked.html", days=days, looks=looks)


def _visit() -> ClientVisit:
    visit: ClientVisit = g.visit
    return visit
