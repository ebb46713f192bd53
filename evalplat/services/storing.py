"""Storing checked, scored sheets: sheet, scores, state, moments and access log in one transaction, few statements."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from evalplat.episodes.moments import Circumstances, Measurement
from evalplat.errors import Conflict, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.score import SCORING_VERSION
from evalplat.services.actors import Actor
from evalplat.services.circumstances import find_assistance, find_wording
from evalplat.services.definitions import keep_definitions
from evalplat.services.moments import Courses, load_courses, update_moments
from evalplat.services.views import Receipt, SheetView
from evalplat.storage import audit, invitations, sheets
from evalplat.storage.rows import add_rows, change_rows, remove_rows
from evalplat.storage.sheets import Planned
from evalplat.storage.tables import (
    Administration,
    Draft,
    GoalRating,
    Score,
    SetAside,
    Sheet,
)
from evalplat.storage.words import add_worded
from evalplat.vocabulary import AdministrationStatus, Mode, Respondent


class AnswersConflict(Conflict):
    """Another sheet is stored already. Both are kept: the stored one as it was, the offered one set aside."""

    keeps_transaction = True  # the sheet set aside stays although the call raises

    def __init__(
        self, message: Message, *, stored: SheetView | None, offered: Mapping[str, object]
    ) -> None:
        super().__init__(message)
        self.stored = stored
        self.offered = dict(offered)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sheet that passed every check, ready to be written. `ratings` are goal keys and levels of a goal sheet."""

    planned: Planned
    definition: Instrument
    answers: str
    body_digest: str
    idempotency_key: str
    measured_on: date
    language: str
    mode: Mode
    respondent: Respondent
    answered_with: str
    reason: str
    scores: tuple[ScaleScore, ...]
    ratings: tuple[Mapping[str, Any], ...] = ()
    present: str = ""
    shown_wording: str = ""
    begun_at: datetime | None = None

    @property
    def revision(self) -> int:
        """The revision that is written."""
        return self.planned.revision + 1

    @property
    def circumstances(self) -> Circumstances:
        """How it was filled in, in closed words. Answers of a proxy are that first of all, on paper too."""
        mode = Mode.PROXY if self.respondent is Respondent.PROXY else self.mode
        return Circumstances(
            mode.value, find_assistance(self.answered_with), find_wording(self.language)
        )


