"""Alerts: who has become reliably worse, what one can do next, and a note of what was done."""

from flask import Blueprint, render_template, request

from evalplat.errors import Conflict, InputRejected
from evalplat.services.alerts import Alert, list_alerts, list_open_alerts, note_alert
from evalplat.vocabulary import AlertState
from evalplat.web.access import CARE_STAFF, PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.courses import title_of
from evalplat.web.episodes import load_episode
from evalplat.web.languages import reader, today

bp = Blueprint("alerts", __name__, url_prefix="/desk")

LONGEST = 3000


@bp.get("/alerts")
@staff(*PROVIDER_STAFF)
def show_open() -> str:
    """Everybody whose scores call for attention and who has not been seen to."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_open_alerts(database, wiring.catalogue, who, on=today())
    return render_template("desk/alerts.html", alerts=found, title_of=_title_of)


@bp.route("/episodes/<episode_id>/alerts", methods=["GET", "POST"])
@staff(*CARE_STAFF)
@keeps_input
def show_alerts(episode_id: str) -> Page:
    """How each scale of one client stands, with a place to note what was done."""
    values = {
        "administration": request.form.get("administration", "")[:40],
        "scale": request.form.get("scale", "")[:60],
        "done": request.form.get("done", "")[:LONGEST],
    }
    if not is_sent():
        return _show(episode_id, values)
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            note_alert(
                database, wiring.catalogue, who, episode_id=episode_id,
                administration_id=values["administration"], scale=values["scale"],
                done=values["done"], at=now(),
            )  # fmt: skip
    except (InputRejected, Conflict) as refused:
        return _show(episode_id, values, refused)
    return send_to("alerts.show_alerts", episode_id=episode_id, saved=1)


def _title_of(alert: Alert) -> str:
    return title_of(alert, reader())


def _show(
    episode_id: str, values: dict[str, str], error: InputRejected | Conflict | None = None
) -> Page:
    episode = load_episode(episode_id)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_alerts(database, wiring.catalogue, who, episode_id=episode_id)
    page = render_template(
        "desk/alerts_of_client.html", episode=episode, values=values, error=error, title_of=_title_of,
        attention=[a for a in found if a.state is AlertState.ATTENTION],
        others=[a for a in found if a.state is not AlertState.ATTENTION],
        saved="saved" in request.args,
    )  # fmt: skip
    if error is None:
        return page
    return page, 409 if isinstance(error, Conflict) else 422
