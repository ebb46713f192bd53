"""Who sits at the terminal: an administrator who gives the password, for what two people have to do.

Nothing is signed in: no session begins. Wrong passwords count like those at the staff door.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Message
from evalplat.services.accounts import count_wrong_password, view_of
from evalplat.services.actors import Actor, demand
from evalplat.services.passwords import Proof
from evalplat.services.signing_in.second_factor import (
    factors_of,
    take_app_code,
    take_recovery_code,
)
from evalplat.services.signing_in.sign_in import SignInRefused
from evalplat.storage import accounts, audit
from evalplat.storage.access import scope_of
from evalplat.storage.tables import Account
from evalplat.vocabulary import Role


def find_hash(session: Session, *, email: str) -> str | None:
    """The hash of an account's password, to be compared with `prove`; for a system job."""
    demand(session, scope_of(session).actor)
    row = accounts.find_account_of(session, email.strip().casefold())
    return row[0].password_hash if row else None


def identify(session: Session, *, email: str, proof: Proof, code: str = "", at: datetime) -> Actor:
    """The administrator who proved the password, and a second factor where one is set up; for a system job.

    `code` is the app's or a recovery code. Raises SignInRefused for anybody else.
    """
    demand(session, scope_of(session).actor)
    row = accounts.lock_account_of(session, email.strip().casefold())
    account: Account | None = row[0] if row else None
    locked = bool(account and account.locked_until and account.locked_until > at)
    right = account is not None and not locked and proof.holds(account.password_hash)
    administers = account is not None and account.active and account.role is Role.ADMINISTRATOR
    if account and right and administers and _has_factor(session, account, code, at):
        accounts.change_account(session, account.id, tries=0, locked_until=None)
        audit.record(session, "identify_at_terminal", "account", account.public_id)
        return Actor.of(view_of(row))
    if not right or administers:
        count_wrong_password(session, None if locked else account, at)
    audit.record(session, "sign_in_refused", "account", account.public_id if account else "")
    raise SignInRefused(
        Message(
            "The e-mail address, the password or the code is not right, or this is no administrator."
        )
    )


def _has_factor(session: Session, account: Account, code: str, at: datetime) -> bool:
    """Whether the code holds, or none is set up."""
    if not factors_of(session, account):
        return True
    return take_app_code(session, account, code, at) or take_recovery_code(session, account, code)
