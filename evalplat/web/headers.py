"""What every answer carries, so that a browser neither runs, frames, caches nor forwards what it should not."""

import gzip

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
WITH_OWN_SCRIPT = POLICY.replace("img-src", "script-src 'self'; img-src")
"""For the few pages that talk to a security key: a script of a file of ours, and nothing inline."""

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A picture opened on its own styles itself; it runs nothing and loads nothing."""

DEVICES = "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self)"
YEAR = 31_536_000
WORTH_IT = 4096


def add_headers(response: Response) -> Response:
    """The headers of every response; a view may already have set a stricter or a special one."""
    headers = response.headers
    picture = response.mimetype == "image/svg+xml"
    headers.setdefault("Content-Security-Policy", PICTURE_POLICY if picture else POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault(
        "Permissions-Policy",
        DEVICES,
    )
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")
    if request.endpoint not in ("static", "bootstrap.static"):
        headers["Cache-Control"] = "no-store"
    return response


def compress(response: Response) -> Response:
    """A client's page with pictures goes compressed, so that it is light on any phone.

    Only pages that a client opens, which say nothing back that a stranger put into the address: what is sent along with
    secrets and compressed could otherwise be guessed by its length.
    """
    fits = request.method == "GET" and response.status_code == 200 and not request.args
    if not (fits and request.path.startswith("/c/") and response.mimetype == "text/html"):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") and len(response.get_data()) > WORTH_IT:
        response.set_data(gzip.compress(response.get_data(), mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def install(app: Flask) -> None:
    """Put the headers on every response of the application."""
    app.after_request(add_headers)
    app.after_request(compress)
