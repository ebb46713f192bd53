"""What one sheet holds, field by field: an answer, or why there is none; scores with what they were made from."""

from collections.abc import Mapping
from functools import lru_cache

from evalplat.exchange.export.columns import Cell
from evalplat.exchange.export.fields import Key
from evalplat.exchange.export.records import (
    Contents,
    EpisodeRecord,
    GoalRecord,
    Missing,
    SheetRecord,
)
from evalplat.instruments.definition import Instrument
from evalplat.scoring.answers import DECLINED
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.sheet import Layout, Number, Sheet


def read_cells(
    sheet: SheetRecord, definition: Instrument, goals: Mapping[str, GoalRecord], contents: Contents
) -> dict[Key, Cell]:
    """Every field of a sheet that was answered. `definition` is that of its version; `goals` by id."""
    cells: dict[Key, Cell] = {}
    if contents.answers:
        if definition.kind == "goals":
            _read_ratings(sheet, goals, contents, cells)
        else:
            _read_answers(sheet, definition, contents, cells)
    for score in sheet.scores:
        _read_score(score, cells)
    return cells


def read_goal_facts(episode: EpisodeRecord, contents: Contents) -> dict[Key, Cell]:
    """What an episode knows of its goals."""
    cells: dict[Key, Cell] = {}
    for goal in episode.goals:
        number = str(goal.number)
        if contents.texts:
            cells["goal", number, "title"] = goal.title
        cells["goal", number, "importance"] = goal.importance
        cells["goal", number, "difficulty"] = goal.difficulty
        cells["goal", number, "baseline"] = goal.baseline_level
        cells["goal", number, "replaced"] = int(goal.replaced)
    return cells


@lru_cache(maxsize=128)
def _layout(definition: Instrument) -> Layout:
    return Layout(definition)


def _read_answers(
    sheet: SheetRecord, definition: Instrument, contents: Contents, cells: dict[Key, Cell]
) -> None:
    raw = sheet.answers
    for condition in definition.conditions:
        cells["condition", condition.code, ""] = _cell(raw.get(condition.code), Missing.SKIPPED)
    absent = _find_absent(definition, raw)
    for place, item in enumerate(definition.asks):
        if item.kind == "text" and not contents.texts:
            continue
        why = Missing.NOT_SHOWN if place in absent else Missing.SKIPPED
        cells["item", item.code, ""] = _cell(raw.get(item.code), why)


def _cell(answer: object, why: Missing) -> Cell:
    """A stored answer as it is exported; `why` says what it means that there is none."""
    if answer is None or answer == "":
        return why
    if answer == DECLINED:
        return Missing.DECLINED
    if isinstance(answer, bool):
        return int(answer)
    return answer if isinstance(answer, int | float | str) else str(answer)


def _find_absent(definition: Instrument, raw: Mapping[str, object]) -> set[int]:
    """The places of items that did not apply, by the same rule as scoring."""
    layout = _layout(definition)
    if not layout.applicability:
        return set()
    values: list[Number | None] = []
    for code in layout.codes:
        answer = raw.get(code)
        values.append(answer if isinstance(answer, int | float) else None)
    facts = {}
    for code in layout.facts:
        fact = raw.get(code)
        facts[code] = fact if isinstance(fact, bool | str) and fact != DECLINED else None
    return Sheet(layout, values, facts).absent


def _read_ratings(
    sheet: SheetRecord,
    goals: Mapping[str, GoalRecord],
    contents: Contents,
    cells: dict[Key, Cell],
) -> None:
    rated = {rating.goal: rating for rating in sheet.ratings}
    for goal in goals.values():
        number = str(goal.number)
        rating = rated.pop(goal.id, None)
        if rating is None:
            # A goal that came later, or was replaced before, was not up for rating then.
            asked = not goal.replaced and _is_agreed(goal, sheet)
            cells["goal", number, ""] = Missing.SKIPPED if asked else None
            continue
        cells["goal", number, ""] = rating.level
        cells["goal", number, "client"] = rating.client_level
        cells["goal", number, "worker"] = rating.worker_level
        if contents.texts:
            cells["goal", number, "comment"] = rating.comment or None
    if rated:
        raise ValueError(f"a rating of sheet {sheet.id} has no goal")


def _is_agreed(goal: GoalRecord, sheet: SheetRecord) -> bool:
    return sheet.measured_on is None or goal.agreed_on <= sheet.measured_on


def _read_score(score: ScaleScore, cells: dict[Key, Cell]) -> None:
    key = score.scale
    cells["score", key, ""] = Missing.NO_SCORE if score.value is None else score.value
    cells["score", key, "status"] = score.status.value
    cells["score", key, "items_used"] = score.items_used
    cells["score", key, "items_missing"] = score.items_missing
    cells["score", key, "items_not_applicable"] = score.items_not_applicable
    cells["score", key, "variant"] = score.variant or None
