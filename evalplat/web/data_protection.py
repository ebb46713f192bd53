"""The administrator's pages on data protection: what waits there, and feedback on accessibility."""

from flask import Blueprint, render_template, request

from evalplat.errors import Conflict, InputRejected
from evalplat.services.accessibility_notes import answer_note, count_waiting_notes, list_notes
from evalplat.services.erasures import count_waiting_erasures
from evalplat.vocabulary import Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.languages import CLIENT_NAMES

bp = Blueprint("data_protection", __name__, url_prefix="/county/data-protection")

LONGEST = 5000


@bp.get("")
@staff(Role.ADMINISTRATOR)
def show_home() -> str:
    """What waits for an administrator here."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        notes = count_waiting_notes(database, who)
        erasures = count_waiting_erasures(database, who)
    return render_template("administration/data_protection.html", notes=notes, erasures=erasures)


@bp.get("/accessibility")
@staff(Role.ADMINISTRATOR)
def show_notes() -> str:
    """Feedback on accessibility: what waits for an answer first."""
    return _show()


@bp.route("/accessibility/<note_id>", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def answer(note_id: str) -> Page:
    """One note is answered: what was written back or mended."""
    if not is_sent():
        return _show(note_id, request.form.get("answer", "")[:LONGEST])
    text = request.form.get("answer", "")[:LONGEST]
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            answer_note(database, who, note_id=note_id, answer=text, at=now())
    except (InputRejected, Conflict) as refused:
        status = 409 if isinstance(refused, Conflict) else 422
        return _show(note_id, text, refused), status
    return send_to("data_protection.show_notes", saved=1)


def _show(note_id: str = "", text: str = "", error: InputRejected | Conflict | None = None) -> str:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        notes = list_notes(database, who, at=now())
    return render_template(
        "administration/accessibility_notes.html",
        waiting=[note for note in notes if note.answered_at is None],
        answered=[note for note in notes if note.answered_at is not None],
        note_id=note_id, text=text, error=error, saved="saved" in request.args,
        language_names=CLIENT_NAMES,
    )  # fmt: skip
