"""How a client may be reached: e-mail, telephone, whether reminders are wanted, and what was sent so far."""

from flask import Blueprint, render_template, request

from evalplat.errors import Fault, InputRejected
from evalplat.services.contacts import (
    NOT_SAVED,
    ContactDetails,
    ContactView,
    get_contact,
    save_contact,
)
from evalplat.services.reminder_views import list_reminders
from evalplat.vocabulary import Channel, Role
from evalplat.web.access import PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.fields import read_date
from evalplat.web.languages import today

bp = Blueprint("contacts", __name__, url_prefix="/desk/episodes/<episode_id>/contact")

LONGEST = 300


@bp.route("", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF, Role.CASE_WORKER)
@keeps_input
def show_contact(episode_id: str) -> Page:
    """Look at the client's contact details and change them."""
    stored = _load(episode_id)
    values = _typed() if request.method == "POST" else _stored(stored)
    if not is_sent():
        return _show(episode_id, stored, values)
    try:
        details = _read(values)
        wiring, who = current_wiring(), actor()
        with wiring.transaction(who) as database:
            save_contact(database, who, episode_id=episode_id, details=details, at=now())
    except InputRejected as rejected:
        stored = _load(episode_id)
        return _show(episode_id, stored, {**values, "base": stored.mark}, rejected)
    return send_to("contacts.show_contact", episode_id=episode_id, saved=1)


def _load(episode_id: str) -> ContactView:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return get_contact(database, who, episode_id=episode_id)


def _typed() -> dict[str, str]:
    names = ("email", "phone", "channel", "paused_until", "wants_none", "base")
    return {name: request.form.get(name, "").strip()[:LONGEST] for name in names}


def _stored(stored: ContactView) -> dict[str, str]:
    paused = stored.paused_until is not None and stored.paused_until > today()
    return {
        "email": stored.email,
        "phone": stored.phone,
        "channel": stored.channel.value,
        "paused_until": str(stored.paused_until) if paused else "",
        "wants_none": "yes" if stored.opted_out_at else "",
        "base": stored.mark,
    }


def _read(values: dict[str, str]) -> ContactDetails:
    faults: list[Fault] = []
    paused_until = read_date(values["paused_until"], "paused_until", faults, optional=True)
    if faults:
        raise InputRejected(NOT_SAVED, faults)
    return ContactDetails(
        email=values["email"],
        phone=values["phone"],
        channel=values["channel"],
        paused_until=paused_until,
        wants_none=bool(values["wants_none"]),
        base=values["base"],
    )


def _show(
    episode_id: str,
    stored: ContactView,
    values: dict[str, str],
    error: InputRejected | None = None,
) -> str | tuple[str, int]:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        reminders = list_reminders(database, who, episode_id=episode_id, at=now())
    page = render_template(
        "desk/contact.html", episode_id=episode_id, stored=stored, values=values, error=error,
        channels=list(Channel), reminders=reminders, saved="saved" in request.args,
        changed=error is not None and any(fault.where == "base" for fault in error.faults),
    )  # fmt: skip
    return (page, 422) if error else page
