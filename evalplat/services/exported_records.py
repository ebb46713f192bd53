"""Stored episodes as records of an export: measurements, answers, scores and goals put together."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from evalplat.exchange.export.records import (
    Contents,
    EpisodeRecord,
    GoalRecord,
    RatingRecord,
    SheetRecord,
    State,
)
from evalplat.scoring.results import ScaleScore
from evalplat.services.circumstances import find_assistance
from evalplat.storage import sheet_exports
from evalplat.vocabulary import AdministrationStatus

STATES = {
    AdministrationStatus.PLANNED: State.WAITING,
    AdministrationStatus.SUBMITTED: State.ANSWERED,
    AdministrationStatus.CLOSED: State.NOT_OBTAINED,
    AdministrationStatus.NOT_APPLICABLE: State.NOT_APPLICABLE,
}

OFFICIAL, OWN = "official", "own"

_Revision = tuple[int, int]
"""Administration and revision."""


def read_records(
    session: Session,
    rows: Sequence[Any],
    keys: Sequence[str],
    contents: Contents,
    *,
    all_revisions: bool,
    with_goals: bool,
) -> list[EpisodeRecord]:
    """These episodes, in their order. Answers are read only where `contents` hands them out."""
    ids = [row.id for row in rows]
    planned = list(sheet_exports.list_measurements(session, ids, keys))
    answered = {one.id: one.revision for one in planned if one.revision}
    sheets: dict[int, list[Any]] = {}
    if contents.answers:
        for sheet in sheet_exports.list_sheets(session, answered):
            if all_revisions or sheet.revision == answered[sheet.administration_id]:
                sheets.setdefault(sheet.administration_id, []).append(sheet)
    scores = _read_scores(session, answered)
    goals, names = _read_goals(session, ids) if with_goals else ({}, {})
    ratings = _read_ratings(session, answered, names) if with_goals else {}
    found: dict[int, list[SheetRecord]] = {}
    for one in planned:
        own = found.setdefault(one.episode_id, [])
        if not one.revision:
            own.append(_waiting(one))
        elif contents.answers:
            own.extend(_answered(one, sheet, scores, ratings) for sheet in sheets[one.id])
        else:
            revisions = range(1 if all_revisions else one.revision, one.revision + 1)
            own.extend(_scored(one, revision, scores) for revision in revisions)
    return [
        EpisodeRecord(
            id=row.public_id,
            client=row.client_id,
            voucher=row.voucher if contents.vouchers else "",
            provider=row.provider,
            opened_on=row.opened_on,
            closed_on=row.closed_on,
            closing_reason=row.closing_reason,
            goals=tuple(goals.get(row.id, ())),
            sheets=tuple(found.get(row.id, ())),
        )
        for row in rows
    ]


def _read_scores(session: Session, answered: dict[int, int]) -> dict[_Revision, list[ScaleScore]]:
    found: dict[_Revision, list[ScaleScore]] = {}
    for row in sheet_exports.list_scores(session, answered):
        found.setdefault((row[0], row[1]), []).append(ScaleScore(*row[2:]))
    return found


def _read_goals(
    session: Session, episodes: Sequence[int]
) -> tuple[dict[int, list[GoalRecord]], dict[int, str]]:
    """Goals by episode, and their public ids."""
    rows = list(sheet_exports.list_goals(session, episodes))
    replaced = {row.replaces_id for row in rows}
    found: dict[int, list[GoalRecord]] = {}
    for row in rows:
        own = found.setdefault(row.episode_id, [])
        own.append(
            GoalRecord(
                id=row.public_id,
                number=len(own) + 1,
                title=row.title,
                own_words=row.own_words,
                levels=tuple(row.levels),
                baseline_level=row.baseline_level,
                importance=row.importance,
                difficulty=row.difficulty,
                agreed_on=row.agreed_on,
                target_date=row.target_date,
                replaced=row.id in replaced,
            )
        )
    return found, {row.id: row.public_id for row in rows}


def _read_ratings(
    session: Session, answered: dict[int, int], names: dict[int, str]
) -> dict[_Revision, list[RatingRecord]]:
    found: dict[_Revision, list[RatingRecord]] = {}
    for row in sheet_exports.list_ratings(session, answered):
        found.setdefault((row.administration_id, row.revision), []).append(
            RatingRecord(
                names[row.goal_id], row.level, row.client_level, row.worker_level, row.comment
            )
        )
    return found


def _waiting(one: Any) -> SheetRecord:
    return SheetRecord(
        id=one.public_id,
        instrument=one.instrument,
        version=one.version,
        point=one.point,
        respondent=one.respondent,
        state=STATES[one.status],
        not_obtained=one.closing_reason,
    )


def _answered(
    one: Any,
    sheet: Any,
    scores: dict[_Revision, list[ScaleScore]],
    ratings: dict[_Revision, list[RatingRecord]],
) -> SheetRecord:
    rated = tuple(ratings.get((one.id, sheet.revision), ()))
    return SheetRecord(
        id=one.public_id,
        instrument=one.instrument,
        version=one.version,
        point=one.point,
        respondent=one.respondent,
        state=State.ANSWERED,
        revision=sheet.revision,
        latest=sheet.revision == one.revision,
        measured_on=sheet.measured_on,
        answered_by=sheet.respondent,
        mode=str(sheet.mode),
        assistance=find_assistance(sheet.answered_with),
        wording=sheet.language,
        labels=OFFICIAL if sheet.shown_wording else OWN,
        answers={} if rated else json.loads(sheet.answers),
        scores=tuple(scores.get((one.id, sheet.revision), ())),
        ratings=rated,
    )


def _scored(one: Any, revision: int, scores: dict[_Revision, list[ScaleScore]]) -> SheetRecord:
    """A measurement without its answers; of an earlier revision only the scores are known."""
    latest = revision == one.revision
    return SheetRecord(
        id=one.public_id,
        instrument=one.instrument,
        version=one.version,
        point=one.point,
        respondent=one.respondent,
        state=State.ANSWERED,
        revision=revision,
        latest=latest,
        measured_on=one.measured_on if latest else None,
        mode=one.answered_mode if latest else "",
        assistance=one.assistance if latest else "",
        wording=one.wording if latest else "",
        labels=(OFFICIAL if one.shown_wording else OWN) if latest else "",
        scores=tuple(scores.get((one.id, revision), ())),
    )
