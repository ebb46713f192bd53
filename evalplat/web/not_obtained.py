"""A measurement that was not obtained: closed with its reason, and reopened where that was a mistake."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.not_obtained import close_administration, reopen_administration
from evalplat.services.requests import NOT_OBTAINED_REASONS
from evalplat.vocabulary import AdministrationStatus
from evalplat.web.access import CARE_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.episodes import find_administration, load_episode

bp = Blueprint(
    "not_obtained",
    __name__,
    url_prefix="/desk/episodes/<episode_id>/administrations/<administration_id>",
)

NOT_MARKED = Message("The measurement was not marked.")
CHOOSE = Message("Choose why the measurement was not obtained.")


@bp.route("/not-obtained", methods=["GET", "POST"])
@staff(*CARE_STAFF)
@keeps_input
def close(episode_id: str, administration_id: str) -> Page:
    """Ask why the measurement was not obtained, and take it off the worklist."""
    episode = load_episode(episode_id)
    administration = find_administration(episode, administration_id)
    if request.method == "GET" and administration.status is not AdministrationStatus.PLANNED:
        return send_to("episodes.show_episode", episode_id=episode_id)
    reason = request.form.get("reason", "")
    error: InputRejected | None = None
    if is_sent() and reason in NOT_OBTAINED_REASONS:
        wiring, who = current_wiring(), actor()
        with wiring.transaction(who) as database:
            close_administration(
                database, who, administration_id=administration_id, reason=reason, at=now()
            )
        return send_to("episodes.show_episode", episode_id=episode_id, not_obtained=1)
    if is_sent():
        error = InputRejected(NOT_MARKED, [Fault("reason", CHOOSE)])
    page = render_template(
        "desk/not_obtained.html", episode=episode, administration=administration, reason=reason,
        reasons=NOT_OBTAINED_REASONS, error=error,
    )  # fmt: skip
    return (page, 422) if error else page


@bp.post("/reopen")
@staff(*CARE_STAFF)
def post_reopen(episode_id: str, administration_id: str) -> Response:
    """Put the measurement back on the worklist, with the answers that were kept."""
    find_administration(load_episode(episode_id), administration_id)
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        reopen_administration(database, who, administration_id=administration_id, at=now())
    return send_to("episodes.show_episode", episode_id=episode_id, reopened=1)
