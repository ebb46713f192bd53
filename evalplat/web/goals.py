"""Goals: agreed with the client, one at a time, and rated at the later measurement points."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from flask import Blueprint, render_template, request

from evalplat.errors import EvalplatError, Fault, InputRejected, Message
from evalplat.services.answers import AnswersConflict
from evalplat.services.client_plans import PlanGoalView, get_client_plan
from evalplat.services.goals import agree_goals, find_warnings, rate_goals
from evalplat.services.requests import GoalRequest
from evalplat.services.views import AdministrationView, EpisodeView, GoalRatingView, GoalView
from evalplat.vocabulary import Respondent
from evalplat.web.access import CARE_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.episodes import find_administration, load_episode
from evalplat.web.fields import kept_key, new_key, read_date, read_whole
from evalplat.web.languages import today

bp = Blueprint("goals", __name__, url_prefix="/desk/episodes/<episode_id>")

LEVELS = (-2, -1, 0, 1, 2)
LEVEL_WORDS = {
    -2: Message("Much less than expected"),
    -1: Message("Less than expected"),
    0: Message("The goal as expected"),
    1: Message("More than expected"),
    2: Message("Much more than expected"),
}
IMPORTANCE = {1: Message("Fairly important"), 2: Message("Important"), 3: Message("Very important")}
DIFFICULTY = {1: Message("Fairly easy"), 2: Message("Demanding"), 3: Message("Very demanding")}
RATERS = (Respondent.TOGETHER, Respondent.CLIENT, Respondent.WORKER)
NOT_AGREED = Message("The goal was not saved. What you wrote is still here.")
NOT_RATED = Message("The ratings were not saved. What you chose is still here.")
TEXT_FIELDS = ("title", "own_words", "indicator", "target_date")
LONGEST = 1_000


@bp.route("/goals", methods=["GET", "POST"])
@staff(*CARE_STAFF)
@keeps_input
def show_goals(episode_id: str) -> Page:
    """The goals agreed so far, and a form for the next one."""
    episode = load_episode(episode_id)
    planned = _plan_goals(episode)
    values = _values() if request.method == "POST" else _begin(episode, planned)
    if not is_sent():
        return _show(episode, values, planned)
    wiring, who = current_wiring(), actor()
    try:
        goal = _read(values)
        with wiring.reading(who) as database:
            warnings = find_warnings(
                database, wiring.catalogue, who, episode_id=episode_id, goal=goal
            )
        mark = _mark(values)
        if warnings and request.form.get("seen") != mark:
            return _show(episode, values, planned, warnings=warnings, seen=mark)
        with wiring.transaction(who) as database:
            agree_goals(
                database, wiring.catalogue, who, episode_id=episode_id, goals=[goal], at=now()
            )
    except InputRejected as rejected:
        return _show(episode, values, planned, rejected)
    return send_to("goals.show_goals", episode_id=episode_id, saved=1)


def _mark(values: dict[str, str]) -> str:
    """A mark of what the warnings were shown for; other words are looked at again."""
    return sha256("\0".join(values.values()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _begin(episode: EpisodeView, plan: Sequence[PlanGoalView]) -> dict[str, str]:
    """An empty form, the words of a goal of the client's plan, or those of a goal that is to be revised."""
    planned = next((goal for goal in plan if goal.id == request.args.get("plan", "")), None)
    if planned is not None:
        return {
            "title": planned.title,
            "own_words": planned.own_words,
            "indicator": planned.indicator,
            "plan_goal": planned.id,
            "baseline": "-1",
            "with": "together",
        }
    wish = request.args.get("replaces", "")
    old = next((goal for goal in episode.goals if goal.id == wish and not goal.replaced), None)
    if old is None:
        return {"baseline": "-1", "with": "together"}
    return {
        "title": old.title,
        "own_words": old.own_words,
        "indicator": old.indicator,
        "target_date": old.target_date.isoformat() if old.target_date else "",
        "baseline": str(old.baseline_level),
        "importance": str(old.importance),
        "difficulty": str(old.difficulty),
        "with": old.agreed_with.value,
        "replaces": old.id,
        **{_level_name(level): old.levels[level + 2] for level in LEVELS},
    }


