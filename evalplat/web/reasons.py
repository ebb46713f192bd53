"""Before reading about a client whose data is restricted: why? The client can read the answer."""

from flask import Blueprint, g, render_template, request
from werkzeug.utils import redirect

from evalplat.errors import InputRejected
from evalplat.services.caseload import check_reason
from evalplat.services.restricted_reading import find_restricted
from evalplat.web import purposes
from evalplat.web.access import CARE_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent
from evalplat.web.menu import home_of
from evalplat.web.pages import local_address

bp = Blueprint("reasons", __name__, url_prefix="/desk/reason")

LONGEST = 600


@bp.route("", methods=["GET", "POST"])
@staff(*CARE_STAFF)
@keeps_input
def ask() -> Page:
    """Why must the client be read about? Then on to the page that was asked for."""
    values = {name: request.values.get(name, "")[:LONGEST] for name in ("client", "next")}
    reason = request.form.get("reason", "")[:LONGEST]
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = find_restricted(database, who, client_id=values["client"])
    there = local_address(values["next"])
    if found.restricted_at is None:
        return redirect(there, 303)
    error: InputRejected | None = None
    if is_sent():
        try:
            kept = check_reason(reason)
        except InputRejected as rejected:
            error = rejected
        else:
            path = there.partition("?")[0]
            purposes.keep(found.client_id, found.episode_ids, kept, restricted=True, path=path)
            return redirect(there, 303)
    page = render_template(
        "desk/reason.html", values=values, reason=reason, error=error, since=found.restricted_at, erased=found.erased,
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page


@bp.post("/end")
@staff(*CARE_STAFF)
def post_end() -> Page:
    """The reading is over."""
    purposes.forget()
    return redirect(home_of(g.account.role), 303)
