"""A provider's own results beside what the county lets expect, as a page and on paper; no other provider is named."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.reports.position import draw_position
from evalplat.reports.provider_story import own_figures, tell_position
from evalplat.reports.words import find_provider
from evalplat.services.own_results import compare_own
from evalplat.statistics.results import ProviderComparison
from evalplat.web.access import PROVIDER_STAFF, staff
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
from evalplat.web.files import give_file, same_query
from evalplat.web.languages import reader

bp = Blueprint("own_results", __name__, url_prefix="/desk/results")


def _compare(form: Form) -> tuple[str, ProviderComparison]:
    wiring, who, query = current_wiring(), actor(), build_query(form)
    with wiring.reading(who) as database:
        return compare_own(database, wiring.catalogue, who, query, at=now())


@bp.get("")
@staff(*PROVIDER_STAFF)
def show_results() -> str | tuple[str, int]:
    """The own position on one scale, with how many of the own clients it rests on."""
    scales = load_scales()
    form = read_form(scales)
    shared = {
        **share_choices(form, scales),
        "adjustable": False,
        "title": title_of(scales, form.scale),
    }
    try:
        name, comparison = _compare(form)
    except InputRejected as rejected:
        page = render_template("desk/results.html", own=None, error=rejected, name="", **shared)
        return page, 422
    own = find_provider(comparison, name) if comparison.rows else None
    language = reader()
    words, figures, picture = [], [], None
    if own is not None:
        words = tell_position(comparison, own, language)
        figures = own_figures(comparison, own, language)
        if not own.withheld and own.improvement is not None:
            title = str(shared["title"])
            picture = draw_both(
                lambda narrow: draw_position(comparison, name, language, title=title, narrow=narrow)
            )
    return render_template(
        "desk/results.html", own=own, error=None, name=name, words=words, figures=figures,
        picture=picture, paper=same_query("own_results.write_pdf"),
        **shared,
    )  # fmt: skip


@bp.get("/report.pdf")
@staff(*PROVIDER_STAFF)
def write_pdf() -> Response:
    """The same result on paper."""
    from evalplat.reports.provider_pdf import write_provider_report

    scales = load_scales()
    form = read_form(scales)
    name, comparison = _compare(form)
    titles = {f"{comparison.instrument}/{comparison.scale}": title_of(scales, form.scale)}
    content = write_provider_report([comparison], name, reader(), titles=titles)
    name = f"own-{comparison.instrument}-{comparison.scale}"
    return give_file(content, "application/pdf", name, "pdf")
