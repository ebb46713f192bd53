"""The case worker's desk: own clients, one client's page and plan, and a colleague's client with a written reason."""

from typing import Any

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as Way

from evalplat.errors import Conflict, EvalplatError, Fault, InputRejected, Message
from evalplat.services.caseload import (
    check_reason,
    find_client_of_colleague,
    get_client,
    list_caseload,
    set_client_language,
    set_identity_code,
    with_purpose,
)
from evalplat.services.client_plans import (
    RECORDS,
    PlanGoalRequest,
    export_plan,
    get_client_plan,
    plan_goal,
    record_plan,
)
from evalplat.services.contact_requests import list_requests_of_own_clients
from evalplat.services.requests import CLIENT_LANGUAGES
from evalplat.services.rights_requests import count_open_requests
from evalplat.vocabulary import Role
from evalplat.web import purposes
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.fields import read_page, read_whole
from evalplat.web.files import give_file
from evalplat.web.languages import today

bp = Blueprint("caseload", __name__, url_prefix="/cases")

LONGEST_SEARCH = 80
NOT_OPENED = Message("The client was not opened.")
ASK_WHOM = Message("Give the number of a voucher, or the name and the year of birth.")
GOAL_FIELDS = ("title", "own_words", "indicator", "replaces")
LONGEST = 12_000


@bp.route("", methods=["GET", "POST"])
@staff(Role.CASE_WORKER)
@keeps_input
def show_clients() -> str:
    """Own clients by name, with what is due. A name that is searched for is posted, so that no address holds it."""
    search = request.form.get("search", "").strip()[:LONGEST_SEARCH]
    only = request.values.getlist("show")[-1:] == [
        "waiting"
    ]  # a tab comes after what the form keeps
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_caseload(
            database, wiring.catalogue, who, on=today(), search=search,
            page=read_page(request.values.get("page", "")), waiting=only,
        )  # fmt: skip
        asked = list_requests_of_own_clients(database, who, on=today(), at=now())
        waiting = count_open_requests(database, who)
    return render_template(
        "caseload/clients.html", found=found, search=search, asked=asked, waiting=waiting, only=only
    )


@bp.get("/<client_id>")
@staff(Role.CASE_WORKER)
def show_client(client_id: str) -> str:
    """One client: the plan, vouchers, services, and what is due after the service too."""
    return _show_client(client_id)


def _show_client(client_id: str, error: InputRejected | None = None, typed: str = "") -> str:
    client = _load(client_id)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        plan = get_client_plan(database, who, client_id=client_id)
        asked = list_requests_of_own_clients(
            database, who, on=today(), at=now(), client_id=client_id
        )
    return render_template(
        "caseload/client.html",
        asked=asked,
        client=client,
        plan=plan,
        client_languages=CLIENT_LANGUAGES,
        changed="changed" in request.args,
        error=error,
        code=typed if error else client.code,
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )


@bp.post("/<client_id>/language")
@staff(Role.CASE_WORKER)
def post_language(client_id: str) -> Way:
    """The language in which the client's door begins."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        set_client_language(
            database, wiring.catalogue, who, client_id=client_id,
            language=request.form.get("language", ""),
            plain="plain" in request.form, at=now(),
        )  # fmt: skip
    return send_to("caseload.show_client", client_id=client_id, changed=1)


@bp.post("/<client_id>/code")
@staff(Role.CASE_WORKER)
def post_code(client_id: str) -> Page | Way:
    """The client's personal identity code; what cannot be stored comes back with its fault."""
    wiring, who, typed = current_wiring(), actor(), request.form.get("code", "")[:40]
    try:
        with wiring.transaction(who) as database:
            set_identity_code(database, who, client_id=client_id, code=typed, at=now())
    except InputRejected as rejected:
        return _show_client(client_id, rejected, typed), 422
    return send_to("caseload.show_client", client_id=client_id, changed=1)


