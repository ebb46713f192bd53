"""The county's page on lasting change: improvement at the end, at follow-up, and who stays improved."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.reports.sustained_picture import draw_sustained
from evalplat.reports.sustained_tables import (
    changes_table,
    conclude_sustained,
    sustained_csv,
    sustained_table,
    window_notes,
)
from evalplat.services.sustained import analyse_lasting
from evalplat.statistics.over_time.sustained_results import SustainedResult
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.comparison_words import list_exclusions
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_pictures import draw_both
from evalplat.web.county_query import (
    Form,
    build_query,
    load_scales,
    read_form,
    share_choices,
    title_of,
)
from evalplat.web.county_tables import shorten
from evalplat.web.files import give_file, same_query
from evalplat.web.languages import reader

bp = Blueprint("county_sustained", __name__, url_prefix="/county/sustained")


def load_sustained(form: Form) -> SustainedResult:
    """The one result that everything of this request shows."""
    wiring, who, query = current_wiring(), actor(), build_query(form)
    with wiring.reading(who) as database:
        return analyse_lasting(database, wiring.catalogue, who, query, at=now())


@bp.get("")
@staff(*COUNTY_READERS)
def show_sustained() -> str | tuple[str, int]:
    """The choices, the conclusions, the picture and both tables."""
    scales = load_scales()
    form = read_form(scales)
    shared = share_choices(form, scales)
    if not scales:
        return render_template("county/sustained.html", found=None, error=None, **shared)
    try:
        found = load_sustained(form)
    except InputRejected as rejected:
        return render_template("county/sustained.html", found=None, error=rejected, **shared), 422
    language = reader()
    return render_template(
        "county/sustained.html", found=found, error=None, title=title_of(scales, form.scale),
        conclusions=conclude_sustained(found, language), window=window_notes(found, language),
        picture=draw_both(lambda narrow: draw_sustained(found, language, narrow=narrow)),
        changes=changes_table(found, language),
        providers=shorten(sustained_table(found, language), language),
        exclusions=list_exclusions(found.exclusions, language),
        files={kind: same_query(f"county_sustained.write_{kind}") for kind in ("csv", "data", "picture")}, **shared,
    )  # fmt: skip


def _name(found: SustainedResult) -> str:
    return f"{found.instrument}-{found.scale}-lasting"


@bp.get("/table.csv")
@staff(*COUNTY_READERS)
def write_csv() -> Response:
    """The table of providers, as the reader's spreadsheet program opens it."""
    found = load_sustained(read_form(load_scales()))
    return give_file("\ufeff" + sustained_csv(found, reader()), "text/csv", _name(found), "csv")


@bp.get("/data.csv")
@staff(*COUNTY_READERS)
def write_data() -> Response:
    """The same result for a program: unrounded, decimal points, stable column names."""
    found = load_sustained(read_form(load_scales()))
    return give_file(sustained_csv(found), "text/csv", _name(found), "data.csv")


@bp.get("/picture.svg")
@staff(*COUNTY_READERS)
def write_picture() -> Response:
    """The picture of the same result, by itself."""
    found = load_sustained(read_form(load_scales()))
    return give_file(draw_sustained(found, reader()), "image/svg+xml", _name(found), "svg")
