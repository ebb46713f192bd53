"""Answer sheets: submitting once, correcting with a reason, reading. Drafts are in `drafts`."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from evalplat.errors import AnswersRejected, Conflict, Fault, InputRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.answers import check_answers, to_raw
from evalplat.scoring.score import score
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.drafts import get_draft as get_draft
from evalplat.services.drafts import save_draft as save_draft
from evalplat.services.moments import Courses, baseline_day, load_courses
from evalplat.services.reaching import choose, reach
from evalplat.services.requests import Submission as Submission
from evalplat.services.storing import AnswersConflict as AnswersConflict
from evalplat.services.storing import Prepared, digest_body, receipts_of, set_aside, store, view_of
from evalplat.services.views import DraftView as DraftView
from evalplat.services.views import Receipt as Receipt
from evalplat.services.views import SheetView as SheetView
from evalplat.storage import audit, sheets
from evalplat.storage.sheets import Planned
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Mode, Respondent, Role

LONGEST_KEY = 100
EARLIEST_BASELINE = timedelta(days=60)
"""How long before the opening a baseline may have been measured, for example at the assessment of need."""


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
    present: str = "",
    shown_wording: str = "",
    begun_at: datetime | None = None,
    held: Planned | None = None,
    at: datetime,
) -> Receipt:
    """Store one answer sheet with its scores, audit entry and moments, in the session's one transaction.

    `held` is the measurement where this very transaction has read and locked it already. The same key with the same
    body gives the earlier receipt (`repeated`). Raises AnswersRejected (every faulty item),
    InputRejected (measured before the opening or in the future, end before baseline), NotFound, Conflict (closed, or
    already answered), and AnswersConflict, which carries both sheets and keeps the second one aside.
    """
    submission = Submission(
        administration_id=administration_id,
        raw=raw,
        idempotency_key=idempotency_key,
        measured_on=measured_on,
        language=language,
        mode=mode,
        respondent=respondent,
        base_revision=base_revision,
        answered_with=answered_with,
        present=present,
        shown_wording=shown_wording,
        begun_at=begun_at,
    )
    return submit_many(session, catalogue, actor, [submission], at, held=held)[0]


def submit_many(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    submissions: Sequence[Submission],
    at: datetime,
    *,
    held: Planned | None = None,
) -> list[Receipt]:
    """Store many sheets with the same checks and few statements; all or none. Faults name the sheet's number."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER, client=True)
    planned = {held.public_id: held} if held else {}
    wanted = {s.administration_id for s in submissions} - planned.keys()
    planned |= sheets.find_planned(session, wanted, lock=True)
    known = sheets.find_sheets_by_key(
        session, {s.idempotency_key for s in submissions if _may_be_known(planned, s)}
    )
    new: list[tuple[int, Submission]] = []
    repeated = []
    for place, submission in enumerate(submissions, start=1):
        found = choose(planned, actor, submission.administration_id)
        sheet = known.get(submission.idempotency_key)
        if sheet is None:
            _check_open(session, actor, found, submission, at)
            new.append((place, submission))
        elif sheet.administration_id == found.id and sheet.body_digest == _digest(submission):
            repeated.append((found, sheet))
        else:
            raise _conflict(session, actor, found, submission, at)
    _check_once(new)
    courses = load_courses(session, catalogue, [planned[s.administration_id] for _, s in new])
    prepared = _prepare(session, catalogue, planned, new, courses, len(submissions) > 1, at)
    receipts = store(session, catalogue, actor, prepared, at, courses=courses)
    done = {sheet.idempotency_key: r for sheet, r in zip(prepared, receipts, strict=True)}
    done.update(receipts_of(session, repeated))
    return [done[submission.idempotency_key] for submission in submissions]


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
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    if not 1 <= len(reason.strip()) <= 500:
        raise InputRejected(
            Message("The sheet was not corrected."),
            [
                Fault(
                    "reason", Message("Say why the answers are corrected, in 1 to 500 characters.")
                )
            ],
        )
    current = get_sheet(session, actor, administration_id=administration_id)
    if current is None:
        raise Conflict(Message("There is no sheet to correct yet."))
    submission = Submission(
        administration_id=administration_id,
        raw=raw,
        idempotency_key=idempotency_key,
        measured_on=measured_on or current.measured_on,
        language=current.language,
        mode=current.mode,
        respondent=current.respondent,
        base_revision=base_revision,
        answered_with=current.answered_with,
        present=current.present,
        reason=reason.strip(),
        shown_wording=current.shown_wording,
    )
    return submit_many(session, catalogue, actor, [submission], at)[0]


