"""One episode on one page: the client, the voucher, what is measured when; codes for the client; closing."""

from datetime import date

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.definition import Instrument
from evalplat.services.episodes import close_episode, get_episode
from evalplat.services.invitations import draw_secret, invite, list_invitations, revoke_invitation
from evalplat.services.reminder_views import list_reminders
from evalplat.services.reopening import get_closing_history
from evalplat.services.requests import CLOSING_REASONS
from evalplat.services.views import AdministrationView, EpisodeView
from evalplat.services.wordings import worded
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Respondent
from evalplat.web.access import CARE_STAFF, PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.errors import NOT_HERE
from evalplat.web.fields import read_date
from evalplat.web.languages import today
from evalplat.web.qr import draw_qr

bp = Blueprint("episodes", __name__, url_prefix="/desk/episodes/<episode_id>")


TOLD = (
    *("opened", "sent", "closed", "revoked", "not_obtained", "reopened", "episode_reopened"),
    "corrected",
)
"""What was just done, as the address of the page says it."""


def load_episode(episode_id: str) -> EpisodeView:
    """The episode as it stands today; raises NotFound, for another provider's too."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return get_episode(database, wiring.catalogue, who, episode_id, on=today())


def find_administration(episode: EpisodeView, administration_id: str) -> AdministrationView:
    """One of the episode's administrations; raises NotFound."""
    for administration in episode.administrations:
        if administration.id == administration_id:
            return administration
    raise NotFound(NOT_HERE)


def by_point(episode: EpisodeView) -> list[tuple[MeasurementPoint, list[AdministrationView]]]:
    """The administrations under their measurement points, in order of time."""
    groups = [
        (point, [a for a in episode.administrations if a.point is point])
        for point in MeasurementPoint
    ]
    return [(point, rows) for point, rows in groups if rows]


def load_worded(administration: AdministrationView, on: date) -> Instrument:
    """A measurement's instrument as it may be shown on a day: in its owner's words where the county may use them."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return worded(
            database, wiring.catalogue, administration.instrument_key, administration.version, on=on
        )


def can_invite(administration: AdministrationView) -> bool:
    """Whether the client may be sent a code for it."""
    return (
        administration.status is AdministrationStatus.PLANNED
        and administration.respondent is Respondent.CLIENT
        and administration.kind == "scored"
    )


@bp.get("")
@staff(*CARE_STAFF)
def show_episode(episode_id: str) -> str:
    """Everything about one episode, with what can be done next."""
    episode = load_episode(episode_id)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        invitations = list_invitations(database, who, episode_id=episode_id, at=now())
        reminders = list_reminders(database, who, episode_id=episode_id, at=now())
        closings = get_closing_history(
            database, who, episode_id=episode_id, within_days=wiring.settings.reopen_days
        )
    done = {name for name in TOLD if name in request.args}
    return render_template(
        "desk/episode.html", episode=episode, groups=by_point(episode), done=done,
        can_invite=can_invite, reminders=reminders, closings=closings, today=today,
        open_codes={i.administration_id: i for i in invitations if i.state == "open"},
    )  # fmt: skip


@bp.post("/administrations/<administration_id>/code")
@staff(*CARE_STAFF)
def post_code(episode_id: str, administration_id: str) -> str:
    """Make a code for the client and show it, this once, on a page that can be printed."""
    episode = load_episode(episode_id)
    administration = find_administration(episode, administration_id)
    if administration.kind != "scored":
        raise Conflict(Message("This is filled in by staff, so there is no code for it."))
    wiring, who, secret = current_wiring(), actor(), draw_secret()
    with wiring.transaction(who) as database:
        made = invite(
            database, who, secret=secret, administration_id=administration_id,
            language=episode.client_language, at=now(),
        )  # fmt: skip
    link = url_for("client.open_link", token=made.token, _external=True)
    return render_template(
        "desk/code.html", episode=episode, administration=administration, invitation=made, link=link,
        door=url_for("client.show_code", _external=True), qr=draw_qr(link),
    )  # fmt: skip


@bp.post("/invitations/<invitation_id>/revoke")
@staff(*CARE_STAFF)
def post_revoke(episode_id: str, invitation_id: str) -> Response:
    """Close a code that should not be used any more."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        revoke_invitation(database, who, invitation_id=invitation_id, at=now())
    return send_to("episodes.show_episode", episode_id=episode_id, revoked=1)


@bp.route("/close", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def close(episode_id: str) -> Page:
    """Close the episode: when and why."""
    episode = load_episode(episode_id)
    values = {
        "closed_on": request.form.get("closed_on", today().isoformat()),
        "reason": request.form.get("reason", ""),
    }
    if not is_sent():
        return _show_closing(episode, values)
    faults: list[Fault] = []
    closed_on = read_date(values["closed_on"], "closed_on", faults)
    if values["reason"] not in CLOSING_REASONS:
        faults.append(Fault("reason", Message("Choose why the service ended.")))
    if closed_on is None or faults:
        return _show_closing(episode, values, InputRejected(NOT_CLOSED, faults))
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            close_episode(
                database, wiring.catalogue, who, episode_id=episode_id, closed_on=closed_on,
                reason=values["reason"], at=now(),
            )  # fmt: skip
    except InputRejected as rejected:
        return _show_closing(episode, values, rejected)
    return send_to("episodes.show_episode", episode_id=episode_id, closed=1)


NOT_CLOSED = Message("The episode could not be closed.")


def _show_closing(
    episode: EpisodeView, values: dict[str, str], error: InputRejected | None = None
) -> str | tuple[str, int]:
    page = render_template(
        "desk/close.html",
        episode=episode,
        values=values,
        reasons=CLOSING_REASONS,
        error=error,
        reopen_days=current_wiring().settings.reopen_days,
    )
    return (page, 422) if error else page
