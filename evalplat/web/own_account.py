"""The own account: who one is here, a new password, and where one is signed in."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.accounts import change_password, prove_password
from evalplat.services.actors import Actor
from evalplat.services.passwords import SHORTEST_PASSWORD, hash_secret
from evalplat.services.signing_in.events import list_events
from evalplat.services.signing_in.outside_identities import list_identities
from evalplat.services.signing_in.second_factor import get_factors
from evalplat.services.signing_in.sessions import (
    continue_session,
    end_session,
    end_sessions,
    forget_session,
    list_sessions,
)
from evalplat.vocabulary import Role
from evalplat.web.access import fresh, keeps_input, staff
from evalplat.web.account_words import WORTH_A_LOOK, tell_event
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.pages import local_address
from evalplat.web.sessions import name_browser, own_token, prove_own, start_session

bp = Blueprint("own_account", __name__, url_prefix="/account")

NOT_CHANGED = Message("The password was not changed.")
DIFFERENT = Message("The two new passwords are not the same. Type the new one twice.")
DONE = ("changed", "ended", "linked", "unlinked")


@bp.route("", methods=["GET", "POST"])
@staff(*Role)
@keeps_input
def show_account() -> Page:
    """Change the password; every other session ends then, and this one goes on. Below: the sessions."""
    error: InputRejected | None = None
    if is_sent():
        try:
            _change()
        except InputRejected as rejected:
            error = rejected
        else:
            return send_to("own_account.show_account", changed=1)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        sessions = list_sessions(database, who, account_id=g.account.id, at=now())
        factors = get_factors(database, who, account_id=g.account.id)
        events = list_events(database, who, account_id=g.account.id)
        identities = list_identities(database, who, account_id=g.account.id)
    page = render_template(
        "account.html", account=g.account, error=error, shortest=SHORTEST_PASSWORD,
        wrong={fault.where: fault for fault in error.faults} if error else {},
        sessions=sessions, here=g.signed.id, factors=factors, events=events, identities=identities,
        is_demanded=g.account.role in wiring.settings.second_factor, tell_event=tell_event,
        worth_a_look=WORTH_A_LOOK, done={name for name in DONE if name in request.args},
    )  # fmt: skip
    return (page, 422) if error else page


@bp.route("/confirm", methods=["GET", "POST"])
@staff(*Role)
@keeps_input
def confirm() -> Page:
    """Ask for the password again before what guards an account is changed; it holds for a quarter of an hour."""
    back, error = request.values.get("next", ""), None
    if is_sent():
        wiring, who = current_wiring(), actor()
        proof = prove_own(request.form.get("current", ""))
        try:
            with wiring.transaction(who) as database:
                prove_password(database, who, proof=proof, at=now())
        except InputRejected as rejected:
            error = rejected
        else:
            _begin_anew(forget=own_token())
            return redirect(local_address(back or url_for("own_account.show_account")), 303)
    page = render_template(
        "signing_in/confirm.html", back=back, error=error,
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page


@bp.post("/sessions/<session_id>/end")
@staff(*Role)
@fresh
def post_end(session_id: str) -> Response:
    """End one of the own sessions, wherever it is."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        end_session(database, who, account_id=g.account.id, session_id=session_id)
    return send_to("own_account.show_account", ended=1)


@bp.post("/sessions/end-others")
@staff(*Role)
@fresh
def post_end_others() -> Response:
    """End every own session but this one."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        end_sessions(database, who, account_id=g.account.id, but=g.signed.id)
    return send_to("own_account.show_account", ended=1)


def _change() -> None:
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        raise InputRejected(NOT_CHANGED, [Fault("again", DIFFERENT)])
    wiring, who = current_wiring(), actor()
    proof, new_hash = prove_own(request.form.get("current", "")), hash_secret(new)
    with wiring.transaction(who) as database:
        change_password(database, who, proof=proof, new=new, new_hash=new_hash, at=now())
    _begin_anew()


def _begin_anew(forget: str = "") -> None:
    """Go on in this browser under a new token, which nobody has seen before the password was given."""
    with current_wiring().transaction(Actor.system("sign-in")) as database:
        if forget:
            forget_session(database, forget)
        token = continue_session(
            database, account_id=g.account.id, browser=name_browser(), at=now()
        )
    start_session(g.account, token)