@bp.route("/look", methods=["GET", "POST"])
@staff(Role.CASE_WORKER)
@keeps_input
def look() -> Page:
    """Open a colleague's client, to read, after saying why."""
    names = ("number", "name", "birth_year", "reason")
    values = {name: request.form.get(name, "").strip()[:600] for name in names}
    if not is_sent():
        return render_template("caseload/look.html", values=values, error=None, wrong={})
    try:
        return send_to("caseload.show_client", client_id=_look(values))
    except InputRejected as rejected:
        wrong = {fault.where: fault for fault in rejected.faults}
        return render_template(
            "caseload/look.html", values=values, error=rejected, wrong=wrong
        ), 422


def _look(values: dict[str, str]) -> str:
    faults: list[Fault] = []
    year = None
    if not values["number"]:
        year = read_whole(values["birth_year"], "birth_year", faults, low=1900, high=2100)
        if not values["name"]:
            faults.append(Fault("number", ASK_WHOM))
    try:
        reason = check_reason(values["reason"])
    except InputRejected as rejected:
        raise InputRejected(rejected.message, [*rejected.faults, *faults]) from None
    if faults:
        raise InputRejected(NOT_OPENED, faults)
    who = with_purpose(actor(), reason)
    wiring = current_wiring()
    with wiring.reading(who) as database:
        client_id, episodes = find_client_of_colleague(
            database, who, number=values["number"], name=values["name"], birth_year=year
        )
    purposes.keep(client_id, episodes, reason)
    return client_id


@bp.post("/look/end")
@staff(Role.CASE_WORKER)
def post_end() -> Way:
    """The look is over: the colleague's client is closed again."""
    purposes.forget()
    return send_to("caseload.show_clients")


@bp.route("/<client_id>/plan", methods=["GET", "POST"])
@staff(Role.CASE_WORKER)
@keeps_input
def show_plan(client_id: str) -> Page:
    """The client's one plan: a goal is added, or the record beside the goals is written anew."""
    client = _load(client_id)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        plan = get_client_plan(database, who, client_id=client_id)
    stored = {name: "\n".join(getattr(plan, name)) for name in RECORDS}
    values: dict[str, str] = {**stored, "summary": plan.summary, "base": str(plan.revision)}
    names = (*GOAL_FIELDS, *RECORDS, "summary", "base")
    if request.method == "POST":
        values |= {name: request.form[name][:LONGEST] for name in names if name in request.form}
    error: EvalplatError | None = None
    if is_sent():
        try:
            done = _write(client_id, values)
        except (InputRejected, Conflict) as refused:
            error = refused
        else:
            return send_to("caseload.show_plan", client_id=client_id, saved=done)
    page = render_template(
        "caseload/plan.html", client=client, plan=plan, values=values, records=RECORDS,
        error=error, wrong={fault.where: fault for fault in error.faults} if error else {},
        saved=request.args.get("saved", ""),
    )  # fmt: skip
    if error is None:
        return page
    return page, 409 if isinstance(error, Conflict) else 422


def _write(client_id: str, values: dict[str, Any]) -> str:
    wiring, who = current_wiring(), actor()
    if request.form.get("part") == "record":
        base = values["base"]
        with wiring.transaction(who) as database:
            record_plan(
                database, who, client_id=client_id, summary=values["summary"],
                base_revision=int(base) if base.isascii() and base.isdecimal() else -1,
                at=now(), **{name: values[name].splitlines() for name in RECORDS},
            )  # fmt: skip
        return "record"
    goal = PlanGoalRequest(
        title=values.get("title", ""), own_words=values.get("own_words", ""),
        indicator=values.get("indicator", ""), replaces=values.get("replaces") or None,
    )  # fmt: skip
    with wiring.transaction(who) as database:
        plan_goal(database, who, client_id=client_id, goal=goal, at=now())
    return "goal"


@bp.get("/<client_id>/plan.csv")
@staff(Role.CASE_WORKER)
def write_plan(client_id: str) -> Response:
    """The plan for another system, AVAIN for one."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        plan = get_client_plan(database, who, client_id=client_id)
    return give_file("\ufeff" + export_plan(plan), "text/csv", "plan", "csv")


def _load(client_id: str) -> Any:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return get_client(database, wiring.catalogue, who, client_id=client_id, on=today())
