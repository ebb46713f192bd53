"""The county's page on missing end measurements: what they may hide, every way of counting the lost side by side."""

from flask import Blueprint, render_template

from evalplat.errors import InputRejected
from evalplat.reports.attrition_picture import build_attrition, draw_attrition
from evalplat.reports.attrition_tables import (
    attrition_csv,
    attrition_json,
    contrasts_table,
    methods_table,
    providers_table,
)
from evalplat.reports.attrition_words import say_overall, say_providers, say_what_if
from evalplat.services.attrition import analyse_lost
from evalplat.statistics.missing.attrition_results import AttritionResult
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
from evalplat.web.county_tables import keep_known, shorten
from evalplat.web.languages import reader, say
from evalplat.web.words import BY_NAME, COVARIATES

bp = Blueprint("county_attrition", __name__, url_prefix="/county/attrition")


def load_attrition(form: Form) -> AttritionResult:
    """The one result that everything of this request shows."""
    wiring, who, query = current_wiring(), actor(), build_query(form)
    with wiring.reading(who) as database:
        return analyse_lost(database, wiring.catalogue, who, query, at=now())


@bp.get("")
@staff(*COUNTY_READERS)
def show_attrition() -> str | tuple[str, int]:
    """The choices, the conclusions, the picture and three tables."""
    scales = load_scales()
    form = read_form(scales)
    shared = share_choices(form, scales)
    if not scales:
        return render_template("county/attrition.html", found=None, error=None, **shared)
    try:
        found = load_attrition(form)
    except InputRejected as rejected:
        return render_template("county/attrition.html", found=None, error=rejected, **shared), 422
    language = reader()
    return render_template(
        "county/attrition.html", found=found, error=None, title=title_of(scales, form.scale),
        overall=say_overall(found, language), what_if=say_what_if(found, language),
        about_providers=say_providers(found, language),
        picture=draw_both(lambda narrow: draw_attrition(found, language, narrow=narrow)),
        methods=keep_known(methods_table(found, language)), contrasts=contrasts_table(found, language, name_fact),
        providers=shorten(providers_table(found, language), language),
        exclusions=list_exclusions(found.exclusions, language),
        files=list_files(), **shared,
    )  # fmt: skip


def name_fact(name: str, level: str | None) -> str:
    """A fact from the start, and its level, in the reader's words."""
    words = say(COVARIATES[name]) if name in COVARIATES else name
    if level is None:
        return words
    known = BY_NAME.get(name, {})
    return f"{words}: {say(known[level]) if level in known else level}"


def _name(found: AttritionResult) -> str:
    return f"{found.instrument}-{found.scale}-lost"


list_files = offer_files(
    bp,
    lambda: load_attrition(read_form(load_scales())),
    _name,
    (
        table_file("csv", "table.csv", providers_table),
        ResultFile("data", "data.csv", attrition_csv),
        ResultFile("json", "data.json", attrition_json),
        *picture_files("picture", "picture", build_attrition),
    ),
)
