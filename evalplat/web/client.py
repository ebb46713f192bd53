"""The client door: a code or a link, one question per page, a look at the answers, sending once, thanks.

Opening a page changes nothing; every step is a button's POST. Answers live on the server from the first one on, so that
another phone, another day or a second window loses nothing.
"""

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import (
    AnswersRejected,
    Conflict,
    EvalplatError,
    InputRejected,
    Message,
    NotFound,
    TooMany,
)
from evalplat.instruments.definition import Instrument
from evalplat.services.answers import get_draft, save_draft, submit_answers
from evalplat.services.invitations import InvitationRefused
from evalplat.services.views import ClientVisit, DraftView
from evalplat.services.wordings import worded
from evalplat.vocabulary import Mode, Respondent
from evalplat.web import client_after
from evalplat.web.access import client, keeps_input, public
from evalplat.web.client_door import open_with_code, open_with_token
from evalplat.web.context import Page, ask_to_wait, current_wiring, is_sent, now, send_to
from evalplat.web.flow import DECLINED, Step, find_step, first_open, list_steps, read_answer, send
from evalplat.web.languages import COOKIE, reader, remember, today
from evalplat.web.visits import WRITING, after_sending, end_visit, keep_visit, leave_kiosk, renew

bp = Blueprint("client", __name__, url_prefix="/c")
bp.after_request(renew)

HELPERS = ("", "worker", "other")
ANSWERING = (Respondent.CLIENT, Respondent.PROXY, Respondent.TOGETHER)
"""Who may have answered behind the client door, where the instrument allows it."""

CHOOSE = Message(
    "Choose an answer. If you do not want to answer, choose “I do not want to answer”."
)


@bp.route("", methods=["GET", "POST"])
@public
@keeps_input
def show_code() -> Page:
    """The page where a code is typed. A wrong code and a used one get the same answer."""
    code = request.form.get("code", "").strip()[:60]
    if not is_sent():
        return render_template(
            "client/code.html", code=code, error=None, ended="ended" in request.args
        )
    if not code:
        error = Message("Type the code. It has three groups of four letters and numbers.")
        return render_template("client/code.html", code=code, error=error, ended=False), 422
    try:
        visit = open_with_code(code)
    except InvitationRefused as refused:
        return render_template(
            "client/code.html", code=code, error=refused.message, ended=False
        ), 422
    except TooMany as early:
        page = render_template("client/code.html", code=code, error=early.message, ended=False)
        return ask_to_wait(page, early)
    return _welcome(visit)


@bp.route("/l/<token>", methods=["GET", "POST"])
@public
@keeps_input
def open_link(token: str) -> Page:
    """A link's start page: it looks the same for every token, and only the button opens anything."""
    if not is_sent():
        return render_template("client/link.html", error=None)
    try:
        visit = open_with_token(token)
    except InvitationRefused as refused:
        return render_template("client/link.html", error=refused.message), 422
    return _welcome(visit)


def _welcome(visit: ClientVisit) -> Response:
    """On to the start page, in the client's own language unless this browser has chosen one."""
    response = keep_visit(send_to("client.show_welcome"), visit, receipt=visit.submitted)
    if visit.language and COOKIE not in request.cookies:
        remember(response, visit.language)
    return response


@bp.get("/welcome")
@client
def show_welcome() -> Response | str:
    """What is asked, how long it takes, who sees it."""
    visit, instrument, draft = _load()
    if visit.submitted:
        return after_sending()
    steps = list_steps(instrument, draft.answers, reader())
    started = bool(draft.answers)
    there = first_open(steps, draft.answers)
    return render_template(
        "client/welcome.html", visit=visit, texts=instrument.text(reader()), count=len(steps),
        started=started, there=there.code if there else None,
    )  # fmt: skip