def _values() -> dict[str, str]:
    names = (
        *TEXT_FIELDS,
        "baseline",
        "importance",
        "difficulty",
        "with",
        "replaces",
        "plan_goal",
        *map(_level_name, LEVELS),
    )
    return {name: request.form.get(name, "").strip()[:LONGEST] for name in names}


def _level_name(level: int) -> str:
    return f"level{level + 3}"


def _read(values: dict[str, str]) -> GoalRequest:
    faults: list[Fault] = []
    baseline = read_whole(values["baseline"], "baseline", faults, low=-2, high=2)
    importance = read_whole(values["importance"] or "1", "importance", faults, low=1, high=3)
    difficulty = read_whole(values["difficulty"] or "1", "difficulty", faults, low=1, high=3)
    target = read_date(values["target_date"], "target_date", faults, optional=True)
    if not values["title"]:
        faults.append(Fault("title", Message("Give the goal a name.")))
    if faults or baseline is None or importance is None or difficulty is None:
        raise InputRejected(NOT_AGREED, faults)
    one, two, three, four, five = (values[_level_name(level)] for level in LEVELS)
    wish = values["with"]
    return GoalRequest(
        title=values["title"], levels=(one, two, three, four, five), baseline_level=baseline,
        own_words=values["own_words"], indicator=values["indicator"], target_date=target,
        importance=importance, difficulty=difficulty, agreed_on=today(),
        agreed_with=Respondent(wish) if wish in set(Respondent) else Respondent.TOGETHER,
        replaces=values["replaces"] or None, plan_goal=values["plan_goal"],
    )  # fmt: skip


