"""Drafts: an unfinished sheet, kept answer by answer on the server."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.answers import check_answer
from evalplat.scoring.applicability import evaluate
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.reaching import reach
from evalplat.services.views import DraftView
from evalplat.storage import sheets
from evalplat.storage.rows import put_rows
from evalplat.storage.sheets import Planned
from evalplat.storage.tables import Draft
from evalplat.vocabulary import AdministrationStatus, Role


def save_draft(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    administration_id: str,
    code: str,
    value: object,
    language: str = "",
    at: datetime,
) -> DraftView:
    """Keep one answer of an unfinished sheet; None or empty takes it away.

    Raises AnswersRejected, NotFound, and Conflict when the administration is closed or answered.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER, client=True)
    planned = reach(session, actor, administration_id, lock=True)
    _require_open(planned)
    definition = catalogue.get(planned.instrument, planned.version)
    kept = check_answer(definition, code, value)
    if kept is None:
        session.execute(
            delete(Draft)
            .where(Draft.administration_id == planned.id, Draft.code == code)
            .execution_options(synchronize_session=False)
        )
    else:
        row = {
            **planned.owner,
            "code": code,
            "value": kept,
            "language": language[:16],
            "saved_at": at,
        }
        put_rows(session, Draft, [row], replace=("value", "language", "saved_at"))
    session.expire_all()
    return _view(session, definition, planned)


def get_draft(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    administration_id: str,
    lock: bool = False,
) -> DraftView:
    """The answers kept so far; empty when there are none.

    With `lock` nobody changes them until the transaction ends; raises Conflict where they were sent already.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER, client=True)
    planned = reach(session, actor, administration_id, lock=lock)
    if lock:
        _require_open(planned)
    view = _view(session, catalogue.get(planned.instrument, planned.version), planned)
    return replace(view, held=planned) if lock else view


def _require_open(planned: Planned) -> None:
    if planned.status is not AdministrationStatus.PLANNED:
        raise Conflict(Message("These answers were sent already, or the measurement is closed."))


def _view(session: Session, definition: Instrument, planned: Planned) -> DraftView:
    rows = sheets.list_drafts(session, planned.id)
    answers = {row.code: row.value for row in rows}
    return DraftView(
        administration_id=planned.public_id,
        answers=answers,
        saved_at=rows[-1].saved_at if rows else None,
        language=rows[-1].language if rows else "",
        next_code=find_next(definition, answers),
        begun_at=min((row.saved_at for row in rows), default=None),
    )


def find_next(definition: Instrument, answers: Mapping[str, object]) -> str | None:
    """The first condition field or applicable item without an answer; None when all are answered or declined."""
    for condition in definition.conditions:
        if condition.code not in answers:
            return condition.code
    absent: set[str] = set()

    def look(field: str) -> tuple[bool | int | float | str | None, bool]:
        value = answers.get(field)
        known = value if isinstance(value, bool | int | float | str) else None
        return known, field not in absent

    for item in definition.items:
        if item.applicable_when and evaluate(item.applicable_when, look) is False:
            absent.add(item.code)
        elif item.code not in answers:
            return item.code
    return None
