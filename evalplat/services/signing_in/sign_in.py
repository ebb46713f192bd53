"""The staff door: from an address and a password to a session.

Three steps, so that nobody who writes waits for a password to be hashed: `find_hash` in a reading session, `prove`
in no transaction at all, `sign_in` in the one transaction that counts, decides and begins the session. An unknown
address, a wrong password, a closed and a locked account take the same steps and get the same answer.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Message, Refused
from evalplat.services.accounts import (
    LOCKED_FOR,
    MOST_TRIES,
    AccountView,
    count_wrong_password,
    view_of,
)
from evalplat.services.actors import demand
from evalplat.services.passwords import Proof
from evalplat.services.signing_in.sessions import begin_session
from evalplat.services.signing_in.wrong_tries import SIGN_IN, check_source, count_wrong
from evalplat.storage import accounts, audit
from evalplat.storage.access import scope_of
from evalplat.storage.tables import Account
from evalplat.vocabulary import SignInStage


class SignInRefused(Refused):
    """The e-mail address or the password is wrong, or the account is locked or closed: never said which."""

    keeps_transaction = True  # the wrong try is counted although the call raises


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the door: the network address, and what the browser calls itself."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has begun: whose it is, its token for the cookie, and how far it has come."""

    account: AccountView
    token: str
    stage: SignInStage


def find_hash(session: Session, *, email: str, visitor: Visitor, at: datetime) -> str | None:
    """The hash that belongs to an address, to be compared with `prove`; for a session of `Actor.system("sign-in")`.

    Raises TooMany when the visitor's network has to wait.
    """
    demand(session, scope_of(session).actor)
    check_source(session, SIGN_IN, visitor.address, at)
    row = accounts.find_account_of(session, email.strip().casefold())
    return row[0].password_hash if row else None


def sign_in(session: Session, *, email: str, proof: Proof, visitor: Visitor, at: datetime) -> Begun:
    """Begin a session for who proved the password; for a session of `Actor.system("sign-in")`.

    Ten wrong tries lock the account for 15 minutes; the counter is in the database and is kept although the call
    raises. Raises SignInRefused.
    """
    demand(session, scope_of(session).actor)
    row = accounts.lock_account_of(session, email.strip().casefold())
    account: Account | None = row[0] if row else None
    locked = bool(account and account.locked_until and account.locked_until > at)
    if account and account.active and not locked and proof.holds(account.password_hash):
        accounts.change_account(session, account.id, tries=0, locked_until=None)
        token = begin_session(session, account, browser=visitor.browser, at=at)
        audit.record(session, "sign_in", "account", account.public_id)
        return Begun(view_of(row), token, SignInStage.OPEN)
    count_wrong_password(session, None if locked else account, at)
    count_wrong(session, SIGN_IN, visitor.address, at)
    audit.record(session, "sign_in_refused", "account", account.public_id if account else "")
    raise SignInRefused(
        Message(
            "The e-mail address or the password is not right. After %(tries)s wrong tries an account waits "
            "%(minutes)s minutes.",
            tries=MOST_TRIES,
            minutes=LOCKED_FOR.seconds // 60,
        )
    )
