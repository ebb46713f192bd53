"""The access log, for administrators: who did what to whose data, newest first, and what they look for in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from evalplat.episodes.local_time import HOME
from evalplat.services.actors import Actor, demand
from evalplat.storage import audit
from evalplat.storage.tables import Account, AuditEntry, Provider
from evalplat.vocabulary import Role

LARGEST_PAGE = 500
READ = "read_access_log"


@dataclass(frozen=True, slots=True)
class AccessLogEntry:
    """One line of the access log; ids only, no personal values."""

    at: datetime
    account_id: str | None
    role: str
    provider_id: str | None
    purpose: str
    action: str
    object_kind: str
    object_id: str
    client_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogSearch:
    """What lines are looked for; whatever is empty, or None, matches every line.

    first, last: days in Finland. who: a part of a name or an e-mail address, or an account's id. role: a role, `client`
    or `system`. action: a part of an act's name; actions: more acts that match. thing: an object's id or its kind;
    kinds: more kinds that match. client: a client's id. purpose: a part of the reason that was written;
    reasons: the program's own that match.
    """

    first: date | None = None
    last: date | None = None
    who: str = ""
    role: str = ""
    action: str = ""
    actions: tuple[str, ...] = ()
    thing: str = ""
    kinds: tuple[str, ...] = ()
    client: str = ""
    purpose: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of lines that match, with the names of accounts and providers in them, by id."""

    lines: tuple[AccessLogEntry, ...]
    page: int
    has_more: bool
    people: dict[str, str]
    providers: dict[str, str]


def list_access_log(
    session: Session, actor: Actor, *, page: int = 1, page_size: int = 100
) -> tuple[AccessLogEntry, ...]:
    """One page of the access log, newest first; administrators and system jobs."""
    demand(session, actor, Role.ADMINISTRATOR)
    page_size = min(max(page_size, 1), LARGEST_PAGE)
    return _read(session, (), page_size, (max(page, 1) - 1) * page_size)


def search_access_log(
    session: Session, actor: Actor, search: LogSearch, *, page: int = 1, page_size: int = 50
) -> LogPage:
    """One page of the lines that match, newest first; administrators. Looking is written into the log as well."""
    demand(session, actor, Role.ADMINISTRATOR)
    page, page_size = max(page, 1), min(max(page_size, 1), LARGEST_PAGE)
    start = (page - 1) * page_size
    found = _read(session, list(_conditions(session, search)), page_size + 1, start)
    lines = found[:page_size]
    what = search.client if search.client and lines else f"page {page}"  # never what was mistyped
    audit.record(session, READ, "access_log", what)
    accounts = {line.account_id for line in lines if line.account_id}
    names = select(Account.public_id, Account.name).where(Account.public_id.in_(accounts))
    providers = select(Provider.public_id, Provider.name)
    return LogPage(
        lines,
        page,
        len(found) > page_size,
        {one.public_id: one.name for one in session.execute(names)},
        {one.public_id: one.name for one in session.execute(providers)},
    )


def _read(
    session: Session, conditions: Sequence[ColumnElement[bool]], count: int, start: int
) -> tuple[AccessLogEntry, ...]:
    rows = session.scalars(
        select(AuditEntry)
        .where(*conditions)
        .order_by(AuditEntry.id.desc())
        .limit(count)
        .offset(start)
    )
    return tuple(
        AccessLogEntry(
            row.at,
            row.account_id,
            row.role,
            row.provider_id,
            row.purpose,
            row.action,
            row.object_kind,
            row.object_id,
            tuple(row.client_ids),
        )
        for row in rows
    )


def _conditions(session: Session, search: LogSearch) -> Iterable[ColumnElement[bool]]:
    if search.first:
        yield AuditEntry.at >= _midnight(search.first)
    if search.last:
        yield AuditEntry.at < _midnight(search.last + timedelta(days=1))
    if search.who:
        yield AuditEntry.account_id.in_(_find_accounts(session, search.who))
    if search.role:
        yield AuditEntry.role == search.role
    if search.action:
        wish = search.action.lower().replace(" ", "_")
        found = AuditEntry.action.contains(wish, autoescape=True)
        yield or_(found, AuditEntry.action.in_(search.actions))
    if search.thing:
        yield or_(
            AuditEntry.object_id == search.thing,
            AuditEntry.object_kind.in_((search.thing, *search.kinds)),
        )
    if search.client:
        yield cast(AuditEntry.client_ids, Text).contains(f'"{search.client}"', autoescape=True)
    if search.purpose:
        wish = search.purpose.lower()
        written = func.lower(AuditEntry.purpose).contains(wish, autoescape=True)
        yield or_(written, AuditEntry.purpose.in_(search.reasons)) if search.reasons else written


def _find_accounts(session: Session, who: str) -> list[str]:
    """Accounts by a part of the name or of the e-mail address; an id stands for itself, as of an invitation."""
    wish = who.casefold()
    rows = session.execute(select(Account.public_id, Account.name, Account.email))
    return [who, *(i for i, name, email in rows if wish in name.casefold() or wish in email)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HOME)
