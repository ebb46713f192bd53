"""The provider of identities that staff may sign in with: asked and checked by Authlib (OpenID Connect Core 1.0).

Authorisation code with PKCE, nonce and state; state lies in this browser's signed session cookie, in no cache. What the
provider says about itself is believed only within limits: the issuer is the one of the settings, signatures are of
`ALGORITHMS` whatever it announces, and a token is for us alone.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from flask import current_app, request, session, url_for

from evalplat.config import THIS_MACHINE, OutsideSettings
from evalplat.errors import Message, NotFound, Refused, Unavailable
from evalplat.logs import describe_error, log_of
from evalplat.services.signing_in.outside_identities import Subject
from evalplat.web.context import current_wiring, now
from evalplat.web.errors import NOT_HERE

NAME = "outside"
KEPT_AS = f"_state_{NAME}_"
ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures with a key that only the provider has; never `none`, never HS256."""

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
PATIENCE_SECONDS = 10
CLOCKS_DIFFER_SECONDS = 60
HOLDS = timedelta(minutes=10)
"""So long somebody has to sign in there and come back."""


class OutsideRefused(Refused):
    """What came back from the provider is not believed; why is for the log, not for the page."""


class OutsideUnavailable(Unavailable):
    """The provider does not answer, or not as it should."""


def find_settings() -> OutsideSettings:
    """The provider's settings; raises NotFound where staff sign in with passwords only."""
    settings = current_wiring().settings.outside
    if settings is None:
        raise NotFound(NOT_HERE)
    return settings


def begin(purpose: str, **more: str) -> str:
    """The address at the provider to go on to; what it is for is kept with the state, in this browser."""
    client = _client(find_settings())
    back = url_for("outside_sign_in.come_back", _external=True)
    try:
        made = client.create_authorization_url(back)
    except Exception as error:  # whatever a network and another server can do
        raise _unavailable(error) from error
    address = str(made.pop("url"))
    for key in [key for key in session if key.startswith(KEPT_AS)]:
        session.pop(key)  # one sign-in at a time, so that the cookie stays small
    until = int((now() + HOLDS).timestamp())
    client.save_authorize_data(redirect_uri=back, purpose=purpose, until=until, more=more, **made)
    return address


def finish() -> tuple[Subject, str, dict[str, str]]:
    """Whom the provider vouches for, what it was begun for, and what was kept with it. Raises OutsideRefused."""
    settings = find_settings()
    client = _client(settings)
    kept = client.framework.get_state_data(session, request.args.get("state", ""))
    said_issuer = request.args.get("iss", settings.issuer)  # RFC 9207
    is_late = kept is not None and now().timestamp() > kept.get("until", 0)
    if kept is None or is_late or said_issuer != settings.issuer:
        client.framework.clear_state_data(session, request.args.get("state", ""))
        raise refuse("state")
    try:
        token = client.authorize_access_token(
            claims_options={
                "iss": {"essential": True, "value": settings.issuer},
                "aud": {"essential": True, "value": settings.client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True},
            },
            leeway=CLOCKS_DIFFER_SECONDS,
        )
        claims: dict[str, Any] = dict(token["userinfo"])
        methods = claims.get("amr") or ()
        who = Subject(str(claims["iss"]), str(claims["sub"]), frozenset(map(str, methods)))
    except Exception as error:  # a lie, or whatever a network and another server can do
        raise refuse(describe_error(error)) from error
    return who, str(kept["purpose"]), {str(k): str(v) for k, v in kept["more"].items()}


def _client(settings: OutsideSettings) -> Any:
    """Authlib's client, made once per process and provider, and told what it may believe."""
    clients = current_app.extensions.setdefault("evalplat.outside", {})
    client = clients.get(settings)
    if client is None:
        client = _make_client(settings)
        clients[settings] = client
    return client


def _make_client(settings: OutsideSettings) -> Any:
    client = FlaskOAuth2App(
        FlaskIntegration(NAME),
        NAME,
        client_id=settings.client_id,
        client_secret=settings.client_secret or None,
        server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid",
            "code_challenge_method": "S256",
            "default_timeout": PATIENCE_SECONDS,
        },
    )
    try:
        metadata = client.load_server_metadata()
    except Exception as error:  # whatever a network and another server can do
        raise _unavailable(error) from error
    if metadata.get("issuer") != settings.issuer:
        raise _unavailable(ValueError("another issuer"))
    if not all(_is_safe(str(metadata.get(name, ""))) for name in ENDPOINTS):
        raise _unavailable(ValueError("an address without TLS"))
    metadata["id_token_signing_alg_values_supported"] = list(ALGORITHMS)
    metadata.pop("jwks", None)
    return client


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE)


def refuse(why: str) -> OutsideRefused:
    """The error for a page, after writing to the log why it is one."""
    log_of("web").warning("outside sign-in refused", why=why)
    return OutsideRefused(
        Message("Signing in there did not work, or took too long. Begin again on the sign-in page.")
    )


def _unavailable(error: Exception) -> OutsideUnavailable:
    log_of("web").warning("outside sign-in not available", error=describe_error(error))
    return OutsideUnavailable(
        Message(
            "The other sign-in does not answer just now. Try again in a moment, or use your password."
        )
    )
