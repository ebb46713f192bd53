"""Home visits without network: sheets taken along on a device, filled in there, sent later.

The server's autosave is the truth everywhere else; this is the one exception, and its limits stand on its pages. What a
device keeps is encrypted under a key of its own, which is locked twice: with a key that only the signed-in account is
handed, and with the phrase that the worker chose for the visit. The page itself (`show_visits`) names nobody, so that
a service worker may keep it.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import generate_csrf

from evalplat.errors import EvalplatError, InputRejected, Message, NotFound
from evalplat.services.answers import AnswersConflict, Receipt, correct_answers, submit_answers
from evalplat.services.goals import rate_goals
from evalplat.services.home_visits import derive_key, list_for_visits, prepare_visit
from evalplat.services.views import SheetView
from evalplat.services.wordings import worded
from evalplat.web.access import PROVIDER_STAFF, keeps_input, public, staff
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.desk import LONGEST_SEARCH
from evalplat.web.errors import NOT_HERE, status_of
from evalplat.web.languages import NAMES, reader, say, show_clock, today
from evalplat.web.unsent import count_own_unsent
from evalplat.web.visit_goals import ReturnedRatings, read_ratings
from evalplat.web.visit_sheets import (
    Json,
    read_sheet,
    show_definitions,
    show_faults,
    show_sheet,
    show_stored,
)

bp = Blueprint("home_visits", __name__, url_prefix="/desk/visits")

FILES = Path(__file__).with_name("static") / "visit"
WORKER = "worker.js"
LOOKS = ("theme.css", "staff.css")
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""These pages run scripts of their own files, and of nobody else's; no page besides them runs any."""

bp.app_template_global("own_unsent")(count_own_unsent)


@cache
def _files() -> dict[str, Path]:
    return {path.name: path for path in sorted(FILES.iterdir()) if path.suffix in (".js", ".css")}


@cache
def current_edition() -> str:
    """The fingerprint of all files of these pages: a device keeps whole editions, never a mixture."""
    digest = hashlib.sha256()
    for folder in (FILES, FILES.parent, FILES.parent.parent / "templates" / "desk"):
        for path in sorted(folder.glob("*")):
            if path.suffix in (".js", ".css") or path.name == "visits.html":
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def file_address(name: str) -> str:
    """The address of a script or style sheet of these pages, in this edition."""
    return url_for("home_visits.send_file", edition=current_edition(), name=name)


def _page(template: str, **values: Any) -> Response:
    page = make_response(render_template(template, file=file_address, **values))
    page.headers["Content-Security-Policy"] = POLICY
    return page


@bp.get("")
@staff(*PROVIDER_STAFF)
def show_visits() -> Response:
    """The page that works without network. It holds no name, no answer and no token.

    A device keeps it in every language, each at an address of its own.
    """
    wish = request.args.get("language", "")
    if wish in NAMES:
        g.language = wish
    page = _page("desk/visits.html")
    page.headers["Edition"] = current_edition()
    return page


