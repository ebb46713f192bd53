"""Error pages: what happened and what to do, in the reader's language; a defect shows a reference number only."""

import secrets

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

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
from evalplat.logs import code_of, describe_error, log_of
from evalplat.services.restricted_reading import NeedsReason
from evalplat.web.requests_log import route_of

STATUS: dict[type[EvalplatError], int] = {
    NotFound: 404,
    Refused: 403,
    Conflict: 409,
    AnswersRejected: 422,
    FileRejected: 422,
    InputRejected: 422,
    TooMany: 429,
    Unavailable: 503,
}

NOT_HERE = Message(
    "There is no such page, or it is not yours to see. Check the address, or go back to the start."
)

HEADINGS = {
    400: Message("The request could not be understood"),
    403: Message("This is not open to you"),
    404: Message("Nothing is found here"),
    405: Message("This address works in another way"),
    409: Message("Something has changed in the meantime"),
    413: Message("That was too much at once"),
    422: Message("Something needs mending"),
    429: Message("Too many tries"),
    500: Message("Something went wrong on our side"),
    503: Message("The service is not available just now"),
}

ADVICE = {
    400: Message("Go back, load the page again and try once more."),
    405: Message("Go back and use the buttons of the page."),
    413: Message("What was sent is larger than this page takes. Send less at a time."),
    429: Message("Wait a moment and try again."),
    503: Message("Nothing was lost. Try again in a moment."),
}

DEFECT = Message(
    "Nothing of yours was shown to anyone, and what had been saved is kept. Try again in a moment. "
    "If it happens again, tell support the reference number."
)


def status_of(error: EvalplatError) -> int:
    """The HTTP status that says the same as the error."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)


def show_error(
    error: EvalplatError,
) -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """An error that a person may read. What is foreign and what is missing give one and the same page.

    Who may read with a reason only is asked for it.
    """
    if isinstance(error, NeedsReason) and request.method == "GET":
        here = request.full_path.rstrip("?")
        return redirect(url_for("reasons.ask", client=error.client_id, next=here), 303)
    status = status_of(error)
    if status == 404:
        return _page(404, NOT_HERE)
    if isinstance(error, TooMany):
        return *_page(status, error.message), {"Retry-After": str(error.wait)}
    if status != 503:
        return _page(status, error.message, error.faults)
    reference = _draw_reference()
    log_of("web").error(
        "not available", reference=reference, method=request.method, route=route_of(request),
        why=code_of(error.__cause__), error=describe_error(error),
    )  # fmt: skip
    page, _status = _page(status, error.message, error.faults, reference)
    return page, status, {"Retry-After": "5"}


def show_http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    """An error of HTTP itself: unknown address, wrong method, too large."""
    if isinstance(error, SecurityError):
        return (
            "400 Bad Request\n",
            400,
        )  # a host name that is not ours: no address can be built for it
    status = error.code or 500
    if status < 400:
        return error
    if status == 404:
        return _page(404, NOT_HERE)
    return _page(status, ADVICE.get(status, ADVICE[400]))


def show_defect(error: Exception) -> tuple[str, int]:
    """A defect of ours: logged under a reference number by route, never by address or content."""
    reference = _draw_reference()
    log_of("web").error(
        "defect", reference=reference, method=request.method, route=route_of(request), error=error
    )
    return _page(500, DEFECT, reference=reference)


def _draw_reference() -> str:
    """What a reader tells support, and what the same line of the log carries."""
    return secrets.token_hex(4).upper()


def _page(status: int, text: Message, faults: object = (), reference: str = "") -> tuple[str, int]:
    heading = HEADINGS.get(status, HEADINGS[400])
    page = render_template(
        "error.html", status=status, heading=heading, text=text, faults=faults, reference=reference
    )
    return page, status


def install(app: Flask) -> None:
    """Use these pages for everything that can go wrong."""
    app.register_error_handler(EvalplatError, show_error)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(Exception, show_defect)
