"""Answer sheets: drafts one answer at a time, submitting once, correcting with a reason."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.errors import Conflict
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor
from evalplat.services.requests import Submission
from evalplat.services.views import DraftView, Receipt, SheetView
from evalplat.vocabulary import Mode, Respondent


def submit_answers(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    administration_id: str,
    raw: Mapping[str, object],
    idempotency_key: str,
    base_revision: int = 0,
    measured_on: date,
    language: str = "fi",
    mode: Mode = Mode.SELF,
    respondent: Respondent = Respondent.CLIENT,
    answered_with: str = "",
    at: datetime,
) -> Receipt:
    """Store one answer sheet with its scores, audit entry and moments, in the session's one transaction.

    The same key with the same body gives the earlier receipt (`repeated`). Raises AnswersRejected (every faulty item),
    InputRejected (measured before the opening or in the future, end before baseline), NotFound, Conflict (closed, or
    already answered), and AnswersConflict, which carries both sheets and keeps the second one aside.
    """
    raise NotImplementedError


def submit_many(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    submissions: Sequence[Submission],
    at: datetime,
) -> list[Receipt]:
    """Store many sheets with the same checks and few statements; all or none. Faults name the sheet's number."""
    raise NotImplementedError


def correct_answers(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    administration_id: str,
    raw: Mapping[str, object],
    idempotency_key: str,
    base_revision: int,
    reason: str,
    measured_on: date | None = None,
    at: datetime,
) -> Receipt:
    """A new revision of a stored sheet, by staff, with a reason. The old revision stays as it was."""
    raise NotImplementedError


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
    raise NotImplementedError


def get_draft(
    session: Session, catalogue: Catalogue, actor: Actor, *, administration_id: str
) -> DraftView:
    """The answers kept so far; empty when there are none."""
    raise NotImplementedError


def get_sheet(session: Session, actor: Actor, *, administration_id: str) -> SheetView | None:
    """The latest revision of a sheet with its scores; None when nothing was submitted. Raises NotFound."""
    raise NotImplementedError


def list_revisions(
    session: Session, actor: Actor, *, administration_id: str
) -> tuple[SheetView, ...]:
    """Every revision of a sheet, the first one first."""
    raise NotImplementedError
