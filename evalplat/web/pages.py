"""Pages that anyone may open: the start, the language switch, the health checks; the notices have their own room."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.logs import code_of, describe_error, log_of
from evalplat.services.accounts import set_language
from evalplat.services.actors import Actor
from evalplat.vocabulary import LANGUAGES
from evalplat.web import health
from evalplat.web.access import keeps_input, public
from evalplat.web.context import current_wiring
from evalplat.web.languages import SWITCH, reader
from evalplat.web.menu import home_of

bp = Blueprint("pages", __name__)


@bp.get("/")
@public
def show_start() -> Response | str:
    """What this is, and the two doors; signed-in staff go straight to their own page."""
    if g.account is not None:
        return redirect(home_of(g.account.role), 303)
    return render_template("start.html")


@bp.post("/language")
@public
@keeps_input
def post_language() -> Response:
    """Switch the language of a page that has no form of its own, and come back to the same page."""
    wish = request.form.get(SWITCH, "")
    if g.account is not None and not g.stale and wish in LANGUAGES:
        who = Actor.of(g.account)
        with current_wiring().transaction(who) as database:
            set_language(database, who, language=reader())
    return redirect(local_address(request.form.get("next")), 303)


def local_address(wish: str | None) -> str:
    """The address if it stays on this site, else the start page: a link can never send a reader elsewhere."""
    start = url_for("pages.show_start")
    if not wish or not wish.startswith("/") or wish.startswith(("//", "/\\")):
        return start
    try:
        parts = urlsplit(wish)
    except ValueError:
        return start
    odd = any(ord(sign) < 32 or sign == "\\" for sign in wish)
    return start if parts.scheme or parts.netloc or odd else wish


@bp.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def readyz() -> Response:
    """The database answers, fits this code and keeps what it promised; 503 where not, so that traffic goes elsewhere.

    A low disk and an old backup are warnings in the answer, for whoever watches the machine.
    """
    try:
        ready, checks = health.check(current_wiring())
    except Exception as error:  # whatever keeps the database from answering: traffic goes elsewhere
        log_of("web").warning(
            "not ready", error=describe_error(error), why=code_of(error.__cause__)
        )
        return _tell_readiness(False, {"database": "failed"})
    if not ready:
        failed = " ".join(name for name, word in checks.items() if word == "failed")
        log_of("web").warning("not ready", check=failed)
    return _tell_readiness(ready, {"database": "ok", **checks})


def _tell_readiness(ready: bool, checks: Mapping[str, str]) -> Response:
    body = json.dumps({"ready": ready, **checks}) + "\n"
    headers = {} if ready else {"Retry-After": "10"}
    return Response(body, 200 if ready else 503, mimetype="application/json", headers=headers)