def digest_body(raw: Mapping[str, object], *rest: object) -> str:
    """What tells one sheet from another that came in under the same key; 3 and "3" are the same answer."""
    kept = {str(code): str(value) for code, value in raw.items() if value not in (None, "")}
    text = json.dumps([kept, [str(value) for value in rest]], sort_keys=True, ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def store(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    prepared: Sequence[Prepared],
    at: datetime,
    *,
    action: str = "submit_answers",
    courses: Courses | None = None,
) -> list[Receipt]:
    """Write sheets that were checked; `courses` is what is stored of their courses so far, where it was loaded before.

    Raises Conflict when a key turns out to be used for a sheet elsewhere, Unavailable where a definition was edited.
    """
    if not prepared:
        return []
    if courses is None:
        courses = load_courses(session, catalogue, [sheet.planned for sheet in prepared])
    keep_definitions(session, (sheet.definition for sheet in prepared))
    author = actor.account_id or ("client" if actor.invitation else "system")
    try:
        add_worded(session, Sheet, [_sheet_row(sheet, author, at) for sheet in prepared])
    except IntegrityError as error:
        raise Conflict(
            Message("These answers crossed with others that were just stored. Open the page again.")
        ) from error
    add_rows(session, Score, [row for sheet in prepared for row in _score_rows(sheet)])
    add_worded(session, GoalRating, [row for sheet in prepared for row in _rating_rows(sheet)])
    change_rows(
        session,
        Administration,
        [
            {
                "id": sheet.planned.id,
                "status": AdministrationStatus.SUBMITTED,
                "revision": sheet.revision,
                "measured_on": sheet.measured_on,
                "closing_reason": "",
                "answered_mode": sheet.circumstances.mode,
                "assistance": sheet.circumstances.assistance,
                "wording": sheet.circumstances.wording,
                "shown_wording": sheet.shown_wording,
            }
            for sheet in prepared
        ],
    )
    remove_rows(session, Draft, [sheet.planned.id for sheet in prepared])
    if actor.invitation is not None:
        invitations.use(session, actor.invitation.invitation_id, at)
    update_moments(session, catalogue, courses, [(s.planned, _measurement(s)) for s in prepared])
    for sheet in prepared:
        audit.record(
            session,
            action if sheet.revision == 1 else "correct_answers",
            "administration",
            sheet.planned.public_id,
            [sheet.planned.client_public_id],
            at=at,
        )
    return [Receipt(s.planned.public_id, s.revision, s.scores, at) for s in prepared]


def _sheet_row(sheet: Prepared, author: str, at: datetime) -> dict[str, Any]:
    return {
        **sheet.planned.owner,
        "revision": sheet.revision,
        "idempotency_key": sheet.idempotency_key,
        "body_digest": sheet.body_digest,
        "answers": sheet.answers,
        "measured_on": sheet.measured_on,
        "language": sheet.language,
        "mode": sheet.mode,
        "respondent": sheet.respondent,
        "answered_with": sheet.answered_with,
        "present": sheet.present,
        "shown_wording": sheet.shown_wording,
        "begun_at": sheet.begun_at,
        "submitted_at": at,
        "submitted_by": author,
        "reason": sheet.reason,
        "score_rows": len(sheet.scores),
        "rating_rows": len(sheet.ratings),
    }


def _score_rows(sheet: Prepared) -> list[dict[str, Any]]:
    owner, digest = sheet.planned.owner, sheet.definition.digest
    return [
        {
            **owner,
            "revision": sheet.revision,
            "scale": score.scale,
            "value": score.value,
            "status": score.status,
            "reason": score.reason,
            "items_used": score.items_used,
            "items_missing": score.items_missing,
            "items_not_applicable": score.items_not_applicable,
            "variant": score.variant,
            "definition_digest": digest,
            "scoring_version": SCORING_VERSION,
        }
        for score in sheet.scores
    ]


def _measurement(sheet: Prepared) -> Measurement:
    return Measurement(
        sheet.planned.version,
        sheet.measured_on,
        {score.scale: score.value for score in sheet.scores},
        sheet.circumstances,
    )


def _rating_rows(sheet: Prepared) -> list[dict[str, Any]]:
    return [
        {**sheet.planned.owner, "revision": sheet.revision, **rating} for rating in sheet.ratings
    ]


def set_aside(
    session: Session,
    actor: Actor,
    planned: Planned,
    *,
    key: str,
    digest: str,
    raw: Mapping[str, object],
    at: datetime,
) -> None:
    """Keep a second sheet; the same one is kept once."""
    if sheets.is_set_aside(session, planned.id, digest):
        return
    row = {
        **planned.owner,
        "idempotency_key": key,
        "body_digest": digest,
        "answers": json.dumps({str(c): v for c, v in raw.items()}, default=str),
        "received_at": at,
        "received_from": actor.account_id or ("client" if actor.invitation else "system"),
    }
    add_rows(session, SetAside, [row])
    audit.record(
        session,
        "set_answers_aside",
        "administration",
        planned.public_id,
        [planned.client_public_id],
        at=at,
    )


def view_of(sheet: Sheet, planned: Planned, scores: Sequence[ScaleScore]) -> SheetView:
    """A stored sheet as it is handed out."""
    return SheetView(
        administration_id=planned.public_id,
        revision=sheet.revision,
        raw=json.loads(sheet.answers),
        measured_on=sheet.measured_on,
        language=sheet.language,
        mode=sheet.mode,
        respondent=sheet.respondent,
        answered_with=sheet.answered_with,
        submitted_at=sheet.submitted_at,
        submitted_by=sheet.submitted_by,
        reason=sheet.reason,
        scores=tuple(scores),
        present=sheet.present,
        shown_wording=sheet.shown_wording,
    )


def receipts_of(session: Session, stored: Sequence[tuple[Planned, Sheet]]) -> dict[str, Receipt]:
    """The receipts of sheets that had come in before, by idempotency key."""
    scores = sheets.list_scores(session, {planned.id for planned, _ in stored})
    return {
        sheet.idempotency_key: Receipt(
            planned.public_id,
            sheet.revision,
            tuple(scores.get((planned.id, sheet.revision), ())),
            sheet.submitted_at,
            repeated=True,
        )
        for planned, sheet in stored
    }
