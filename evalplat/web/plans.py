"""Measurement plans: what is measured when, by whom; a change is a new version, and open episodes keep theirs."""

from dataclasses import dataclass, field

from flask import Blueprint, Response, render_template, request

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.plan_files import write_plan
from evalplat.services.plans import LONGEST_WINDOW, add_plan, get_plan, list_plans
from evalplat.services.requests import PlanRow
from evalplat.services.views import PlanView
from evalplat.vocabulary import LANGUAGES, Anchor, MeasurementPoint, Mode, Respondent, Role
from evalplat.web.access import COUNTY_READERS, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, send_to
from evalplat.web.fields import read_whole
from evalplat.web.languages import reader

bp = Blueprint("plans", __name__, url_prefix="/county/plans")

MOST_ROWS = 60
NOT_SAVED = Message("The measurement plan was not saved.")
ANCHORS = {
    Anchor.POINT: Message("the point’s own day"),
    Anchor.START: Message("the opening"),
    Anchor.END: Message("the end of the service"),
    Anchor.LAST_SESSION: Message("the last meeting"),
}
WORDS = ("instrument", "point", "respondent", "mode", "anchor")
DAYS = ("offset_days", "before_days", "after_days")
EMPTY = {
    "instrument": "", "point": "baseline", "respondent": "client", "mode": "self", "anchor": "point",
    "offset_days": "0", "before_days": "14", "after_days": "14",
}  # fmt: skip


@dataclass
class Form:
    """What the page shows: the plan's key and titles, and its rows as typed."""

    key: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)


@bp.get("")
@staff(*COUNTY_READERS)
def show_plans() -> str:
    """Every plan's latest version."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        plans = list_plans(database, wiring.catalogue, who)
    return render_template(
        "administration/plans.html", plans=plans, catalogue=wiring.catalogue, anchors=ANCHORS,
        saved=request.args.get("saved", "")[:60],
    )  # fmt: skip


@bp.get("/<key>.toml")
@staff(*COUNTY_READERS)
def write_file(key: str) -> Response:
    """A plan as a file, which `evalplat plans add` takes elsewhere."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        plan = get_plan(database, wiring.catalogue, who, key)
    return Response(
        write_plan(plan), mimetype="application/toml",
        headers={"Content-Disposition": f'attachment; filename="{plan.key}-{plan.version}.toml"'},
    )  # fmt: skip


@bp.route("/edit", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def edit() -> Page:
    """A new plan, or the next version of the plan that the address names."""
    of = request.values.get("of", "")[:60]
    known = _load(of) if of else None
    if request.method == "GET":
        return _show(of, _begin(known))
    form = _read(of)
    if not is_sent():
        return _show(of, form)
    if "add" in request.form:
        form.rows = [*form.rows, dict(EMPTY)][:MOST_ROWS]
        return _show(of, form, new_row=len(form.rows))
    try:
        saved = _save(form)
    except InputRejected as rejected:
        return _show(of, form, rejected)
    return send_to("plans.show_plans", saved=saved.key)


def _load(key: str) -> PlanView:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return get_plan(database, wiring.catalogue, who, key)


def _begin(plan: PlanView | None) -> Form:
    if plan is None:
        return Form(rows=[dict(EMPTY)])
    rows = [
        {name: str(getattr(row, name)) for name in (*WORDS, *DAYS)} for row in plan.rows
    ]  # fmt: skip
    return Form(plan.key, dict(plan.titles), rows)


def _read(of: str) -> Form:
    """The form as it was sent; rows without an instrument stay while the page is shown again."""
    sent = request.form
    count = min(int(sent.get("rows", "0")) if sent.get("rows", "0").isdecimal() else 0, MOST_ROWS)
    rows = [
        {name: sent.get(f"{name}-{place}", EMPTY[name])[:60].strip() for name in EMPTY}
        for place in range(1, count + 1)
    ]
    titles = {code: sent.get(f"title-{code}", "")[:200].strip() for code in LANGUAGES}
    return Form(of or sent.get("key", "")[:60].strip(), titles, rows)


def _save(form: Form) -> PlanView:
    faults: list[Fault] = []
    places, rows = [], []
    for place, typed in enumerate(form.rows, start=1):
        if not typed["instrument"]:
            continue
        row = _read_row(typed, place, faults)
        if row is not None:
            places.append(place)
            rows.append(row)
    if not form.key:
        faults.append(Fault("key", Message("Give the plan a short name.")))
    wiring, who = current_wiring(), actor()
    titles = {code: title for code, title in form.titles.items() if title}
    if faults:
        raise InputRejected(NOT_SAVED, faults)
    try:
        with wiring.transaction(who) as database:
            return add_plan(database, wiring.catalogue, who, key=form.key, titles=titles, rows=rows)
    except InputRejected as rejected:
        raise InputRejected(
            rejected.message, [Fault(_place(fault.where, places), fault.message) for fault in rejected.faults]
        ) from rejected  # fmt: skip


def _place(where: str, places: list[int]) -> str:
    """The field of a fault: a plan's rows are counted without those that the form leaves out."""
    head, _, number = where.partition(" ")
    if head == "row" and number.isdecimal():
        return f"instrument-{places[int(number) - 1]}"
    return {"titles": "title-fi", "rows": "instrument-1"}.get(where, where)


def _read_row(typed: dict[str, str], place: int, faults: list[Fault]) -> PlanRow | None:
    low = {"offset_days": -LONGEST_WINDOW}
    days = {
        name: read_whole(typed[name], f"{name}-{place}", faults, low=low.get(name, 0), high=LONGEST_WINDOW)
        for name in DAYS
    }  # fmt: skip
    try:
        point, respondent = MeasurementPoint(typed["point"]), Respondent(typed["respondent"])
        mode, anchor = Mode(typed["mode"]), Anchor(typed["anchor"])
    except ValueError:
        faults.append(Fault(f"instrument-{place}", Message("Choose from the lists.")))
        return None
    offset, before, after = (days[name] for name in DAYS)
    if offset is None or before is None or after is None:
        return None
    return PlanRow(typed["instrument"], point, respondent, mode, offset, before, after, anchor)


def _show(of: str, form: Form, error: InputRejected | None = None, new_row: int = 0) -> Page:
    wiring = current_wiring()
    planned = [
        (one.key, one.text(reader()).title)
        for one in wiring.catalogue.latest()
        if not (one.anonymous or one.kind == "record" or one.is_open)
        and not wiring.catalogue.is_retired(one.key)
    ]
    fields = [f"{name}-{place}" for place in range(1, len(form.rows) + 1) for name in EMPTY]
    page = render_template(
        "administration/plan_form.html", of=of, form=form, error=error, instruments=planned,
        points=list(MeasurementPoint), respondents=list(Respondent),
        modes=list(Mode), anchors=ANCHORS, new_row=new_row, full=len(form.rows) >= MOST_ROWS,
        places={name: name for name in ("key", *(f"title-{code}" for code in LANGUAGES), *fields)},
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page