def get_sheet(session: Session, actor: Actor, *, administration_id: str) -> SheetView | None:
    """The latest revision of a sheet with its scores; None when nothing was submitted. Raises NotFound."""
    found = list_revisions(session, actor, administration_id=administration_id)
    return found[-1] if found else None


def list_revisions(
    session: Session, actor: Actor, *, administration_id: str
) -> tuple[SheetView, ...]:
    """Every revision of a sheet, the first one first."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER, client=True)
    planned = reach(session, actor, administration_id)
    scores = sheets.list_scores(session, [planned.id])
    found = tuple(
        view_of(sheet, planned, scores.get((planned.id, sheet.revision), ()))
        for sheet in sheets.list_sheets(session, planned.id)
    )
    if found:
        audit.record(
            session, "read_answers", "administration", administration_id, [planned.client_public_id]
        )
    return found


def _may_be_known(planned: Mapping[str, Planned], submission: Submission) -> bool:
    """Whether a sheet of this administration can have the key already; a first sheet's key is unknown or elsewhere."""
    found = planned.get(submission.administration_id)
    return found is not None and found.revision > 0


def _digest(submission: Submission) -> str:
    how = (submission.language, submission.mode, submission.respondent, submission.answered_with)
    present = [submission.present] if submission.present else []
    return digest_body(submission.raw, submission.measured_on, *how, *present)


def _check_once(new: Sequence[tuple[int, Submission]]) -> None:
    """One sheet per administration and per key in one go."""
    administrations = {submission.administration_id for _, submission in new}
    keys = {submission.idempotency_key for _, submission in new}
    if min(len(administrations), len(keys)) < len(new):
        raise Conflict(
            Message("Two sheets of the list are for the same administration or have the same key.")
        )


def _check_open(
    session: Session, actor: Actor, planned: Planned, submission: Submission, at: datetime
) -> None:
    """Refuse a sheet that no longer fits what is stored."""
    if planned.status in (AdministrationStatus.CLOSED, AdministrationStatus.NOT_APPLICABLE):
        raise Conflict(Message("This measurement is closed, and takes no answers any more."))
    if planned.revision != submission.base_revision:
        raise _conflict(session, actor, planned, submission, at)


def _conflict(
    session: Session, actor: Actor, planned: Planned, submission: Submission, at: datetime
) -> Conflict:
    latest = sheets.find_latest_sheet(session, planned.id)
    if latest is None:
        return Conflict(
            Message("These answers carry the key of another sheet. Open the page again.")
        )
    set_aside(
        session,
        actor,
        planned,
        key=submission.idempotency_key[:LONGEST_KEY],
        digest=_digest(submission),
        raw=submission.raw,
        at=at,
    )
    scores = sheets.list_scores(session, [planned.id]).get((planned.id, latest.revision), ())
    return AnswersConflict(
        Message(
            "Other answers are stored already (revision %(revision)s). Both are kept: the stored ones are valid, and "
            "yours are set aside.",
            revision=latest.revision,
        ),
        stored=view_of(latest, planned, scores),
        offered=submission.raw,
    )


def _prepare(
    session: Session,
    catalogue: Catalogue,
    planned: Mapping[str, Planned],
    new: Sequence[tuple[int, Submission]],
    courses: Courses,
    many: bool,
    at: datetime,
) -> list[Prepared]:
    """Check every sheet, collect every fault, score."""
    baselines = _find_baselines(session, [planned[s.administration_id] for _, s in new], courses)
    answer_faults: list[Fault] = []
    faults: list[Fault] = []
    prepared = []
    for place, submission in new:
        found = planned[submission.administration_id]
        definition = catalogue.get(found.instrument, found.version)
        prefix = f"sheet {place}: " if many else ""
        baseline = baselines.get(found.id)
        for fault in _find_faults(definition, found, submission, baseline, at):
            faults.append(Fault(prefix + fault.where, fault.message))
        try:
            prepared.append(_score(definition, found, submission))
        except AnswersRejected as error:
            answer_faults.extend(Fault(prefix + f.where, f.message) for f in error.faults)
    if answer_faults:
        raise AnswersRejected(
            Message("The answers were not stored. Mend what is listed and send them again."),
            [*answer_faults, *faults],
        )
    if faults:
        raise InputRejected(Message("The answers were not stored."), faults)
    return prepared


