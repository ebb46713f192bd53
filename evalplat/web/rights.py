"""The case worker's pages on clients' rights: what clients ask, restriction and objection, correcting what is known."""

from typing import Any

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as Way

from evalplat.errors import Conflict, EvalplatError, Fault, InputRejected, Message
from evalplat.services.client_corrections import OF_CLIENT, OF_SERVICE, correct_client, get_facts
from evalplat.services.client_standing import (
    get_standing,
    lift_restriction,
    object_to_comparison,
    restrict_client,
    withdraw_objection,
)
from evalplat.services.copies import make_copy, write_json
from evalplat.services.municipalities import list_municipalities
from evalplat.services.requests import (
    CLIENT_LANGUAGES,
    EMPLOYMENTS,
    LIVING_SITUATIONS,
    SEXES,
    ClientDetails,
)
from evalplat.services.rights_requests import (
    answer_right,
    get_right_request,
    list_client_requests,
    list_requests,
    record_right_request,
)
from evalplat.vocabulary import LANGUAGES, RightsKind, Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.fields import read_date, read_whole
from evalplat.web.files import give_file
from evalplat.web.languages import today

bp = Blueprint("rights", __name__, url_prefix="/cases")

LONGEST = 3000
NOT_CORRECTED = Message("Nothing was corrected.")
ACTS = {
    "restrict": restrict_client,
    "lift": lift_restriction,
    "object": object_to_comparison,
    "withdraw": withdraw_objection,
}
CHOICES = {
    "sex": SEXES,
    "language": CLIENT_LANGUAGES,
    "living_situation": LIVING_SITUATIONS,
    "employment": EMPLOYMENTS,
}


@bp.get("/requests")
@staff(Role.CASE_WORKER)
def show_requests() -> str:
    """What own clients ask about their data: open requests first, the one that was promised first on top."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_requests(database, who, on=today(), at=now())
    return render_template(
        "caseload/rights_requests.html",
        waiting=[one for one in found if one.answered_at is None],
        answered=[one for one in found if one.answered_at is not None],
        saved="saved" in request.args,
    )


@bp.route("/requests/<request_id>", methods=["GET", "POST"])
@staff(Role.CASE_WORKER)
@keeps_input
def answer(request_id: str) -> Page:
    """One request: what can be done about it, and a place to note what was done; the client can read it."""
    wiring, who = current_wiring(), actor()
    values = {name: request.form.get(name, "")[:LONGEST] for name in ("outcome", "answer")}
    error: InputRejected | Conflict | None = None
    if is_sent():
        try:
            with wiring.transaction(who) as database:
                answer_right(database, who, request_id=request_id, **values, at=now())
            return send_to("rights.show_requests", saved=1)
        except (InputRejected, Conflict) as refused:
            error = refused
    with wiring.reading(who) as database:
        asked = get_right_request(database, who, request_id=request_id, on=today())
    page = render_template(
        "caseload/rights_request.html", asked=asked, values=values, error=error, wrong=_wrong(error)
    )
    return _with_status(page, error)


@bp.route("/<client_id>/rights", methods=["GET", "POST"])
@staff(Role.CASE_WORKER)
@keeps_input
def show_client(client_id: str) -> Page:
    """How the use of a client's data stands, what the client asked, and the acts that change it."""
    wiring, who = current_wiring(), actor()
    names = ("part", "reason", "kind", "message", "asked_on")
    values = {name: request.form.get(name, "").strip()[:LONGEST] for name in names}
    values["asked_on"] = values["asked_on"] or today().isoformat()
    error: InputRejected | Conflict | None = None
    if is_sent():
        try:
            return _act(client_id, values)
        except (InputRejected, Conflict) as refused:
            error = refused
    with wiring.reading(who) as database:
        standing = get_standing(database, who, client_id=client_id)
        asked = list_client_requests(database, who, client_id=client_id, on=today())
    page = render_template(
        "caseload/rights.html", standing=standing, asked=asked, values=values, error=error,
        wrong=_wrong(error), kinds=RightsKind, done=request.args.get("done", "")[:12],
    )  # fmt: skip
    return _with_status(page, error)


