"""The paper twin of a measurement: a form to print, with a code for the phone or without."""

from flask import Blueprint, Response, render_template, request, url_for

from evalplat.errors import Conflict, Message
from evalplat.instruments.definition import Instrument
from evalplat.language import base_language, pick_words
from evalplat.language import say as say_in
from evalplat.reports.paper_form import Door, FormGoal, make_form, write_form
from evalplat.services.invitations import draw_secret, invite, list_invitations
from evalplat.services.views import AdministrationView, EpisodeView
from evalplat.web.access import PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import actor, current_wiring, is_sent, now
from evalplat.web.episodes import can_invite, find_administration, load_episode, load_worded
from evalplat.web.languages import CLIENT_NAMES, reader, today
from evalplat.web.words import POINTS

bp = Blueprint(
    "paper", __name__, url_prefix="/desk/episodes/<episode_id>/administrations/<administration_id>"
)


@bp.route("/form", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def print_form(episode_id: str, administration_id: str) -> Response | str:
    """In which language, and with a new code or without; then the form as PDF."""
    episode = load_episode(episode_id)
    administration = find_administration(episode, administration_id)
    instrument = load_worded(administration, today())
    if instrument.kind not in ("scored", "goals"):
        raise Conflict(
            Message("There is nothing to print: this is answered on its owner’s own form.")
        )
    wish = request.form.get("language", "") or episode.client_language
    language = wish if wish in instrument.texts else _nearest(instrument, wish)
    if not is_sent():
        return _ask(episode, administration, instrument, language)
    with_code = can_invite(administration) and request.form.get("code") == "1"
    form = make_form(
        instrument,
        language,
        goals=[
            FormGoal(goal.title, goal.own_words, goal.levels, goal.baseline_level)
            for goal in episode.goals
            if not goal.replaced
        ]
        if instrument.kind == "goals"
        else (),
        reference=f"{episode.voucher.number} · {say_in(POINTS[administration.point], language)}",
        door=_make_door(administration, language) if with_code else None,
    )
    name = f"{instrument.key}-{administration.point}.pdf"
    return Response(
        write_form(form),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


def _nearest(instrument: Instrument, language: str) -> str:
    return instrument.text(language).language


def _make_door(administration: AdministrationView, language: str) -> Door:
    """A new code for the measurement; it stands on this paper and nowhere else."""
    wiring, who, secret = current_wiring(), actor(), draw_secret()
    with wiring.transaction(who) as database:
        made = invite(
            database, who, secret=secret, administration_id=administration.id, language=base_language(language),
            at=now(),
        )  # fmt: skip
    return Door(
        address=url_for("client.show_code", _external=True),
        code=made.code,
        link=url_for("client.open_link", token=made.token, _external=True),
    )


def _ask(
    episode: EpisodeView,
    administration: AdministrationView,
    instrument: Instrument,
    language: str,
) -> str:
    """The page before the form. A code the client holds already is not closed unless that is wanted."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        invitations = list_invitations(database, who, episode_id=episode.id, at=now())
    given = next(
        (i for i in invitations if i.administration_id == administration.id and i.state == "open"),
        None,
    )
    ticked = request.form.get("code") == "1" if request.method == "POST" else given is None
    return render_template(
        "desk/print.html", episode=episode, administration=administration, given=given,
        can_invite=can_invite(administration), ticked=ticked, language=language,
        wordings=[(code, CLIENT_NAMES.get(code, code)) for code in instrument.texts],
        title=pick_words(administration.titles, reader()),
    )  # fmt: skip
