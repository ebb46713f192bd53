"""The county's page with several scales side by side: one picture and one table, never one number alone."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.reports.agreement_records import write_csv as write_records
from evalplat.reports.agreement_tables import table_csv
from evalplat.reports.combination_tables import (
    combination_records,
    composite_table,
    frame_table,
    scales_table,
)
from evalplat.reports.scale_tiles import draw_scale_tiles
from evalplat.services.combinations import combine_scales
from evalplat.services.views import ComparableScale
from evalplat.statistics.scales.combination import Combination
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_pictures import draw_both
from evalplat.web.county_query import (
    Form,
    build_query,
    instrument_title,
    load_scales,
    own_title,
    read_form,
    scale_title,
    share_choices,
)
from evalplat.web.county_tables import shorten
from evalplat.web.files import give_file, same_query
from evalplat.web.languages import reader

bp = Blueprint("county_combination", __name__, url_prefix="/county/scales")


def read_beside(form: Form, scales: tuple[ComparableScale, ...]) -> tuple[str, ...]:
    """The scales beside the chosen one: those ticked, or the first with pairs of every other instrument."""
    if "beside" in request.args:
        return tuple(one[:80] for one in request.args.getlist("with"))
    found: dict[str, str] = {}
    for one in scales:
        if one.has_pairs and one.instrument != form.scale.partition("/")[0]:
            found.setdefault(one.instrument, f"{one.instrument}/{one.scale}")
    return tuple(found.values())


def load_combination(form: Form, scales: tuple[ComparableScale, ...]) -> Combination:
    """The one result that everything of this request shows."""
    wiring, who, query = current_wiring(), actor(), build_query(form)
    names = dict.fromkeys([form.scale, *read_beside(form, scales)])
    keys = []
    for name in names:
        instrument, _slash, scale = name.partition("/")
        keys.append((instrument, scale))
    with wiring.reading(who) as database:
        return combine_scales(
            database,
            wiring.catalogue,
            who,
            query,
            scales=keys,
            composite="composite" in request.args,
            at=now(),
        )


@bp.get("")
@staff(*COUNTY_READERS)
def show_combination() -> str | tuple[str, int]:
    """The choices, one tile a scale, the table of all scales, and a composite where it was asked for."""
    scales = load_scales()
    form = read_form(scales)
    titles = _titles(scales)
    beside = read_beside(form, scales)
    shared = {
        **share_choices(form, scales),
        "beside": _group_beside(form, scales, beside),
        "chosen_beside": beside,
        "beside_titles": [titles.get(name, name) for name in beside if name != form.scale],
        "composite": "composite" in request.args,
    }
    if not scales:
        return render_template("county/combination.html", found=None, error=None, **shared)
    try:
        found = load_combination(form, scales)
    except InputRejected as rejected:
        page = render_template("county/combination.html", found=None, error=rejected, **shared)
        return page, 422
    language = reader()
    composite = found.composite
    return render_template(
        "county/combination.html", found=found, error=None,
        measured=any(one.comparison.n_pairs for one in found.scales),
        picture=draw_both(lambda narrow: draw_scale_tiles(found, language, titles=titles, narrow=narrow)),
        table=shorten(scales_table(found, language, titles), language), frame=frame_table(found, language, titles),
        summary=composite_table(composite, language, titles) if composite else None,
        files={kind: same_query(f"county_combination.write_{kind}") for kind in ("csv", "data", "picture")}, **shared,
    )  # fmt: skip


def _group_beside(
    form: Form, scales: tuple[ComparableScale, ...], beside: tuple[str, ...]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """(instrument, its scales that can stand beside the chosen one), each scale as (name, title)."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in scales:
        name = f"{one.instrument}/{one.scale}"
        if name != form.scale and (one.has_pairs or name in beside):
            groups.setdefault(instrument_title(one), []).append((name, own_title(one)))
    return list(groups.items())


def _titles(scales: tuple[ComparableScale, ...]) -> dict[str, str]:
    return {f"{one.instrument}/{one.scale}": scale_title(one) for one in scales}


def _result() -> tuple[Combination, dict[str, str]]:
    scales = load_scales()
    return load_combination(read_form(scales), scales), _titles(scales)


@bp.get("/table.csv")
@staff(*COUNTY_READERS)
def write_csv() -> Response:
    """The table of all scales, as the reader's spreadsheet program opens it."""
    found, titles = _result()
    return give_file(
        "\ufeff" + table_csv(scales_table(found, reader(), titles)), "text/csv", "scales", "csv"
    )


@bp.get("/data.csv")
@staff(*COUNTY_READERS)
def write_data() -> Response:
    """The same result for a program: one row per scale and provider."""
    found, _titles_of_scales = _result()
    return give_file(write_records(combination_records(found)), "text/csv", "scales", "data.csv")


@bp.get("/picture.svg")
@staff(*COUNTY_READERS)
def write_picture() -> Response:
    """The picture of the same result, by itself."""
    found, titles = _result()
    return give_file(
        draw_scale_tiles(found, reader(), titles=titles), "image/svg+xml", "scales", "svg"
    )
