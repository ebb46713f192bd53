"""Goal attainment scaling in FHIR: each goal as a Goal with its five levels, each rating as an Observation about it."""

from collections.abc import Iterator
from typing import Any

from evalplat.errors import Message
from evalplat.exchange.export.records import Contents, EpisodeRecord, GoalRecord, SheetRecord
from evalplat.exchange.fhir.codes import (
    GAS,
    GAS_BASELINE,
    GAS_BY,
    GAS_LEVELS,
    LEVELS,
    OWN,
    clean,
    identify,
    make_id,
    subject_of,
)
from evalplat.exchange.fhir.responses import begin_observation
from evalplat.language import say
from evalplat.vocabulary import MeasurementPoint, Respondent

GOAL = Message("Goal %(number)s")
LOWEST = -2


def goal_id(goal: GoalRecord) -> str:
    """The id of a goal's resource."""
    return make_id("goal", goal.id)


def make_goal(
    episode: EpisodeRecord, goal: GoalRecord, contents: Contents, language: str
) -> dict[str, Any]:
    """A goal. Its words, and those of its levels, are there only where texts are handed out."""
    state = "cancelled" if goal.replaced else "completed" if episode.closed_on else "active"
    plain = say(Message(GOAL.template, number=goal.number), language)
    target: dict[str, Any] = {
        "measure": {"coding": [GAS]},
        "detailCodeableConcept": {"coding": [LEVELS[0]]},
    }
    if goal.target_date is not None:
        target["dueDate"] = goal.target_date.isoformat()
    made: dict[str, Any] = {
        "resourceType": "Goal",
        "id": goal_id(goal),
        "meta": {"tag": [{"system": f"{OWN}episode", "code": episode.id}]},
        "extension": [
            {"url": f"{OWN}goal-importance", "valueInteger": goal.importance},
            {"url": f"{OWN}goal-difficulty", "valueInteger": goal.difficulty},
        ],
        "identifier": [identify("goal", goal.id)],
        "lifecycleStatus": state,
        "description": {"text": clean(goal.title) if contents.texts else plain},
        "subject": subject_of(episode.client),
        "startDate": goal.agreed_on.isoformat(),
        "target": [target],
    }
    if contents.texts:
        made["extension"] += [
            _level(level, clean(words)) for level, words in enumerate(goal.levels, start=LOWEST)
        ]
        if goal.own_words.strip():
            made["note"] = [{"text": clean(goal.own_words)}]
    return made


def _level(level: int, words: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"url": "level", "valueCoding": LEVELS[level]}]
    parts.append({"url": "text", "valueString": words or LEVELS[level]["display"]})
    return {"url": GAS_LEVELS, "extension": parts}


def make_ratings(
    episode: EpisodeRecord, sheet: SheetRecord, contents: Contents
) -> Iterator[dict[str, Any]]:
    """An Observation for each goal rated on a sheet, and one more for each view that differed."""
    goals = {goal.id: goal for goal in episode.goals}
    baseline = sheet.point is MeasurementPoint.BASELINE
    for rating in sheet.ratings:
        views: list[tuple[str, int | None, dict[str, str]]] = [
            ("", rating.level, GAS_BY[sheet.answered_by or Respondent.TOGETHER]),
            ("client", rating.client_level, GAS_BY[Respondent.CLIENT]),
            ("worker", rating.worker_level, GAS_BY[Respondent.WORKER]),
        ]
        for view, level, coding in views:
            if level is None:
                continue
            code = GAS_BASELINE if baseline and not view else coding
            made = begin_observation(episode, sheet, code, "rating", rating.goal, view)
            made["focus"] = [{"reference": f"urn:uuid:{goal_id(goals[rating.goal])}"}]
            made["valueCodeableConcept"] = {"coding": [LEVELS[level]]}
            if contents.texts and not view and rating.comment.strip():
                made["note"] = [{"text": clean(rating.comment)}]
            yield made
