"""The accounts of staff, for administrators: making one, a new password, where each is signed in, closing it."""

from flask import Blueprint, g, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.accounts import (
    create_account,
    disable_account,
    enable_account,
    get_account,
    list_accounts,
    set_password,
)
from evalplat.services.passwords import draw_password, make_secret
from evalplat.services.providers import list_providers
from evalplat.services.signing_in.events import list_events
from evalplat.services.signing_in.second_factor import get_factors, reset_second_factor
from evalplat.services.signing_in.sessions import end_session, end_sessions, list_sessions
from evalplat.vocabulary import LANGUAGES, Role
from evalplat.web.access import fresh, keeps_input, staff
from evalplat.web.account_words import WORTH_A_LOOK, tell_event
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to

bp = Blueprint("staff_accounts", __name__, url_prefix="/county/accounts")

USUAL = {"language": "fi"}
LONGEST = 260
DONE = ("ended", "closed", "opened", "reset")


@bp.get("")
@staff(Role.ADMINISTRATOR)
def show_accounts() -> str:
    """The staff accounts."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        accounts = list_accounts(database, who)
    return render_template("administration/accounts.html", accounts=accounts)


@bp.route("/new", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@fresh
@keeps_input
def add() -> Page:
    """Make an account; its first password is drawn here and shown once, to be handed over in person."""
    values = {
        name: request.form.get(name, USUAL.get(name, "")).strip()[:LONGEST]
        for name in ("email", "name", "role", "provider_id", "language")
    }
    if not is_sent():
        return _show_form(values)
    wiring, who = current_wiring(), actor()
    password = make_secret(draw_password())
    try:
        role = _read_role(values["role"])
        with wiring.transaction(who) as database:
            account = create_account(
                database, who, email=values["email"], name=values["name"], role=role,
                password=password, provider_id=values["provider_id"] or None,
                language=values["language"],
            )  # fmt: skip
    except InputRejected as rejected:
        return _show_form(values, rejected)
    return render_template(
        "administration/password.html", account=account, password=password.text, made=True
    )


def _read_role(text: str) -> Role:
    if text not in set(Role):
        fault = Fault("role", Message("Choose what this person does."))
        raise InputRejected(Message("The account was not made."), [fault])
    return Role(text)


def _show_form(values: dict[str, str], error: InputRejected | None = None) -> Page:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        providers = [one for one in list_providers(database, who) if one.active]
    page = render_template(
        "administration/account_form.html", values=values, error=error, providers=providers,
        roles=list(Role), spoken=LANGUAGES,
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page


@bp.post("/<account_id>/new-password")
@staff(Role.ADMINISTRATOR)
@fresh
def post_password(account_id: str) -> str:
    """A new password for somebody who forgot theirs; shown once, and every session of theirs ends."""
    wiring, who = current_wiring(), actor()
    password = make_secret(draw_password())
    with wiring.transaction(who) as database:
        account = get_account(database, account_id)
        set_password(database, who, email=account.email, password=password)
    return render_template(
        "administration/password.html", account=account, password=password.text, made=False
    )


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
