"""The staff session: a signed cookie that names an account and the account's session epoch.

Idle 30 minutes, absolute 12 hours. The epoch is kept with the account, so that raising it there ends every session of
that account at once. Signing in starts from an empty session.
"""

from datetime import UTC, datetime, timedelta

from flask import Flask, g, session

from evalplat.errors import NotFound
from evalplat.services.accounts import AccountView, get_account
from evalplat.services.actors import Actor
from evalplat.web.context import current_wiring, now

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)


def configure(app: Flask, *, secure: bool) -> None:
    """Cookies that scripts and other sites cannot use; host-only, and named so where TLS allows it."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-evalplat" if secure else "evalplat",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=ABSOLUTE,
    )


def start_session(account: AccountView) -> None:
    """Begin a session for an account that has just proved itself."""
    session.clear()
    instant = int(now().timestamp())
    session.update(account=account.id, epoch=account.session_epoch, began=instant, seen=instant)


def end_session() -> None:
    """Forget everything the session held."""
    session.clear()


def find_account() -> AccountView | None:
    """The signed-in account, or None; a session too old, too long idle or revoked is ended."""
    if "account" not in session:
        return None
    instant = now()
    began = datetime.fromtimestamp(session.get("began", 0), UTC)
    seen = datetime.fromtimestamp(session.get("seen", 0), UTC)
    if instant - began > ABSOLUTE or instant - seen > IDLE:
        g.former_account = str(session["account"])
        end_session()
        return None
    account = _load(str(session["account"]))
    if account is None or account.session_epoch != session.get("epoch"):
        end_session()
        return None
    session["seen"] = int(instant.timestamp())
    return account


def _load(account_id: str) -> AccountView | None:
    with current_wiring().reading(Actor.system("check the session")) as database:
        try:
            account = get_account(database, account_id)
        except NotFound:
            return None
    return account if account.active else None
