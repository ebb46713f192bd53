"""Where a client stops reminders: the address stands in every message, and only the button stops anything."""

from flask import Blueprint, render_template

from evalplat.errors import NotFound
from evalplat.services.actors import Actor
from evalplat.services.contacts import stop_reminders
from evalplat.web.access import keeps_input, public
from evalplat.web.context import Page, current_wiring, is_sent, now

bp = Blueprint("stopping", __name__, url_prefix="/c/stop")


@bp.route("/<token>", methods=["GET", "POST"])
@public
@keeps_input
def stop(token: str) -> Page:
    """The page looks the same for every token; the button stops the messages."""
    if not is_sent():
        return render_template("client/stop.html", done=False, error=None)
    wiring = current_wiring()
    try:
        with wiring.transaction(Actor.system("client door")) as database:
            stop_reminders(database, token=token, secret_key=wiring.settings.secret_key, at=now())
    except NotFound as unknown:
        return render_template("client/stop.html", done=False, error=unknown.message), 422
    return render_template("client/stop.html", done=True, error=None)
