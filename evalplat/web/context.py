"""What a view needs from the application around it: the wiring, the actor, and the state of the posted form."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from evalplat.errors import TooMany
from evalplat.services.actors import Actor

if TYPE_CHECKING:
    from evalplat.wiring import Wiring

Page = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]
"""What a view answers: a page, a page with a status and headers, or the way to another page."""

EXTENSION = "evalplat"


def current_wiring() -> "Wiring":
    """Engine, catalogue, settings and clock of this application."""
    wiring: Wiring = current_app.extensions[EXTENSION]
    return wiring


def now() -> datetime:
    """The instant of this request, UTC, one and the same for everything it does."""
    if "now" not in g:
        g.now = current_wiring().clock()
    instant: datetime = g.now
    return instant


def actor() -> Actor:
    """Who asks. The guard has set it before any staff view runs."""
    who: Actor = g.actor
    return who


def is_sent() -> bool:
    """A form was sent to be acted on: not only to switch the language, and with a token that holds."""
    return request.method == "POST" and not g.get("show_again", False)


def ask_to_wait(page: str, error: TooMany) -> tuple[str, int, dict[str, str]]:
    """A page that says why it is too early, and tells programs for how long."""
    return page, 429, {"Retry-After": str(error.wait)}


def send_to(endpoint: str, **values: Any) -> Response:
    """Go on to another page after something was done: with 303, so that reloading does not do it again."""
    return redirect(url_for(endpoint, **values), 303)
