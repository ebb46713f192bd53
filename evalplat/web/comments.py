"""A provider's comment on its own results of a year: its manager writes it, every version is kept."""

from flask import Blueprint, render_template, request

from evalplat.errors import Conflict, InputRejected
from evalplat.services.comments import LONGEST, list_own_versions, write_comment
from evalplat.vocabulary import Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.languages import today

bp = Blueprint("comments", __name__)

YEARS = 5
MOST_READ = 5 * LONGEST
"""So much of a comment that is too long is read, to be shown again."""


@bp.route("/desk/results/comment", methods=["GET", "POST"])
@staff(Role.PROVIDER_MANAGER)
@keeps_input
def write() -> Page:
    """The comment on a year, a form to change it, and its earlier versions."""
    year, wiring, who = _read_year(), current_wiring(), actor()
    error: InputRejected | Conflict | None = None
    if is_sent():
        body, base = request.form.get("body", "")[:MOST_READ], request.form.get("base", "")
        try:
            with wiring.transaction(who) as database:
                write_comment(
                    database, who, year=year, body=body, at=now(),
                    base_version=int(base) if base.isascii() and base.isdecimal() and len(base) < 7 else 0,
                )  # fmt: skip
            return send_to("comments.write", year=year, saved=1)
        except (InputRejected, Conflict) as refused:
            error = refused
    with wiring.reading(who) as database:
        versions = list_own_versions(database, who, year=year, at=now())
    current = versions[0].body if versions else ""
    page = render_template(
        "desk/comment.html", year=year, years=range(today().year, today().year - YEARS, -1),
        versions=versions, text=request.form.get("body", current)[:MOST_READ], most=LONGEST,
        saved="saved" in request.args, error=error,
    )  # fmt: skip
    if error is None:
        return page
    return page, 409 if isinstance(error, Conflict) else 422


def _read_year() -> int:
    """The year in the address, of the last few; any other gives this one."""
    last = today().year
    text = request.args.get("year", "")
    year = int(text) if text.isascii() and text.isdecimal() and len(text) == 4 else last
    return year if last - YEARS < year <= last else last
