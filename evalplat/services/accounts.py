"""Staff accounts: signing in, making, listing, changing the password and the language."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message, NotFound, Refused
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_secret, matches
from evalplat.services.views import AccountView as AccountView
from evalplat.storage import accounts, audit
from evalplat.storage.access import scope_of
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Account
from evalplat.vocabulary import LANGUAGES, Role

MOST_TRIES = 10
LOCKED_FOR = timedelta(minutes=15)
STAFF = tuple(Role)
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}\Z")


NOT_YOURS = Message("This is not your present password.")
NOTHING_CHANGED = Message("Nothing was changed.")


class SignInRefused(Refused):
    """The e-mail address or the password is wrong, or the account is locked or closed: never said which."""

    keeps_transaction = True  # the wrong try is counted although the call raises


class WrongPassword(InputRejected):
    """The present password is wrong."""

    keeps_transaction = True  # the wrong try is counted although the call raises


def authenticate(session: Session, *, email: str, password: str, at: datetime) -> AccountView:
    """The account that these belong to, for a session opened by `Actor.system("sign-in")`.

    Takes the same work for an unknown address. Ten wrong tries lock the account for 15 minutes; the counter is in the
    database and is kept although the call raises. Raises SignInRefused.
    """
    demand(session, scope_of(session).actor)
    found = accounts.lock_account_of(session, email.strip().casefold())
    right = matches(found[0].password_hash if found else None, password)
    account: Account | None = found[0] if found else None
    locked = bool(account and account.locked_until and account.locked_until > at)
    if account is not None and right and account.active and not locked:
        accounts.change_account(session, account.id, tries=0, locked_until=None)
        audit.record(session, "sign_in", "account", account.public_id)
        return _view(found)
    if account is not None and not locked:
        _count_wrong_try(session, account, at)
    audit.record(session, "sign_in_refused", "account", account.public_id if account else "")
    raise SignInRefused(
        Message(
            "The e-mail address or the password is not right. After %(tries)s wrong tries an account waits "
            "%(minutes)s minutes.",
            tries=MOST_TRIES,
            minutes=LOCKED_FOR.seconds // 60,
        )
    )


def _count_wrong_try(session: Session, account: Account, at: datetime) -> bool:
    """One more wrong password; the tenth locks the account, and the answer is whether this one was it."""
    tries = account.tries + 1
    full = tries >= MOST_TRIES
    accounts.change_account(
        session,
        account.id,
        tries=0 if full else tries,
        locked_until=at + LOCKED_FOR if full else None,
    )
    return full


def create_account(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    provider_id: str | None = None,
    language: str = "fi",
) -> AccountView:
    """A new account. Administrators and system jobs only; the provider's roles need a provider, the others have none.

    Raises InputRejected with every fault: address, name, password of fewer than 12 characters, provider.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    email, name = email.strip().casefold(), name.strip()
    faults = [*_faults_of_person(email, name, language), *_faults_of_password(password, email)]
    provider = accounts.find_provider(session, provider_id) if provider_id else None
    if (role in PROVIDER_STAFF) != (provider_id is not None):
        faults.append(
            Fault(
                "provider_id",
                Message(
                    "A provider's worker or manager needs a provider; the county's staff have none."
                ),
            )
        )
    elif provider_id and (provider is None or not provider.active):
        faults.append(Fault("provider_id", Message("There is no such provider.")))
    if accounts.lock_account_of(session, email) is not None:
        faults.append(Fault("email", Message("This address has an account already.")))
    if faults:
        raise InputRejected(Message("The account was not made."), faults)
    public_id = new_public_id()
    row = {
        "public_id": public_id,
        "email": email,
        "name": name,
        "role": role,
        "provider_id": provider.id if provider else None,
        "language": language,
        "password_hash": hash_secret(password),
        "tries": 0,
        "session_epoch": 1,
        "active": True,
    }
    session.execute(insert(Account), [row])
    audit.record(session, "create_account", "account", public_id)
    return _view(accounts.find_account(session, public_id))


def get_account(session: Session, account_id: str) -> AccountView:
    """The account, active or not; raises NotFound. For a session of the account itself or of a system job."""
    actor = scope_of(session).actor
    if not (actor.is_system or actor.role is Role.ADMINISTRATOR or actor.account_id == account_id):
        raise _no_account()
    return _view(accounts.find_account(session, account_id))


def list_accounts(session: Session, actor: Actor) -> tuple[AccountView, ...]:
    """Every account by name; administrators only. A provider's manager sees those of the own provider."""
    demand(session, actor, Role.ADMINISTRATOR, Role.PROVIDER_MANAGER)
    scope = scope_of(session)
    own = scope.owner if scope.kind == "provider" else None
    return tuple(_view(row) for row in accounts.list_accounts(session, own))


def change_password(
    session: Session, actor: Actor, *, current: str, new: str, at: datetime
) -> AccountView:
    """Change one's own password; every other session of the account ends (the epoch moves on).

    A wrong present password counts like a wrong try at the door: the tenth locks the account and ends its sessions, so
    that a screen left open is no place to guess at.
    """
    demand(session, actor, *STAFF)
    row = accounts.find_account(session, actor.account_id or "")
    row = row and accounts.lock_account_of(session, row[0].email)
    if row is None:
        raise _no_account()
    account: Account = row[0]
    faults = [Fault("new", fault.message) for fault in _faults_of_password(new, account.email)]
    if not matches(account.password_hash, current):
        faults.insert(0, Fault("current", NOT_YOURS))
        _refuse_wrong_password(session, account, at)
        audit.record(session, "change_password_refused", "account", account.public_id)
        raise WrongPassword(Message("The password was not changed."), faults)
    if faults:
        raise InputRejected(Message("The password was not changed."), faults)
    accounts.change_account(
        session,
        account.id,
        password_hash=hash_secret(new),
        session_epoch=account.session_epoch + 1,
        tries=0,
    )
    audit.record(session, "change_password", "account", account.public_id)
    return _reload(session, account)


