"""A sheet as a FHIR QuestionnaireResponse, and its scores as Observations that name the response they come from."""

from collections.abc import Iterator
from typing import Any

from evalplat.exchange.export.cells import read_cells
from evalplat.exchange.export.columns import Cell
from evalplat.exchange.export.records import Contents, EpisodeRecord, Missing, SheetRecord
from evalplat.exchange.fhir.codes import (
    ABSENT,
    ABSENT_REASONS,
    CATEGORIES,
    COMPLETION_MODE,
    OWN,
    UNITS,
    Release,
    answer_system,
    canonical,
    clean,
    identify,
    make_id,
    subject_of,
)
from evalplat.instruments.definition import Condition, Instrument, Item
from evalplat.instruments.questions import list_in_order

REASONS = {Missing.DECLINED: "asked-declined", Missing.SKIPPED: "unknown"}
"""Why an item has no answer. One that was not shown is left out, as FHIR has it."""


def response_id(sheet: SheetRecord) -> str:
    """The id of a sheet's response."""
    return make_id("sheet", sheet.id, sheet.revision)


def make_response(
    episode: EpisodeRecord,
    sheet: SheetRecord,
    definition: Instrument,
    contents: Contents,
    language: str,
    release: Release,
) -> dict[str, Any]:
    """The response of one revision."""
    cells = read_cells(sheet, definition, {}, contents)
    identifier = identify("sheet", f"{sheet.id}/{sheet.revision}")
    made: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "id": response_id(sheet),
        "meta": tag(episode, sheet),
        "identifier": [identifier] if release == "R5" else identifier,
        "questionnaire": f"{canonical(definition)}|{definition.version}",
        "status": "amended" if sheet.revision > 1 else "completed",
        "subject": subject_of(episode.client),
    }
    if sheet.wording:
        made["language"] = sheet.wording
    if sheet.measured_on is not None:
        made["authored"] = sheet.measured_on.isoformat()
    if sheet.mode:
        concept = {"coding": [{"system": f"{OWN}mode", "code": sheet.mode}], "text": sheet.mode}
        made["extension"] = [{"url": COMPLETION_MODE, "valueCodeableConcept": concept}]
    items = list(_list_items(definition, cells, language))
    if items:
        made["item"] = items
    return made


def tag(episode: EpisodeRecord, sheet: SheetRecord) -> dict[str, Any]:
    """What FHIR has no element for: episode, voucher, provider, point, who was to answer and who did."""
    told = {
        "episode": episode.id,
        "voucher": episode.voucher,
        "point": sheet.point.value,
        "respondent": sheet.respondent.value,
        "answered-by": sheet.answered_by.value if sheet.answered_by else "",
        "assistance": sheet.assistance,
        "labels": sheet.labels,
        "latest": "yes" if sheet.latest else "no",
    }
    tags = [{"system": f"{OWN}{name}", "code": code} for name, code in told.items() if code]
    provider = {"system": f"{OWN}provider", "display": clean(episode.provider)}
    return {"tag": [provider, *tags]}


def _list_items(
    definition: Instrument, cells: dict[tuple[str, str, str], Cell], language: str
) -> Iterator[dict[str, Any]]:
    items = {item.code: item for item in definition.items}
    conditions = {condition.code: condition for condition in definition.conditions}
    for step in list_in_order(definition, language):
        asked = conditions[step.code] if step.is_condition else items[step.code]
        part = "condition" if step.is_condition else "item"
        cell = cells.get((part, step.code, ""))
        if cell is None or cell is Missing.NOT_SHOWN:
            continue
        made: dict[str, Any] = {"linkId": step.code, "text": clean(step.label)}
        if isinstance(cell, Missing):
            made["extension"] = [{"url": ABSENT, "valueCode": REASONS[cell]}]
        else:
            labels = {option.value: option.label for option in step.options}
            made["answer"] = [_answer(definition, asked, cell, labels)]
        yield made


def _answer(
    definition: Instrument, asked: Item | Condition, cell: Cell, labels: dict[str, str]
) -> dict[str, Any]:
    if isinstance(asked, Condition) and not asked.choices:
        return {"valueBoolean": bool(cell)}
    if isinstance(asked, Item) and asked.number is not None and isinstance(cell, int | float):
        return {"valueInteger": int(cell)} if asked.number.whole else {"valueDecimal": cell}
    if isinstance(asked, Item) and asked.kind == "text":
        return {"valueString": clean(str(cell)) or "–"}
    code = str(cell)
    return {
        "valueCoding": {
            "system": answer_system(definition, asked.code),
            "code": code,
            "display": labels.get(code, code),
        }
    }


def make_scores(
    episode: EpisodeRecord,
    sheet: SheetRecord,
    definition: Instrument,
    language: str,
    sources: list[str],
) -> Iterator[dict[str, Any]]:
    """An Observation for each score; `sources` are the resources it was computed from."""
    titles = definition.text(language).scales
    for score in sheet.scores:
        title = titles.get(score.scale, score.scale)
        coding = {"system": f"{canonical(definition)}:scale", "code": score.scale, "display": title}
        made = begin_observation(episode, sheet, coding, "score", score.scale)
        made["note"] = [{"text": f"{score.status.value}; {score.items_missing} missing"}]
        made["derivedFrom"] = [{"reference": f"urn:uuid:{source}"} for source in sources]
        if not sources:
            del made["derivedFrom"]
        if score.value is None:
            reason = {"system": ABSENT_REASONS, "code": "not-performed"}
            made["dataAbsentReason"] = {"coding": [reason], "text": score.reason}
        else:
            made["valueQuantity"] = {
                "value": score.value, "unit": "score", "system": UNITS, "code": "{score}",
            }  # fmt: skip
        yield made


def begin_observation(
    episode: EpisodeRecord, sheet: SheetRecord, coding: dict[str, str], *what: str
) -> dict[str, Any]:
    """An Observation of one sheet, still without its value."""
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "id": make_id("sheet", sheet.id, sheet.revision, *what),
        "meta": tag(episode, sheet),
        "status": "amended" if sheet.revision > 1 else "final",
        "category": [{"coding": [{"system": CATEGORIES, "code": "survey"}]}],
        "code": {"coding": [coding], "text": coding["display"]},
        "subject": subject_of(episode.client),
    }
    if sheet.measured_on is not None:
        made["effectiveDateTime"] = sheet.measured_on.isoformat()
    return made