def _act(client_id: str, values: dict[str, str]) -> Way:
    wiring, who, part = current_wiring(), actor(), values["part"]
    if part == "request":
        faults: list[Fault] = []
        asked_on = read_date(values["asked_on"], "asked_on", faults)
        with wiring.transaction(who) as database:
            record_right_request(
                database, who, client_id=client_id, kind=values["kind"], on=today(), at=now(),
                message=values["message"], asked_on=asked_on,
            )  # fmt: skip
    elif part in ACTS:
        with wiring.transaction(who) as database:
            ACTS[part](
                database, wiring.catalogue, who, client_id=client_id, reason=values["reason"],
                at=now(),
            )  # fmt: skip
    else:
        raise InputRejected(Message("Nothing was changed."))
    return send_to("rights.show_client", client_id=client_id, done=part)


@bp.post("/<client_id>/copy")
@staff(Role.CASE_WORKER)
def post_copy(client_id: str) -> Response:
    """The client's own copy as a file or on paper: made now, handed over, kept nowhere."""
    from evalplat.reports.copy_pdf import write_copy

    wishes = (request.form.get("language", ""), "fi")
    language = next(wish for wish in wishes if wish in LANGUAGES)
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        copy = make_copy(
            database, wiring.catalogue, who, client_id=client_id, language=language, at=now()
        )
    if request.form.get("form") == "pdf":
        return give_file(write_copy(copy, language), "application/pdf", "copy", "pdf")
    return give_file(write_json(copy), "application/json", "copy", "json")


@bp.route("/<client_id>/facts", methods=["GET", "POST"])
@staff(Role.CASE_WORKER)
@keeps_input
def correct(client_id: str) -> Page:
    """What is known about a client, to correct; the earlier value is kept, with the reason."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        known = get_facts(database, who, client_id=client_id)
        municipalities = list_municipalities(database, who)
    values: dict[str, Any] = {**known.facts, "reason": "", "base": str(known.revision)}
    if request.method == "POST":
        values |= {n: request.form[n][:LONGEST] for n in values if n in request.form}
    values["services"] = request.form.getlist("services")
    error: InputRejected | Conflict | None = None
    if is_sent():
        try:
            _correct(client_id, values)
            return send_to("rights.correct", client_id=client_id, saved=1)
        except (InputRejected, Conflict) as refused:
            error = refused
    page = render_template(
        "caseload/facts.html", known=known, values=values, error=error, wrong=_wrong(error),
        municipalities=municipalities, choices=CHOICES, facts=OF_CLIENT, of_service=OF_SERVICE,
        places={m.code: m.name for m in municipalities}, saved="saved" in request.args,
    )  # fmt: skip
    return _with_status(page, error)


def _correct(client_id: str, values: dict[str, Any]) -> None:
    faults: list[Fault] = []
    year = read_whole(values["birth_year"], "birth_year", faults, low=1900, high=2100)
    if year is None:
        raise InputRejected(NOT_CORRECTED, faults)
    base = values["base"]
    details = ClientDetails(
        name=values["name"], birth_year=year,
        **{name: values[name] for name in CHOICES},
    )  # fmt: skip
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        correct_client(
            database, wiring.catalogue, who, client_id=client_id, details=details,
            municipality=values["municipality"], in_services=values["services"],
            reason=values["reason"], at=now(),
            base_revision=int(base) if base.isascii() and base.isdecimal() else -1,
        )  # fmt: skip


def _wrong(error: EvalplatError | None) -> dict[str, Fault]:
    return {fault.where: fault for fault in error.faults} if error else {}


def _with_status(page: str, error: EvalplatError | None) -> Page:
    if error is None:
        return page
    return page, 409 if isinstance(error, Conflict) else 422
