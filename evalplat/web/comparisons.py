"""The county's comparison of providers: one query, one result, shown as a page, a CSV file, a PDF and two pictures.

Every address of this module with the same query string gives the same figures: each builds the same query, asks the
same service once, and takes its texts from the same table.
"""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.reports.caterpillar import draw_caterpillar
from evalplat.reports.funnel import draw_funnel
from evalplat.reports.tables import comparison_csv, comparison_table
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
from evalplat.web.languages import reader, today

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
    return render_template(
        "county/comparison.html", comparison=comparison, error=None, title=title,
        table=table,
        shown=any(row.improvement is not None for row in comparison.improvements),
        funnel=draw_both(lambda narrow: draw_funnel(comparison, language, title=title, narrow=narrow)),
        caterpillar=draw_both(lambda narrow: draw_caterpillar(comparison, language, title=title, narrow=narrow)),
        files={kind: file_address(kind) for kind in ("csv", "data", "pdf", "funnel", "caterpillar")},
        **words, **shared,
    )  # fmt: skip


def file_address(kind: str) -> str:
    """The address of the same result as a file: the same query string, another ending."""
    query = request.query_string.decode("ascii", "ignore")
    return url_for(f"comparisons.write_{kind}") + (f"?{query}" if query else "")


def _result() -> tuple[ProviderComparison, str]:
    scales = load_scales()
    form = read_form(scales)
    return load_comparison(form), title_of(scales, form.scale)


def _file(content: bytes | str, kind: str, ending: str, comparison: ProviderComparison) -> Response:
    name = f"{comparison.instrument}-{comparison.scale}-{today().isoformat()}.{ending}"
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.get("/table.csv")
@staff(*COUNTY_READERS)
def write_csv() -> Response:
    """The table of the page, as the reader's spreadsheet program opens it."""
    comparison, _title = _result()
    text = "\ufeff" + comparison_csv(comparison, reader())
    return _file(text, "text/csv", "csv", comparison)


@bp.get("/data.csv")
@staff(*COUNTY_READERS)
def write_data() -> Response:
    """The same result for a program: unrounded, decimal points, stable column names."""
    comparison, _title = _result()
    return _file(comparison_csv(comparison), "text/csv", "data.csv", comparison)


@bp.get("/report.pdf")
@staff(*COUNTY_READERS)
def write_pdf() -> Response:
    """The same result on paper."""
    from evalplat.reports.county_pdf import write_county_report

    comparison, title = _result()
    content = write_county_report(
        [comparison], reader(), titles={f"{comparison.instrument}/{comparison.scale}": title}
    )
    return _file(content, "application/pdf", "pdf", comparison)


@bp.get("/funnel.svg")
@staff(*COUNTY_READERS)
def write_funnel() -> Response:
    """The funnel of the same result, as a picture of its own."""
    comparison, title = _result()
    return _file(
        draw_funnel(comparison, reader(), title=title), "image/svg+xml", "funnel.svg", comparison
    )


@bp.get("/caterpillar.svg")
@staff(*COUNTY_READERS)
def write_caterpillar() -> Response:
    """The caterpillar of the same result, as a picture of its own."""
    comparison, title = _result()
    content = draw_caterpillar(comparison, reader(), title=title)
    return _file(content, "image/svg+xml", "caterpillar.svg", comparison)
