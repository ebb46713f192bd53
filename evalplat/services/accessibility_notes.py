"""Feedback on accessibility: anybody sends it in, without an account or a third party; administrators answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound, Unavailable
from evalplat.services.actors import Actor, demand
from evalplat.storage import audit
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import AccessibilityNote
from evalplat.vocabulary import Role

LONGEST_MESSAGE = 4000
LONGEST_PLACE = 200
LONGEST_ANSWER = 4000
ANSWERED_WITHIN = timedelta(days=14)
"""The law on digital services promises an answer within two weeks."""

MOST_A_DAY = 200
"""So many are taken within a day: nobody fills the database through an open form."""

LISTED = 500


@dataclass(frozen=True, slots=True)
class NoteView:
    """One note as administrators see it. `email` is empty where no answer is wanted."""

    id: str
    received_at: datetime
    language: str
    message: str
    place: str
    email: str
    answered_at: datetime | None
    answer: str
    overdue: bool


def send_note(
    session: Session,
    actor: Actor,
    *,
    message: str,
    place: str = "",
    email: str = "",
    language: str = "",
    at: datetime,
) -> None:
    """Keep what somebody wrote; for a session opened by a system job. The same words twice in a day are kept once.

    Raises InputRejected with every fault, and Unavailable when too many came in within a day.
    """
    demand(session, actor)
    message, place = message.strip(), " ".join(place.split())
    address, faults = _check(message, place, email.strip())
    if faults:
        raise InputRejected(Message("Your feedback was not sent."), faults)
    today = AccessibilityNote.received_at > at - timedelta(days=1)
    same = (AccessibilityNote.message == message, AccessibilityNote.email == address)
    if session.scalar(select(AccessibilityNote.id).where(today, *same).limit(1)) is not None:
        return
    if (session.scalar(select(func.count()).where(today)) or 0) >= MOST_A_DAY:
        raise Unavailable(
            Message(
                "So much feedback has come in today that no more can be taken. Please try again tomorrow."
            )
        )
    row = {
        "public_id": new_public_id(),
        "received_at": at,
        "language": language[:16],
        "message": message,
        "place": place,
        "email": address,
        "answered_by": "",
        "answer": "",
    }
    session.execute(insert(AccessibilityNote), [row])
    audit.record(session, "send_accessibility_note", "accessibility_note", str(row["public_id"]))


def _check(message: str, place: str, email: str) -> tuple[str, list[Fault]]:
    from email_validator import EmailNotValidError, validate_email

    faults = []
    if not 1 <= len(message) <= LONGEST_MESSAGE:
        text = Message("Write what does not work, in at most 4,000 characters.")
        faults.append(Fault("message", text))
    if len(place) > LONGEST_PLACE:
        faults.append(Fault("place", Message("Give at most 200 characters.")))
    if not email:
        return "", faults
    try:
        found = validate_email(email[:300], check_deliverability=False)
    except EmailNotValidError:
        text = Message("This is not an e-mail address. Check it, or leave the field empty.")
        return "", [*faults, Fault("email", text)]
    return found.normalized, faults


def list_notes(session: Session, actor: Actor, *, at: datetime) -> tuple[NoteView, ...]:
    """Notes for administrators: those that wait first, the oldest on top; then the answered ones, newest first."""
    demand(session, actor, Role.ADMINISTRATOR)
    waiting = session.scalars(
        select(AccessibilityNote)
        .where(AccessibilityNote.answered_at.is_(None))
        .order_by(AccessibilityNote.received_at, AccessibilityNote.id)
        .limit(LISTED)
    )
    answered = session.scalars(
        select(AccessibilityNote)
        .where(AccessibilityNote.answered_at.is_not(None))
        .order_by(AccessibilityNote.answered_at.desc(), AccessibilityNote.id.desc())
        .limit(LISTED)
    )
    audit.record(session, "read_accessibility_notes", "accessibility_notes", "")
    return tuple(_view(row, at) for row in (*waiting, *answered))


def count_waiting_notes(session: Session, actor: Actor) -> int:
    """How many notes nobody has answered."""
    demand(session, actor, Role.ADMINISTRATOR)
    query = select(func.count()).where(AccessibilityNote.answered_at.is_(None))
    return session.scalar(query) or 0


def answer_note(session: Session, actor: Actor, *, note_id: str, answer: str, at: datetime) -> None:
    """Note what was answered and done. The same words twice change nothing.

    Raises NotFound, InputRejected without words, and Conflict where somebody has answered with other words.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    found = session.scalar(
        select(AccessibilityNote).where(AccessibilityNote.public_id == note_id).with_for_update()
    )
    if found is None:
        raise NotFound(Message("There is no such feedback."))
    answer = answer.strip()
    if not 1 <= len(answer) <= LONGEST_ANSWER:
        text = Message("Write what was answered or mended, in at most 4,000 characters.")
        raise InputRejected(Message("The answer was not saved."), [Fault("answer", text)])
    if found.answered_at is not None:
        if found.answer == answer:
            return
        raise Conflict(Message("A colleague has answered this meanwhile."))
    session.execute(
        update(AccessibilityNote)
        .where(AccessibilityNote.id == found.id)
        .values(answered_at=at, answered_by=actor.account_id or actor.name, answer=answer)
        .execution_options(synchronize_session=False)
    )
    audit.record(session, "answer_accessibility_note", "accessibility_note", note_id, at=at)


def _view(row: AccessibilityNote, at: datetime) -> NoteView:
    return NoteView(
        id=row.public_id,
        received_at=row.received_at,
        language=row.language,
        message=row.message,
        place=row.place,
        email=row.email,
        answered_at=row.answered_at,
        answer=row.answer,
        overdue=row.answered_at is None and at - row.received_at > ANSWERED_WITHIN,
    )