def _find_baselines(
    session: Session, wanted: Sequence[Planned], courses: Courses
) -> dict[int, date | None]:
    """The day of the baseline before each later measurement, by administration."""
    later = [found for found in wanted if found.point is not MeasurementPoint.BASELINE]
    rest = {f.episode_id for f in later if (f.episode_id, f.instrument) not in courses}
    days = sheets.list_measured_before(session, rest, MeasurementPoint.BASELINE)
    return {
        found.id: baseline_day(courses[found.episode_id, found.instrument])
        if found.episode_id not in rest
        else days.get((found.episode_id, found.instrument, found.respondent))
        for found in later
    }


def _score(definition: Instrument, planned: Planned, submission: Submission) -> Prepared:
    if definition.kind not in ("scored", "external"):
        raise AnswersRejected(
            Message("The answers were not stored."),
            [
                Fault(
                    "",
                    Message(
                        "%(instrument)s is not filled in as a sheet.", instrument=definition.key
                    ),
                )
            ],
        )
    sheet = check_answers(definition, submission.raw)
    if not sheet.declined and all(answer is None for answer in sheet.answers.values()):
        empty = Message(
            "No question is answered, so there is nothing to store. If the answers cannot be obtained, mark the "
            "measurement as not obtained instead."
        )
        raise AnswersRejected(Message("The answers were not stored."), [Fault("", empty)])
    return Prepared(
        planned=planned,
        definition=definition,
        answers=json.dumps(to_raw(sheet), ensure_ascii=False),
        body_digest=_digest(submission),
        idempotency_key=submission.idempotency_key,
        measured_on=submission.measured_on,
        language=submission.language,
        mode=submission.mode,
        respondent=submission.respondent,
        answered_with=submission.answered_with.strip(),
        present=submission.present.strip(),
        reason=submission.reason,
        shown_wording=submission.shown_wording,
        begun_at=submission.begun_at,
        scores=score(definition, sheet),
    )


def _find_faults(
    definition: Instrument,
    planned: Planned,
    submission: Submission,
    baseline: date | None,
    at: datetime,
) -> list[Fault]:
    faults = find_date_faults(planned, submission.measured_on, baseline, at)
    if not 8 <= len(submission.idempotency_key) <= LONGEST_KEY:
        faults.append(Fault("idempotency_key", Message("Give a key of 8 to 100 characters.")))
    if submission.respondent not in definition.respondents:
        faults.append(_not_allowed("respondent", submission.respondent, definition.respondents))
    if submission.mode not in definition.modes:
        faults.append(_not_allowed("mode", submission.mode, definition.modes))
    if not 2 <= len(submission.language) <= 16:
        faults.append(Fault("language", Message("Give the language that the form was shown in.")))
    for where in ("answered_with", "present"):
        if len(getattr(submission, where)) > 200:
            faults.append(Fault(where, Message("Give at most 200 characters.")))
    if submission.respondent is Respondent.PROXY and submission.mode is Mode.SELF:
        told = Message(
            "Somebody else answered, so the client did not fill it in. Choose another way."
        )
        faults.append(Fault("mode", told))
    return faults


def find_date_faults(
    planned: Planned, measured_on: date, baseline: date | None, at: datetime
) -> list[Fault]:
    """A measurement is not in the future, not long before the opening, and not before the baseline of its scale."""
    where, day = "measured_on", measured_on.isoformat()
    if measured_on > at.date() + timedelta(days=1):
        return [Fault(where, Message("%(day)s is in the future.", day=day))]
    earliest = planned.opened_on
    if planned.point is MeasurementPoint.BASELINE:
        earliest -= EARLIEST_BASELINE
    if measured_on < earliest:
        return [
            Fault(
                where,
                Message(
                    "%(day)s is too early: the episode was opened on %(opened)s.",
                    day=day,
                    opened=planned.opened_on.isoformat(),
                ),
            )
        ]
    if baseline is not None and measured_on < baseline:
        return [
            Fault(
                where,
                Message(
                    "%(day)s is before the first measurement, which was made on %(baseline)s.",
                    day=day,
                    baseline=baseline.isoformat(),
                ),
            )
        ]
    return []


def _not_allowed(where: str, value: str, allowed: Sequence[str]) -> Fault:
    return Fault(
        where, Message("%(value)s is not one of %(known)s.", value=value, known=", ".join(allowed))
    )
