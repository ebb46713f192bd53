"""The client's own page for asking about their data: a copy, a correction, restriction, objection, erasure."""

from flask import Blueprint, g, render_template, request

from evalplat.errors import Conflict, InputRejected, Message
from evalplat.services.rights_requests import (
    LONGEST_MESSAGE,
    ask_for_right,
    list_own_requests,
    promise_month,
)
from evalplat.services.views import ClientVisit
from evalplat.vocabulary import RightsKind
from evalplat.web.access import client, keeps_input
from evalplat.web.context import Page, current_wiring, is_sent, now, send_to
from evalplat.web.languages import today
from evalplat.web.visits import renew

bp = Blueprint("client_rights", __name__, url_prefix="/c")
bp.after_request(renew)

WISHES = {
    RightsKind.COPY: Message("I want a copy of my data"),
    RightsKind.CORRECTION: Message("I want something wrong to be corrected"),
    RightsKind.RESTRICTION: Message("I want that my data is not used for now"),
    RightsKind.OBJECTION: Message("I want to be left out when services are compared"),
    RightsKind.ERASURE: Message("I want my data to be erased"),
}
"""What can be asked for, in the client's words."""

OUTCOMES = {
    "done": Message("It has been done."),
    "refused": Message("It could not be done."),
}


@bp.route("/rights", methods=["GET", "POST"])
@client
@keeps_input
def show_rights() -> Page:
    """Ask for one thing at a time; below stands what was asked before and what became of it."""
    visit: ClientVisit = g.visit
    wiring = current_wiring()
    values = {
        "kind": request.form.get("kind", "")[:24],
        "message": request.form.get("message", "")[: LONGEST_MESSAGE + 1000],
    }
    error: InputRejected | Conflict | None = None
    if is_sent():
        try:
            with wiring.transaction(visit.actor) as database:
                ask_for_right(
                    database, visit.actor, administration_id=visit.administration_id, **values,
                    on=today(), at=now(),
                )  # fmt: skip
            return send_to("client_rights.show_rights", sent=1)
        except (InputRejected, Conflict) as refused:
            error = refused
    with wiring.reading(visit.actor) as database:
        asked = list_own_requests(database, visit.actor, administration_id=visit.administration_id)
    page = render_template(
        "client/rights.html", values=values, error=error, asked=asked, wishes=WISHES,
        outcomes=OUTCOMES, sent="sent" in request.args, promised=promise_month(today()),
        longest=LONGEST_MESSAGE, submitted=visit.submitted,
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    if error is None:
        return page
    return page, 409 if isinstance(error, Conflict) else 422
