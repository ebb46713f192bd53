"""One client's course: each scale over the episode, and the goals."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.goals import change_over_same_goals
from evalplat.errors import Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Scale
from evalplat.scoring.goals import GoalRating, score_goals
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.goals import goals_of
from evalplat.services.views import ClientCourse as ClientCourse
from evalplat.services.views import CoursePoint, GoalCourse, GoalView
from evalplat.services.views import ScaleCourse as ScaleCourse
from evalplat.storage import audit, comparisons
from evalplat.storage.identities import read_names
from evalplat.vocabulary import Mode, Respondent, Role

NOT_ASSESSABLE = "not_assessable"
REASONS = {
    "one": Message("There is only one measurement so far."),
    "missing": Message("Too many answers are missing in one of the measurements."),
    "version": Message("The measurements were made with different versions of the instrument."),
    "unknown": Message(
        "How much this scale varies by chance is not known, so a change cannot be judged."
    ),
    "no_direction": Message("This scale has no better or worse end."),
    "goals": Message("Goal attainment is a summary of goals; a change of it is not judged."),
    "no_shared_goals": Message("No goal was rated at both ends."),
}


def client_course(
    session: Session, catalogue: Catalogue, actor: Actor, *, episode_id: str
) -> ClientCourse:
    """The course of one episode, for its provider, the case worker, and its client behind the client door.

    Only values of the same definition version are set against each other. What is measured for groups only is named and
    not told. Raises NotFound.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER, client=True)
    head = comparisons.find_course_head(session, episode_id)
    if head is None:
        raise NotFound(Message("There is no such episode."))
    episode, client_id = head
    goals = goals_of(session, catalogue, episode)
    grouped: dict[tuple[str, str, Respondent], list[Any]] = {}
    for_groups: dict[str, Instrument] = {}
    for row in comparisons.list_course(session, episode.id):
        planned, score = row
        definition = catalogue.get(planned.instrument, planned.version)
        if definition.for_groups:
            for_groups[definition.key] = definition
            continue
        grouped.setdefault((planned.instrument, score.scale, planned.respondent), []).append(row)
    audit.record(session, "read_course", "episode", episode_id, [client_id])
    return ClientCourse(
        episode_id=episode_id,
        client_name=None if actor.invitation else _name_of(session, episode.client_id),
        opened_on=episode.opened_on,
        closed_on=episode.closed_on,
        scales=tuple(
            _scale_course(catalogue, key, grouped[key], goals)
            for key in _in_order(catalogue, list(grouped))
        ),
        goals=tuple(_goal_course(goal) for goal in goals),
        for_groups=tuple(
            {code: text.title for code, text in found.texts.items()}
            for found in for_groups.values()
        ),
    )


def _name_of(session: Session, client: int) -> str | None:
    return read_names(session, [client]).get(client)


def _in_order(
    catalogue: Catalogue, keys: Sequence[tuple[str, str, Respondent]]
) -> list[tuple[str, str, Respondent]]:
    """Instruments as the catalogue lists them, scales as the definition does."""
    order: dict[tuple[str, str], int] = {}
    for definition in catalogue.list():
        for scale in definition.scales:
            order.setdefault((definition.key, scale.key), len(order))
    return sorted(keys, key=lambda key: (order.get(key[:2], len(order)), key))


def _scale_course(
    catalogue: Catalogue,
    key: tuple[str, str, Respondent],
    rows: Sequence[Any],
    goals: Sequence[GoalView],
) -> ScaleCourse:
    instrument, scale_key, respondent = key
    definition = catalogue.get(instrument, rows[-1][0].version)
    scale = definition.scale(scale_key)
    points = tuple(
        CoursePoint(
            planned.point,
            planned.measured_on,
            score.value,
            score.status,
            planned.version,
            _answered_by(planned),
        )
        for planned, score in rows
    )
    if definition.kind == "goals":
        change, status, reason = _change_of_goals(definition, goals)
    else:
        change, status, reason = _change_of_scale(scale, points)
    return ScaleCourse(
        instrument=instrument,
        scale=scale_key,
        instrument_titles={code: text.title for code, text in definition.texts.items()},
        scale_titles={
            code: text.scales.get(scale_key, scale_key) for code, text in definition.texts.items()
        },
        direction=scale.direction,
        domain=scale.domain,
        minimum=scale.minimum,
        maximum=scale.maximum,
        decimals=scale.decimals,
        points=points,
        change=change,
        change_status=status,
        change_reason=REASONS[reason].template if reason else "",
        parameters=scale.change,
        respondent=respondent,
        alternative_of=find_alternatives(definition).get(scale_key, ""),
    )


