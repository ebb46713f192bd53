"""The county's own instruments: drafts, checked as the files are, looked at as clients see them, published, retired."""

import io
import zipfile

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from evalplat.errors import AnswersRejected, Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.definition import Instrument
from evalplat.instruments.designs import MOST, Design, change_design
from evalplat.instruments.questions import list_in_order
from evalplat.instruments.scale_words import list_rules
from evalplat.scoring.design_check import Checked, score_sheet
from evalplat.scoring.results import REASONS, ScaleScore
from evalplat.services.instrument_designs import (
    DraftInstrument,
    check_draft,
    decide_offer,
    delete_draft,
    get_draft,
    get_files,
    list_drafts,
    publish_draft,
    save_draft,
    start_draft,
)
from evalplat.vocabulary import LANGUAGES, Direction, Domain, Mode, Respondent, Role
from evalplat.web.access import COUNTY_READERS, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.design_form import name_faults, name_fields, order_faults, read_form
from evalplat.web.flow import DECLINED
from evalplat.web.languages import CLIENT_NAMES, NAMES, reader, use_language

bp = Blueprint("designer", __name__, url_prefix="/county")

FAULTY = Message("The instrument cannot be published yet. The draft is kept.")
METHODS = {"sum": Message("Sum of the answers"), "mean": Message("Mean of the answers")}
USES = {
    "free": Message("Free to use electronically"),
    "ask": Message("The owner must be asked"),
    "licensed": Message("With a licence"),
}
RECALLS = {
    "": Message("No stated time"),
    "P1W": Message("One week"),
    "P2W": Message("Two weeks"),
    "P1M": Message("One month"),
    "P3M": Message("Three months"),
}


@bp.get("/designs")
@staff(Role.ADMINISTRATOR)
def show_drafts() -> str:
    """The drafts, and where a new one begins."""
    with current_wiring().reading(actor()) as database:
        drafts = list_drafts(database, actor())
    return render_template("administration/designs.html", drafts=drafts, error=None)


@bp.post("/designs")
@staff(Role.ADMINISTRATOR)
def start() -> Page:
    """A new draft: of a new instrument, or of the next version of one."""
    wiring, who = current_wiring(), actor()
    of, version = request.form.get("of", "")[:64], request.form.get("version", "")[:20]
    try:
        with wiring.transaction(who) as database:
            made = start_draft(
                database, wiring.catalogue, who, of=of, version=version, at=now()
            )  # fmt: skip
    except InputRejected as error:
        with wiring.reading(who) as database:
            drafts = list_drafts(database, who)
        return render_template("administration/designs.html", drafts=drafts, error=error), 422
    return send_to("designer.edit", draft=made.id)


