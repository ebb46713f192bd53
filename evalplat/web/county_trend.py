"""The county's page on the trend over quarters: has the county's, or a provider's, improvement drifted?"""

from flask import Blueprint, render_template
from markupsafe import Markup

from evalplat.errors import InputRejected
from evalplat.reports.records import records_csv, write_json
from evalplat.reports.trend_picture import build_trend, draw_trend
from evalplat.reports.trend_tables import (
    providers_trend_table,
    series_table,
    trend_content,
    trend_records,
    trend_sentences,
)
from evalplat.services.trends import analyse_trend
from evalplat.statistics.over_time.trend_results import Series, Trend
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.comparison_words import list_exclusions
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_files import ResultFile, offer_files, picture_files, table_file
from evalplat.web.county_pictures import draw_both
from evalplat.web.county_query import (
    Form,
    build_query,
    chosen_title,
    load_scales,
    read_form,
    share_choices,
    title_of,
)
from evalplat.web.county_tables import shorten
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
        files=list_files(), **shared,
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


list_files = offer_files(
    bp,
    lambda: load_trend(read_form(load_scales())),
    _name,
    (
        table_file("csv", "table.csv", providers_trend_table),
        ResultFile("data", "data.csv", lambda found: records_csv(trend_records(found))),
        ResultFile("json", "data.json", lambda found: write_json(trend_content(found))),
        *picture_files(
            "picture",
            "picture",
            lambda found, language: build_trend(
                found, found.county, language, title=chosen_title()
            ),
        ),
    ),
)