def _answered_by(planned: Any) -> Respondent:
    """Who gave the answers of the latest sheet: whoever had been planned, unless a proxy answered instead."""
    return Respondent.PROXY if planned.answered_mode == Mode.PROXY else planned.respondent


def find_alternatives(definition: Instrument) -> dict[str, str]:
    """Scales that score the same answers in another way, each with the scale that stands for them all.

    That is the one whose change can be judged, or the first where none or several can.
    """
    groups: dict[tuple[str, frozenset[str]], list[Scale]] = {}
    for scale in definition.scales:
        groups.setdefault((scale.over, frozenset(scale.members)), []).append(scale)
    found = {}
    for scales in groups.values():
        judged = [scale for scale in scales if _may_be_judged(scale)]
        main = judged[0] if judged else scales[0]
        found.update({scale.key: main.key for scale in scales if scale is not main})
    return found


def _may_be_judged(scale: Scale) -> bool:
    from evalplat.statistics.change import find_sdc

    return (find_sdc(scale.change.sd, scale.change.reliability) or scale.change.sdc) is not None


def _change_of_scale(scale: Scale, points: Sequence[CoursePoint]) -> tuple[float | None, str, str]:
    """Last minus first value of the same version, and whether it is more than chance."""
    from evalplat.statistics.change import classify_change

    if len(points) < 2:
        return None, NOT_ASSESSABLE, "one"
    known = [point for point in points if point.value is not None]
    if len(known) < 2:
        return None, NOT_ASSESSABLE, "missing"
    last = known[-1]
    first = next((point for point in known[:-1] if point.version == last.version), None)
    if first is None or first.value is None or last.value is None:
        return None, NOT_ASSESSABLE, "version"
    change = last.value - first.value
    if scale.direction is None:
        return change, NOT_ASSESSABLE, "no_direction"
    found = classify_change(
        first.value,
        last.value,
        direction=scale.direction,
        sd=scale.change.sd,
        reliability=scale.change.reliability,
        mic=scale.change.mic,
        sdc=scale.change.sdc,
    )
    status = str(found.status)
    return change, status, "unknown" if status == NOT_ASSESSABLE else ""


def _change_of_goals(
    definition: Instrument, goals: Sequence[GoalView]
) -> tuple[float | None, str, str]:
    """T at the last rating minus T at the baseline, over the goals rated at both; never judged by RCI."""
    first = {goal.id: goal.baseline_level for goal in goals}
    rated = [rating for goal in goals for rating in goal.ratings if rating.point != "baseline"]
    if not rated:
        return None, NOT_ASSESSABLE, "one"
    last_id = max(rated, key=lambda rating: rating.rated_on).administration_id
    later = {
        goal.id: rating.level
        for goal in goals
        for rating in goal.ratings
        if rating.administration_id == last_id
    }

    def score(ratings: Sequence[tuple[str, int, float]]) -> float | None:
        made = [GoalRating(goal, level, weight) for goal, level, weight in ratings]
        return score_goals(definition, made)[0].value

    weights = {goal.id: float(goal.weight) for goal in goals}
    found = change_over_same_goals(first, later, weights, score)
    return found.change, NOT_ASSESSABLE, "goals" if found.goals else "no_shared_goals"


def _goal_course(goal: GoalView) -> GoalCourse:
    return GoalCourse(
        goal, tuple((rating.point, rating.rated_on, rating.level) for rating in goal.ratings)
    )