@bp.route("/prepare", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def prepare() -> Response:
    """What is overdue or due, to choose from. A name that is searched for is posted, so that no address holds it."""
    search = request.form.get("search", "").strip()[:LONGEST_SEARCH]
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        found = list_for_visits(database, wiring.catalogue, who, on=today(), search=search)
    return _page(
        "desk/visits_prepare.html", rows=found.rows, more=found.more, search=search,
        title_of=lambda row: wiring.catalogue.get(row.instrument_key, row.version).text(reader()).title,
    )  # fmt: skip


@bp.get("/leave")
@staff(*PROVIDER_STAFF)
def leave() -> Response:
    """Asks before signing out leaves unsent sheets behind."""
    return _page("desk/visits_leave.html", unsent=count_own_unsent())


# What the pages' scripts ask for


@bp.get("/session")
@staff(*PROVIDER_STAFF)
def show_session() -> Response:
    """Who is signed in, and the token that proves a request to come from this page."""
    return jsonify(account=g.account.id, name=g.account.name, token=generate_csrf())


@bp.post("/key")
@staff(*PROVIDER_STAFF)
def post_key() -> Response | tuple[Response, int]:
    """Hand the signed-in account its key for the device with this salt."""
    try:
        salt = base64.b64decode(str(_body().get("salt", "")), validate=True)
    except (binascii.Error, ValueError):
        salt = b""
    try:
        key = derive_key(current_wiring().settings.secret_key, g.account.id, salt)
    except InputRejected as error:
        return _tell(error)
    return jsonify(key=base64.b64encode(key).decode("ascii"))


@bp.post("/sheets")
@staff(*PROVIDER_STAFF)
def post_prepare() -> Response | tuple[Response, int]:
    """Give out the chosen sheets and their definitions, each definition once."""
    sent = _body()
    wanted = sent.get("administrations")
    ids = [one for one in wanted if isinstance(one, str)] if isinstance(wanted, list) else []
    wiring, who = current_wiring(), actor()
    try:
        with wiring.reading(who) as database:
            sheets = prepare_visit(
                database, wiring.catalogue, who, administration_ids=ids, on=today()
            )
    except EvalplatError as error:
        return _tell(error)
    initials = sent.get("names") == "initials"
    return jsonify(
        sheets=[show_sheet(sheet, initials=initials) for sheet in sheets],
        definitions=show_definitions(sheets),
    )


@bp.post("/sheets/<administration_id>")
@staff(*PROVIDER_STAFF)
def post_sheet(administration_id: str) -> Response | tuple[Response, int]:
    """Store one sheet from a device: a receipt, the faults by item, or what is stored already beside it."""
    try:
        receipt = _store(administration_id, _body())
    except AnswersConflict as conflict:
        return _tell(conflict, stored=conflict.stored)
    except EvalplatError as error:
        return _tell(error)
    return jsonify(
        revision=receipt.revision, clock=show_clock(receipt.submitted_at), repeated=receipt.repeated
    )


def _store(administration_id: str, sent: Json) -> Receipt:
    wiring, who = current_wiring(), actor()
    definition = wiring.catalogue.get(*_instrument_of(sent))
    if definition.kind == "goals":
        return _rate(administration_id, read_ratings(sent))
    sheet = read_sheet(sent, definition)
    with wiring.transaction(who) as database:
        if sheet.reason:
            return correct_answers(
                database, wiring.catalogue, who, administration_id=administration_id, raw=sheet.raw,
                idempotency_key=sheet.key, base_revision=sheet.base_revision, reason=sheet.reason,
                measured_on=sheet.measured_on, at=now(),
            )  # fmt: skip
        shown = worded(
            database, wiring.catalogue, *_instrument_of(sent), on=sheet.measured_on
        ).text(sheet.language)
        return submit_answers(
            database, wiring.catalogue, who, administration_id=administration_id, raw=sheet.raw,
            idempotency_key=sheet.key, base_revision=sheet.base_revision, measured_on=sheet.measured_on,
            language=sheet.language, mode=sheet.mode, respondent=sheet.respondent,
            answered_with=sheet.answered_with, present=sheet.present, shown_wording=shown.wording,
            at=now(),
        )  # fmt: skip


def _rate(administration_id: str, rated: ReturnedRatings) -> Receipt:
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        return rate_goals(
            database, wiring.catalogue, who, administration_id=administration_id,
            ratings=rated.levels, measured_on=rated.measured_on, rater=rated.rater,
            idempotency_key=rated.key, base_revision=rated.base_revision, reason=rated.reason, at=now(),
        )  # fmt: skip


def _instrument_of(sent: Json) -> tuple[str, str]:
    """The definition that the device filled in; what the administration is pinned to decides at storing."""
    key, version, *_own = [*str(sent.get("definition", "")).split("/"), ""]
    return key, version


def _body() -> Json:
    """The JSON of a request; nothing where it is not an object."""
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def _tell(error: EvalplatError, stored: SheetView | None = None) -> tuple[Response, int]:
    """An error that a script shows to a person; what is foreign and what is missing say one and the same."""
    if isinstance(error, NotFound):
        return jsonify(message=say(NOT_HERE), faults=[]), 404
    told = show_faults(error)
    if stored is not None:
        told["stored"] = show_stored(stored)
    return jsonify(told), status_of(error)


# The files that a device keeps; they name nobody


@bp.get("/files/<edition>/<name>")
@public
def send_file(edition: str, name: str) -> Response:
    """A script or a style sheet, by the edition of all of them."""
    path = _files().get(name)
    if path is None or edition != current_edition():
        raise NotFound(NOT_HERE)
    kind = "text/css" if path.suffix == ".css" else "text/javascript"
    return Response(path.read_bytes(), content_type=f"{kind}; charset=utf-8")


@bp.get(f"/{WORKER}")
@public
def send_worker() -> Response:
    """The service worker, told which files make the page up."""
    style: Callable[[str], str] = current_app.jinja_env.globals["style"]  # type: ignore[assignment]
    bootstrap = url_for("bootstrap.static", filename="css/bootstrap.min.css")
    looks = [bootstrap, *(style(name) for name in LOOKS)]
    shell = {
        "edition": current_edition(),
        "page": url_for("home_visits.show_visits"),
        "pages": [url_for("home_visits.show_visits", language=language) for language in NAMES],
        "files": [*looks, *(file_address(name) for name in _files() if name != WORKER)],
    }
    script = f"const SHELL = {json.dumps(shell)};\n{_files()[WORKER].read_text(encoding='utf-8')}"
    response = Response(script, content_type="text/javascript; charset=utf-8")
    response.headers["Service-Worker-Allowed"] = url_for("home_visits.show_visits")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@bp.get("/manifest.webmanifest")
@public
def send_manifest() -> Response:
    """What lets a tablet put the page on its start screen."""
    here = url_for("home_visits.show_visits")
    response = jsonify(
        name=f"evalplat – {say(TITLE)}", short_name=say(TITLE), lang=reader(), start_url=here, scope=here,
        display="standalone", background_color="#ffffff", theme_color="#14506b",
        icons=[{"src": url_for("static", filename="mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
    )  # fmt: skip
    response.mimetype = "application/manifest+json"
    return response


TITLE = Message("Home visits")
