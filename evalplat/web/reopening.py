"""A closing that was a mistake: opening the episode again, or correcting the day and the reason, each with a reason."""

from collections.abc import Callable

from flask import Blueprint, render_template, request

from evalplat.errors import Fault, InputRejected
from evalplat.services.reopening import (
    NOT_CORRECTED,
    NOT_REOPENED,
    ClosingHistory,
    correct_closing,
    get_closing_history,
    reopen_episode,
)
from evalplat.services.requests import CLOSING_REASONS
from evalplat.services.views import EpisodeView
from evalplat.web.access import PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.episodes import load_episode
from evalplat.web.fields import read_date

bp = Blueprint("reopening", __name__, url_prefix="/desk/episodes/<episode_id>")


def load_history(episode_id: str) -> ClosingHistory:
    """What was done about the end of an episode, and until when it can be changed."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return get_closing_history(
            database, who, episode_id=episode_id, within_days=wiring.settings.reopen_days
        )


@bp.route("/reopen", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def reopen(episode_id: str) -> Page:
    """Open a closed episode again: why, and until when it is planned now."""
    episode = load_episode(episode_id)
    values = _read({"note": "", "planned_end": episode.planned_end.isoformat()})

    def send() -> Page:
        faults: list[Fault] = []
        planned_end = read_date(values["planned_end"], "planned_end", faults, optional=True)
        wiring, who = current_wiring(), actor()
        with wiring.transaction(who) as database:
            if faults:
                raise InputRejected(NOT_REOPENED, faults)
            reopen_episode(
                database, who, episode_id=episode_id, note=values["note"], planned_end=planned_end,
                within_days=wiring.settings.reopen_days, at=now(),
            )  # fmt: skip
        return send_to("episodes.show_episode", episode_id=episode_id, episode_reopened=1)

    return _answer("desk/reopen.html", episode, values, send)


@bp.route("/close/correct", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def correct(episode_id: str) -> Page:
    """Correct when and why the episode was closed."""
    episode = load_episode(episode_id)
    day = episode.closed_on.isoformat() if episode.closed_on else ""
    values = _read({"closed_on": day, "reason": episode.closing_reason, "note": ""})

    def send() -> Page:
        faults: list[Fault] = []
        closed_on = read_date(values["closed_on"], "closed_on", faults)
        if closed_on is None:
            raise InputRejected(NOT_CORRECTED, faults)
        wiring, who = current_wiring(), actor()
        with wiring.transaction(who) as database:
            correct_closing(
                database, who, episode_id=episode_id, closed_on=closed_on, reason=values["reason"],
                note=values["note"], within_days=wiring.settings.reopen_days, at=now(),
            )  # fmt: skip
        return send_to("episodes.show_episode", episode_id=episode_id, corrected=1)

    return _answer("desk/correct_closing.html", episode, values, send)


def _read(usual: dict[str, str]) -> dict[str, str]:
    """What the form carries; on a first look what stands there now."""
    return {name: request.form.get(name, value)[:1000] for name, value in usual.items()}


def _answer(
    template: str, episode: EpisodeView, values: dict[str, str], send: Callable[[], Page]
) -> Page:
    error: InputRejected | None = None
    if is_sent():
        try:
            return send()
        except InputRejected as rejected:
            error = rejected
    if episode.closed_on is None:
        return send_to("episodes.show_episode", episode_id=episode.id)
    page = render_template(
        template, episode=episode, values=values, reasons=CLOSING_REASONS, error=error,
        wrong={fault.where: fault for fault in error.faults} if error else {},
        until=load_history(episode.id).until,
    )  # fmt: skip
    return (page, 422) if error else page
