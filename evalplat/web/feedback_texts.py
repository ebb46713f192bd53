"""Words of clients in anonymous feedback: the analyst's queue of texts to show, to hide or to show edited."""

from flask import Blueprint, render_template, request

from evalplat.errors import Conflict, InputRejected, NotFound
from evalplat.services.feedback_texts import LONGEST, LONGEST_REASON, decide_text, list_texts
from evalplat.vocabulary import Role, TextAct
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.languages import reader, today

bp = Blueprint("feedback_texts", __name__)

AT_ONCE = 20
"""How many texts stand on a page."""


@bp.route("/county/feedback/texts", methods=["GET", "POST"])
@staff(Role.ANALYST)
@keeps_input
def decide() -> Page:
    """The texts that wait, with a form each, and those decided on."""
    wiring, who = current_wiring(), actor()
    error: InputRejected | Conflict | NotFound | None = None
    key, act = request.form.get("text", "")[:100], request.form.get("act", "")
    if is_sent() and act in set(TextAct):
        base = request.form.get("base", "")
        try:
            with wiring.transaction(who) as database:
                decide_text(
                    database, wiring.catalogue, who, key=key, act=TextAct(act),
                    edited=request.form.get("edited", "")[: 2 * LONGEST],
                    reason=request.form.get("reason", "")[: 2 * LONGEST_REASON],
                    base_version=int(base) if base.isascii() and base.isdecimal() and len(base) < 7 else 0,
                    on=today(), at=now(),
                )  # fmt: skip
            return send_to("feedback_texts.decide", saved=act)
        except (InputRejected, Conflict, NotFound) as refused:
            error = refused
    with wiring.reading(who) as database:
        queue = list_texts(database, wiring.catalogue, who, on=today())
    texts = queue.instrument.text(reader()).items
    page = render_template(
        "county/feedback_texts.html", queue=queue, waiting=queue.waiting[:AT_ONCE], error=error,
        decided=queue.decided, questions={code: one.label for code, one in texts.items()},
        sent=key, most=LONGEST, most_reason=LONGEST_REASON,
        edited=request.form.get("edited", ""), reason=request.form.get("reason", ""),
        saved=request.args.get("saved", "") if request.args.get("saved", "") in set(TextAct) else "",
    )  # fmt: skip
    if error is None:
        return page
    status = (
        422 if isinstance(error, InputRejected) else 409 if isinstance(error, Conflict) else 404
    )
    return page, status
