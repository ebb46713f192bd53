"""Clients who asked to be contacted: the list, and noting what was done."""

from flask import Blueprint, render_template, request

from evalplat.errors import Conflict, InputRejected
from evalplat.services.contact_requests import (
    RequestView,
    answer_request,
    get_request,
    list_answered_requests,
    list_open_requests,
)
from evalplat.web.access import PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.languages import today

bp = Blueprint("contact_requests", __name__, url_prefix="/desk/requests")

LONGEST = 3000


@bp.get("")
@staff(*PROVIDER_STAFF)
def show_requests() -> str:
    """Open requests, the one that was promised first on top, then those answered within a month."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        waiting = list_open_requests(database, who, on=today())
        answered = list_answered_requests(database, who, on=today(), at=now())
    return render_template(
        "desk/requests.html", waiting=waiting, answered=answered,
        saved="saved" in request.args,
    )  # fmt: skip


@bp.route("/<request_id>", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def answer(request_id: str) -> Page:
    """One request, and a place to note what was done; the client can read it."""
    text = request.form.get("answer", "")[:LONGEST]
    error: InputRejected | Conflict | None = None
    wiring, who = current_wiring(), actor()
    if is_sent():
        try:
            with wiring.transaction(who) as database:
                answer_request(database, who, request_id=request_id, answer=text, at=now())
            return send_to("contact_requests.show_requests", saved=1)
        except (InputRejected, Conflict) as refused:
            error = refused
    page = render_template("desk/request.html", asked=_load(request_id), text=text, error=error)
    if error is None:
        return page
    return page, 409 if isinstance(error, Conflict) else 422


def _load(request_id: str) -> RequestView:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return get_request(database, who, request_id=request_id, on=today())
