"""The second step of signing in, after the password: a code of the app, a security key, or a recovery code."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.errors import Message, TooMany
from evalplat.services.actors import Actor
from evalplat.services.signing_in.second_factor import get_factors
from evalplat.services.signing_in.security_keys import Site, options_to_ask
from evalplat.services.signing_in.sessions import Signed
from evalplat.services.signing_in.sign_in import (
    Begun,
    FactorAnswer,
    FactorKind,
    FactorRefused,
    SignInOver,
    pass_factor,
)
from evalplat.vocabulary import SignInStage
from evalplat.web.access import keeps_input, signing_in
from evalplat.web.context import Page, current_wiring, is_sent, now, send_to
from evalplat.web.headers import WITH_OWN_SCRIPT
from evalplat.web.kept import open_form
from evalplat.web.menu import home_of
from evalplat.web.pages import local_address
from evalplat.web.sessions import find_signed, find_visitor, own_token, start_session

bp = Blueprint("second_step", __name__)

DOOR = Actor.system("sign-in")
NOTHING = Message("Type the code that your app shows, or use one of the other ways.")
FIELDS = {"credential": FactorKind.KEY, "recovery": FactorKind.RECOVERY, "code": FactorKind.APP}
"""What may be sent; a key comes before a recovery code, which comes before a code that a browser filled in."""


@bp.route("/sign-in/second", methods=["GET", "POST"])
@signing_in
@keeps_input
def ask() -> Page:
    """Ask for the second factor. A wrong answer is counted, and the password has to be given again after a while."""
    back, kept = request.values.get("next", ""), request.form.get("kept", "")
    if not is_sent():
        return show_second_step(g.signed, back, kept)
    answer = _read_answer()
    if answer is None:
        return show_second_step(g.signed, back, kept, NOTHING, 422)
    try:
        with current_wiring().transaction(DOOR) as database:
            begun = pass_factor(
                database, token=own_token(), answer=answer, site=find_site(),
                visitor=find_visitor(), at=now(),
            )  # fmt: skip
    except SignInOver:
        return send_to("signin.sign_in")
    except (FactorRefused, TooMany) as error:
        signed = find_signed()
        if signed is None:
            return send_to("signin.sign_in")
        wait = error.wait if isinstance(error, TooMany) else 0
        return show_second_step(signed, back, kept, error.message, 429 if wait else 401, wait)
    return go_on(begun, back, kept)


def _read_answer() -> FactorAnswer | None:
    for field, kind in FIELDS.items():
        text = request.form.get(field, "").strip()
        if text:
            return FactorAnswer(kind, text)
    return None


def go_on(begun: Begun, back: str, kept: str) -> Page:
    """Where a session leads that has just begun: to the second step, to setting one up, or to the page asked for."""
    start_session(begun.account, begun.token)
    if begun.stage is SignInStage.FACTOR:
        signed = find_signed()
        return show_second_step(signed, back, kept) if signed else send_to("signin.sign_in")
    if begun.stage is SignInStage.ENROLMENT:
        return send_to("second_factor.show_factors")
    form = open_form(kept, begun.account.id) if kept else None
    if form is not None:
        return render_template("kept.html", kept=form)
    there = local_address(back)
    home = url_for("pages.show_start")
    return redirect(home_of(begun.account.role) if there == home else there, 303)


def show_second_step(
    signed: Signed,
    back: str,
    kept: str,
    error: Message | None = None,
    status: int = 200,
    wait: int = 0,
) -> Response:
    """The page that asks for the second factor, with what the account has."""
    with current_wiring().reading(DOOR) as database:
        factors = get_factors(database, DOOR, account_id=signed.account.id)
        keys = bool(factors.keys) and keys_work_here()
        options = (
            options_to_ask(database, signed.account, signed.challenge, find_site()) if keys else ""
        )
    page = make_response(
        render_template(
            "signing_in/second.html", factors=factors, options=options, error=error,
            values={"next": back, "kept": kept},
        ),
        status,
    )  # fmt: skip
    if wait:
        page.headers["Retry-After"] = str(wait)
    return with_script(page)


def with_script(page: Response) -> Response:
    """Let a page run the one script that talks to security keys."""
    page.headers["Content-Security-Policy"] = WITH_OWN_SCRIPT
    return page


def find_site() -> Site:
    """What keys are bound to: the address that the settings give, else the trusted host name of this request."""
    public_url = current_wiring().settings.messages.public_url
    if public_url:
        parts = urlsplit(public_url)
        return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")
    host = request.host.rpartition(":")[0] if ":" in request.host else request.host
    return Site(host, f"{request.scheme}://{request.host}")


def keys_work_here() -> bool:
    """Whether browsers let a page talk to keys at this address: with TLS or on this machine, by name and not number."""
    site = find_site()
    try:
        ip_address(site.host.strip("[]"))
    except ValueError:
        is_here = site.origin == f"{request.scheme}://{request.host}"
        return is_here and (request.is_secure or site.host == "localhost")
    return False
