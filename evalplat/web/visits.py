"""A client's visit: a short, signed, host-only cookie that names the invitation and nothing about the person.

On a device that the provider lends to its clients (a kiosk) a visit is shorter still, and leaves nothing behind.
"""

from flask import current_app, g, request, session, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from evalplat.errors import NotFound, Refused
from evalplat.services.actors import Actor
from evalplat.services.invitations import resume_visit
from evalplat.services.views import ClientVisit
from evalplat.web.context import current_wiring, now, send_to
from evalplat.web.languages import COOKIE
from evalplat.web.unsent import may_empty_storage

LIFETIME = 2 * 3600
"""Two hours without an answer end the visit in this browser; the code opens it again at the same question."""

IDLE = 5 * 60
"""So long a lent device stands still before it forgets the visit."""
WRITING = 15 * 60
"""The same where somebody may be writing a long answer."""
AFTER = 2 * 60
"""The same where the answers have been sent, and only a request or feedback may follow."""
WARNING = 60
"""So long before that it asks whether somebody is still there."""


def cookie_name() -> str:
    """Host-only by its name where TLS allows it."""
    return "__Host-visit" if current_app.config["SESSION_COOKIE_SECURE"] else "visit"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="client visit")


def has_cookie() -> bool:
    """Whether this browser began a visit, whatever has become of it."""
    return bool(request.cookies.get(cookie_name()))


def find_visit() -> ClientVisit | None:
    """The open visit of this browser, or None: no cookie, too old, altered, or the invitation no longer holds."""
    invitation_id, until, again = _read_cookie()
    g.kiosk, g.receipt = until is not None, again
    if not invitation_id or (until is not None and now().timestamp() > until):
        return None
    try:
        with current_wiring().reading(Actor.system("client door")) as database:
            return resume_visit(database, invitation_id=invitation_id, at=now())
    except (NotFound, Refused):
        return None


def _read_cookie() -> tuple[str, float | None, bool]:
    """The invitation that the cookie names; on a lent device the instant until which it holds; whether it was used."""
    sealed = request.cookies.get(cookie_name())
    if not sealed:
        return "", None, False
    try:
        content = _signer().loads(sealed, max_age=LIFETIME)
    except BadSignature:
        return "", None, False
    if isinstance(content, list) and len(content) == 2:
        return str(content[0]), float(content[1]), False
    if isinstance(content, list) and len(content) == 1:
        return str(content[0]), None, True
    return str(content), None, False


def keep_visit(
    response: Response, visit: ClientVisit, *, idle: int = 0, receipt: bool = False
) -> Response:
    """Let this browser go on with the visit for the next two hours, a lent device for `idle` seconds.

    receipt: the answers had been sent before this browser came, so that it is shown that they were and no more.
    """
    content: object = visit.invitation_id
    if idle:
        content = [visit.invitation_id, int(now().timestamp()) + idle]
    elif receipt:
        content = [visit.invitation_id]
    response.set_cookie(
        cookie_name(),
        _signer().dumps(content),
        max_age=LIFETIME,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        path="/",
    )
    return response


def end_visit(response: Response) -> Response:
    """Forget the visit in this browser; what was answered is kept on the server."""
    response.delete_cookie(
        cookie_name(),
        path="/",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        samesite="Lax",
    )
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def is_kiosk() -> bool:
    """Whether this browser's visit, still open or not, is one on a lent device."""
    return _read_cookie()[1] is not None


def leave_kiosk(response: Response) -> Response:
    """Leave nothing on a lent device: no visit, no session, no language, no page to go back to.

    A worker's encrypted sheets of home visits stay: the browser is told to forget everything only where there are none.
    """
    end_visit(response)
    session.clear()
    response.delete_cookie(COOKIE, path="/", secure=request.is_secure, samesite="Lax")
    everything = '"cache", "cookies", "storage"' if may_empty_storage() else '"cache"'
    response.headers["Clear-Site-Data"] = everything
    return response


def after_sending() -> Response:
    """Where a client gets to who has sent the answers: the receipt. A lent device keeps no page of the answers."""
    response = send_to("client.show_thanks")
    if g.get("kiosk", False):
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


def renew(response: Response) -> Response:
    """Every page of a visit moves its end on: two hours, on a lent device a few minutes, with a question before it."""
    visit = g.get("visit")
    touched = any(cookie_name() in value for value in response.headers.getlist("Set-Cookie"))
    if visit is None or touched:
        return response
    if not g.get("kiosk", False):
        return keep_visit(response, visit, receipt=g.get("receipt", False))
    idle = g.get("kiosk_idle", IDLE)
    code = (request.view_args or {}).get("code")
    response.headers["Refresh"] = f"{idle - WARNING}; url={url_for('kiosk.ask', code=code)}"
    return keep_visit(response, visit, idle=idle)
