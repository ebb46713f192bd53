"""The accounts of staff, for administrators: who there is, where each is signed in, closing and opening."""

from flask import Blueprint, g, render_template, request
from werkzeug.wrappers import Response

from evalplat.services.accounts import (
    disable_account,
    enable_account,
    get_account,
    list_accounts,
)
from evalplat.services.signing_in.events import list_events
from evalplat.services.signing_in.second_factor import get_factors, reset_second_factor
from evalplat.services.signing_in.sessions import end_session, end_sessions, list_sessions
from evalplat.vocabulary import Role
from evalplat.web.access import fresh, staff
from evalplat.web.account_words import WORTH_A_LOOK, tell_event
from evalplat.web.context import actor, current_wiring, now, send_to

bp = Blueprint("staff_accounts", __name__, url_prefix="/county/accounts")

DONE = ("ended", "closed", "opened", "reset")


@bp.get("")
@staff(Role.ADMINISTRATOR)
def show_accounts() -> str:
    """The staff accounts."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        accounts = list_accounts(database, who)
    return render_template("administration/accounts.html", accounts=accounts)


@bp.get("/<account_id>")
@staff(Role.ADMINISTRATOR)
def show_account(account_id: str) -> str:
    """One account: who it is, and where it is signed in."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        account = get_account(database, account_id)
        sessions = list_sessions(database, who, account_id=account_id, at=now())
        factors = get_factors(database, who, account_id=account_id)
        events = list_events(database, who, account_id=account_id)
    return render_template(
        "administration/account.html", account=account, sessions=sessions, here=g.signed.id,
        factors=factors, events=events, tell_event=tell_event, worth_a_look=WORTH_A_LOOK,
        is_own=account_id == g.account.id, done={name for name in DONE if name in request.args},
    )  # fmt: skip


@bp.post("/<account_id>/sessions/<session_id>/end")
@staff(Role.ADMINISTRATOR)
def post_end(account_id: str, session_id: str) -> Response:
    """End one session of somebody."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        end_session(database, who, account_id=account_id, session_id=session_id)
    return send_to("staff_accounts.show_account", account_id=account_id, ended=1)


@bp.post("/<account_id>/end-sessions")
@staff(Role.ADMINISTRATOR)
def post_end_all(account_id: str) -> Response:
    """End every session of somebody; of one's own every other one."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        end_sessions(database, who, account_id=account_id, but=g.signed.id)
    return send_to("staff_accounts.show_account", account_id=account_id, ended=1)


@bp.post("/<account_id>/reset-second-factor")
@staff(Role.ADMINISTRATOR)
@fresh
def post_reset(account_id: str) -> Response:
    """Forget somebody's second step, after making sure who asks for it: its owner sets up a new one."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        reset_second_factor(database, who, account_id=account_id)
    return send_to("staff_accounts.show_account", account_id=account_id, reset=1)


@bp.post("/<account_id>/close")
@staff(Role.ADMINISTRATOR)
def post_close(account_id: str) -> Response:
    """Close an account: nobody signs in with it until it is opened again."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        disable_account(database, who, account_id=account_id)
    return send_to("staff_accounts.show_account", account_id=account_id, closed=1)


@bp.post("/<account_id>/open")
@staff(Role.ADMINISTRATOR)
def post_open(account_id: str) -> Response:
    """Open a closed account again."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        enable_account(database, who, account_id=account_id)
    return send_to("staff_accounts.show_account", account_id=account_id, opened=1)
