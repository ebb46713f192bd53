"""The county's page on outcomes: who is covered, whose change is more than chance, who reached their goals."""

from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.reports.agreement_records import write_csv as write_records
from evalplat.reports.change_bars import draw_change_bars
from evalplat.reports.outcome_records import change_records
from evalplat.reports.outcome_tables import (
    change_table,
    flow_table,
    goal_table,
    sensitivity_table,
    table_csv,
)
from evalplat.services.outcomes import Outcomes, describe_outcomes
from evalplat.services.views import ComparableScale
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_pictures import draw_both
from evalplat.web.county_query import (
    Form,
    build_query,
    load_scales,
    read_form,
    scale_title,
    share_choices,
    title_of,
)
from evalplat.web.county_tables import shorten
from evalplat.web.files import give_file, same_query
from evalplat.web.languages import reader

bp = Blueprint("county_outcomes", __name__, url_prefix="/county/outcomes")

FILES = ("coverage", "change", "goals", "data", "picture")


def load_outcomes(form: Form) -> Outcomes:
    """The one result that everything of this request shows."""
    wiring, who, query = current_wiring(), actor(), build_query(form)
    with wiring.reading(who) as database:
        return describe_outcomes(database, wiring.catalogue, who, query, at=now())


@bp.get("")
@staff(*COUNTY_READERS)
def show_outcomes() -> str | tuple[str, int]:
    """The choices, coverage first, then shares of change with their picture, then goals."""
    scales = load_scales()
    form = read_form(scales)
    shared = {**share_choices(form, scales), "adjustable": False}
    if not scales:
        return render_template("county/outcomes.html", found=None, error=None, **shared)
    try:
        found = load_outcomes(form)
    except InputRejected as rejected:
        return render_template("county/outcomes.html", found=None, error=rejected, **shared), 422
    language = reader()
    usual = found.shares[0]
    change, said = change_table(usual, language), set[str]()
    return render_template(
        "county/outcomes.html",
        found=found,
        error=None,
        title=title_of(scales, form.scale),
        coverage=shorten(flow_table(found.flow, language), language, said),
        change=shorten(change, language, said) if usual.status == "ok" else change,
        picture=draw_both(lambda narrow: draw_change_bars(usual, language, narrow=narrow))
        if usual.status == "ok"
        else "",
        sensitivity=shorten(sensitivity_table(found.shares, language), language, said)
        if len(found.shares) > 1
        else None,
        goals=shorten(goal_table(found.goals, language), language, said),
        judged=_list_judged(scales, found),
        files={kind: same_query(f"county_outcomes.write_{kind}") for kind in FILES},
        **shared,
    )


def _list_judged(scales: tuple[ComparableScale, ...], found: Outcomes) -> list[tuple[str, str]]:
    """(title, address) of the same instrument's scales on which change can be judged, where this one's cannot."""
    own = [scale for scale in scales if scale.instrument == found.instrument]
    if any(scale.scale == found.scale and scale.knows_change for scale in own):
        return []
    here = url_for("county_outcomes.show_outcomes")
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != "scale"]
    return [
        (
            scale_title(scale),
            f"{here}?{urlencode([*rest, ('scale', f'{scale.instrument}/{scale.scale}')])}",
        )
        for scale in own
        if scale.knows_change
    ]


def _name(found: Outcomes) -> str:
    return f"{found.instrument}-{found.scale}"


def _load() -> Outcomes:
    return load_outcomes(read_form(load_scales()))


@bp.get("/coverage.csv")
@staff(*COUNTY_READERS)
def write_coverage() -> Response:
    """Who started, was measured and can be compared, as the reader's spreadsheet program opens it."""
    found = _load()
    text = "\ufeff" + table_csv(flow_table(found.flow, reader()))
    return give_file(text, "text/csv", _name(found), "coverage.csv")


@bp.get("/change.csv")
@staff(*COUNTY_READERS)
def write_change() -> Response:
    """Shares of reliable change, as the reader's spreadsheet program opens them."""
    found = _load()
    text = "\ufeff" + table_csv(change_table(found.shares[0], reader()))
    return give_file(text, "text/csv", _name(found), "change.csv")


@bp.get("/goals.csv")
@staff(*COUNTY_READERS)
def write_goals() -> Response:
    """Goals attained, as the reader's spreadsheet program opens them."""
    found = _load()
    text = "\ufeff" + table_csv(goal_table(found.goals, reader()))
    return give_file(text, "text/csv", _name(found), "goals.csv")


@bp.get("/data.csv")
@staff(*COUNTY_READERS)
def write_data() -> Response:
    """Shares of change for a program: unrounded, every method, stable column names."""
    found = _load()
    return give_file(
        write_records(change_records(found.shares)), "text/csv", _name(found), "data.csv"
    )


@bp.get("/picture.svg")
@staff(*COUNTY_READERS)
def write_picture() -> Response:
    """The bars of change by themselves."""
    found = _load()
    content = draw_change_bars(found.shares[0], reader())
    return give_file(content, "image/svg+xml", _name(found), "change.svg")
