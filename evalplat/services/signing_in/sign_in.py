"""The staff door: from an address and a password, and a second factor where there is one, to a session.

The password takes three steps, so that nobody who writes waits for it to be hashed: `find_hash` in a reading session,
`prove` in no transaction at all, `sign_in` in the one transaction that counts, decides and begins the session. An
unknown address, a wrong password, a closed and a locked account take the same steps and get the same answer.

Where the account has a second factor, what begins is a session that opens nothing but the question for it
(`pass_factor`); where one is demanded and none is set up, nothing but the pages that set one up (`finish_enrolment`).
Either ends in a session of its own, with a token of its own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from evalplat.errors import Message, Refused, TooMany
from evalplat.services.accounts import (
    LOCKED_FOR,
    MOST_TRIES,
    AccountView,
    count_wrong_password,
    find_row,
    view_of,
)
from evalplat.services.actors import demand
from evalplat.services.passwords import Proof
from evalplat.services.signing_in.second_factor import (
    factors_of,
    take_app_code,
    take_recovery_code,
)
from evalplat.services.signing_in.security_keys import Site, take_key
from evalplat.services.signing_in.sessions import (
    Signed,
    begin_session,
    draw_challenge,
    find_session,
    forget_session,
)
from evalplat.services.signing_in.wrong_tries import SIGN_IN, check_source, count_wrong
from evalplat.storage import accounts, audit
from evalplat.storage.access import scope_of
from evalplat.storage.tables import Account
from evalplat.vocabulary import Role, SignInStage

LONGEST_LOCK = timedelta(days=1)


class SignInRefused(Refused):
    """The e-mail address or the password is wrong, or the account is locked or closed: never said which."""

    keeps_transaction = True  # the wrong try is counted although the call raises


class FactorRefused(Refused):
    """The code or the key is wrong, or was taken before."""

    keeps_transaction = True  # the wrong try is counted although the call raises


class SignInOver(Refused):
    """There is no sign-in on its way: it took too long, was ended, or is complete."""


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


class FactorKind(StrEnum):
    """With what somebody proves to be the account's owner."""

    APP = "app"
    RECOVERY = "recovery"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class FactorAnswer:
    """What somebody answers the question for the second factor with."""

    kind: FactorKind
    text: str


def find_hash(session: Session, *, email: str, visitor: Visitor, at: datetime) -> str | None:
    """The hash that belongs to an address, to be compared with `prove`; for a session of `Actor.system("sign-in")`.

    Raises TooMany when the visitor's network has to wait.
    """
    demand(session, scope_of(session).actor)
    check_source(session, SIGN_IN, visitor.address, at)
    row = accounts.find_account_of(session, email.strip().casefold())
    return row[0].password_hash if row else None


def sign_in(
    session: Session,
    *,
    email: str,
    proof: Proof,
    visitor: Visitor,
    demanded_of: Collection[Role],
    at: datetime,
) -> Begun:
    """Begin a session for who proved the password, at the stage that the second factor asks for.

    For a session of `Actor.system("sign-in")`. Ten wrong tries lock the account for 15 minutes; the counter is in the
    database and is kept although the call raises. Raises SignInRefused.
    """
    demand(session, scope_of(session).actor)
    row = accounts.lock_account_of(session, email.strip().casefold())
    account: Account | None = row[0] if row else None
    locked = bool(account and account.locked_until and account.locked_until > at)
    if account and account.active and not locked and proof.holds(account.password_hash):
        accounts.change_account(session, account.id, tries=0, locked_until=None)
        return begin_stage(session, account, visitor=visitor, demanded_of=demanded_of, at=at)
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


def begin_stage(
    session: Session,
    account: Account,
    *,
    visitor: Visitor,
    demanded_of: Collection[Role],
    at: datetime,
) -> Begun:
    """A session for who proved the first factor: open, or waiting for the second one, or for setting it up."""
    if factors_of(session, account):
        stage = SignInStage.FACTOR
    elif account.role in demanded_of:
        stage = SignInStage.ENROLMENT
    else:
        return open_session(session, account, visitor, at)
    token = begin_session(session, account, browser=visitor.browser, at=at, stage=stage)
    audit.record(session, "begin_sign_in", "account", account.public_id)
    return Begun(view_of(find_row(session, account.public_id)), token, stage)


