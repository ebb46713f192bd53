"""The county's comparison of providers: one query, one result, shown as a page, a CSV file, a PDF and two pictures.

Every address of this module with the same query string gives the same figures: each builds the same query, asks the
same service once, and takes its texts from the same table.
"""

from flask import Blueprint, render_template

from evalplat.errors import InputRejected
from evalplat.reports.caterpillar import build_caterpillar, draw_caterpillar
from evalplat.reports.funnel import build_funnel, draw_funnel
from evalplat.reports.tables import comparison_csv, comparison_json, comparison_table
from evalplat.services.client_standing import count_left_out
from evalplat.services.comparisons import compare_providers
from evalplat.statistics.results import ProviderComparison
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.comparison_words import describe
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_files import ResultFile, offer_files, picture_files, table_file
from evalplat.web.county_model import build_model, read_model_form
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
from evalplat.web.languages import reader

bp = Blueprint("comparisons", __name__, url_prefix="/county/comparison")


def load_comparison(form: Form) -> ProviderComparison:
    """The one result that everything of this request shows."""
    wiring, who, query, model = current_wiring(), actor(), build_query(form), build_model()
    with wiring.reading(who) as database:
        return compare_providers(database, wiring.catalogue, who, query, at=now(), model=model)


@bp.get("")
@staff(*COUNTY_READERS)
def show_comparison() -> str | tuple[str, int]:
    """The choices, the coverage, the table, the funnel, the caterpillar and the notes."""
    scales = load_scales()
    form = read_form(scales)
    shared = {**share_choices(form, scales), "model": read_model_form()}
    if not scales:
        return render_template("county/comparison.html", comparison=None, error=None, **shared)
    try:
        comparison = load_comparison(form)
    except InputRejected as rejected:
        page = render_template("county/comparison.html", comparison=None, error=rejected, **shared)
        return page, 422
    language, title = reader(), title_of(scales, form.scale)
    table = comparison_table(comparison, language)
    words = describe(comparison, title, language, said=table.notes)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        at_own_wish = count_left_out(database, who)
    return render_template(
        "county/comparison.html", at_own_wish=at_own_wish, comparison=comparison, error=None, title=title,
        table=table,
        shown=any(row.improvement is not None for row in comparison.improvements),
        funnel=draw_both(lambda narrow: draw_funnel(comparison, language, title=title, narrow=narrow)),
        caterpillar=draw_both(lambda narrow: draw_caterpillar(comparison, language, title=title, narrow=narrow)),
        files=list_files(),
        **words, **shared,
    )  # fmt: skip


def _name(comparison: ProviderComparison) -> str:
    return f"{comparison.instrument}-{comparison.scale}"


def _write_pdf(comparison: ProviderComparison) -> bytes:
    from evalplat.reports.county_pdf import write_county_report

    name = f"{comparison.instrument}/{comparison.scale}"
    return write_county_report([comparison], reader(), titles={name: chosen_title()})


list_files = offer_files(
    bp,
    lambda: load_comparison(read_form(load_scales())),
    _name,
    (
        table_file("csv", "table.csv", comparison_table),
        ResultFile("data", "data.csv", comparison_csv),
        ResultFile("json", "data.json", comparison_json),
        ResultFile("pdf", "report.pdf", _write_pdf),
        *picture_files(
            "funnel",
            "funnel",
            lambda found, language: build_funnel(found, language, title=chosen_title()),
        ),
        *picture_files(
            "caterpillar",
            "caterpillar",
            lambda found, language: build_caterpillar(found, language, title=chosen_title()),
        ),
    ),
)
