"""The second factor: codes of an app (TOTP, RFC 6238) and recovery codes; what there is of it, and its end.

Security keys are `security_keys`; where a factor is asked for at the door is `sign_in`.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

import pyotp
from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Fault, InputRejected, Message
from evalplat.services.accounts import STAFF, find_row
from evalplat.services.actors import Actor, demand
from evalplat.services.signing_in.sessions import find_own_or_any
from evalplat.storage import accounts, audit, second_factors, staff_sessions
from evalplat.storage.tables import Account, AuthenticatorApp
from evalplat.vocabulary import Role

ISSUER = "evalplat"
STEPS_AROUND = 1
"""A code of the half minute before and after is taken too: clocks differ, and typing takes time."""

RECOVERY_CODES = 10
RECOVERY_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECOVERY_GROUPS, RECOVERY_GROUP = 6, 4
"""120 random bits, so that the plain SHA-256 of a code cannot be tried through."""

_MISREAD = str.maketrans("ILO", "110", " -–—\t\u00a0")

NOT_SET_UP = Message("The app was not set up.")
LAST_ONE = Message(
    "Your role needs a second step, and this is your only one. Add another before you remove it."
)


@dataclass(frozen=True, slots=True)
class KeyView:
    """A security key as its owner knows it."""

    id: str
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account proves itself with besides the password. `app_since`: None without an app."""

    app_since: datetime | None
    keys: tuple[KeyView, ...]
    recovery_codes: int

    def __bool__(self) -> bool:
        return bool(self.app_since or self.keys)


@dataclass(frozen=True, slots=True)
class NewApp:
    """The secret of an app that is being set up: to be typed, and as the address in a QR code."""

    secret: str
    address: str


def get_factors(session: Session, actor: Actor, *, account_id: str) -> Factors:
    """What an account has: one's own, or anybody's for administrators."""
    return factors_of(session, find_own_or_any(session, actor, account_id))


def factors_of(session: Session, account: Account) -> Factors:
    """What an account has."""
    app = second_factors.find_app(session, account.id, confirmed=True)
    return Factors(
        app_since=app.confirmed_at if app else None,
        keys=tuple(
            KeyView(key.public_id, key.name, key.added_at, key.used_at)
            for key in second_factors.list_keys(session, account.id)
        ),
        recovery_codes=second_factors.count_recovery_codes(session, account.id),
    )


# The app


def begin_app(session: Session, actor: Actor, *, at: datetime) -> None:
    """Draw a secret for an app of one's own; one that is in use stays until the new one is confirmed."""
    account = _own(session, actor)
    second_factors.put_new_app(session, account, pyotp.random_base32(length=32), at)


def find_new_app(session: Session, actor: Actor) -> NewApp | None:
    """The app that is being set up, for its owner to see."""
    account = _own(session, actor)
    app = second_factors.find_app(session, account.id, confirmed=False)
    if app is None:
        return None
    totp = _totp(session, app, account)
    return NewApp(totp.secret, totp.provisioning_uri(name=account.email, issuer_name=ISSUER))


def confirm_app(session: Session, actor: Actor, *, code: str, at: datetime) -> tuple[str, ...]:
    """Take the new app into use once it makes the right codes; gives back recovery codes where there are none yet.

    Raises InputRejected for a wrong code, Conflict where no app is being set up.
    """
    account = _own(session, actor)
    app = second_factors.find_app(session, account.id, confirmed=False)
    if app is None:
        raise Conflict(Message("This app is set up already, or was never begun. Load the page."))
    step = _find_step(session, app, account, code, at)
    if step is None:
        wrong = Message(
            "This is not the code that the app shows now. Is the clock of the phone right?"
        )
        raise InputRejected(NOT_SET_UP, [Fault("code", wrong)])
    second_factors.remove_apps(session, account.id, AuthenticatorApp.id != app.id)
    second_factors.change_app(session, app.id, confirmed_at=at, last_step=step)
    audit.record(session, "add_app", "account", account.public_id)
    return first_recovery_codes(session, account)


