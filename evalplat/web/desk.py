"""The provider's desk: what is due, and taking a voucher into an episode."""

from flask import Blueprint, render_template, request

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.contact_requests import list_open_requests
from evalplat.services.episodes import list_worklist, open_episode
from evalplat.services.views import VoucherLook
from evalplat.services.voucher_look_up import NO_SUCH_VOUCHER, find_voucher
from evalplat.vocabulary import DueState
from evalplat.web.access import PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.fields import read_date, read_page
from evalplat.web.languages import reader, today

bp = Blueprint("desk", __name__, url_prefix="/desk")

LONGEST_SEARCH = 80
TO_DO, ALL = "todo", "all"
VIEWS: dict[str, tuple[DueState, ...]] = {
    TO_DO: (DueState.OVERDUE, DueState.DUE),
    **{state.value: (state,) for state in DueState},
    ALL: (),
}
"""What the worklist can show, by the word in its address; the first one is what it opens on."""

MOST_REQUESTS = 5
"""So many requests to be contacted stand on top of the worklist; the rest is one link away."""


@bp.route("", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def show_worklist() -> str:
    """What needs doing, until another state is chosen. A name that is searched for is posted: no address holds it.

    A search without a state looks at all of them.
    """
    search = request.form.get("search", "").strip()[:LONGEST_SEARCH]
    wish = request.values.get("state", "")
    view = wish if wish in VIEWS else (ALL if search else TO_DO)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        worklist = list_worklist(
            database, who, on=today(), states=VIEWS[view], search=search,
            page=read_page(request.values.get("page", "")),
        )  # fmt: skip
        waiting = list_open_requests(database, who, on=today())
    return render_template(
        "desk/worklist.html",
        waiting=waiting,
        most=MOST_REQUESTS,
        worklist=worklist,
        view=view,
        counts={
            name: sum(worklist.counts[one] for one in states or DueState)
            for name, states in VIEWS.items()
        },
        search=search,
        title_of=lambda row: (
            wiring.catalogue.get(row.instrument_key, row.version).text(reader()).title
        ),
        kind_of=lambda row: wiring.catalogue.get(row.instrument_key, row.version).kind,
    )


@bp.route("/open", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def open_from_voucher() -> Page:
    """Look a voucher up by its number, see what it is worth, and open an episode with it."""
    values = {
        "number": request.form.get("number", "").strip()[:60],
        "opened_on": request.form.get("opened_on", today().isoformat()).strip(),
        "planned_end": request.form.get("planned_end", "").strip(),
    }
    look = _look(values) if values["number"] else None
    if not is_sent():
        return _show(values, look)
    if not values["number"]:
        return _show(values, None, InputRejected(ASK_NUMBER, [Fault("number", TYPE_NUMBER)]))
    if look is None:
        unknown = Message(NO_SUCH_VOUCHER.template, number=values["number"])
        return _show(values, None, InputRejected(ASK_NUMBER, [Fault("number", unknown)]))
    if request.form.get("action") != "open":
        return _show(values, look)
    try:
        episode_id = _open(values)
    except InputRejected as rejected:
        return _show(values, look, rejected)
    return send_to("episodes.show_episode", episode_id=episode_id, opened=1)


ASK_NUMBER = Message("The episode could not be opened.")
TYPE_NUMBER = Message("Type the number of the voucher.")


def _look(values: dict[str, str]) -> VoucherLook | None:
    """The voucher as it stands on the day that the service began; today where no day can be read."""
    wiring, who = current_wiring(), actor()
    day = read_date(values["opened_on"], "opened_on", []) or today()
    with wiring.reading(who) as database:
        return find_voucher(database, who, values["number"], on=day)


def _open(values: dict[str, str]) -> str:
    faults: list[Fault] = []
    opened_on = read_date(values["opened_on"], "opened_on", faults)
    planned_end = read_date(values["planned_end"], "planned_end", faults, optional=True)
    if faults or opened_on is None:
        raise InputRejected(ASK_NUMBER, faults)
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        return open_episode(
            database, wiring.catalogue, who, voucher_number=values["number"],
            opened_on=opened_on, planned_end=planned_end, at=now(),
        ).id  # fmt: skip


def _show(
    values: dict[str, str], look: VoucherLook | None, error: InputRejected | None = None
) -> str | tuple[str, int]:
    page = render_template("desk/open.html", values=values, look=look, error=error)
    return (page, 422) if error else page
