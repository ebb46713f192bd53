"""A client's visit: a short, signed, host-only cookie that names the invitation and nothing about the person."""

from flask import current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from evalplat.errors import NotFound, Refused
from evalplat.services.actors import Actor
from evalplat.services.invitations import resume_visit
from evalplat.services.views import ClientVisit
from evalplat.web.context import current_wiring, now

LIFETIME = 2 * 3600
"""Two hours without an answer end the visit in this browser; the code opens it again at the same question."""


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
    sealed = request.cookies.get(cookie_name())
    if not sealed:
        return None
    try:
        invitation_id = str(_signer().loads(sealed, max_age=LIFETIME))
        with current_wiring().reading(Actor.system("client door")) as database:
            return resume_visit(database, invitation_id=invitation_id, at=now())
    except (BadSignature, NotFound, Refused):
        return None


def keep_visit(response: Response, visit: ClientVisit) -> Response:
    """Let this browser go on with the visit for the next two hours."""
    response.set_cookie(
        cookie_name(),
        _signer().dumps(visit.invitation_id),
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


def renew(response: Response) -> Response:
    """Every page of a visit moves its end two hours on."""
    visit = g.get("visit")
    touched = any(cookie_name() in value for value in response.headers.getlist("Set-Cookie"))
    return keep_visit(response, visit) if visit is not None and not touched else response
