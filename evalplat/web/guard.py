"""The one gate before every view: the route's rule, the reader's account, the form's token."""

from flask import Flask, abort, current_app, g, make_response, redirect, request, url_for
from flask_wtf.csrf import generate_csrf, validate_csrf
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError  # type: ignore[import-untyped]

from evalplat.errors import Message, Refused
from evalplat.services.actors import Actor
from evalplat.vocabulary import SignInStage
from evalplat.web import purposes
from evalplat.web.access import ENROLLING, SIGNING_IN, Rule, rule_of
from evalplat.web.kept import seal_form
from evalplat.web.languages import SWITCH
from evalplat.web.sessions import find_signed
from evalplat.web.signin import ask_to_sign_in
from evalplat.web.visits import after_sending, find_visit, has_cookie, leave_kiosk

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
AFTER_SENDING = frozenset(
    {
        "client.show_thanks",
        "client.stop_for_now",
        "client_after.ask_contact",
        "client_after.show_feedback",
        "kiosk.ask",
    }
)
"""All that a lent device still shows when the answers have been sent: nothing of them, and nothing from before."""

WITHOUT_ACCOUNT = frozenset({"static", "bootstrap.static", "pages.healthz", "pages.readyz"})


def watch() -> Response | None:
    """Decide whether this request goes on. Returns a redirect to the door where somebody must show who they are."""
    if request.endpoint is None:
        return None
    rule = rule_of(current_app, request.endpoint)
    if rule is None or "\0" in request.path:
        abort(404)
    if any("\0" in value for value in request.values.values()):
        abort(400)
    if request.endpoint in WITHOUT_ACCOUNT:
        return None
    g.show_again = g.stale = False
    if rule.door != "client":
        g.signed = find_signed()
        is_open = g.signed is not None and g.signed.stage is SignInStage.OPEN
        g.account = g.signed.account if is_open else None
    _check_form()
    checks = {"staff": _check_staff, "client": _check_client, SIGNING_IN.door: _check_signing_in,
              ENROLLING.door: _check_enrolling}  # fmt: skip
    check = checks.get(rule.door)
    return check(rule) if check else None


def _check_staff(rule: Rule) -> Response | None:
    account = g.account
    if _stage() is SignInStage.FACTOR:
        return redirect(url_for("second_step.ask"), 303)
    if _stage() is SignInStage.ENROLMENT:
        return redirect(url_for("second_factor.show_factors"), 303)
    if account is None and g.show_again:
        sealed = seal_form()
        if sealed:
            return make_response(ask_to_sign_in(sealed), 401)
    if account is None:
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("signin.sign_in", next=back), 303)
    if rule.roles and account.role not in rule.roles:
        raise Refused(Message("This page belongs to another role. Your own pages are in the menu."))
    g.actor = Actor.of(account, purposes.find(account.role))
    return _ask_for_proof()


def _stage() -> SignInStage | None:
    return g.signed.stage if g.signed is not None else None


def _check_signing_in(_rule: Rule) -> Response | None:
    if _stage() is SignInStage.FACTOR:
        return None
    there = "signin.sign_in" if g.account is None else "pages.show_start"
    return redirect(url_for(there), 303)


def _check_enrolling(rule: Rule) -> Response | None:
    if _stage() is not SignInStage.ENROLMENT:
        return _check_staff(rule)
    g.actor = Actor.of(g.signed.account)
    return None


def _ask_for_proof() -> Response | None:
    """The page that asks for the password again, where it was given too long ago for what is wanted."""
    view = current_app.view_functions[str(request.endpoint)]
    if not getattr(view, "needs_proof", False) or g.signed.is_fresh:
        return None
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("own_account.confirm", next=back), 303)


def _check_client(_rule: Rule) -> Response | None:
    g.visit = find_visit()
    if g.kiosk and g.visit is None:
        return leave_kiosk(redirect(url_for("kiosk.show_start"), 303))
    if g.kiosk and g.visit.submitted and request.endpoint not in AFTER_SENDING:
        return after_sending()
    if g.visit is not None:
        return None
    return redirect(url_for("client.show_code", ended=1 if has_cookie() else None), 303)


def _check_form() -> None:
    """A stale token shows the form again where the view can do that, and stops everywhere else."""
    if request.method in SAFE:
        return
    view = current_app.view_functions[str(request.endpoint)]
    keeps = getattr(view, "keeps_input", False)
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRF-Token"))
    except ValidationError:
        if not keeps:
            raise Refused(
                Message(
                    "The page had been open for so long that it could not be sent safely. "
                    "Go back, load the page again and send it once more. Nothing was changed."
                )
            ) from None
        g.show_again = g.stale = True
        g.notice = Message(
            "The page had been open for a long time. What you entered is still here: check it and send it again."
        )
    if keeps and SWITCH in request.form:
        g.show_again = True


def csrf_field() -> str:
    """The value a form carries to prove that it came from this page in this browser."""
    return str(generate_csrf())


def install(app: Flask) -> None:
    """Put the gate before every view."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.before_request(watch)
    app.jinja_env.globals["csrf_token"] = csrf_field
