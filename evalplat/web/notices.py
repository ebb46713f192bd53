"""The notices that anyone may read: what happens to clients' data, and how accessible the pages are."""

from flask import Blueprint, render_template, request

from evalplat.errors import InputRejected, Message
from evalplat.services.accessibility_notes import LONGEST_MESSAGE, send_note
from evalplat.services.actors import Actor
from evalplat.services.rights_settings import load_rights
from evalplat.web.access import keeps_input, public
from evalplat.web.context import Page, current_wiring, is_sent, now, send_to
from evalplat.web.languages import reader

bp = Blueprint("notices", __name__)

KEPT = {
    "clients": Message("Everything about you, after your last service has ended"),
    "drafts": Message("Answers that you began and did not send"),
    "set_aside": Message("Answers that were sent a second time and put aside"),
    "invitations": Message("Codes and links for answering, after they have run out"),
    "reminders": Message("Which reminder was sent to you when"),
    "contact_requests": Message("Your wishes to be contacted, after they were answered"),
    "rights_requests": Message("What you have asked about your data, after it was answered"),
    "feedback": Message("Feedback that was given without a name"),
    "accessibility_notes": Message("Feedback on accessibility, after it was answered"),
}
"""What each kind of record is called in the notice."""


@bp.get("/tietosuoja")
@public
def show_privacy() -> str:
    """What is kept about clients, why, who sees it, how long, which rights they have and how to use them."""
    rights = load_rights(current_wiring().settings)
    return render_template("privacy.html", rights=rights, kept=KEPT)


@bp.route("/saavutettavuus", methods=["GET", "POST"])
@public
@keeps_input
def show_accessibility() -> Page:
    """The accessibility statement, and a form for whoever met an obstacle; no third party is involved."""
    names = {"message": LONGEST_MESSAGE + 1000, "place": 400, "email": 300}
    values = {name: request.form.get(name, "")[:most] for name, most in names.items()}
    error: InputRejected | None = None
    if is_sent():
        actor = Actor.system("feedback on accessibility")
        try:
            with current_wiring().transaction(actor) as database:
                send_note(database, actor, **values, language=reader(), at=now())
            return send_to("notices.show_accessibility", sent=1, _anchor="feedback")
        except InputRejected as rejected:
            error = rejected
    page = render_template(
        "accessibility.html", values=values, error=error, sent="sent" in request.args,
        longest=LONGEST_MESSAGE, wrong={f.where: f for f in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page
