"""The county's page on value for money: what improvement costs at each provider, and its net benefit."""

from flask import Blueprint, render_template, request

from evalplat.errors import Fault, InputRejected, Message
from evalplat.language import write_number
from evalplat.reports.records import records_csv, write_json
from evalplat.reports.value_picture import build_value, draw_value
from evalplat.reports.value_tables import (
    benefit_table,
    cautious_table,
    chances_table,
    choose_benefit,
    costs_table,
    ratio_words,
    value_content,
    value_records,
)
from evalplat.reports.words import DASH
from evalplat.services.value import analyse_value
from evalplat.statistics.money.costs import PER_IMPROVED, PER_POINT
from evalplat.statistics.money.net_benefit import WORTHS
from evalplat.statistics.money.value import ValueAnalysis
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

bp = Blueprint("county_value", __name__, url_prefix="/county/value")


def read_worth() -> float | None:
    """What a point is worth, from the address; None without one. Raises InputRejected for what is no number."""
    text = request.args.get("worth", "").strip()[:20]
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        message = Message("%(value)s is not a number", value=text)
        raise InputRejected(
            Message("The analysis could not be made."), [Fault("worth", message)]
        ) from None


def load_value(form: Form) -> ValueAnalysis:
    """The one result that everything of this request shows."""
    wiring, who, query, worth = current_wiring(), actor(), build_query(form), read_worth()
    with wiring.reading(who) as database:
        return analyse_value(database, wiring.catalogue, who, query, worth=worth, at=now())


@bp.get("")
@staff(*COUNTY_READERS)
def show_value() -> str | tuple[str, int]:
    """The choices, what improvement costs, the picture, and the net benefit."""
    scales, language = load_scales(), reader()
    form = read_form(scales)
    shared = {
        **share_choices(form, scales),
        "worths": [(f"{one:g}", _euros(one, language)) for one in WORTHS],
        "worth": request.args.get("worth", "").strip()[:20],
    }
    if not scales:
        return render_template("county/value.html", found=None, error=None, **shared)
    try:
        found = load_value(form)
    except InputRejected as rejected:
        return render_template("county/value.html", found=None, error=rejected, **shared), 422
    title, benefit = title_of(scales, form.scale), choose_benefit(found)
    euros = found.costs.total.euros
    said: set[str] = set()
    price = ratio_words(euros, PER_IMPROVED, language)
    chances = chances_table(found, language) if len(found.benefits) > 1 else None
    return render_template(
        "county/value.html", found=found, error=None, title=title,
        mean=write_number(euros.mean if euros else None, language, 0),
        per_improved=price if price != DASH else "",
        per_point=ratio_words(euros, PER_POINT, language),
        picture=draw_both(lambda narrow: draw_value(found, language, title=title, narrow=narrow)),
        costs=shorten(costs_table(found, language), language, said),
        cautious=shorten(cautious_table(found, language), language, said),
        benefit=shorten(benefit_table(benefit, language), language, said) if benefit else None,
        chances=shorten(chances, language, said) if chances else None,
        exclusions=list_exclusions(found.costs.exclusions, language),
        files=list_files(), **shared,
    )  # fmt: skip


def _euros(worth: float, language: str) -> str:
    return f"{write_number(worth, language, 0)} €"


def _name(found: ValueAnalysis) -> str:
    return f"{found.costs.instrument}-{found.costs.scale}-value"


list_files = offer_files(
    bp,
    lambda: load_value(read_form(load_scales())),
    _name,
    (
        table_file("csv", "table.csv", costs_table),
        ResultFile("data", "data.csv", lambda found: records_csv(value_records(found))),
        ResultFile("json", "data.json", lambda found: write_json(value_content(found))),
        *picture_files(
            "picture",
            "picture",
            lambda found, language: build_value(found, language, title=chosen_title()),
        ),
    ),
)
