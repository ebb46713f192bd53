"""The quality of data: sheets for a provider to look at, unused vouchers for a case worker, counts for the county."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import Conflict, InputRejected
from evalplat.reports.quality_tables import SIGNS, item_table, quality_table
from evalplat.services.data_quality import CountyQuality, describe_quality, list_unused_vouchers
from evalplat.services.sheet_signs import LONGEST, list_own_signs, note_sign
from evalplat.statistics.publishing.release_quality import ItemRow
from evalplat.vocabulary import Role, Sign
from evalplat.web.access import COUNTY_READERS, PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.languages import reader, today

bp = Blueprint("data_quality", __name__)


@bp.route("/desk/quality", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def show_own() -> Page | Response:
    """Sheets of the own provider that somebody should look at, and a place to note why one is right as it is."""
    values = {
        "administration": request.form.get("administration", "")[:40],
        "sign": request.form.get("sign", "")[:24],
        "note": request.form.get("note", "")[: LONGEST + 1],
    }
    if not is_sent():
        return _show_own(values)
    wiring, who = current_wiring(), actor()
    if values["sign"] not in set(Sign):
        return _show_own(values)
    try:
        with wiring.transaction(who) as database:
            note_sign(
                database, wiring.catalogue, who, administration_id=values["administration"],
                sign=Sign(values["sign"]), note=values["note"], at=now(),
            )  # fmt: skip
    except (InputRejected, Conflict) as refused:
        return _show_own(values, refused)
    return send_to("data_quality.show_own", saved=1)


def _show_own(values: dict[str, str], error: InputRejected | Conflict | None = None) -> Page:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_own_signs(database, wiring.catalogue, who, on=today())
    page = render_template(
        "desk/quality.html", found=found, signs=SIGNS, values=values, error=error, language=reader(),
        saved="saved" in request.args,
    )  # fmt: skip
    if error is None:
        return page
    return page, 409 if isinstance(error, Conflict) else 422


@bp.get("/cases/unused-vouchers")
@staff(Role.CASE_WORKER)
def show_unused() -> str:
    """Vouchers of own clients that no provider has opened an episode from."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_unused_vouchers(database, who, on=today())
    return render_template("caseload/unused.html", vouchers=found)


@bp.get("/county/quality")
@staff(*COUNTY_READERS)
def show_county() -> str:
    """Counts by provider and by question, of one quarter that is over."""
    wiring, who = current_wiring(), actor()
    text = request.args.get("quarter", "")
    wanted = int(text) if text.isascii() and text.isdecimal() and len(text) == 5 else None
    with wiring.reading(who) as database:
        found: CountyQuality = describe_quality(
            database, wiring.catalogue, who, quarter=wanted, at=now()
        )
    return render_template(
        "county/quality.html", found=found, providers=quality_table(found.rows, reader()),
        questions=item_table(found.items, _titles, reader()),
    )  # fmt: skip


def _titles(one: ItemRow) -> tuple[str, str]:
    """The instrument's title, and the question's own short label."""
    text = current_wiring().catalogue.get(one.instrument, one.version).text(reader())
    known = text.items.get(one.item)
    return text.title, known.label if known else one.item
