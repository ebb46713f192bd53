"""What went wrong, as RFC 9457 problems: in the reader's language, all faults at once, with a number for support."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from evalplat.errors import (
    AnswersRejected,
    Conflict,
    EvalplatError,
    FileRejected,
    InputRejected,
    Message,
    NotFound,
    Refused,
    TooMany,
    Unavailable,
)
from evalplat.language import say
from evalplat.logs import code_of, describe_error, log_of
from evalplat.services.restricted_reading import NeedsReason
from evalplat.services.storing import AnswersConflict
from evalplat.services.token_calls import TokenRefused, TooManyCalls
from evalplat.vocabulary import LANGUAGES

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """One fault as a program reads it: `where` is body, query, header or path; `name` a JSON pointer or a parameter."""

    where: str
    name: str
    message: Message


class Misfit(Exception):
    """What was sent does not fit the description; every fault of its form at once."""

    def __init__(self, places: Iterable[Place]) -> None:
        super().__init__("the request does not fit the description")
        self.places = tuple(places)


class WrongContent(Exception):
    """The body is not of the kind that is taken."""


class ScopeMissing(Exception):
    """The token may not do this; `scope` is what it would need."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class Misplaced(EvalplatError):
    """A service's faults, told by the place that they have in the request."""

    def __init__(self, error: EvalplatError, places: Iterable[Place]) -> None:
        super().__init__(error.message, error.faults)
        self.places = tuple(places)


TITLES: Mapping[int, Message] = {
    400: Message("The request could not be understood"),
    401: Message("A key is needed"),
    403: Message("This is not open to you"),
    404: Message("Nothing is found here"),
    405: Message("This address works in another way"),
    409: Message("Something has changed in the meantime"),
    413: Message("That was too much at once"),
    415: Message("This kind of content is not taken"),
    422: Message("Something needs mending"),
    429: Message("Too many tries"),
    500: Message("Something went wrong on our side"),
    503: Message("The service is not available just now"),
}
CODES: Mapping[int, str] = {
    400: "misfit",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_content",
    422: "rejected",
    429: "too_many_calls",
    500: "defect",
    503: "unavailable",
}
NOT_HERE = Message("There is no such thing, or it is not yours to see.")
RESTRICTED = Message(
    "The use of this client’s data is restricted. It is read on the pages only, by a person who says why."
)
DETAILS: Mapping[int, Message] = {
    400: Message(
        "The request does not fit the description of this interface. Nothing was changed."
    ),
    404: NOT_HERE,
    405: Message("The header Allow says which methods this address takes."),
    413: Message("What was sent is larger than this interface takes. Send less at a time."),
    415: Message("Send application/json in UTF-8, not compressed."),
    500: Message(
        "What had been stored is kept. Try once more; if it happens again, tell support the reference number."
    ),
}
KINDS: Mapping[type[EvalplatError], int] = {
    TokenRefused: 401,
    TooManyCalls: 429,
    TooMany: 429,
    NotFound: 404,
    Refused: 403,
    Conflict: 409,
    AnswersRejected: 422,
    FileRejected: 422,
    InputRejected: 422,
    Unavailable: 503,
}


def reader() -> str:
    """The language of messages: what the request asks for, else the account's, else English."""
    wish = request.accept_languages.best_match(LANGUAGES)
    account = g.get("account")
    return str(wish or (account.language if account is not None else "en"))


def draw_reference() -> str:
    """What a reader tells support, and what the line of the log carries."""
    g.reference = secrets.token_hex(4).upper()
    return str(g.reference)


def tell(
    status: int,
    detail: Message | None = None,
    places: Iterable[Place] = (),
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """One problem as a response."""
    language = reader()
    content: dict[str, object] = {
        "type": f"urn:evalplat:problem:{CODES.get(status, 'problem')}",
        "title": say(TITLES.get(status, TITLES[400]), language),
        "status": status,
        "detail": say(detail or DETAILS.get(status, DETAILS[400]), language),
        "reference": draw_reference(),
    }
    faults = [
        {"in": place.where, "name": place.name, "detail": say(place.message, language)}
        for place in list(places)[:MOST_FAULTS]
    ]
    if faults:
        content["errors"] = faults
    content.update(more or {})
    body = json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"
    response = Response(body, status, mimetype=MEDIA_TYPE, headers=headers)
    response.headers["Content-Language"] = language
    return response


def tell_error(error: EvalplatError) -> Response:
    """An error that a person may read. What is foreign and what is missing give one and the same answer."""
    status = next((code for kind, code in KINDS.items() if isinstance(error, kind)), 400)
    if isinstance(error, Misplaced):
        return tell(422, error.message, error.places)
    if status == 404:
        return tell(404)
    if status == 401:
        return tell(401, error.message, headers={"WWW-Authenticate": 'Bearer realm="evalplat"'})
    if isinstance(error, TooManyCalls | TooMany):
        return tell(429, error.message, headers={"Retry-After": str(error.wait)})
    if isinstance(error, NeedsReason):
        return tell(403, RESTRICTED)
    places = [
        Place("body", f"/{fault.where}" if fault.where else "", fault.message)
        for fault in error.faults
    ]
    if isinstance(error, AnswersConflict) and error.stored is not None:
        return tell(409, error.message, places, more={"current_revision": error.stored.revision})
    if status != 503:
        return tell(status, error.message, places)
    response = tell(503, error.message, headers={"Retry-After": "5"})
    log_of("api").error(
        "not available", reference=g.reference, method=request.method,
        why=code_of(error.__cause__), error=describe_error(error),
    )  # fmt: skip
    return response


def tell_misfit(error: Misfit) -> Response:
    """Every fault of the form of a request."""
    return tell(400, None, error.places)


def tell_wrong_content(_error: WrongContent) -> Response:
    """A body that is not JSON, or comes compressed."""
    return tell(415, headers={"Accept-Post": "application/json"})


def tell_scope_missing(error: ScopeMissing) -> Response:
    """A token that may not do this."""
    text = Message("This key does not allow it: it would need %(scope)s.", scope=error.scope)
    challenge = f'Bearer realm="evalplat", error="insufficient_scope", scope="{error.scope}"'
    return tell(403, text, headers={"WWW-Authenticate": challenge})


def tell_http_error(error: HTTPException) -> Response:
    """An error of HTTP itself: unknown address, wrong method, too large, a host name that is not ours."""
    status = error.code or 500
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return tell(405, headers={"Allow": ", ".join(sorted(error.valid_methods))})
    return tell(status if status in TITLES else 400)


def tell_defect(error: Exception) -> Response:
    """A defect of ours: logged under the reference number, without what was asked."""
    response = tell(500)
    log_of("api").error("defect", reference=g.reference, method=request.method, error=error)
    return response


def install(app: Flask) -> None:
    """Use these answers for everything that can go wrong."""
    app.register_error_handler(EvalplatError, tell_error)
    app.register_error_handler(Misfit, tell_misfit)
    app.register_error_handler(WrongContent, tell_wrong_content)
    app.register_error_handler(ScopeMissing, tell_scope_missing)
    app.register_error_handler(HTTPException, tell_http_error)
    app.register_error_handler(Exception, tell_defect)
