"""Anonymous feedback of clients: a provider's own figures for its manager, all providers' for the county."""

from flask import Blueprint, render_template, request

from evalplat.reports.feedback_tables import feedback_notes, feedback_table, own_figures
from evalplat.services.feedback import FeedbackResult, describe_feedback, describe_own_feedback
from evalplat.services.feedback_texts import list_own_texts
from evalplat.vocabulary import Role
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import actor, current_wiring
from evalplat.web.languages import reader, today

bp = Blueprint("feedback", __name__)


@bp.get("/desk/feedback")
@staff(Role.PROVIDER_MANAGER)
def show_own() -> str:
    """The own provider's feedback, as far as there is enough of it."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = describe_own_feedback(
            database, wiring.catalogue, who, year=_read_year(), on=today()
        )
        texts = list_own_texts(database, wiring.catalogue, who, on=today())
    asked = found.instrument.text(reader()).items
    rows = found.feedback.rows
    return render_template(
        "desk/feedback.html", found=found, row=rows[0] if rows else None,
        figures=own_figures(rows[0], _titles(found), reader()) if rows else [],
        notes=feedback_notes(reader()), texts=texts,
        questions={code: one.label for code, one in asked.items()},
    )  # fmt: skip


@bp.get("/county/feedback")
@staff(*COUNTY_READERS)
def show_all() -> str:
    """Every provider's feedback as a table."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = describe_feedback(database, wiring.catalogue, who, year=_read_year(), on=today())
    return render_template(
        "county/feedback.html", found=found,
        table=feedback_table(found.feedback, _titles(found), reader()),
    )  # fmt: skip


def _read_year() -> int | None:
    """The year that was chosen; None for all."""
    text = request.args.get("year", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 4 else None


def _titles(found: FeedbackResult) -> dict[str, str]:
    return dict(found.instrument.text(reader()).scales)
