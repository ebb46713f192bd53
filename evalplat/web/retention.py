"""The administrator's pages on what has been kept long enough: a report, a run that another one confirms, its end."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import Conflict, EvalplatError, Message, Refused
from evalplat.services.retention import (
    cancel_run,
    confirm_run,
    get_run,
    go_on,
    list_runs,
    make_report,
    propose_run,
)
from evalplat.services.rights_settings import load_rights
from evalplat.vocabulary import Role
from evalplat.web.access import staff
from evalplat.web.context import Page, actor, current_wiring, now, send_to
from evalplat.web.languages import today

bp = Blueprint("retention", __name__, url_prefix="/county/data-protection/retention")

KINDS = {
    "clients": Message("Clients, after their last service or voucher"),
    "drafts": Message("Answers that were begun and not sent"),
    "set_aside": Message("Second sheets that were kept aside"),
    "invitations": Message("Codes and links, after they ran out"),
    "reminders": Message("Reminders, after they were sent"),
    "contact_requests": Message("Wishes to be contacted, after they were answered"),
    "rights_requests": Message("Requests about own data, after they were answered"),
    "feedback": Message("Feedback without a name, after its quarter"),
    "accessibility_notes": Message("Feedback on accessibility, after it was answered"),
}
"""What each kind of record is called for staff."""

MOST_STEPS = 100
"""So many transactions one request does; what is left is done by going on."""


@bp.route("", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
def show_all() -> Page:
    """What has been kept long enough today, and the runs so far; a run is proposed here."""
    wiring, who = current_wiring(), actor()
    rights = load_rights(wiring.settings)
    error: EvalplatError | None = None
    if request.method == "POST":
        try:
            with wiring.transaction(who) as database:
                run_id = propose_run(database, who, rights, at=now())
            return send_to("retention.show", run_id=run_id, done="proposed")
        except Conflict as refused:
            error = refused
    with wiring.reading(who) as database:
        report = make_report(database, who, rights, on=today())
        runs = list_runs(database, who)
    page = render_template(
        "administration/retention.html", report=report, runs=runs, kinds=KINDS, error=error,
    )  # fmt: skip
    return (page, 409) if error else page


@bp.get("/<run_id>")
@staff(Role.ADMINISTRATOR)
def show(run_id: str) -> Page:
    """One run: what it names, what became of it, and what can be done with it."""
    return _show(run_id)


@bp.post("/<run_id>/confirm")
@staff(Role.ADMINISTRATOR)
def post_confirm(run_id: str) -> Page:
    """The second person confirms, and what it names is destroyed; a run that was broken off goes on."""
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            confirm_run(database, who, run_id=run_id, at=now())
    except (Conflict, Refused) as refused:
        return _show(run_id, refused)
    rights = load_rights(wiring.settings)
    for _step in range(MOST_STEPS):
        with wiring.transaction(who) as database:
            if not go_on(database, wiring.catalogue, who, rights, run_id=run_id, at=now()):
                break
    return send_to("retention.show", run_id=run_id, done="confirmed")


@bp.post("/<run_id>/cancel")
@staff(Role.ADMINISTRATOR)
def post_cancel(run_id: str) -> Page | Response:
    """Nothing of the run is destroyed."""
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            cancel_run(database, who, run_id=run_id, at=now())
    except Conflict as refused:
        return _show(run_id, refused)
    return send_to("retention.show", run_id=run_id, done="cancelled")


def _show(run_id: str, error: EvalplatError | None = None) -> Page:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        run = get_run(database, who, run_id=run_id)
    page = render_template(
        "administration/retention_run.html", run=run, kinds=KINDS, error=error,
        done=request.args.get("done", "")[:12],
    )  # fmt: skip
    if error is None:
        return page
    return page, 409 if isinstance(error, Conflict) else 403
