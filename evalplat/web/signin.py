"""Signing in and out."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.errors import Message, TooMany
from evalplat.services.actors import Actor
from evalplat.services.passwords import prove
from evalplat.services.signing_in.sign_in import Begun, SignInRefused, find_hash
from evalplat.services.signing_in.sign_in import sign_in as begin
from evalplat.web.access import PROVIDER_STAFF, keeps_input, public
from evalplat.web.context import Page, ask_to_wait, current_wiring, is_sent, now
from evalplat.web.menu import home_of
from evalplat.web.second_step import go_on
from evalplat.web.sessions import end_session, find_visitor, own_token
from evalplat.web.unsent import COOKIE, has_sheets_to_see_to, may_empty_storage

bp = Blueprint("signin", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@keeps_input
def sign_in() -> Page:
    """The staff door. A failed try says one and the same thing, whatever was wrong."""
    values = {
        "email": request.form.get("email", "").strip(),
        "next": request.values.get("next", ""),
        "kept": request.form.get("kept", ""),
    }
    if not is_sent():
        if g.account is not None and request.method == "GET":
            return redirect(home_of(g.account.role), 303)
        return render_template("sign_in.html", values=values, error=None)
    try:
        begun = _begin(values["email"], request.form.get("password", ""))
    except SignInRefused as error:
        return render_template("sign_in.html", values=values, error=error.message), 401
    except TooMany as error:
        return ask_to_wait(
            render_template("sign_in.html", values=values, error=error.message), error
        )
    if own_token():
        end_session()
    return go_on(begun, values["next"], values["kept"])


def _begin(email: str, password: str) -> Begun:
    """Compare the password, which takes its time, before the transaction that counts and decides."""
    wiring, who, visitor = current_wiring(), Actor.system("sign-in"), find_visitor()
    with wiring.reading(who) as database:
        stored = find_hash(database, email=email, visitor=visitor, at=now())
    proof = prove(stored, password)
    with wiring.transaction(who) as database:
        return begin(
            database, email=email, proof=proof, visitor=visitor, at=now(),
            demanded_of=wiring.settings.second_factor,
        )  # fmt: skip


def ask_to_sign_in(sealed: str) -> str:
    """The sign-in page for somebody whose session ended while they filled in a form."""
    g.notice = Message(
        "You had not used the pages for a while, so you were signed out. "
        "Sign in again, and you get back what you entered."
    )
    values = {"email": "", "next": "", "kept": sealed}
    return render_template("sign_in.html", values=values, error=None)


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    """End this session, a copied cookie's too, and let the browser forget the pages it kept.

    Where sheets of home visits lie on the device, the page that sees to them comes first; it sends `anyway`.
    """
    account_id = g.account.id if g.account is not None else ""
    visits = g.account is not None and g.account.role in PROVIDER_STAFF
    if visits and has_sheets_to_see_to(account_id) and "anyway" not in request.form:
        return redirect(url_for("home_visits.leave"), 303)
    end_session()
    response: Response = redirect(url_for("pages.show_start"), 303)
    empty = may_empty_storage(account_id)
    response.headers["Clear-Site-Data"] = '"cache", "storage"' if empty else '"cache"'
    if empty:
        response.delete_cookie(COOKIE)
    return response
