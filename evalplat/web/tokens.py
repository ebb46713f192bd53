"""Keys for other programs: one's own, and all of them for the administrator. In code they are access tokens."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.tokens import (
    LONGEST_LIFE,
    SCOPES_OF,
    NewToken,
    TokenState,
    list_all_tokens,
    list_own_tokens,
    make_token,
    revoke_token,
)
from evalplat.vocabulary import Role, TokenScope
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.languages import today
from evalplat.web.sessions import prove_own

bp = Blueprint("tokens", __name__)

LIVES = (30, 90, 180, LONGEST_LIFE)
"""Days to choose from."""

SCOPES: dict[TokenScope, Message] = {
    TokenScope.DUE_READ: Message("Read which forms are due, and the forms themselves"),
    TokenScope.SHEETS_WRITE: Message("Send answer sheets"),
    TokenScope.SCORES_READ: Message("Read scores and clients’ courses"),
    TokenScope.COMPARISON_READ: Message("Read the comparison of providers"),
}
STATES: dict[TokenState, Message] = {
    TokenState.VALID: Message("Valid"),
    TokenState.EXPIRED: Message("Expired"),
    TokenState.REVOKED: Message("Revoked"),
    TokenState.ENDED: Message("Ended with the account’s role"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """What was entered, without the password."""

    name: str
    scopes: tuple[str, ...]
    days: str


def _read_form() -> Form:
    sent = request.form
    return Form(
        sent.get("name", "")[:200], tuple(sent.getlist("scopes")[:20]), sent.get("days", "90")
    )


@bp.route("/account/tokens", methods=["GET", "POST"])
@staff(*Role)
@keeps_input
def show_own() -> Page:
    """One's own keys, and a new one, which is shown this once."""
    form, error, made = _read_form(), None, None
    if is_sent():
        try:
            made = _make(form)
        except InputRejected as rejected:
            error = rejected
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_own_tokens(database, who, on=today())
    faults = (
        [Fault("password", f.message) if f.where == "current" else f for f in error.faults]
        if error
        else []
    )
    page = render_template(
        "tokens/own.html", tokens=found, made=made, form=form, error=error, faults=faults,
        wrong={fault.where: fault for fault in faults}, allowed=SCOPES_OF[who.role or Role.ANALYST],
        lives=LIVES, scope_words=SCOPES, state_words=STATES, revoked="revoked" in request.args,
    )  # fmt: skip
    return (page, 422) if error else page


def _make(form: Form) -> NewToken:
    wiring, who = current_wiring(), actor()
    days = (
        int(form.days) if form.days.isascii() and form.days.isdigit() and len(form.days) < 5 else 0
    )
    proof = prove_own(request.form.get("password", ""))
    with wiring.transaction(who) as database:
        return make_token(
            database, who, name=form.name, scopes=form.scopes, days=days, proof=proof, at=now()
        )


@bp.post("/account/tokens/<token_id>/revoke")
@staff(*Role)
def revoke_own(token_id: str) -> Response:
    """End one of one's own keys."""
    _revoke(token_id)
    return send_to("tokens.show_own", revoked=1)


@bp.get("/county/tokens")
@staff(Role.ADMINISTRATOR)
def show_all() -> str:
    """The keys of every account."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_all_tokens(database, who, on=today())
    return render_template(
        "tokens/all.html", tokens=found, scope_words=SCOPES, state_words=STATES,
        revoked="revoked" in request.args,
    )  # fmt: skip


@bp.post("/county/tokens/<token_id>/revoke")
@staff(Role.ADMINISTRATOR)
def revoke_any(token_id: str) -> Response:
    """End anybody's key."""
    _revoke(token_id)
    return send_to("tokens.show_all", revoked=1)


def _revoke(token_id: str) -> None:
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        revoke_token(database, who, token_id=token_id, at=now())
