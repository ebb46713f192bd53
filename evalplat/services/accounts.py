"""Staff accounts: making, listing, opening and closing; password, role and language. Signing in is `signing_in`."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.passwords import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    NewSecret,
    Proof,
    is_easy_to_guess,
)
from evalplat.services.views import AccountView as AccountView
from evalplat.storage import accounts, audit, staff_sessions
from evalplat.storage.access import scope_of
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Account, Provider
from evalplat.vocabulary import LANGUAGES, Role

MOST_TRIES = 10
LOCKED_FOR = timedelta(minutes=15)
NOBODY = 0
"""The key of no account."""

STAFF = tuple(Role)
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}\Z")


NOT_YOURS = Message("This is not your present password.")
NOTHING_CHANGED = Message("Nothing was changed.")


class WrongPassword(InputRejected):
    """The present password is wrong."""

    keeps_transaction = True  # the wrong try is counted although the call raises


def count_wrong_password(session: Session, account: Account | None, at: datetime) -> bool:
    """One more wrong password; the tenth locks the account, and the answer is whether this one was it.

    Where there is nobody to count for, the same statement is sent for nobody, so that it takes the same time.
    """
    tries = account.tries + 1 if account else 1
    full = tries >= MOST_TRIES
    accounts.change_account(
        session,
        account.id if account else NOBODY,
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
    password: NewSecret,
    provider_id: str | None = None,
    language: str = "fi",
) -> AccountView:
    """A new account. Administrators and system jobs only; the provider's roles need a provider, the others have none.

    Raises InputRejected with every fault: address, name, password of fewer than 12 characters, provider.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    email, name = email.strip().casefold(), name.strip()
    faults = [*_faults_of_person(email, name, language), *faults_of_password(password.text, email)]
    provider, faults_of_provider = _find_provider(session, role, provider_id)
    faults += faults_of_provider
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
        "password_hash": password.hashed,
        "tries": 0,
        "active": True,
    }
    session.execute(insert(Account), [row])
    audit.record(session, "create_account", "account", public_id)
    return view_of(accounts.find_account(session, public_id))


def _find_provider(
    session: Session, role: Role, provider_id: str | None
) -> tuple[Provider | None, list[Fault]]:
    """The provider of a role's account, and what is wrong with it."""
    provider = accounts.find_provider(session, provider_id) if provider_id else None
    if (role in PROVIDER_STAFF) != (provider_id is not None):
        wrong = Message(
            "A provider's worker or manager needs a provider; the county's staff have none."
        )
        return provider, [Fault("provider_id", wrong)]
    if provider_id and (provider is None or not provider.active):
        return provider, [Fault("provider_id", Message("There is no such provider."))]
    return provider, []


def get_account(session: Session, account_id: str) -> AccountView:
    """The account, active or not; raises NotFound. For a session of the account itself or of a system job."""
    actor = scope_of(session).actor
    if not (actor.is_system or actor.role is Role.ADMINISTRATOR or actor.account_id == account_id):
        raise _no_account()
    return view_of(accounts.find_account(session, account_id))


def list_accounts(session: Session, actor: Actor) -> tuple[AccountView, ...]:
    """Every account by name; administrators only. A provider's manager sees those of the own provider."""
    demand(session, actor, Role.ADMINISTRATOR, Role.PROVIDER_MANAGER)
    scope = scope_of(session)
    own = scope.owner if scope.kind == "provider" else None
    return tuple(view_of(row) for row in accounts.list_accounts(session, own))


def find_password(session: Session, actor: Actor) -> str:
    """The hash of the actor's own password, to be compared before `change_password`."""
    demand(session, actor, *STAFF)
    account: Account = find_row(session, actor.account_id or "")[0]
    return account.password_hash


def change_password(
    session: Session, actor: Actor, *, proof: Proof, new: str, new_hash: str, at: datetime
) -> AccountView:
    """Change one's own password, whose present one was proven; every session of the account ends.

    A wrong present password counts like a wrong try at the door: the tenth locks the account and ends its sessions, so
    that a screen left open is no place to guess at.
    """
    demand(session, actor, *STAFF)
    account = _lock(session, find_row(session, actor.account_id or "")[0].email)
    faults = [Fault("new", fault.message) for fault in faults_of_password(new, account.email)]
    if not proof.holds(account.password_hash):
        faults.insert(0, Fault("current", NOT_YOURS))
        _refuse_wrong_password(session, account, at)
        audit.record(session, "change_password_refused", "account", account.public_id)
        raise WrongPassword(Message("The password was not changed."), faults)
    if faults:
        raise InputRejected(Message("The password was not changed."), faults)
    accounts.change_account(session, account.id, password_hash=new_hash, tries=0)
    staff_sessions.remove_of_account(session, account.id)
    audit.record(session, "change_password", "account", account.public_id)
    return _reload(session, account)


