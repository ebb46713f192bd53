"""The one gate before every operation: a token in the header, valid, not too often, and wide enough.

Requests without a valid token are counted by network, which is told to wait when there are too many of them.

Cookies are not looked at, and a token in an address is not taken: addresses are kept in too many places.
"""

from flask import Flask, current_app, g, request

from evalplat.api.operations import current_wiring, now, operation_of
from evalplat.api.problems import ScopeMissing
from evalplat.errors import Message
from evalplat.services.actors import Actor
from evalplat.services.token_calls import (
    TokenRefused,
    check_stranger,
    count_call,
    count_stranger,
    find_caller,
)
from evalplat.services.tokens import SCOPES_OF

REASON = "check an access token"


def admit() -> None:
    """Find out who asks. What is no address here, and a question about methods, needs no token."""
    if request.routing_exception is not None or request.method == "OPTIONS":
        return
    declared = operation_of(current_app.view_functions[str(request.endpoint)])
    if declared is None:
        return
    wiring, at, system = current_wiring(), now(), Actor.system(REASON)
    try:
        shown = _read_token()
        with wiring.reading(system) as session:
            caller = find_caller(session, shown=shown, at=at)
    except TokenRefused:
        address = request.remote_addr or ""
        with wiring.reading(system) as session:
            check_stranger(session, address=address, at=at)
        with wiring.transaction(system) as session:
            count_stranger(session, address=address, at=at)
        raise
    g.caller, g.account, g.token = caller, caller.account, caller.token.id
    with wiring.transaction(system) as session:
        count_call(session, caller, most=wiring.settings.api_per_minute, at=at)
    allowed = set(caller.token.scopes) & set(SCOPES_OF[caller.account.role])
    if declared.scope is not None and declared.scope not in allowed:
        raise ScopeMissing(declared.scope.value)


def _read_token() -> str:
    kind, _space, shown = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise TokenRefused(
            Message("Show a key in the header Authorization: Bearer evp_… . Cookies are not taken.")
        )
    return shown


def install(app: Flask) -> None:
    """Put the gate before every operation."""
    app.before_request(admit)
