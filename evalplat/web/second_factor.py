"""Setting the second step up: an app, security keys and passkeys, recovery codes; for oneself.

The same pages serve who is signed in, on the own account, and who has to set one up before anything else.
"""

from typing import Any

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import Conflict, InputRejected
from evalplat.services.signing_in.second_factor import (
    begin_app,
    confirm_app,
    find_new_app,
    get_factors,
    new_recovery_codes,
    remove_app,
)
from evalplat.services.signing_in.security_keys import (
    LONGEST_NAME,
    add_key,
    options_to_add,
    remove_key,
    rename_key,
)
from evalplat.services.signing_in.sessions import draw_challenge
from evalplat.services.signing_in.sign_in import finish_enrolment
from evalplat.services.views import AccountView
from evalplat.vocabulary import SignInStage
from evalplat.web.access import enrolling, fresh, keeps_input
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.menu import home_of
from evalplat.web.qr import draw_qr
from evalplat.web.second_step import DOOR, find_site, keys_work_here, with_script
from evalplat.web.sessions import find_signed, find_visitor, own_token, start_session

bp = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")

DONE = ("added", "removed", "renamed")


@bp.get("")
@enrolling
@fresh
def show_factors() -> Response:
    """What the account has, and what can be added."""
    return _show()


def _show(error: InputRejected | Conflict | None = None) -> Response:
    signed = (find_signed() if error else None) or g.signed
    account: AccountView = signed.account
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        factors = get_factors(database, who, account_id=account.id)
        options = (
            options_to_add(database, account, signed.challenge, find_site())
            if keys_work_here()
            else ""
        )
    page = make_response(
        render_template(
            "signing_in/factors.html", factors=factors, options=options, error=error,
            is_demanded=_is_demanded(account), longest=LONGEST_NAME, account=account,
            wrong={fault.where: fault for fault in error.faults} if error else {},
            key_name=request.form.get("name", "") if error else "",
            done={name for name in DONE if name in request.args},
        ),
        422 if error else 200,
    )  # fmt: skip
    return with_script(page)


def _is_demanded(account: AccountView) -> bool:
    return account.role in current_wiring().settings.second_factor


@bp.post("/app")
@enrolling
@fresh
def post_app() -> Response:
    """Begin to set an app up; one that is in use stays until the new one shows the right code."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        begin_app(database, who, at=now())
    return send_to("second_factor.show_app")


@bp.route("/app/confirm", methods=["GET", "POST"])
@enrolling
@fresh
@keeps_input
def show_app() -> Page:
    """The QR code and the key to type, and the first code of the app."""
    wiring, who = current_wiring(), actor()
    error: InputRejected | None = None
    if is_sent():
        try:
            with wiring.transaction(who) as database:
                codes = confirm_app(database, who, code=request.form.get("code", ""), at=now())
        except InputRejected as rejected:
            error = rejected
        else:
            return _end(codes)
    with wiring.reading(who) as database:
        new = find_new_app(database, who)
    if new is None:
        return send_to("second_factor.show_factors")
    page = render_template(
        "signing_in/app.html", secret=new.secret, qr=draw_qr(new.address), error=error,
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page


@bp.post("/app/remove")
@enrolling
@fresh
def post_remove_app() -> Page:
    """Use the app no more."""
    return _remove(remove_app)


@bp.post("/keys")
@enrolling
@fresh
def post_key() -> Page:
    """Add the security key that the browser has just asked."""
    wiring, who = current_wiring(), actor()
    challenge = g.signed.challenge
    with wiring.transaction(who) as database:
        draw_challenge(database, own_token())
    try:
        with wiring.transaction(who) as database:
            codes = add_key(
                database, who, name=request.form.get("name", ""), challenge=challenge,
                answer=request.form.get("credential", ""), site=find_site(), at=now(),
            )  # fmt: skip
    except InputRejected as error:
        return _show(error)
    return _end(codes)


@bp.post("/keys/<key_id>/rename")
@enrolling
@fresh
def post_rename(key_id: str) -> Page:
    """Give a key another name."""
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            rename_key(database, who, key_id=key_id, name=request.form.get("key_name", ""))
    except InputRejected as error:
        return _show(error)
    return send_to("second_factor.show_factors", renamed=1)


@bp.post("/keys/<key_id>/remove")
@enrolling
@fresh
def post_remove_key(key_id: str) -> Page:
    """Use a key no more."""
    return _remove(remove_key, key_id=key_id)


def _remove(remove: Any, **which: str) -> Page:
    wiring, who = current_wiring(), actor()
    needs_one = _is_demanded(g.signed.account)
    try:
        with wiring.transaction(who) as database:
            remove(database, who, needs_one=needs_one, **which)
    except Conflict as error:
        return _show(error)
    return send_to("second_factor.show_factors", removed=1)


@bp.post("/recovery")
@enrolling
@fresh
def post_recovery() -> Page:
    """Ten new recovery codes, on a page that is shown this once."""
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            codes = new_recovery_codes(database, who)
    except Conflict as error:
        return _show(error)
    return _show_codes(codes)


def _end(codes: tuple[str, ...]) -> Page:
    """After something was added: who had to is signed in now; recovery codes are shown, where there are new ones."""
    if g.signed.stage is SignInStage.ENROLMENT:
        with current_wiring().transaction(DOOR) as database:
            begun = finish_enrolment(database, token=own_token(), visitor=find_visitor(), at=now())
        start_session(begun.account, begun.token)
        return _show_codes(codes) if codes else send_to("pages.show_start")
    return _show_codes(codes) if codes else send_to("second_factor.show_factors", added=1)


def _show_codes(codes: tuple[str, ...]) -> str:
    is_first = g.signed.stage is SignInStage.ENROLMENT
    return render_template(
        "signing_in/recovery.html", codes=codes, is_first=is_first,
        home=home_of(g.signed.account.role),
    )  # fmt: skip
