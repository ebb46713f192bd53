"""The county's page on effect sizes: how large the change is, by which measure, per provider."""

from flask import Blueprint, render_template

from evalplat.errors import InputRejected
from evalplat.reports.effect_picture import build_effects, draw_effects
from evalplat.reports.effect_tables import (
    conclude_effects,
    effects_csv,
    effects_json,
    effects_table,
    explain_effects,
)
from evalplat.services.effects import analyse_effects
from evalplat.statistics.publishing.release_effects import ReleasedEffects
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

bp = Blueprint("county_effects", __name__, url_prefix="/county/effects")


def load_effects(form: Form) -> ReleasedEffects:
    """The one result that everything of this request shows."""
    wiring, who, query = current_wiring(), actor(), build_query(form)
    with wiring.reading(who) as database:
        return analyse_effects(database, wiring.catalogue, who, query, at=now())


@bp.get("")
@staff(*COUNTY_READERS)
def show_effects() -> str | tuple[str, int]:
    """The choices, the conclusions, the picture, the table, and what each figure is."""
    scales = load_scales()
    form = read_form(scales)
    shared = share_choices(form, scales)
    if not scales:
        return render_template("county/effects.html", found=None, error=None, **shared)
    try:
        found = load_effects(form)
    except InputRejected as rejected:
        return render_template("county/effects.html", found=None, error=rejected, **shared), 422
    language = reader()
    return render_template(
        "county/effects.html", found=found, error=None, title=title_of(scales, form.scale),
        conclusions=conclude_effects(found, language),
        drawn=found.overall.d_regional is not None,
        picture=draw_both(lambda narrow: draw_effects(found, language, narrow=narrow)),
        table=shorten(effects_table(found, language), language),
        meanings=explain_effects(language),
        exclusions=list_exclusions(found.comparison.exclusions, language),
        files=list_files(), **shared,
    )  # fmt: skip


def _name(found: ReleasedEffects) -> str:
    return f"{found.comparison.instrument}-{found.comparison.scale}-effects"


list_files = offer_files(
    bp,
    lambda: load_effects(read_form(load_scales())),
    _name,
    (
        table_file("csv", "table.csv", effects_table),
        ResultFile("data", "data.csv", effects_csv),
        ResultFile("json", "data.json", effects_json),
        *picture_files("picture", "picture", build_effects),
    ),
)