def pass_factor(
    session: Session,
    *,
    token: str,
    answer: FactorAnswer,
    site: Site,
    visitor: Visitor,
    at: datetime,
) -> Begun:
    """End a sign-in that waits for its second factor with an open session, for `Actor.system("sign-in")`.

    Wrong answers are counted with the account, and the count is kept although the call raises: every tenth in a row
    locks the second factor, for 15 minutes, then for twice as long each time. Raises FactorRefused, TooMany while it is
    locked or the visitor's network has to wait, SignInOver.
    """
    check_source(session, SIGN_IN, visitor.address, at)
    signed, account = _find_waiting(session, token, SignInStage.FACTOR, at)
    _check_lock(account, at)
    if _is_right(session, account, answer, signed.challenge, site, at):
        accounts.change_account(session, account.id, factor_tries=0, factor_locked_until=None)
        forget_session(session, token)
        return open_session(session, account, visitor, at)
    tries = account.factor_tries + 1
    locks, left = divmod(tries, MOST_TRIES)
    until = at + min(LOCKED_FOR * 2 ** min(locks - 1, 10), LONGEST_LOCK) if not left else None
    accounts.change_account(session, account.id, factor_tries=tries, factor_locked_until=until)
    draw_challenge(session, token)
    count_wrong(session, SIGN_IN, visitor.address, at)
    audit.record(session, "second_factor_refused", "account", account.public_id)
    raise FactorRefused(
        Message(
            "This was not right, or was used before. Wait for the next code of the app, or try another way."
        )
    )


def finish_enrolment(session: Session, *, token: str, visitor: Visitor, at: datetime) -> Begun:
    """End a sign-in that had to set a second factor up with an open session, for `Actor.system("sign-in")`.

    Raises SignInOver, also while nothing is set up.
    """
    _signed, account = _find_waiting(session, token, SignInStage.ENROLMENT, at)
    if not factors_of(session, account):
        raise _over()
    forget_session(session, token)
    return open_session(session, account, visitor, at)


def _find_waiting(
    session: Session, token: str, stage: SignInStage, at: datetime
) -> tuple[Signed, Account]:
    """The session that waits at this stage, and its account, locked so that tries are counted one by one."""
    signed = find_session(session, token, at)
    if signed is None or signed.stage is not stage:
        raise _over()
    account: Account = accounts.lock_account_of(session, signed.account.email)[0]
    return signed, account


def _check_lock(account: Account, at: datetime) -> None:
    until = account.factor_locked_until
    if until is not None and until > at:
        wait = max(1, round((until - at).total_seconds()))
        text = Message(
            "Too many wrong answers: the second step of this account waits for %(minutes)s min.",
            minutes=-(-wait // 60),
        )
        raise TooMany(text, wait)


def _is_right(
    session: Session,
    account: Account,
    answer: FactorAnswer,
    challenge: bytes,
    site: Site,
    at: datetime,
) -> bool:
    match answer.kind:
        case FactorKind.APP:
            return take_app_code(session, account, answer.text, at)
        case FactorKind.RECOVERY:
            return take_recovery_code(session, account, answer.text)
        case FactorKind.KEY:
            return take_key(
                session, account, answer=answer.text, challenge=challenge, site=site, at=at
            )


def open_session(session: Session, account: Account, visitor: Visitor, at: datetime) -> Begun:
    """The open session that ends every way of signing in."""
    token = begin_session(session, account, browser=visitor.browser, at=at)
    audit.record(session, "sign_in", "account", account.public_id)
    return Begun(view_of(find_row(session, account.public_id)), token, SignInStage.OPEN)


def _over() -> SignInOver:
    return SignInOver(Message("Signing in took too long or was ended. Begin again."))
