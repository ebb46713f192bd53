"""The county's list of instruments."""

from flask import Blueprint, g, render_template, request

from evalplat.instruments.design_files import read_design
from evalplat.instruments.missing_words import say_allowed, say_fill
from evalplat.scoring.left_out import choose_examples, leave_out
from evalplat.services.wordings import WordingView, list_wordings
from evalplat.vocabulary import Role
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import actor, current_wiring
from evalplat.web.languages import CLIENT_NAMES, reader, today

bp = Blueprint("administration", __name__, url_prefix="/county")


@bp.get("/instruments")
@staff(*COUNTY_READERS)
def show_instruments() -> str:
    """The instruments in use and their licences."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        loaded = list_wordings(database, who, on=today())
    return render_template(
        "administration/instruments.html", instruments=wiring.catalogue.list(),
        retired=wiring.catalogue.retired,
        official={(w.instrument, w.version) for w in loaded if w.in_force},
    )  # fmt: skip


@bp.get("/instruments/<key>")
@staff(*Role)
def show_instrument(key: str) -> str:
    """One instrument: its scales, what they do with missing answers, and a worked example."""
    wiring, who = current_wiring(), actor()
    instrument = wiring.catalogue.get(key)
    loaded: tuple[WordingView, ...] = ()
    if g.account.role in COUNTY_READERS:
        with wiring.reading(who) as database:
            loaded = list_wordings(database, who, on=today())
    examples = [
        (scale, tuple(leave_out(instrument, scale))) for scale in choose_examples(instrument)
    ]
    return render_template(
        "administration/instrument.html", instrument=instrument,
        loaded=[w for w in loaded if (w.instrument, w.version) == (key, instrument.version) and w.in_force],
        texts=instrument.text(reader()), examples=examples, say_allowed=say_allowed,
        say_fill=say_fill, names=CLIENT_NAMES, published="published" in request.args,
        versions=[one for one in wiring.catalogue.list() if one.key == key],
        retired=wiring.catalogue.retired, own=wiring.catalogue.published,
        changeable=g.account.role is Role.ADMINISTRATOR and read_design(instrument) is not None,
    )  # fmt: skip
