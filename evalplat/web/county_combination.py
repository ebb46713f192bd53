"""The county's page with several scales side by side: one picture and one table, never one number alone."""

from flask import Blueprint, render_template, request

from evalplat.errors import InputRejected
from evalplat.reports.combination_tables import (
    combination_content,
    combination_records,
    composite_table,
    frame_table,
    scales_table,
)
from evalplat.reports.records import records_csv, write_json
from evalplat.reports.scale_tiles import build_scale_tiles, draw_scale_tiles
from evalplat.services.combinations import combine_scales
from evalplat.services.views import ComparableScale
from evalplat.statistics.scales.combination import Combination
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_files import ResultFile, offer_files, picture_files, table_file
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
        files=list_files(), **shared,
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


def _load() -> Combination:
    scales = load_scales()
    return load_combination(read_form(scales), scales)


list_files = offer_files(
    bp,
    _load,
    lambda _found: "scales",
    (
        table_file(
            "csv",
            "table.csv",
            lambda found, language: scales_table(found, language, _titles(load_scales())),
        ),
        ResultFile("data", "data.csv", lambda found: records_csv(combination_records(found))),
        ResultFile("json", "data.json", lambda found: write_json(combination_content(found))),
        *picture_files(
            "picture",
            "picture",
            lambda found, language: build_scale_tiles(
                found, language, titles=_titles(load_scales())
            ),
        ),
    ),
)
