"""The county's page on outcomes: who is covered, whose change is more than chance, who reached their goals."""

from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for

from evalplat.errors import InputRejected
from evalplat.reports.change_bars import build_change_bars, draw_change_bars
from evalplat.reports.outcome_records import change_records, flow_records, goal_records
from evalplat.reports.outcome_tables import (
    change_table,
    flow_table,
    goal_table,
    sensitivity_table,
)
from evalplat.reports.records import records_csv, write_json
from evalplat.services.outcomes import Outcomes, describe_outcomes
from evalplat.services.views import ComparableScale
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_files import ResultFile, offer_files, picture_files, table_file
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
from evalplat.web.languages import reader

bp = Blueprint("county_outcomes", __name__, url_prefix="/county/outcomes")


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
        files=list_files(),
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


def _write_json(found: Outcomes) -> str:
    return write_json(
        {
            "flow": flow_records(found.flow),
            "shares": change_records(found.shares),
            "goals": goal_records(found.goals),
        }
    )


list_files = offer_files(
    bp,
    lambda: load_outcomes(read_form(load_scales())),
    _name,
    (
        table_file(
            "coverage", "coverage.csv", lambda found, language: flow_table(found.flow, language)
        ),
        table_file(
            "change", "change.csv", lambda found, language: change_table(found.shares[0], language)
        ),
        table_file("goals", "goals.csv", lambda found, language: goal_table(found.goals, language)),
        ResultFile("data", "data.csv", lambda found: records_csv(change_records(found.shares))),
        ResultFile("json", "data.json", _write_json),
        *picture_files(
            "picture",
            "picture",
            lambda found, language: build_change_bars(found.shares[0], language),
        ),
    ),
)
