"""The reader's language: chosen on every page, kept in a cookie for clients and with the account for staff."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, g, request
from flask_babel import Babel
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from evalplat import language as words
from evalplat.errors import Message
from evalplat.vocabulary import LANGUAGES

COOKIE = "language"
SWITCH = "switch_language"
"""Name of the button that switches the language inside a form, so that what was typed comes along."""

NAMES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
HOME = ZoneInfo("Europe/Helsinki")
HALF_YEAR = 183 * 24 * 3600


def choose_language() -> str:
    """The switch just pressed, else the account's, else the cookie's, else the browser's, else Finnish."""
    account = g.get("account")
    wishes = (
        pressed_language(),
        account.language if account is not None else None,
        request.cookies.get(COOKIE),
        request.accept_languages.best_match(LANGUAGES),
    )
    return next((wish for wish in wishes if wish in LANGUAGES), "fi")


def pressed_language() -> str | None:
    """The language whose button sent this form, if any; a form too large to be read has pressed none."""
    if request.method != "POST":
        return None
    try:
        wish = request.form.get(SWITCH)
    except HTTPException:
        return None
    return wish if wish in LANGUAGES else None


def reader() -> str:
    """The language of this request."""
    if "language" not in g:
        g.language = choose_language()
    return str(g.language)


def remember(response: Response, language: str) -> Response:
    """Keep the language in the browser for half a year; it says nothing about the person."""
    response.set_cookie(
        COOKIE, language, max_age=HALF_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response


def say(message: Message | str) -> str:
    """A message of ours in the reader's language."""
    return words.say(message if isinstance(message, Message) else Message(message), reader())


def show_number(value: float | None, decimals: int = 1) -> str:
    """A number as the reader writes it."""
    return words.write_number(value, reader(), decimals)


def show_date(value: date | None) -> str:
    """A date as the reader writes it."""
    return words.write_date(value, reader())


def show_clock(value: datetime | None) -> str:
    """The time of day in Finland, as the reader writes it: 10.42 in Finnish and Swedish, 10:42 in English."""
    if value is None:
        return "–"
    local = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(HOME)
    return local.strftime("%H:%M" if reader() == "en" else "%H.%M").lstrip("0").rjust(4, "0")


def today() -> date:
    """Today's date in Finland by the application's clock."""
    from evalplat.web.context import current_wiring

    return current_wiring().clock().astimezone(HOME).date()


def _keep_switched(response: Response) -> Response:
    pressed = pressed_language()
    return remember(response, pressed) if pressed else response


def install(app: Flask) -> None:
    """Give templates their translations and formats."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(words.FOLDER)
    Babel(app, default_locale="en", default_timezone="Europe/Helsinki", locale_selector=reader)
    app.jinja_env.filters.update(say=say, number=show_number, day=show_date, clock=show_clock)
    app.jinja_env.globals.update(reader=reader, language_names=NAMES, switch_name=SWITCH)
    app.after_request(_keep_switched)
