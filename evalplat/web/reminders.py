"""Reminders for a provider's manager: what to look into, what failed, what comes, what went out."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.services.reminder_views import ON_ITS_WAY, resolve_reminder, show_overview
from evalplat.services.reminders import rule_of
from evalplat.vocabulary import Role
from evalplat.web.access import staff
from evalplat.web.context import actor, current_wiring, now, send_to

bp = Blueprint("reminders", __name__, url_prefix="/desk/reminders")


@bp.get("")
@staff(Role.PROVIDER_MANAGER)
def show_reminders() -> str:
    """All reminders of the provider's clients, the troubled ones first."""
    wiring, who = current_wiring(), actor()
    messages = wiring.settings.messages
    rule = rule_of(messages)
    with wiring.reading(who) as database:
        overview = show_overview(
            database, wiring.catalogue, who, rule=rule, last_hour=messages.last_hour, at=now()
        )
    return render_template(
        "desk/reminders.html", overview=overview, rule=rule, resolved="resolved" in request.args,
        minutes=int(ON_ITS_WAY.total_seconds() // 60),
    )  # fmt: skip


@bp.post("/<reminder_id>/resolve")
@staff(Role.PROVIDER_MANAGER)
def post_resolve(reminder_id: str) -> Response:
    """Say whether a message whose fate was unknown went out."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        resolve_reminder(
            database, who, reminder_id=reminder_id,
            went_out=request.form.get("went_out") == "yes", at=now(),
        )  # fmt: skip
    return send_to("reminders.show_reminders", resolved=1)