@bp.route("/q/<code>", methods=["GET", "POST"])
@client
@keeps_input
def show_question(code: str) -> Page:
    """One question. Continue and Back both keep what was chosen; only Continue insists on an answer."""
    visit, instrument, draft = _load()
    if visit.submitted:
        return after_sending()
    steps = list_steps(instrument, draft.answers, reader())
    step = find_step(steps, code)
    if step is None:
        return _on_from_nowhere(instrument, steps, draft, code)
    if not is_sent():
        kept = draft.answers.get(code)
        chosen = request.form.get("answer") if request.method == "POST" else kept
        if request.method == "POST" and not g.stale and (chosen or "") in ("", send(kept)):
            # Only the language was switched: a page of its own, which the browser's Back finds again.
            came = {"from": "check"} if request.form.get("from") == "check" else {}
            return send_to("client.show_question", code=code, **came)
        return _show(instrument, step, steps, draft, chosen)
    chosen = request.form.get("answer", "").strip()
    back = request.form.get("action") == "back"
    try:
        draft = _keep(visit, step, chosen, insist=not back)
    except AnswersRejected as rejected:
        if not back:
            text = rejected.faults[0].message if rejected.faults else rejected.message
            return _show(instrument, step, steps, draft, chosen, text)
    except Conflict:
        return after_sending()
    return _next(instrument, draft, step, back)


def _on_from_nowhere(
    instrument: Instrument, steps: list[Step], draft: DraftView, code: str
) -> Response:
    """An address of a question that is not asked of this person: go on where they were."""
    known = {item.code for item in instrument.items} | {c.code for c in instrument.conditions}
    if code not in known:
        raise NotFound(Message("There is no such question."))
    there = first_open(steps, draft.answers)
    return (
        send_to("client.show_question", code=there.code) if there else send_to("client.show_check")
    )


def _keep(visit: ClientVisit, step: Step, chosen: str, *, insist: bool) -> DraftView:
    """Save one answer; nothing chosen is an answer only where the question may be left empty."""
    if not chosen and step.required and insist:
        raise AnswersRejected(CHOOSE)
    wiring = current_wiring()
    with wiring.transaction(visit.actor) as database:
        if not chosen and (step.required or not insist):
            return get_draft(
                database, wiring.catalogue, visit.actor, administration_id=visit.administration_id
            )
        return save_draft(
            database, wiring.catalogue, visit.actor, administration_id=visit.administration_id,
            code=step.code, value=read_answer(step, chosen), language=reader(), at=now(),
        )  # fmt: skip


def _next(instrument: Instrument, draft: DraftView, step: Step, back: bool) -> Response:
    """Where Continue and Back lead: to the neighbour, or to the check page that somebody came from."""
    steps = list_steps(instrument, draft.answers, reader())
    here = next(i for i, other in enumerate(steps) if other.code == step.code)
    if back:
        return (
            send_to("client.show_question", code=steps[here - 1].code)
            if here
            else send_to("client.show_welcome")
        )
    if request.form.get("from") == "check":
        there = first_open(steps, draft.answers)
        return (
            send_to("client.show_question", code=there.code)
            if there
            else send_to("client.show_check")
        )
    if here + 1 < len(steps):
        return send_to("client.show_question", code=steps[here + 1].code)
    return send_to("client.show_check")


def _show(
    instrument: Instrument,
    step: Step,
    steps: list[Step],
    draft: DraftView,
    chosen: object,
    error: Message | None = None,
) -> str | tuple[str, int]:
    language = instrument.text(reader()).language
    if step.kind == "text":
        g.kiosk_idle = WRITING
    page = render_template(
        "client/question.html", step=step, number=steps.index(step) + 1, count=len(steps),
        chosen=send(chosen), saved_at=draft.saved_at, error=error, intro_language=language,
        declined=DECLINED, came_from=request.values.get("from", ""),
    )  # fmt: skip
    return (page, 422) if error else page


