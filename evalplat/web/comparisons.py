"""The county's comparison of providers: one query, one result, shown as a page, a CSV file, a PDF and two pictures.

Every address of this module with the same query string gives the same figures: each builds the same query, asks the
same service once, and takes its texts from the same table.
"""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.reports.caterpillar import draw_caterpillar
from evalplat.reports.funnel import draw_funnel
from evalplat.reports.tables import comparison_csv, comparison_table
from evalplat.services.client_standing import count_left_out
from evalplat.services.comparisons import compare_providers
from evalplat.statistics.results import ProviderComparison
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.comparison_words import describe
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_model import build_model, read_model_form
from evalplat.web.county_pictures import draw_both
from evalplat.web.county_query import (
    Form,
    build_query,
    load_scales,
    read_form,
    share_choices,
    title_of,
)
from evalplat.web.files import give_file, same_query
from evalplat.web.languages import reader

bp = Blueprint("comparisons", __name__, url_prefix="/county/comparison")


FILES = ("csv", "data", "pdf", "funnel", "caterpillar")


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
        files={kind: same_query(f"comparisons.write_{kind}") for kind in FILES},
        **words, **shared,
    )  # fmt: skip


def _name(comparison: ProviderComparison) -> str:
    return f"{comparison.instrument}-{comparison.scale}"


def _result() -> tuple[ProviderComparison, str]:
    scales = load_scales()
    form = read_form(scales)
    return load_comparison(form), title_of(scales, form.scale)


@bp.get("/table.csv")
@staff(*COUNTY_READERS)
def write_csv() -> Response:
    """The table of the page, as the reader's spreadsheet program opens it."""
    comparison, _title = _result()
    text = "\ufeff" + comparison_csv(comparison, reader())
    return give_file(text, "text/csv", _name(comparison), "csv")


@bp.get("/data.csv")
@staff(*COUNTY_READERS)
def write_data() -> Response:
    """The same result for a program: unrounded, decimal points, stable column names."""
    comparison, _title = _result()
    return give_file(comparison_csv(comparison), "text/csv", _name(comparison), "data.csv")


@bp.get("/report.pdf")
@staff(*COUNTY_READERS)
def write_pdf() -> Response:
    """The same result on paper."""
    from evalplat.reports.county_pdf import write_county_report

    comparison, title = _result()
    content = write_county_report(
        [comparison], reader(), titles={f"{comparison.instrument}/{comparison.scale}": title}
    )
    return give_file(content, "application/pdf", _name(comparison), "pdf")


@bp.get("/funnel.svg")
@staff(*COUNTY_READERS)
def write_funnel() -> Response:
    """The funnel of the same result, as a picture of its own."""
    comparison, title = _result()
    content = draw_funnel(comparison, reader(), title=title)
    return give_file(content, "image/svg+xml", _name(comparison), "funnel.svg")


@bp.get("/caterpillar.svg")
@staff(*COUNTY_READERS)
def write_caterpillar() -> Response:
    """The caterpillar of the same result, as a picture of its own."""
    comparison, title = _result()
    content = draw_caterpillar(comparison, reader(), title=title)
    return give_file(content, "image/svg+xml", _name(comparison), "caterpillar.svg")
