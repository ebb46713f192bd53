"""The meetings of one episode: recorded in one line, summed up against the voucher, struck out where wrong."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.appointments import (
    LONGEST,
    NOT_SAVED,
    AppointmentRequest,
    list_delivered,
    record_appointment,
    strike_appointment,
)
from evalplat.vocabulary import AppointmentForm, AppointmentOutcome, AppointmentPlace
from evalplat.web.access import PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.episodes import load_episode
from evalplat.web.fields import kept_key, new_key, read_date, read_whole
from evalplat.web.languages import today

bp = Blueprint("appointments", __name__, url_prefix="/desk/episodes/<episode_id>/appointments")

USUAL = {
    "minutes": "60",
    "form": AppointmentForm.INDIVIDUAL.value,
    "place": AppointmentPlace.ON_SITE.value,
    "outcome": AppointmentOutcome.HELD.value,
}
CHOICES = {"form": AppointmentForm, "place": AppointmentPlace, "outcome": AppointmentOutcome}


@bp.route("", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def show_appointments(episode_id: str) -> Page:
    """What was given so far, and one line to add a meeting."""
    usual = {"held_on": today().isoformat(), **USUAL}
    values = {name: request.form.get(name, usual[name]).strip()[:40] for name in usual}
    if not is_sent():
        key = kept_key(request.form.get("key", "")) if request.method == "POST" else new_key()
        return _show(episode_id, values, key)
    key = kept_key(request.form.get("key", ""))
    try:
        asked = _read(values)
        wiring, who = current_wiring(), actor()
        with wiring.transaction(who) as database:
            record_appointment(
                database, who, episode_id=episode_id, appointment=asked, idempotency_key=key,
                at=now(),
            )  # fmt: skip
    except InputRejected as rejected:
        return _show(episode_id, values, key, rejected)
    return send_to("appointments.show_appointments", episode_id=episode_id, saved=1)


@bp.post("/<appointment_id>/strike")
@staff(*PROVIDER_STAFF)
def post_strike(episode_id: str, appointment_id: str) -> Response:
    """Strike a meeting out that was recorded by mistake."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        strike_appointment(
            database, who, episode_id=episode_id, appointment_id=appointment_id, at=now()
        )
    return send_to("appointments.show_appointments", episode_id=episode_id, struck=1)


def _read(values: dict[str, str]) -> AppointmentRequest:
    faults: list[Fault] = []
    held_on = read_date(values["held_on"], "held_on", faults)
    held = values["outcome"] == AppointmentOutcome.HELD
    lasted = values["minutes"] or ("" if held else "0")
    minutes = read_whole(lasted, "minutes", faults, low=1 if held else 0, high=LONGEST)
    for name, allowed in CHOICES.items():
        if values[name] not in list(allowed):
            faults.append(Fault(name, Message("Choose one of these.")))
    if held_on is None or minutes is None or faults:
        raise InputRejected(NOT_SAVED, faults)
    return AppointmentRequest(held_on, minutes, values["form"], values["place"], values["outcome"])


def _show(
    episode_id: str, values: dict[str, str], key: str, error: InputRejected | None = None
) -> Page:
    episode = load_episode(episode_id)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        delivered = list_delivered(database, who, episode_id=episode_id)
    page = render_template(
        "desk/appointments.html", episode=episode, delivered=delivered, values=values, key=key,
        forms=list(AppointmentForm), places=list(AppointmentPlace), outcomes=list(AppointmentOutcome),
        done={name for name in ("saved", "struck") if name in request.args}, error=error,
    )  # fmt: skip
    return (page, 422) if error else page
