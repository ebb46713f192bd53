"""What proves an account's owner besides the password, as rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, LargeBinary, delete, func, select, update
from sqlalchemy.orm import Session

from evalplat.storage.client_keys import keyring_of
from evalplat.storage.keyring import NAME_BYTES
from evalplat.storage.rows import add_rows
from evalplat.storage.tables import Account, AuthenticatorApp, RecoveryCode, SecurityKey

PURPOSE = "authenticator app"
KEPT = {"synchronize_session": False}


def find_app(session: Session, account: int, *, confirmed: bool) -> AuthenticatorApp | None:
    """The account's app: the one in use, or the one that is being set up."""
    is_in_use = AuthenticatorApp.confirmed_at.is_not(None)
    return session.scalars(
        select(AuthenticatorApp)
        .where(AuthenticatorApp.account_id == account, is_in_use if confirmed else ~is_in_use)
        .order_by(AuthenticatorApp.id.desc())
        .limit(1)
    ).one_or_none()


def put_new_app(session: Session, account: Account, secret: str, at: datetime) -> None:
    """An app that is being set up, in place of an earlier one that never was confirmed."""
    remove_apps(session, account.id, AuthenticatorApp.confirmed_at.is_(None))
    sealed = keyring_of(session).seal(PURPOSE, _place(account.public_id), secret.encode())
    row = {"account_id": account.id, "secret": sealed, "begun_at": at, "last_step": 0}
    add_rows(session, AuthenticatorApp, [{**row, "confirmed_at": None}])


def change_app(session: Session, key: int, **values: object) -> None:
    """Set columns of one app."""
    _run(session, update(AuthenticatorApp).where(AuthenticatorApp.id == key).values(**values))


def remove_apps(session: Session, account: int, *conditions: Any) -> None:
    """Forget an account's apps, all or those of which the conditions hold."""
    of_account = AuthenticatorApp.account_id == account
    _run(session, delete(AuthenticatorApp).where(of_account, *conditions))


def count_recovery_codes(session: Session, account: int) -> int:
    """How many recovery codes are left."""
    query = select(func.count()).select_from(RecoveryCode)
    return session.scalar(query.where(RecoveryCode.account_id == account)) or 0


def replace_recovery_codes(session: Session, account: int, digests: list[str]) -> None:
    """New recovery codes in place of all earlier ones."""
    _run(session, delete(RecoveryCode).where(RecoveryCode.account_id == account))
    add_rows(session, RecoveryCode, [{"account_id": account, "digest": one} for one in digests])


def take_recovery_code(session: Session, account: int, digest: str) -> bool:
    """Use a recovery code up; whether it was there."""
    return _run(
        session,
        delete(RecoveryCode).where(
            RecoveryCode.account_id == account, RecoveryCode.digest == digest
        ),
    )


def list_keys(session: Session, account: int) -> list[SecurityKey]:
    """An account's security keys, in the order in which they were added."""
    query = select(SecurityKey).where(SecurityKey.account_id == account)
    return list(session.scalars(query.order_by(SecurityKey.id)))


def is_known_key(session: Session, credential_id: bytes) -> bool:
    """Whether anybody has registered this key."""
    query = select(SecurityKey.id).where(SecurityKey.credential_id == credential_id)
    return session.scalar(query) is not None


def add_key(session: Session, **values: object) -> None:
    """A new security key."""
    add_rows(session, SecurityKey, [values])


def change_key(session: Session, key: int, **values: object) -> None:
    """Set columns of one security key."""
    _run(session, update(SecurityKey).where(SecurityKey.id == key).values(**values))


def remove_keys(session: Session, account: int, public_id: str = "") -> bool:
    """Forget one security key of an account, or all; whether there was any."""
    statement = delete(SecurityKey).where(SecurityKey.account_id == account)
    if public_id:
        statement = statement.where(SecurityKey.public_id == public_id)
    return _run(session, statement)


def open_secret(session: Session, account: Account, app: AuthenticatorApp) -> str:
    """The secret of an account's app. Raises SealBroken when it was moved here from another account."""
    return keyring_of(session).open(PURPOSE, _place(account.public_id), app.secret).decode()


def reseal_apps(session: Session, most: int) -> int:
    """Seal secrets again that were sealed with an earlier master key; gives back how many."""
    keyring = keyring_of(session)
    in_use = bytes.fromhex(keyring.current)
    rows = session.execute(
        select(AuthenticatorApp, Account.public_id)
        .join(Account, Account.id == AuthenticatorApp.account_id)
        .where(func.substr(AuthenticatorApp.secret, 1, NAME_BYTES, type_=LargeBinary()) != in_use)
        .order_by(AuthenticatorApp.id)
        .limit(most)
    ).all()
    for app, account_id in rows:
        secret = keyring.open(PURPOSE, _place(account_id), app.secret)
        change_app(session, app.id, secret=keyring.seal(PURPOSE, _place(account_id), secret))
    return len(rows)


def _place(account_id: str) -> str:
    """Where a secret is bound to: moved to another account's row, it does not open."""
    return f"authenticator_apps.secret.{account_id}"


def _run(session: Session, statement: Any) -> bool:
    found: CursorResult[Any] = session.execute(statement.execution_options(**KEPT))  # type: ignore[assignment]
    return found.rowcount > 0
