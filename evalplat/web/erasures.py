"""Erasing a client: deciding on it as the first person, and confirming it as the second."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import Conflict, EvalplatError, InputRejected, Refused
from evalplat.services.erasures import (
    DECIDERS,
    confirm_erasure,
    decide_erasure,
    decline_erasure,
    get_erasure,
    get_erasure_standing,
    list_erasures,
)
from evalplat.services.rights_settings import RightsSettings, load_rights
from evalplat.vocabulary import ErasureState, Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.languages import reader

bp = Blueprint("erasures", __name__)

LONGEST = 3000
FIELDS = ("client_id", "ground", "reason", "answer")


@bp.route("/cases/<client_id>/erasure", methods=["GET", "POST"])
@staff(Role.CASE_WORKER)
@keeps_input
def decide(client_id: str) -> Page:
    """The case worker decides: what goes and what stays, the ground, and where it keeps the data the answer."""
    values = {**_read(), "client_id": client_id}
    error: EvalplatError | None = None
    if is_sent():
        try:
            return _decide(values)
        except (InputRejected, Conflict) as refused:
            error = refused
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        standing = get_erasure_standing(database, who, client_id=client_id)
    return _answer("erasures/decide.html", error, standing=standing, values=values)


@bp.route("/erasures/propose", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def propose() -> Page:
    """An administrator proposes by the client's id, where the case worker cannot."""
    values, error = _read(), None
    if is_sent():
        try:
            return _decide(values)
        except EvalplatError as refused:
            error = refused
    return _answer("erasures/decide.html", error, standing=None, values=values)


def _decide(values: dict[str, str]) -> Response:
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        state = decide_erasure(database, who, _rights(), **values, at=now())
    if state is ErasureState.REFUSED:
        return send_to("rights.show_client", client_id=values["client_id"], done="refused")
    return send_to("erasures.show_all", done="proposed")


@bp.get("/erasures")
@staff(*DECIDERS)
def show_all() -> str:
    """What waits for a second person, and what was decided within a year; nobody's name."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        waiting, decided = list_erasures(database, who, at=now())
    return render_template(
        "erasures/all.html", waiting=waiting, decided=decided, words=_words(),
        done=request.args.get("done", "")[:12],
    )  # fmt: skip


@bp.route("/erasures/<erasure_id>", methods=["GET", "POST"])
@staff(*DECIDERS)
@keeps_input
def show(erasure_id: str) -> Page:
    """One proposal: the second person confirms or declines, whoever proposed it may take it back."""
    wiring, who = current_wiring(), actor()
    note = request.form.get("note", "").strip()[:LONGEST]
    error: EvalplatError | None = None
    if is_sent():
        try:
            with wiring.transaction(who) as database:
                if request.form.get("part") == "confirm":
                    confirm_erasure(
                        database, wiring.catalogue, who, _rights(), erasure_id=erasure_id, at=now()
                    )
                else:
                    decline_erasure(database, who, erasure_id=erasure_id, note=note, at=now())
            done = "erased" if request.form.get("part") == "confirm" else "declined"
            return send_to("erasures.show", erasure_id=erasure_id, done=done)
        except (InputRejected, Conflict, Refused) as refused:
            error = refused
    with wiring.reading(who) as database:
        found = get_erasure(database, who, erasure_id=erasure_id)
    return _answer(
        "erasures/one.html", error, erasure=found, note=note, words=_words(),
        done=request.args.get("done", "")[:12],
    )  # fmt: skip


def _read() -> dict[str, str]:
    return {name: request.form.get(name, "").strip()[:LONGEST] for name in FIELDS}


def _rights() -> RightsSettings:
    return load_rights(current_wiring().settings)


def _words() -> dict[str, str]:
    """The county's grounds in the reader's language."""
    return {one.key: one.texts[_language()] for one in _rights().grounds}


def _language() -> str:
    found = reader()[:2]
    return found if found in ("fi", "sv", "en") else "en"


def _answer(template: str, error: EvalplatError | None, **values: object) -> Page:
    page = render_template(
        template, error=error, wrong={f.where: f for f in error.faults} if error else {},
        grounds=_rights().grounds, language=_language(), rights=_rights(),
        **values,
    )  # fmt: skip
    if error is None:
        return page
    if isinstance(error, InputRejected):
        return page, 422
    return page, 409 if isinstance(error, Conflict) else 403 if isinstance(error, Refused) else 404
