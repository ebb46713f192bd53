"""Signing in with a provider of identities (OpenID Connect): which account belongs to whom there.

An account is found by issuer and subject, never by an e-mail address, which may be given to somebody else. A link is
made by the account's owner, signed in, or through an administrator's invitation. What a provider said is checked
before it comes here, in the web's `outside_sign_in`.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Message, NotFound, Refused
from evalplat.services.accounts import STAFF, find_row
from evalplat.services.actors import Actor, demand
from evalplat.services.signing_in.sessions import find_own_or_any
from evalplat.services.signing_in.sign_in import Begun, Visitor, begin_stage, open_session
from evalplat.storage import audit, outside_identities
from evalplat.storage.access import scope_of
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Account
from evalplat.vocabulary import Role

INVITED_FOR = timedelta(days=7)
LONGEST_PART = 255
SECOND_FACTOR_THERE = "mfa"
"""The word of RFC 8176 by which a provider says that it asked for more than one factor."""


class NotLinked(Refused):
    """The provider knows the person, and no open account here is linked to them."""

    keeps_transaction = True  # the try stands in the access log although the call raises


@dataclass(frozen=True, slots=True)
class Subject:
    """Who the provider says that somebody is. `methods`: how they proved it there (RFC 8176)."""

    issuer: str
    subject: str
    methods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IdentityView:
    """A link as its owner sees it."""

    id: str
    issuer: str
    linked_at: datetime


def sign_in_from_outside(
    session: Session,
    *,
    who: Subject,
    visitor: Visitor,
    demanded_of: Collection[Role],
    at: datetime,
) -> Begun:
    """Begin a session for whoever the provider vouches for; for a session of `Actor.system("sign-in")`.

    The second factor is asked for as after a password, unless the provider says that it asked for one.
    Raises NotLinked.
    """
    demand(session, scope_of(session).actor)
    account = outside_identities.find_account(session, who.issuer, who.subject)
    if account is None or not account.active:
        audit.record(
            session, "sign_in_refused", "account", account.public_id if account else "", at=at
        )
        raise NotLinked(
            Message(
                "You signed in there, but no account here is linked to you. Sign in with your password and link it "
                "under Own account, or ask the county’s administrator for an invitation."
            )
        )
    if SECOND_FACTOR_THERE in who.methods:
        return open_session(session, account, visitor, at)
    return begin_stage(session, account, visitor=visitor, demanded_of=demanded_of, at=at)


def link_own(session: Session, actor: Actor, *, who: Subject, at: datetime) -> None:
    """Link one's own account to whoever one is at the provider. Raises Conflict where that is another account's."""
    demand(session, actor, *STAFF)
    _link(session, find_row(session, actor.account_id or "")[0], who, at)


def invite_to_link(session: Session, actor: Actor, *, account_id: str, at: datetime) -> str:
    """The token of an invitation by which an account's owner links it; shown once. Administrators only."""
    demand(session, actor, Role.ADMINISTRATOR)
    account: Account = find_row(session, account_id)[0]
    token = secrets.token_urlsafe(32)
    outside_identities.put_invitation(session, account.id, _digest(token), at + INVITED_FOR)
    audit.record(session, "invite_to_link", "account", account_id, at=at)
    return token


def accept_invitation(session: Session, *, token: str, who: Subject, at: datetime) -> None:
    """Link the invited account; for a session of `Actor.system("sign-in")`. Raises NotFound, Conflict."""
    demand(session, scope_of(session).actor)
    account = outside_identities.find_invited(session, _digest(token), at)
    if account is None or not outside_identities.drop_invitation(session, account.id):
        raise NotFound(Message("This invitation does not hold any more. Ask for a new one."))
    _link(session, account, who, at)


def list_identities(session: Session, actor: Actor, *, account_id: str) -> tuple[IdentityView, ...]:
    """What an account is linked to: one's own, or anybody's for administrators."""
    account = find_own_or_any(session, actor, account_id)
    return tuple(
        IdentityView(row.public_id, row.issuer, row.linked_at)
        for row in outside_identities.list_of_account(session, account.id)
    )


def unlink(session: Session, actor: Actor, *, account_id: str, identity_id: str) -> None:
    """Take a link away: one's own, or anybody's for administrators. Raises NotFound."""
    account = find_own_or_any(session, actor, account_id)
    if not outside_identities.remove(session, account.id, identity_id):
        raise NotFound(Message("There is no such link."))
    audit.record(session, "unlink_identity", "account", account_id)


def _link(session: Session, account: Account, who: Subject, at: datetime) -> None:
    if not 0 < len(who.subject) <= LONGEST_PART or not 0 < len(who.issuer) <= LONGEST_PART:
        raise Conflict(Message("The provider of identities gives names that are too long."))
    known = outside_identities.find_account(session, who.issuer, who.subject)
    if known is not None:
        if known.id == account.id:
            return
        raise Conflict(Message("You are linked to another account here already."))
    outside_identities.add(
        session,
        public_id=new_public_id(),
        account_id=account.id,
        issuer=who.issuer,
        subject=who.subject,
        linked_at=at,
    )
    audit.record(session, "link_identity", "account", account.public_id, at=at)


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