def remove_app(session: Session, actor: Actor, *, needs_one: bool) -> None:
    """Use the app no more. Raises Conflict for the last factor of an account that needs one."""
    account = _own(session, actor)
    left = replace(factors_of(session, account), app_since=None)
    demand_one(session, account, left, needs_one=needs_one)
    second_factors.remove_apps(session, account.id)
    audit.record(session, "remove_app", "account", account.public_id)


def demand_one(session: Session, account: Account, left: Factors, *, needs_one: bool) -> None:
    """Raise Conflict when nothing would be left of a factor that is needed; recovery codes end with the last one."""
    if left:
        return
    if needs_one:
        raise Conflict(LAST_ONE)
    second_factors.replace_recovery_codes(session, account.id, [])


def take_app_code(session: Session, account: Account, code: str, at: datetime) -> bool:
    """Whether the app shows this code now; each is taken once, and none that is older than the last one taken.

    The account's row is locked by the caller, so that one code sent twice at once is taken once too.
    """
    app = second_factors.find_app(session, account.id, confirmed=True)
    step = _find_step(session, app, account, code, at) if app else None
    if app is None or step is None or step <= app.last_step:
        return False
    second_factors.change_app(session, app.id, last_step=step)
    return True


def _find_step(
    session: Session, app: AuthenticatorApp, account: Account, code: str, at: datetime
) -> int | None:
    try:
        return _totp(session, app, account).verify_and_get_timecode(
            "".join(code.split())[:12], for_time=at, valid_window=STEPS_AROUND
        )
    except pyotp.OTPVerificationError:
        return None


def _totp(session: Session, app: AuthenticatorApp, account: Account) -> pyotp.TOTP:
    return pyotp.TOTP(second_factors.open_secret(session, account, app))


# Recovery codes


def first_recovery_codes(session: Session, account: Account) -> tuple[str, ...]:
    """Recovery codes for an account that has none yet; nothing where it has some."""
    if second_factors.count_recovery_codes(session, account.id):
        return ()
    return _draw_codes(session, account)


def new_recovery_codes(session: Session, actor: Actor) -> tuple[str, ...]:
    """Ten new recovery codes, shown this once; earlier ones end. Raises Conflict without a second factor."""
    account = _own(session, actor)
    if not factors_of(session, account):
        raise Conflict(Message("Set up a second step first."))
    codes = _draw_codes(session, account)
    audit.record(session, "new_recovery_codes", "account", account.public_id)
    return codes


def take_recovery_code(session: Session, account: Account, code: str) -> bool:
    """Whether this is a recovery code of the account that was never used; it is used up by asking."""
    typed = code[:100].upper().translate(_MISREAD)
    taken = second_factors.take_recovery_code(session, account.id, _digest(typed))
    if taken:
        audit.record(session, "use_recovery_code", "account", account.public_id)
    return taken


def _draw_codes(session: Session, account: Account) -> tuple[str, ...]:
    length = RECOVERY_GROUPS * RECOVERY_GROUP
    drawn = [
        "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(length))
        for _ in range(RECOVERY_CODES)
    ]
    second_factors.replace_recovery_codes(session, account.id, [_digest(one) for one in drawn])
    return tuple(
        "-".join(one[n : n + RECOVERY_GROUP] for n in range(0, length, RECOVERY_GROUP))
        for one in drawn
    )


def _digest(code: str) -> str:
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


# The end of it


def reset_second_factor(session: Session, actor: Actor, *, account_id: str) -> None:
    """Forget everything of somebody's second factor and end their sessions; administrators only, not for themselves.

    Where the role needs one, its owner sets a new one up at the next sign-in.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    if actor.account_id == account_id:
        raise InputRejected(
            Message("You cannot reset your own second step: another administrator can.")
        )
    account: Account = find_row(session, account_id)[0]
    second_factors.remove_apps(session, account.id)
    second_factors.remove_keys(session, account.id)
    second_factors.replace_recovery_codes(session, account.id, [])
    accounts.change_account(session, account.id, factor_tries=0, factor_locked_until=None)
    staff_sessions.remove_of_account(session, account.id)
    audit.record(session, "reset_second_factor", "account", account_id)


def _own(session: Session, actor: Actor) -> Account:
    demand(session, actor, *STAFF)
    account: Account = find_row(session, actor.account_id or "")[0]
    return account