def prove_password(
    session: Session, actor: Actor, *, proof: Proof, at: datetime, faults: Sequence[Fault] = ()
) -> None:
    """Give one's password again before something that a screen left open must not do.

    A wrong one counts as in `change_password`. Raises WrongPassword with `faults` of the rest of the form, or
    InputRejected where there are only those.
    """
    demand(session, actor, *STAFF)
    account = _lock(session, find_row(session, actor.account_id or "")[0].email)
    if not proof.holds(account.password_hash):
        _refuse_wrong_password(session, account, at)
        audit.record(session, "prove_password_refused", "account", account.public_id)
        raise WrongPassword(NOTHING_CHANGED, [*faults, Fault("current", NOT_YOURS)])
    if faults:
        raise InputRejected(NOTHING_CHANGED, faults)
    accounts.change_account(session, account.id, tries=0)


def _refuse_wrong_password(session: Session, account: Account, at: datetime) -> None:
    """Count a wrong present password; the tenth locks the account and ends its sessions."""
    if count_wrong_password(session, account, at):
        staff_sessions.remove_of_account(session, account.id)


def set_password(session: Session, actor: Actor, *, email: str, password: NewSecret) -> AccountView:
    """A new password for an account whose own is forgotten; ends its sessions and unlocks it. Administrators only."""
    demand(session, actor, Role.ADMINISTRATOR)
    account = _lock(session, email.strip().casefold())
    faults = faults_of_password(password.text, account.email)
    if faults:
        raise InputRejected(Message("The password was not changed."), faults)
    accounts.change_account(
        session, account.id, password_hash=password.hashed, tries=0, locked_until=None
    )
    staff_sessions.remove_of_account(session, account.id)
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
    account: Account = find_row(session, actor.account_id or "")[0]
    accounts.change_account(session, account.id, language=language)
    return _reload(session, account)


def change_role(
    session: Session, actor: Actor, *, account_id: str, role: Role, provider_id: str | None = None
) -> AccountView:
    """Give an account another role, and a provider where the role has one; ends its sessions. Administrators only."""
    demand(session, actor, Role.ADMINISTRATOR)
    account = _lock(session, find_row(session, account_id)[0].email)
    provider, faults = _find_provider(session, role, provider_id)
    if faults:
        raise InputRejected(Message("The role was not changed."), faults)
    accounts.change_account(
        session, account.id, role=role, provider_id=provider.id if provider else None
    )
    staff_sessions.remove_of_account(session, account.id)
    audit.record(session, "change_role", "account", account_id)
    return _reload(session, account)


def disable_account(session: Session, actor: Actor, *, account_id: str) -> AccountView:
    """Close an account and end its sessions; administrators only, and not their own."""
    demand(session, actor, Role.ADMINISTRATOR)
    if actor.account_id == account_id:
        raise InputRejected(
            Message("You cannot close your own account: another administrator can.")
        )
    account: Account = find_row(session, account_id)[0]
    accounts.change_account(session, account.id, active=False)
    staff_sessions.remove_of_account(session, account.id)
    audit.record(session, "disable_account", "account", account_id)
    return _reload(session, account)


def enable_account(session: Session, actor: Actor, *, account_id: str) -> AccountView:
    """Open a closed account again; password and second factor are as they were. Administrators only."""
    demand(session, actor, Role.ADMINISTRATOR)
    account: Account = find_row(session, account_id)[0]
    accounts.change_account(session, account.id, active=True, tries=0, locked_until=None)
    audit.record(session, "enable_account", "account", account_id)
    return _reload(session, account)


def find_by_email(session: Session, actor: Actor, email: str) -> AccountView:
    """The account of an address; administrators only. Raises NotFound."""
    demand(session, actor, Role.ADMINISTRATOR)
    return view_of(accounts.find_account_of(session, email.strip().casefold()))


def find_row(session: Session, account_id: str) -> Any:
    """(account, provider's public id, provider's name); raises NotFound."""
    row = accounts.find_account(session, account_id)
    if row is None:
        raise _no_account()
    return row


def _lock(session: Session, email: str) -> Account:
    row = accounts.lock_account_of(session, email)
    if row is None:
        raise _no_account()
    account: Account = row[0]
    return account


def _reload(session: Session, account: Account) -> AccountView:
    session.expire(account)
    return view_of(accounts.find_account(session, account.public_id))


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


def faults_of_password(password: str, email: str) -> list[Fault]:
    """What is wrong with a new password."""
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
    if is_easy_to_guess(password, email):
        return [Fault("password", Message("This password is too easy to guess."))]
    return []


def _unknown_language(language: str) -> Message:
    return Message("%(value)s is not one of %(known)s.", value=language, known=", ".join(LANGUAGES))


def _no_account() -> NotFound:
    return NotFound(Message("There is no such account."))


def view_of(row: Any) -> AccountView:
    """What is handed out of (account, provider's public id, provider's name); raises NotFound for None."""
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
        active=account.active,
    )