@bp.route("/check", methods=["GET", "POST"])
@client
@keeps_input
def show_check() -> Page:
    """All answers with links to change them, and the one button that sends."""
    if _visit().submitted:
        return after_sending()
    error: EvalplatError | None = None
    if is_sent():
        try:
            if _submit(_visit()):
                return after_sending()
        except Conflict:
            return after_sending()
        except (AnswersRejected, InputRejected) as refused:
            error = refused
    _, instrument, draft = _load()
    steps = list_steps(instrument, draft.answers, reader())
    missing = _missing(steps, draft)
    page = render_template(
        "client/check.html", steps=steps, answers=draft.answers, missing=missing, error=error,
        saved_at=draft.saved_at, declined=DECLINED, helped=_helper(),
        respondents=_respondents(instrument), respondent=_respondent(instrument), present=_present(),
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error or (is_sent() and missing) else page


def _helper() -> str:
    wish = request.form.get("helped", "")
    return wish if wish in HELPERS else ""


def _respondents(instrument: Instrument) -> list[Respondent]:
    return [one for one in ANSWERING if one in instrument.respondents]


def _respondent(instrument: Instrument) -> Respondent:
    """Who answered, as they say themselves; the client where they do not."""
    wish = request.form.get("respondent", "")
    return next((one for one in _respondents(instrument) if one == wish), Respondent.CLIENT)


def _present() -> str:
    return request.form.get("present", "").strip()[:1000]


def _missing(steps: list[Step], draft: DraftView) -> list[Step]:
    return [step for step in steps if step.required and draft.answers.get(step.code) is None]


def _submit(visit: ClientVisit) -> bool:
    """Send what is answered; False where something is still missing.

    The answers are read in the transaction that stores them: one that another window saves meanwhile is in the sheet,
    or comes too late and is told so, but is never thanked for and dropped.
    """
    wiring = current_wiring()
    with wiring.transaction(visit.actor) as database:
        instrument = worded(
            database, wiring.catalogue, visit.instrument_key, visit.version, on=today()
        )
        respondent = _respondent(instrument)
        draft = get_draft(
            database, wiring.catalogue, visit.actor, administration_id=visit.administration_id,
            lock=True,
        )  # fmt: skip
        if _missing(list_steps(instrument, draft.answers, reader()), draft):
            return False
        submit_answers(
            database, wiring.catalogue, visit.actor, administration_id=visit.administration_id,
            raw=draft.answers, idempotency_key=f"visit-{visit.invitation_id}",
            measured_on=today(), language=instrument.text(reader()).language,
            mode=Mode.PROXY if respondent is Respondent.PROXY else Mode.SELF,
            respondent=respondent, answered_with=_helper(), present=_present(),
            shown_wording=instrument.text(reader()).wording, begun_at=draft.begun_at, held=draft.held,
            at=now(),
        )  # fmt: skip
        return True


@bp.get("/thanks")
@client
def show_thanks() -> Response | str:
    """The receipt: thanks, the own change in words and as a picture, how the answers are used. No answers."""
    visit = _visit()
    if not visit.submitted:
        return send_to("client.show_welcome")
    if g.kiosk:
        return client_after.show_next_on_lent_device(visit)
    return client_after.show_receipt(visit) if g.receipt else client_after.show_thanks(visit)


@bp.post("/later")
@client
def stop_for_now() -> Response:
    """Stop here: this browser forgets the visit, the server keeps the answers."""
    g.visit, visit = None, g.visit
    done = visit.submitted
    if g.kiosk:
        return leave_kiosk(send_to("kiosk.show_start", sent=1 if done else None))
    return end_visit(make_response(render_template("client/later.html", done=done)))


def _visit() -> ClientVisit:
    visit: ClientVisit = g.visit
    return visit


def _load() -> tuple[ClientVisit, Instrument, DraftView]:
    """The visit, the very version that was planned, and what has been answered so far."""
    visit, wiring = _visit(), current_wiring()
    with wiring.reading(visit.actor) as database:
        instrument = worded(
            database, wiring.catalogue, visit.instrument_key, visit.version, on=today()
        )
        if visit.submitted:
            return visit, instrument, DraftView(visit.administration_id, {}, None, reader(), None)
        draft = get_draft(
            database, wiring.catalogue, visit.actor, administration_id=visit.administration_id
        )
    return visit, instrument, draft
