"""A form that came in after the session had ended: kept, sealed, through signing in, so that nothing typed is lost.

The seal names the account. Only the same person gets the form back, on a page where it is checked before it is sent.
"""

from dataclasses import dataclass

from flask import current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from evalplat.web.languages import SWITCH

LONGEST = 12 * 3600
NOT_KEPT = ("csrf_token", SWITCH, "password", "held")


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where the form belongs, and its fields in order."""

    path: str
    fields: tuple[tuple[str, str], ...]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="kept form")


def seal_form() -> str:
    """The posted form, sealed for the account whose session has just ended; empty where none is known."""
    former = g.get("former_account")
    if not former or request.method != "POST":
        return ""
    fields = [(k, v) for k, v in request.form.items(multi=True) if k not in NOT_KEPT]
    return str(_signer().dumps([former, request.path, fields]))


def open_form(sealed: str, account_id: str) -> KeptForm | None:
    """The kept form, if the seal holds and it is this account's."""
    try:
        former, path, fields = _signer().loads(sealed, max_age=LONGEST)
    except (BadData, ValueError):
        return None
    if former != account_id:
        return None
    return KeptForm(str(path), tuple((str(k), str(v)) for k, v in fields))
