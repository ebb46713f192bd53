"""Sessions of staff: begun, found again by the cookie, listed and ended; all of it on the server.

The browser holds a random token and nothing else that counts. Its SHA-256 is the name of a row, and deleting the row
ends the session everywhere that the cookie may have been copied to.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from evalplat.errors import Message, NotFound
from evalplat.services.accounts import STAFF, AccountView, find_row, view_of
from evalplat.services.actors import Actor, demand
from evalplat.storage import audit, staff_sessions, wrong_tries
from evalplat.storage.access import scope_of
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Account, StaffSession
from evalplat.vocabulary import Role, SignInStage

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
ON_THE_WAY = timedelta(minutes=10)
"""So long somebody has for the second factor, or for setting one up, after the password."""

FRESH = timedelta(minutes=15)
"""So long after proving oneself what guards the account may be changed."""

NOTED_EVERY = timedelta(minutes=1)
"""A session's last use is written down once a minute, so that reading pages hardly writes."""

KEPT_FOR = 2 * ABSOLUTE
CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose session it is, how far it has come, and what belongs to it."""

    id: str
    account: AccountView
    stage: SignInStage
    challenge: bytes
    is_fresh: bool
    is_to_note: bool


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its owner and administrators see it."""

    id: str
    began_at: datetime
    seen_at: datetime
    browser: str


def begin_session(
    session: Session,
    account: Account,
    *,
    browser: str,
    at: datetime,
    stage: SignInStage = SignInStage.OPEN,
) -> str:
    """A new session with a new token, which is given back and nowhere stored; for `Actor.system("sign-in")`."""
    demand(session, scope_of(session).actor)
    token = secrets.token_urlsafe(32)
    staff_sessions.remove_older(session, at - KEPT_FOR)
    wrong_tries.remove_over(session, at)
    staff_sessions.add(
        session,
        public_id=new_public_id(),
        account_id=account.id,
        digest=_digest(token),
        role=account.role,
        stage=stage,
        challenge=secrets.token_bytes(CHALLENGE_BYTES),
        began_at=at,
        seen_at=at,
        proved_at=at,
        browser=browser[:60],
    )
    return token


def continue_session(session: Session, *, account_id: str, browser: str, at: datetime) -> str:
    """The token of a new session for somebody who has just proved to be the account's owner, and ended the old one."""
    account: Account = find_row(session, account_id)[0]
    return begin_session(session, account, browser=browser, at=at)


def find_session(session: Session, token: str, at: datetime) -> Signed | None:
    """The session of a cookie's token; None when it is over, ended, or its account closed or of another role by now."""
    demand(session, scope_of(session).actor)
    row = staff_sessions.find(session, _digest(token))
    if row is None:
        return None
    kept: StaffSession = row[0]
    account = view_of(row[1:])
    if not account.active or kept.role is not account.role or _is_over(kept, at):
        return None
    return Signed(
        id=kept.public_id,
        account=account,
        stage=kept.stage,
        challenge=kept.challenge,
        is_fresh=at - kept.proved_at < FRESH,
        is_to_note=at - kept.seen_at >= NOTED_EVERY,
    )


def _is_over(kept: StaffSession, at: datetime) -> bool:
    if kept.stage is not SignInStage.OPEN:
        return at - kept.began_at > ON_THE_WAY
    return at - kept.began_at > ABSOLUTE or at - kept.seen_at > IDLE


def note_use(session: Session, token: str, at: datetime) -> None:
    """The session was used just now."""
    staff_sessions.change(session, _digest(token), seen_at=at)


def draw_challenge(session: Session, token: str) -> None:
    """Another challenge for security keys: what was asked once is never asked again."""
    fresh = secrets.token_bytes(CHALLENGE_BYTES)
    staff_sessions.change(session, _digest(token), challenge=fresh)


def forget_session(session: Session, token: str) -> None:
    """End a session whose place another one takes, which is no signing out."""
    row = staff_sessions.find(session, _digest(token))
    if row is not None:
        staff_sessions.remove(session, [row[0].id])


def drop_session(session: Session, token: str) -> None:
    """End the session of a cookie's token, whatever stage it is at; for `Actor.system("sign-out")`."""
    demand(session, scope_of(session).actor)
    row = staff_sessions.find(session, _digest(token))
    if row is not None:
        staff_sessions.remove(session, [row[0].id])
        if row[0].stage is SignInStage.OPEN:
            audit.record(session, "sign_out", "account", row[1].public_id)


def list_sessions(
    session: Session, actor: Actor, *, account_id: str, at: datetime
) -> tuple[SessionView, ...]:
    """The open sessions of an account, the one used last first: one's own, or any for an administrator."""
    account = find_own_or_any(session, actor, account_id)
    return tuple(
        SessionView(kept.public_id, kept.began_at, kept.seen_at, kept.browser)
        for kept in staff_sessions.list_of_account(session, account.id)
        if kept.stage is SignInStage.OPEN and not _is_over(kept, at)
    )


def end_session(session: Session, actor: Actor, *, account_id: str, session_id: str) -> None:
    """End one session of an account: of one's own, or of any for an administrator. Raises NotFound."""
    account = find_own_or_any(session, actor, account_id)
    found = [
        kept.id
        for kept in staff_sessions.list_of_account(session, account.id)
        if kept.public_id == session_id
    ]
    if not found:
        raise NotFound(Message("There is no such session."))
    staff_sessions.remove(session, found)
    audit.record(session, "end_session", "account", account_id)


def end_sessions(session: Session, actor: Actor, *, account_id: str, but: str = "") -> None:
    """End every session of an account, but for the one named: one's own, or any for an administrator."""
    account = find_own_or_any(session, actor, account_id)
    staff_sessions.remove_of_account(session, account.id, but)
    audit.record(session, "end_sessions", "account", account_id)


def find_own_or_any(session: Session, actor: Actor, account_id: str) -> Account:
    """The account: one's own, or any for administrators and system jobs. Raises Refused, NotFound."""
    demand(session, actor, *(STAFF if actor.account_id == account_id else (Role.ADMINISTRATOR,)))
    row: Any = find_row(session, account_id)
    account: Account = row[0]
    return account


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