def prove_password(
    session: Session, actor: Actor, *, current: str, at: datetime, faults: Sequence[Fault] = ()
) -> None:
    """Give one's password again before something that a screen left open must not do.

    A wrong one counts as in `change_password`. Raises WrongPassword with `faults` of the rest of the form, or
    InputRejected where there are only those.
    """
    demand(session, actor, *STAFF)
    row = accounts.find_account(session, actor.account_id or "")
    row = row and accounts.lock_account_of(session, row[0].email)
    if row is None:
        raise _no_account()
    account: Account = row[0]
    if not matches(account.password_hash, current):
        _refuse_wrong_password(session, account, at)
        audit.record(session, "prove_password_refused", "account", account.public_id)
        raise WrongPassword(NOTHING_CHANGED, [*faults, Fault("current", NOT_YOURS)])
    if faults:
        raise InputRejected(NOTHING_CHANGED, faults)
    accounts.change_account(session, account.id, tries=0)


def _refuse_wrong_password(session: Session, account: Account, at: datetime) -> None:
    """Count a wrong present password; the tenth locks the account and ends its sessions."""
    if _count_wrong_try(session, account, at):
        accounts.change_account(session, account.id, session_epoch=account.session_epoch + 1)


def set_password(session: Session, actor: Actor, *, email: str, password: str) -> AccountView:
    """A new password for an account whose own is forgotten; ends its sessions and unlocks it. Administrators only."""
    demand(session, actor, Role.ADMINISTRATOR)
    account = _find_by_email(session, email)
    faults = _faults_of_password(password, account.email)
    if faults:
        raise InputRejected(Message("The password was not changed."), faults)
    accounts.change_account(
        session,
        account.id,
        password_hash=hash_secret(password),
        session_epoch=account.session_epoch + 1,
        tries=0,
        locked_until=None,
    )
    audit.record(session, "set_password", "account", account.public_id)
    return _reload(session, account)


def set_language(session: Session, actor: Actor, *, language: str) -> AccountView:
    """Remember the language of the signed-in account."""
    demand(session, actor, *STAFF)
    if language not in LANGUAGES:
        raise InputRejected(
            Message("The language was not changed."),
            [Fault("language", _unknown_language(language))],
        )
    account = _own_row(session, actor.account_id or "")
    accounts.change_account(session, account.id, language=language)
    return _reload(session, account)


def end_sessions(session: Session, actor: Actor, *, account_id: str) -> AccountView:
    """End every session of an account: one's own, or any for an administrator."""
    demand(session, actor, *(STAFF if actor.account_id == account_id else (Role.ADMINISTRATOR,)))
    account = _own_row(session, account_id)
    accounts.change_account(session, account.id, session_epoch=account.session_epoch + 1)
    audit.record(session, "end_sessions", "account", account_id)
    return _reload(session, account)


def close_account(session: Session, actor: Actor, *, account_id: str) -> AccountView:
    """Close an account for good and end its sessions; administrators only."""
    demand(session, actor, Role.ADMINISTRATOR)
    account = _own_row(session, account_id)
    accounts.change_account(
        session, account.id, active=False, session_epoch=account.session_epoch + 1
    )
    audit.record(session, "close_account", "account", account_id)
    return _reload(session, account)


def _find_by_email(session: Session, email: str) -> Account:
    """The account of an address; raises NotFound."""
    row = accounts.lock_account_of(session, email.strip().casefold())
    if row is None:
        raise _no_account()
    account: Account = row[0]
    return account


def _own_row(session: Session, account_id: str) -> Account:
    row = accounts.find_account(session, account_id)
    if row is None:
        raise _no_account()
    account: Account = row[0]
    return account


def _reload(session: Session, account: Account) -> AccountView:
    session.expire(account)
    return _view(accounts.find_account(session, account.public_id))


def _faults_of_person(email: str, name: str, language: str) -> list[Fault]:
    faults = []
    if not _EMAIL.match(email):
        faults.append(
            Fault(
                "email",
                Message("%(value)s is not an e-mail address (like name@example.fi).", value=email),
            )
        )
    if not 1 <= len(name) <= 200:
        faults.append(Fault("name", Message("Give a name of 1 to 200 characters.")))
    if language not in LANGUAGES:
        faults.append(Fault("language", _unknown_language(language)))
    return faults


def _faults_of_password(password: str, email: str) -> list[Fault]:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return [
            Fault(
                "password",
                Message(
                    "A password has at least %(count)s characters; a sentence is easy to remember.",
                    count=SHORTEST_PASSWORD,
                ),
            )
        ]
    if len(set(password)) < 5 or password.casefold() == email:
        return [Fault("password", Message("This password is too easy to guess."))]
    return []


def _unknown_language(language: str) -> Message:
    return Message("%(value)s is not one of %(known)s.", value=language, known=", ".join(LANGUAGES))


def _no_account() -> NotFound:
    return NotFound(Message("There is no such account."))


def _view(row: Any) -> AccountView:
    if row is None:
        raise _no_account()
    account, provider_id, provider_name = row
    return AccountView(
        id=account.public_id,
        email=account.email,
        name=account.name,
        role=account.role,
        provider_id=provider_id,
        provider_name=provider_name,
        language=account.language,
        session_epoch=account.session_epoch,
        active=account.active,
    )
