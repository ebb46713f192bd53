"""What has been kept long enough, by kind of record: counted for a report, named in a run, and destroyed with it.

Each kind says from which day its time counts, and which rows are not to go yet. Whatever is destroyed is looked at once
more in the transaction that destroys it, so that who came back meanwhile is spared.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, func, select, union_all, update
from sqlalchemy.orm import Session

from evalplat.storage.rows import add_rows, chunks
from evalplat.storage.tables import (
    AccessibilityNote,
    Client,
    ClientKey,
    ContactRequest,
    Draft,
    Episode,
    FeedbackDecision,
    FeedbackSheet,
    Invitation,
    Reminder,
    ReminderEvent,
    RetentionItem,
    RetentionRun,
    RightsRequest,
    SetAside,
    Voucher,
)
from evalplat.vocabulary import ReminderState, RunState

CLIENTS = "clients"
MOMENT, DAY, QUARTER = "moment", "day", "quarter"
OVER = (ReminderState.SENT, ReminderState.FAILED, ReminderState.CANCELLED)

_DAYS = union_all(
    select(Episode.client_id.label("client"), Episode.closed_on.label("day")),
    select(Voucher.client_id.label("client"), Voucher.valid_until.label("day")),
).subquery()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: what names one, since when it counts, and what has to be so that it may go.

    tables: where its rows are deleted, by which column and in this order; none for clients, who are erased.
    """

    name: str
    key: Any
    since: Any
    unit: str
    may_go: tuple[Any, ...] = ()
    tables: tuple[tuple[Any, Any], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Found:
    """How many of a kind there are, which have been kept long enough, and since when the oldest of these counts."""

    stored: int
    keys: tuple[str, ...]
    oldest: date | None


KINDS: tuple[Kind, ...] = (
    Kind(
        CLIENTS,
        _DAYS.c.client,
        _DAYS.c.day,
        DAY,
        (
            _DAYS.c.client.in_(select(ClientKey.client_id).where(ClientKey.erased_at.is_(None))),
            _DAYS.c.client.in_(select(Client.id).where(Client.restricted_at.is_(None))),
            _DAYS.c.client.not_in(select(Episode.client_id).where(Episode.closed_on.is_(None))),
            _DAYS.c.client.not_in(
                select(RightsRequest.client_id).where(RightsRequest.answered_at.is_(None))
            ),
        ),
    ),
    Kind(
        "drafts",
        Draft.administration_id,
        Draft.saved_at,
        MOMENT,
        tables=((Draft, Draft.administration_id),),
    ),
    Kind("set_aside", SetAside.id, SetAside.received_at, MOMENT, tables=((SetAside, SetAside.id),)),
    Kind(
        "invitations",
        Invitation.id,
        Invitation.expires_at,
        MOMENT,
        tables=((Invitation, Invitation.id),),
    ),
    Kind(
        "reminders",
        Reminder.id,
        Reminder.local_day,
        DAY,
        (Reminder.state.in_(OVER),),
        ((ReminderEvent, ReminderEvent.reminder_id), (Reminder, Reminder.id)),
    ),
    Kind(
        "contact_requests",
        ContactRequest.id,
        ContactRequest.answered_at,
        MOMENT,
        (ContactRequest.answered_at.is_not(None),),
        ((ContactRequest, ContactRequest.id),),
    ),
    Kind(
        "rights_requests",
        RightsRequest.id,
        RightsRequest.answered_at,
        MOMENT,
        (RightsRequest.answered_at.is_not(None),),
        ((RightsRequest, RightsRequest.id),),
    ),
    Kind(
        "feedback",
        FeedbackSheet.public_id,
        FeedbackSheet.quarter,
        QUARTER,
        tables=(
            (FeedbackDecision, FeedbackDecision.sheet_key),
            (FeedbackSheet, FeedbackSheet.public_id),
        ),
    ),
    Kind(
        "accessibility_notes",
        AccessibilityNote.id,
        AccessibilityNote.answered_at,
        MOMENT,
        (AccessibilityNote.answered_at.is_not(None),),
        ((AccessibilityNote, AccessibilityNote.id),),
    ),
)
"""In the order in which they are told of."""

BY_NAME = {kind.name: kind for kind in KINDS}


def find(session: Session, kind: Kind, until: date) -> Found:
    """What of a kind ended on a day or earlier."""
    stored = session.scalar(select(func.count(kind.key.distinct()))) or 0
    rows = session.execute(_ended(kind, until)).all()
    oldest = min((row[1] for row in rows), default=None)
    return Found(stored, tuple(str(row[0]) for row in rows), _as_day(kind, oldest))


def destroy(session: Session, run: RetentionRun, kind: Kind, keys: Collection[str]) -> list[Any]:
    """Delete those of these records that may still go; gives back their keys. Clients are only looked at."""
    wanted = [key if kind.unit == QUARTER else int(key) for key in keys]
    until = date.fromisoformat(next(one["until"] for one in run.kinds if one["kind"] == kind.name))
    found = list(session.scalars(_ended(kind, until).where(kind.key.in_(wanted))))
    for model, column in kind.tables:
        _run(session, delete(model).where(column.in_(found)))
    return found


def add_items(session: Session, run: int, kind: str, keys: Sequence[str]) -> None:
    """Name the records that a run is to destroy."""
    for chunk in chunks(keys):
        rows = [{"run_id": run, "kind": kind, "row_key": key} for key in chunk]
        add_rows(session, RetentionItem, rows)


def list_items(session: Session, run: int, most: int) -> tuple[str, list[str]]:
    """(kind, keys) of some records of one kind that a run has still to destroy; no keys where it is done.

    Clients come last: what goes with them is counted under its own kind where that is over too.
    """
    first = select(RetentionItem.kind).where(RetentionItem.run_id == run)
    last = RetentionItem.kind == CLIENTS
    kind = session.scalar(first.order_by(last, RetentionItem.kind).limit(1))
    query = (
        select(RetentionItem.row_key)
        .where(RetentionItem.run_id == run, RetentionItem.kind == kind)
        .order_by(RetentionItem.row_key)
        .limit(most)
    )
    return kind or "", list(session.scalars(query)) if kind else []


def remove_items(session: Session, run: int, kind: str = "", keys: Collection[str] = ()) -> None:
    """What a run has done, or all of it where no kind is named."""
    mine = delete(RetentionItem).where(RetentionItem.run_id == run)
    if kind:
        mine = mine.where(RetentionItem.kind == kind, RetentionItem.row_key.in_(keys))
    _run(session, mine)


def find_run(session: Session, public_id: str, *, lock: bool = False) -> RetentionRun | None:
    """One run, read anew."""
    query = select(RetentionRun).where(RetentionRun.public_id == public_id)
    query = query.with_for_update() if lock else query
    return session.scalar(query.execution_options(populate_existing=True))


def list_runs(session: Session, most: int) -> list[RetentionRun]:
    """The latest runs, newest first."""
    return list(session.scalars(select(RetentionRun).order_by(RetentionRun.id.desc()).limit(most)))


def find_unfinished(session: Session) -> RetentionRun | None:
    """The run that waits for a second person or is under way."""
    open_states = (RunState.PROPOSED, RunState.CONFIRMED)
    return session.scalar(select(RetentionRun).where(RetentionRun.state.in_(open_states)).limit(1))


def change_run(session: Session, run: int, **values: Any) -> None:
    """Write how a run stands."""
    _run(session, update(RetentionRun).where(RetentionRun.id == run).values(**values))


def get_client(session: Session, client: int) -> Client:
    """A client, locked until the transaction ends."""
    query = select(Client).where(Client.id == client).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _ended(kind: Kind, until: date) -> Any:
    """(key, the latest day) of everything of a kind that ended on a day or earlier."""
    limit: Any = until + min(timedelta(days=1), date.max - until)
    if kind.unit == MOMENT:
        limit = datetime.combine(limit, time(), UTC)
    elif kind.unit == QUARTER:
        limit = limit.year * 10 + (limit.month + 2) // 3
    return (
        select(kind.key, func.max(kind.since))
        .where(*kind.may_go)
        .group_by(kind.key)
        .having(func.max(kind.since) < limit)
    )


def _as_day(kind: Kind, oldest: Any) -> date | None:
    if kind.unit == QUARTER and oldest:
        year, quarter = divmod(oldest, 10)
        first = date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
        return first - timedelta(days=1)
    if isinstance(oldest, datetime):
        return oldest.astimezone(UTC).date()
    found: date | None = oldest
    return found


def _run(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
