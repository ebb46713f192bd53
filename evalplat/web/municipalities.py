"""The county's municipalities and sub-regions: a list, and a field to add or change some."""

from flask import Blueprint, render_template, request

from evalplat.errors import InputRejected
from evalplat.services.municipalities import MOST, change_municipalities, list_municipalities
from evalplat.vocabulary import Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, send_to

bp = Blueprint("municipalities", __name__, url_prefix="/county/municipalities")

LONGEST = 40_000


@bp.route("", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def show_all() -> Page:
    """Every municipality with its sub-region; lines of code, name and sub-region add or change some."""
    wiring, who = current_wiring(), actor()
    text = request.form.get("lines", "")[:LONGEST]
    error: InputRejected | None = None
    if is_sent():
        try:
            with wiring.transaction(who) as database:
                done = change_municipalities(database, who, text.splitlines()[: MOST + 1])
            return send_to("municipalities.show_all", added=done.added, changed=done.changed)
        except InputRejected as rejected:
            error = rejected
    with wiring.reading(who) as database:
        municipalities = list_municipalities(database, who)
    page = render_template(
        "administration/municipalities.html", municipalities=municipalities, error=error, lines=text,
        added=_count("added"), changed=_count("changed"),
    )  # fmt: skip
    return (page, 422) if error else page


def _count(name: str) -> int | None:
    """How many there were, after the page's own form; None on any other way here."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else None
