"""The county's page on lasting change: improvement at the end, at follow-up, and who stays improved."""

from flask import Blueprint, render_template

from evalplat.errors import InputRejected
from evalplat.reports.sustained_picture import build_sustained, draw_sustained
from evalplat.reports.sustained_tables import (
    changes_table,
    conclude_sustained,
    sustained_csv,
    sustained_json,
    sustained_table,
    window_notes,
)
from evalplat.services.sustained import analyse_lasting
from evalplat.statistics.over_time.sustained_results import SustainedResult
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.comparison_words import list_exclusions
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_files import ResultFile, offer_files, picture_files, table_file
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
        files=list_files(), **shared,
    )  # fmt: skip


def _name(found: SustainedResult) -> str:
    return f"{found.instrument}-{found.scale}-lasting"


list_files = offer_files(
    bp,
    lambda: load_sustained(read_form(load_scales())),
    _name,
    (
        table_file("csv", "table.csv", sustained_table),
        ResultFile("data", "data.csv", sustained_csv),
        ResultFile("json", "data.json", sustained_json),
        *picture_files("picture", "picture", build_sustained),
    ),
)
