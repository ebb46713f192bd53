"""The county's page on its own measuring: do clients and workers see the same, and how reliable are the scales here?"""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for

from evalplat.errors import Fault, InputRejected, Message
from evalplat.reports.agreement_records import agreement_records, item_records, reliability_records
from evalplat.reports.agreement_tables import (
    agreement_table,
    item_table,
    reliability_table,
    without_empty_columns,
)
from evalplat.reports.agreement_words import agreement_sentences, retest_sentence
from evalplat.reports.records import write_json
from evalplat.reports.tables import Table
from evalplat.services.agreement import RETEST_DAYS, CountyAgreement, describe_agreement
from evalplat.services.views import ComparableScale
from evalplat.vocabulary import MeasurementPoint
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.county_files import ResultFile, offer_files, table_file
from evalplat.web.county_query import (
    Form,
    build_query,
    instrument_title,
    load_scales,
    own_title,
    read_form,
    scale_title,
    share_choices,
    title_of,
)
from evalplat.web.languages import reader, say
from evalplat.web.words import POINTS, RESPONDENTS

bp = Blueprint("county_agreement", __name__, url_prefix="/county/agreement")


def read_point() -> MeasurementPoint:
    """The measurement point of the address; the baseline without one. Raises InputRejected for another word."""
    text = request.args.get("point", MeasurementPoint.BASELINE.value)[:20]
    try:
        return MeasurementPoint(text)
    except ValueError:
        message = Message("Nothing is measured at %(value)s: choose from the list.", value=text)
        raise InputRejected(
            Message("The figures could not be made."), [Fault("point", message)]
        ) from None


def load_agreement(form: Form) -> CountyAgreement:
    """The one result that everything of this request shows."""
    wiring, who, query, point = current_wiring(), actor(), build_query(form), read_point()
    with wiring.reading(who) as database:
        return describe_agreement(database, wiring.catalogue, who, query, point=point, at=now())


@bp.get("")
@staff(*COUNTY_READERS)
def show_agreement() -> str | tuple[str, int]:
    """Agreement of raters, reliability of the instrument's scales, the questions of the chosen one."""
    scales = load_scales()
    form = read_form(scales)
    shared = {
        **share_choices(form, scales),
        "points": [(point.value, say(words)) for point, words in POINTS.items()],
        "point": request.args.get("point", MeasurementPoint.BASELINE.value)[:20],
    }
    if not scales:
        return render_template("county/agreement.html", found=None, error=None, **shared)
    try:
        found = load_agreement(form)
    except InputRejected as rejected:
        return render_template("county/agreement.html", found=None, error=rejected, **shared), 422
    titles, language = _titles(scales), reader()
    return render_template(
        "county/agreement.html", found=found, error=None, title=title_of(scales, form.scale),
        agreement=without_empty_columns(agreement_table(found.agreements, titles, _raters(), language)),
        sentences=agreement_sentences(found.agreements, titles, _raters(), language),
        rated_by_both=_links(found, scales),
        reliability=without_empty_columns(reliability_table(found.reliability, _own_titles(scales), language)),
        items=_items(found, _own_titles(scales), language),
        retest=retest_sentence(found.retest, language, days=RETEST_DAYS),
        files=list_files(),
        **shared,
    )  # fmt: skip


def _name(found: CountyAgreement) -> str:
    return f"{found.instrument}-{found.scale}"


def _raters() -> Mapping[str, str]:
    return {respondent.value: say(words) for respondent, words in RESPONDENTS.items()}


def _titles(scales: tuple[ComparableScale, ...]) -> dict[tuple[str, str], str]:
    return {(scale.instrument, scale.scale): scale_title(scale) for scale in scales}


def _links(
    found: CountyAgreement, scales: tuple[ComparableScale, ...]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """(instrument, addresses and titles of its scales) of what somebody else rates too, where this scale has none."""
    page = url_for("county_agreement.show_agreement")
    kept = {name: request.args[name] for name in ("from", "until", "point") if name in request.args}
    here = (found.instrument, found.scale)
    rated = [
        one
        for one in scales
        if (one.instrument, one.scale) in found.with_counterparts
        and (one.instrument, one.scale) != here
    ]
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in [one for one in rated if one.has_pairs] or rated:
        address = f"{page}?{urlencode({'scale': f'{one.instrument}/{one.scale}', **kept})}"
        groups.setdefault(instrument_title(one), []).append((address, own_title(one)))
    return list(groups.items())


def _own_titles(scales: tuple[ComparableScale, ...]) -> dict[tuple[str, str], str]:
    """The scales' own titles, where the instrument is clear."""
    return {(scale.instrument, scale.scale): own_title(scale) for scale in scales}


def _items(
    found: CountyAgreement, titles: Mapping[tuple[str, str], str], language: str
) -> list[Table]:
    """The questions of the chosen scale for each way of scoring; none for a scale of one question."""
    definition = current_wiring().catalogue.get(found.instrument, found.version)
    labels = {code: text.label for code, text in definition.text(language).items.items()}
    return [
        item_table(row, titles, labels, language)
        for row in found.reliability
        if row.scale == found.scale and len(row.found.items) > 1
    ]


def _write_json(found: CountyAgreement) -> str:
    return write_json(
        {
            "agreement": agreement_records(found.agreements),
            "reliability": reliability_records(found.reliability),
            "items": item_records(found.reliability),
        }
    )


list_files = offer_files(
    bp,
    lambda: load_agreement(read_form(load_scales())),
    _name,
    (
        table_file(
            "agreement",
            "agreement.csv",
            lambda found, language: agreement_table(
                found.agreements, _titles(load_scales()), _raters(), language
            ),
        ),
        table_file(
            "reliability",
            "reliability.csv",
            lambda found, language: reliability_table(
                found.reliability, _titles(load_scales()), language
            ),
        ),
        ResultFile("json", "data.json", _write_json),
    ),
)
