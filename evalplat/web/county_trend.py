"""The county's page on the trend over quarters: has the county's, or a provider's, improvement drifted?"""

from flask import Blueprint, render_template
from markupsafe import Markup
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.reports.agreement_records import write_csv as write_records
from evalplat.reports.agreement_tables import table_csv
from evalplat.reports.trend_picture import draw_trend
from evalplat.reports.trend_tables import (
    providers_trend_table,
    series_table,
    trend_records,
    trend_sentences,
)
from evalplat.services.trends import analyse_trend
from evalplat.statistics.over_time.trend_results import Series, Trend
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

bp = Blueprint("county_trend", __name__, url_prefix="/county/trend")

MOST_PICTURES = 12
LEAST_QUARTERS = 3


def load_trend(form: Form) -> Trend:
    """The one result that everything of this request shows."""
    wiring, who, query = current_wiring(), actor(), build_query(form)
    with wiring.reading(who) as database:
        return analyse_trend(database, wiring.catalogue, who, query, at=now())


@bp.get("")
@staff(*COUNTY_READERS)
def show_trend() -> str | tuple[str, int]:
    """The choices, the county's trend as picture and table, and the providers'."""
    scales = load_scales()
    form = read_form(scales)
    shared = share_choices(form, scales)
    if not scales:
        return render_template("county/trend.html", found=None, error=None, **shared)
    try:
        found = load_trend(form)
    except InputRejected as rejected:
        return render_template("county/trend.html", found=None, error=rejected, **shared), 422
    language, title = reader(), title_of(scales, form.scale)
    drawn = choose_drawn(found)
    return render_template(
        "county/trend.html", found=found, error=None, title=title,
        sentences=trend_sentences(found, language),
        picture=draw_both(lambda narrow: draw_trend(found, found.county, language, title=title, narrow=narrow)),
        county=series_table(found, found.county, language),
        providers=shorten(providers_trend_table(found, language), language),
        pictures=[(one.provider, _draw_small(found, one, language, title)) for one in drawn],
        undrawn=len(found.providers) > len(drawn),
        exclusions=list_exclusions(found.exclusions, language),
        files={kind: same_query(f"county_trend.write_{kind}") for kind in ("csv", "data", "picture")}, **shared,
    )  # fmt: skip


def choose_drawn(found: Trend) -> list[Series]:
    """The providers with a picture of their own: those with three quarters or more, worth a look first, at most 12."""
    known = [
        one
        for one in found.providers
        if sum(point.improvement is not None for point in one.points) >= LEAST_QUARTERS
    ]
    known.sort(key=lambda one: (not one.signals, one.provider))
    return known[:MOST_PICTURES]


def _draw_small(found: Trend, series: Series, language: str, title: str) -> Markup:
    return Markup(draw_trend(found, series, language, title=title, narrow=True).decode())


def _name(found: Trend) -> str:
    return f"{found.instrument}-{found.scale}-trend"


@bp.get("/table.csv")
@staff(*COUNTY_READERS)
def write_csv() -> Response:
    """The providers by quarter, as the reader's spreadsheet program opens it."""
    found = load_trend(read_form(load_scales()))
    table = providers_trend_table(found, reader())
    return give_file("\ufeff" + table_csv(table), "text/csv", _name(found), "csv")


@bp.get("/data.csv")
@staff(*COUNTY_READERS)
def write_data() -> Response:
    """The same result for a program: one row per provider and quarter, with the moving average."""
    found = load_trend(read_form(load_scales()))
    return give_file(write_records(trend_records(found)), "text/csv", _name(found), "data.csv")


@bp.get("/picture.svg")
@staff(*COUNTY_READERS)
def write_picture() -> Response:
    """The picture of the county's trend, by itself."""
    scales = load_scales()
    form = read_form(scales)
    found = load_trend(form)
    content = draw_trend(found, found.county, reader(), title=title_of(scales, form.scale))
    return give_file(content, "image/svg+xml", _name(found), "svg")