@bp.route("/designs/<draft>", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def edit(draft: str) -> Page:
    """The form. Every button keeps what was typed; faults stand at their fields once they are asked for."""
    found = _load(draft)
    if request.method == "GET":
        return _show_form(found, found.design, checked="checked" in request.args)
    design, act = read_form(request.form), request.form.get("do", "save")[:40]
    if not is_sent():
        return _show_form(found, design)
    design, row = change_design(design, act)
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            save_draft(database, who, draft, design, revision=_revision(), at=now())
    except Conflict as conflict:
        return _show_form(_load(draft), design, conflict=conflict, status=409)
    if act == "check":
        checked = check_draft(wiring.catalogue, design)
        if checked.holds:
            return send_to("designer.preview", draft=draft)
        return send_to("designer.edit", draft=draft, checked=1)
    if row:
        return redirect(url_for("designer.edit", draft=draft, _anchor=row), 303)
    return send_to("designer.edit", draft=draft, saved=1)


@bp.route("/designs/<draft>/preview", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def preview(draft: str) -> Page:
    """What is left to do, the way to the client's pages, and a sheet of made-up answers with its scores."""
    return _show_preview(_load(draft))


@bp.route("/designs/<draft>/preview/<language>/<number>", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
def show_question(draft: str, language: str, number: str) -> AnyResponse | str:
    """One question, just as the client's page shows it; its buttons walk through the sheet and keep nothing."""
    definition = _check(_load(draft).design).instrument
    if definition is None or language not in definition.texts:
        raise NotFound(Message("There is nothing to show yet."))
    steps = list_in_order(definition, language)
    here = int(number) if number.isdecimal() and len(number) < 4 else 0
    if not 1 <= here <= len(steps):
        raise NotFound(Message("There is no such question."))
    if request.method == "POST":
        there = here + (-1 if request.form.get("action") == "back" else 1)
        if not 1 <= there <= len(steps):
            return send_to("designer.preview", draft=draft)
        return send_to("designer.show_question", draft=draft, language=language, number=there)
    use_language(language)
    return render_template(
        "client/question.html", step=steps[here - 1], number=here, count=len(steps), chosen="",
        saved_at=None, error=None, intro_language=language, declined=DECLINED, came_from="",
        action=request.path, back_to=url_for("designer.preview", draft=draft),
    )  # fmt: skip


@bp.post("/designs/<draft>/publish")
@staff(Role.ADMINISTRATOR)
def publish(draft: str) -> Page:
    """Make a version of the draft for good, and serve it everywhere."""
    wiring, who = current_wiring(), actor()
    try:
        with wiring.transaction(who) as database:
            made = publish_draft(
                database, wiring.catalogue, who, draft, revision=_revision(), at=now()
            )
    except InputRejected:
        found = _load(draft)
        return _show_form(found, found.design, checked=True, status=422)
    except Conflict as conflict:
        return _show_preview(_load(draft), conflict)
    wiring.take_in_instruments(at_once=True)
    return send_to("administration.show_instrument", key=made.key, published=1)


@bp.post("/designs/<draft>/delete")
@staff(Role.ADMINISTRATOR)
def delete(draft: str) -> AnyResponse:
    """Take a draft away."""
    who = actor()
    with current_wiring().transaction(who) as database:
        delete_draft(database, who, draft, at=now())
    return send_to("designer.show_drafts")


@bp.post("/instruments/<key>/<version>/offer")
@staff(Role.ADMINISTRATOR)
def offer(key: str, version: str) -> AnyResponse:
    """Retire a version, or offer it again."""
    wiring, who = current_wiring(), actor()
    retired = request.form.get("retired") == "1"
    with wiring.transaction(who) as database:
        decide_offer(
            database, wiring.catalogue, who, instrument=key, version=version, retired=retired,
            at=now(),
        )  # fmt: skip
    wiring.take_in_instruments(at_once=True)
    return send_to("administration.show_instrument", key=key)


@bp.get("/instruments/<key>/<version>.zip")
@staff(*COUNTY_READERS)
def write_files(key: str, version: str) -> Response:
    """A version that was made here, as the files that `evalplat instruments check` takes."""
    with current_wiring().reading(actor()) as database:
        files = get_files(database, actor(), key, version)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(f"{key}/{name}"), text)
    return Response(
        packed.getvalue(), mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{key}-{version}.zip"'},
    )  # fmt: skip


def _load(draft: str) -> DraftInstrument:
    with current_wiring().reading(actor()) as database:
        return get_draft(database, actor(), draft)


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _check(design: Design) -> Checked:
    return check_draft(current_wiring().catalogue, design)


def _show_form(
    found: DraftInstrument, design: Design, *,
    checked: bool = False, conflict: Conflict | None = None, status: int = 200,
) -> Page:  # fmt: skip
    result = _check(design) if checked else None
    faults = order_faults(design, result.faults) if result else []
    page = render_template(
        "administration/design_form.html", draft=found, design=design, faults=faults, text=FAULTY,
        checked=checked, conflict=conflict, loads=bool(result and result.instrument),
        saved="saved" in request.args, places=name_fields(design),
        field_names=name_faults(faults), most=MOST, language_names=NAMES,
        wrong={fault.where: fault for fault in faults}, respondents=list(Respondent),
        modes=list(Mode), directions=list(Direction), domains=list(Domain), methods=METHODS,
        uses=USES, recalls=RECALLS, language_codes=LANGUAGES,
    )  # fmt: skip
    return page if status == 200 else (page, status)


def _show_preview(found: DraftInstrument, conflict: Conflict | None = None) -> Page:
    result = _check(found.design)
    definition = result.instrument
    typed = {
        f"answer-{n}": request.form.get(f"answer-{n}", "")[:40] for n in range(1, MOST["item"] + 1)
    }
    scores: list[ScaleScore] = []
    wrong: dict[str, Fault] = {}
    if definition is not None and is_sent() and not conflict:
        scores, wrong = _score(definition, typed)
    page = render_template(
        "administration/design_preview.html", draft=found, result=result, definition=definition,
        faults=order_faults(found.design, result.faults), fault_places=name_fields(found.design),
        field_names=name_faults(result.faults), conflict=conflict,
        texts=definition.text(reader()) if definition else None, typed=typed, scores=scores,
        wrong=wrong, steps=list_in_order(definition, reader()) if definition else [],
        reasons=REASONS, rules=list_rules, names=CLIENT_NAMES,
    )  # fmt: skip
    if conflict:
        return page, 409
    return (page, 422) if wrong else page


def _score(
    definition: Instrument, typed: dict[str, str]
) -> tuple[list[ScaleScore], dict[str, Fault]]:
    fields = {item.code: f"answer-{n}" for n, item in enumerate(definition.items, start=1)}
    try:
        found = score_sheet(definition, {code: typed[name] for code, name in fields.items()})
    except AnswersRejected as rejected:
        return [], {fields.get(fault.where, ""): fault for fault in rejected.faults}
    return list(found), {}
