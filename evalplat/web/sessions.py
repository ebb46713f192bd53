"""The staff session in the browser: a signed cookie with a random token, whose row on the server is the session.

The cookie also names the account, so that a form that comes in after the session ended can be kept for its owner.
"""

import re

from flask import Flask, g, request, session

from evalplat.services.accounts import AccountView, find_password
from evalplat.services.actors import Actor
from evalplat.services.passwords import Proof, prove
from evalplat.services.signing_in.sessions import (
    ABSOLUTE,
    Signed,
    drop_session,
    find_session,
    note_use,
)
from evalplat.services.signing_in.sign_in import Visitor
from evalplat.vocabulary import SignInStage
from evalplat.web.context import actor, current_wiring, now

BROWSERS = ("Edg", "OPR", "Firefox", "FxiOS", "CriOS", "Chrome", "Safari")
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
PLAIN = {"Edg": "Edge", "OPR": "Opera", "FxiOS": "Firefox", "CriOS": "Chrome", "Mac OS X": "macOS"}


def configure(app: Flask, *, secure: bool) -> None:
    """Cookies that scripts and other sites cannot use; host-only, and named so where TLS allows it."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-evalplat" if secure else "evalplat",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=ABSOLUTE,
    )


def start_session(account: AccountView, token: str) -> None:
    """Let this browser go on with a session that has just begun; nothing of an earlier one stays."""
    session.clear()
    session.update(account=account.id, token=token)


def end_session() -> None:
    """End this browser's session on the server, wherever its cookie was copied to, and forget all it held."""
    token = own_token()
    session.clear()
    if token:
        with current_wiring().transaction(Actor.system("sign-out")) as database:
            drop_session(database, token)


def own_token() -> str:
    """The token that this browser brings; empty where it brings none."""
    return str(session.get("token", ""))


def find_signed() -> Signed | None:
    """Whose session this browser brings, at any stage; one that is over is forgotten, its account's name kept aside."""
    token = own_token()
    if not token:
        return None
    with current_wiring().reading(Actor.system("check the session")) as database:
        signed = find_session(database, token, now())
    if signed is None:
        g.former_account = str(session.get("account", ""))
        session.clear()
        return None
    if signed.is_to_note and signed.stage is SignInStage.OPEN:
        with current_wiring().transaction(Actor.system("note a session's use")) as database:
            note_use(database, token, now())
    return signed


def prove_own(password: str) -> Proof:
    """Compare the signed-in account's password, which takes its time, before the transaction that acts on it."""
    who = actor()
    with current_wiring().reading(who) as database:
        stored = find_password(database, who)
    return prove(stored, password)


def find_visitor() -> Visitor:
    """Who stands at the door."""
    return Visitor(request.remote_addr or "", name_browser())


def name_browser() -> str:
    """What the browser calls itself, as a kind and a system: enough for its owner to know it again, and no more."""
    said = request.user_agent.string
    kinds = next((PLAIN.get(b, b) for b in BROWSERS if re.search(rf"\b{b}/", said)), "")
    system = next((PLAIN.get(s, s) for s in SYSTEMS if s in said), "")
    return ", ".join(filter(None, (kinds, system)))
