"""A device that the provider lends to its clients: one measurement at a time, and nothing stays behind.

A worker starts it from the episode's page and is signed out of that browser by doing so; or the device stands at its
start page and clients type their codes. After sending, stopping, or a few minutes without a touch it is back at the
start page, without a cookie and without a page to go back to. After sending it first offers what a client can do next:
ask to be contacted, give feedback. Before it forgets a visit it asks whether somebody is
still there; the answers sent so far are on the server all the same.
"""

from flask import Blueprint, g, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response

from evalplat.errors import Conflict, Message, TooMany
from evalplat.language import say
from evalplat.services.invitations import InvitationRefused, draw_secret, invite
from evalplat.services.views import ClientVisit
from evalplat.web.access import PROVIDER_STAFF, client, keeps_input, public, staff
from evalplat.web.client_door import open_with_code, open_with_token
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.episodes import can_invite, find_administration, load_episode
from evalplat.web.languages import NAMES, remember
from evalplat.web.sessions import end_session
from evalplat.web.visits import IDLE, WARNING, is_kiosk, keep_visit, leave_kiosk

bp = Blueprint("kiosk", __name__)

READY = Message("This device is ready for the next person.")
SENT = Message("Thank you. Your answers have been sent.")
GIVE_BACK = Message("Give the device back to the worker.")
ENTER = Message("Enter the code")


@bp.route(
    "/desk/episodes/<episode_id>/administrations/<administration_id>/kiosk",
    methods=["GET", "POST"],
)
@staff(*PROVIDER_STAFF)
@keeps_input
def hand_over(episode_id: str, administration_id: str) -> Page:
    """Hand this browser to the client for one measurement: the worker is signed out of it first."""
    episode = load_episode(episode_id)
    administration = find_administration(episode, administration_id)
    if not can_invite(administration):
        raise Conflict(Message("This measurement is done or closed, so nobody can be invited."))
    if not is_sent():
        return render_template(
            "desk/hand_over.html",
            episode=episode,
            administration=administration,
            minutes=IDLE // 60,
        )
    wiring, who, secret = current_wiring(), actor(), draw_secret()
    with wiring.transaction(who) as database:
        made = invite(
            database, who, secret=secret, administration_id=administration_id,
            language=episode.client_language, at=now(),
        )  # fmt: skip
    visit = open_with_token(made.token)
    end_session()
    return _begin(visit)


def _begin(visit: ClientVisit) -> Response:
    """To the client's start page, in the client's own language, whatever was chosen on the device before."""
    response = keep_visit(send_to("client.show_welcome"), visit, idle=IDLE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return remember(response, visit.language or "fi")


@bp.get("/c/kiosk")
@public
def show_start() -> Response:
    """The device between two people, in all languages at once, because nothing is known of the next one."""
    sent = "sent" in request.args
    lines = [
        (language, [say(line, language) for line in (SENT if sent else READY, GIVE_BACK)])
        for language in NAMES
    ]
    doors = [(language, say(ENTER, language)) for language in NAMES]
    lent = is_kiosk()
    if session and "token" not in session:
        session.clear()
    response = make_response(render_template("client/kiosk.html", lines=lines, doors=doors))
    return leave_kiosk(response) if lent else response


@bp.route("/c/kiosk/code", methods=["GET", "POST"])
@public
@keeps_input
def show_code() -> Page:
    """The page where the next person types a code; the visit it opens is one on a lent device."""
    code, error, status = request.form.get("code", "").strip()[:60], None, 422
    headers = {"Refresh": f"{IDLE}; url={url_for('kiosk.show_start')}"}
    if is_sent() and not code:
        error = Message("Type the code. It has three groups of four letters and numbers.")
    elif is_sent():
        try:
            visit = open_with_code(code)
        except InvitationRefused as refused:
            error = refused.message
        except TooMany as early:
            error, status, headers["Retry-After"] = early.message, 429, str(early.wait)
        else:
            if "token" in session:
                end_session()
            return _begin(visit)
    page = render_template("client/code.html", code=code, error=error, ended=False, kiosk=True)
    return page, status if error else 200, headers


@bp.get("/c/kiosk/still")
@client
def ask() -> Response:
    """Whether somebody is still there; without an answer the device forgets the visit."""
    if not g.kiosk:
        return send_to("client.show_welcome")
    code, sent = request.args.get("code", "")[:60], g.visit.submitted
    back = url_for("client.show_question", code=code) if code else url_for("client.show_welcome")
    if sent:
        back = url_for("client.show_thanks")
    page = make_response(
        render_template("client/still.html", back=back, seconds=WARNING, sent=sent)
    )
    page.headers["Refresh"] = f"{WARNING}; url={url_for('kiosk.show_start')}"
    return page