def _show(
    episode: EpisodeView,
    values: dict[str, str],
    plan: Sequence[PlanGoalView],
    error: EvalplatError | None = None,
    *,
    warnings: tuple[Message, ...] = (),
    seen: str = "",
) -> str | tuple[str, int]:
    earlier = {goal.id: goal for goal in episode.goals}
    used = {goal.plan_goal for goal in episode.goals}
    planned = [] if episode.closed_on else [g for g in plan if g.id not in used]
    page = render_template(
        "desk/goals.html", episode=episode, values=values, error=error, levels=LEVELS,
        level_words=LEVEL_WORDS, level_name=_level_name, importance=IMPORTANCE,
        difficulty=DIFFICULTY, raters=RATERS, saved="saved" in request.args,
        warnings=warnings, seen=seen, earlier=earlier, planned=planned, revised=earlier.get(values.get("replaces", "")),
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page


def _plan_goals(episode: EpisodeView) -> list[PlanGoalView]:
    """The goals that the client's one plan has now."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        plan = get_client_plan(database, who, client_id=episode.client_id)
    return [goal for goal in plan.goals if not goal.replaced]


@dataclass
class Ratings:
    """The rating form as filled in, by goal id."""

    measured_on: str
    rater: str = "together"
    key: str = field(default_factory=new_key)
    levels: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    client: dict[str, str] = field(default_factory=dict)
    worker: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    base: int = 0


@bp.route("/administrations/<administration_id>/goals", methods=["GET", "POST"])
@staff(*CARE_STAFF)
@keeps_input
def rate(episode_id: str, administration_id: str) -> Page:
    """Rate every goal at one measurement point against the five levels agreed at the start.

    Where somebody else has just rated them, both ratings are kept and shown.
    """
    episode, administration, goals = _load(episode_id, administration_id)
    form = _read_ratings(goals) if request.method == "POST" else _start(administration, goals)
    error: EvalplatError | None = None
    status = 200
    if is_sent():
        try:
            _rate(administration_id, goals, form)
        except InputRejected as rejected:
            error, status = rejected, 422
        except AnswersConflict as conflict:
            error, status = conflict, 409
            episode, administration, goals = _load(episode_id, administration_id)
        else:
            return send_to("episodes.show_episode", episode_id=episode_id, sent=1)
    page = render_template(
        "desk/rate.html", episode=episode, administration=administration, goals=goals, form=form,
        error=error, levels=LEVELS, level_words=LEVEL_WORDS, raters=RATERS, correcting=form.base > 0,
        ratings={goal.id: _find_rating(goal, administration_id) for goal in goals},
        rated={goal.id: _rated(goal, administration_id) for goal in goals},
        offered=_offered(form) if status == 409 else {},
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return page, status


def _load(
    episode_id: str, administration_id: str
) -> tuple[EpisodeView, AdministrationView, list[GoalView]]:
    episode = load_episode(episode_id)
    administration = find_administration(episode, administration_id)
    return episode, administration, [goal for goal in episode.goals if not goal.replaced]


def _offered(form: Ratings) -> dict[str, int]:
    """The levels that were sent; they have passed every check."""
    return {goal: int(level) for goal, level in form.levels.items() if level}


def _find_rating(goal: GoalView, administration_id: str) -> GoalRatingView | None:
    """The rating already stored for this measurement, where there is one."""
    return next((r for r in goal.ratings if r.administration_id == administration_id), None)


def _rated(goal: GoalView, administration_id: str) -> int | None:
    rating = _find_rating(goal, administration_id)
    return rating.level if rating else None


def _start(administration: AdministrationView, goals: list[GoalView]) -> Ratings:
    """An empty form, or what is stored where it is to be corrected."""
    form = Ratings(today().isoformat())
    if "correct" not in request.args or not administration.revision:
        return form
    form.base = administration.revision
    form.measured_on = administration.measured_on.isoformat() if administration.measured_on else ""
    for goal in goals:
        rating = _find_rating(goal, administration.id)
        if rating is not None:
            form.rater = rating.rater.value
            form.levels[goal.id] = str(rating.level)
            form.comments[goal.id] = rating.comment
            for kept, level in (
                (form.client, rating.client_level),
                (form.worker, rating.worker_level),
            ):
                kept[goal.id] = "" if level is None else str(level)
    return form


def _read_ratings(goals: list[GoalView]) -> Ratings:
    sent = request.form
    return Ratings(
        measured_on=sent.get("measured_on", ""),
        rater=sent.get("rater", ""),
        key=kept_key(sent.get("key", "")),
        levels={goal.id: sent.get(f"level-{goal.id}", "") for goal in goals},
        comments={goal.id: sent.get(f"comment-{goal.id}", "").strip()[:LONGEST] for goal in goals},
        client={goal.id: sent.get(f"client-{goal.id}", "") for goal in goals},
        worker={goal.id: sent.get(f"worker-{goal.id}", "") for goal in goals},
        reason=sent.get("reason", "").strip()[:LONGEST],
        base=int(base) if (base := sent.get("base", "")) in map(str, range(1000)) else 0,
    )


def _rate(administration_id: str, goals: list[GoalView], form: Ratings) -> None:
    faults: list[Fault] = []
    measured_on = read_date(form.measured_on, "measured_on", faults)
    ratings = _read_levels(goals, form.levels, "level", faults)
    client = _read_levels(goals, form.client, "client", faults)
    worker = _read_levels(goals, form.worker, "worker", faults)
    if not ratings and not faults:
        where = f"level-{goals[0].id}" if goals else ""
        faults.append(Fault(where, Message("Choose a level for at least one goal.")))
    if form.rater not in set(RATERS):
        faults.append(Fault("rater", Message("Choose who judged the goals.")))
    if faults or measured_on is None:
        raise InputRejected(NOT_RATED, faults)
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        rate_goals(
            database, wiring.catalogue, who, administration_id=administration_id, ratings=ratings,
            measured_on=measured_on, rater=Respondent(form.rater),
            comments={goal: text for goal, text in form.comments.items() if text},
            client_levels=client, worker_levels=worker, base_revision=form.base,
            reason=form.reason, idempotency_key=form.key, at=now(),
        )  # fmt: skip


def _read_levels(
    goals: list[GoalView], typed: dict[str, str], kind: str, faults: list[Fault]
) -> dict[str, int]:
    """The levels that were chosen, by goal; a fault at the field where one is no level."""
    found = {}
    for goal in goals:
        if typed.get(goal.id):
            level = read_whole(typed[goal.id], f"{kind}-{goal.id}", faults, low=-2, high=2)
            if level is not None:
                found[goal.id] = level
    return found
